"""Who gets the copies that are made ready."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from newsletter.core.wishes import Wishes
from newsletter.ports import DueCopy, Envelope, Message
from newsletter.services.preparation import Preparation

ROWS = [DueCopy(n, 1, n, f"reader{n}@example.org", "", Wishes(), 0) for n in range(1, 5)]


class FourRows:
    """A line, a desk and a ledger in one, for four rows that all are sent."""

    def __init__(self) -> None:
        self._left = list(ROWS)
        self._closed = asyncio.Event()

    async def take(self, most: int) -> list[DueCopy]:
        if not self._left:
            await self._closed.wait()
        taken, self._left = self._left[:most], self._left[most:]
        return taken

    def close(self) -> None:
        self._closed.set()

    async def write(self, rows: Sequence[DueCopy]) -> list[tuple[DueCopy, Message]]:
        return [(row, Message(Envelope("papers@example.org", row.email), b"")) for row in rows]

    async def begin(self, rows: Sequence[int]) -> frozenset[int]:
        return frozenset(rows)


async def connection(preparation: Preparation, *, announces: bool) -> list[int]:
    """The rows that a connection sends at once."""
    first = await preparation.get(object())
    following = preparation.get_ready() if announces else None
    return [prepared.row.id for prepared in (first, following) if prepared]


@pytest.mark.parametrize(
    ("announces", "ahead", "sent"),
    [
        (True, 4, [[1, 3], [2, 4], [], []]),
        (False, 4, [[1], [2], [3], [4]]),
        (True, 0, [[1], [2], [3], [4]]),
    ],
    ids=["two_each", "no_connection_announces", "nothing_may_wait"],
)
async def test_half_the_connections_get_two_copies(announces: bool, ahead: int, sent: list[list[int]]):
    """And the others what those leave; each gets one where no copy may wait for a connection."""
    rows = cast("Any", FourRows())
    preparation = Preparation(
        rows, rows, rows, group=4, ahead=lambda: ahead, decided=lambda row, decision: None
    )
    connections = [asyncio.create_task(connection(preparation, announces=announces)) for _ in ROWS]
    feeding = asyncio.create_task(preparation.run())
    async with asyncio.timeout(5):
        while sum(task.done() for task in connections) < sum(map(bool, sent)):
            await asyncio.sleep(0)
    preparation.close()
    await feeding
    assert [await task for task in connections] == sent
