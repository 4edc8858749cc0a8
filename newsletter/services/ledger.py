"""Group commit: whatever was begun or decided while the last commit was on its way goes into the next.

An intent is on the disk before `begin` returns; an outcome is there soon after `decide`, and before anything
that is begun later. Not in here: what is decided.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from newsletter.core.delivery import Decision
from newsletter.ports import Clock, Outbox

__all__ = ["Ledger"]

_GATHERING = 0.02
"""Seconds that outcomes wait for company, where nobody waits for them."""


@dataclass(slots=True)
class _Intents:
    rows: Sequence[int]
    begun: asyncio.Future[frozenset[int]]


class Ledger:
    """Writes the outbox for many connections at once; an async context manager."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._intents: list[_Intents] = []
        self._decided: list[tuple[int, Decision]] = []
        self._work = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._closing = False
        self._writer: asyncio.Task[None] | None = None
        self.trouble: Exception | None = None
        """Why nothing more can be written; whoever sends must stop."""

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raises where outcomes cannot be written, unless something else went wrong before."""
        self._closing = True
        self._work.set()
        if self._writer is not None:
            await self._writer
        try:
            await self._commit([])
        except Exception:
            if error is None:
                raise

    async def begin(self, rows: Sequence[int]) -> frozenset[int]:
        """Returns once `sending` is on the disk: those that really moved; the rest must not be sent any
        more. Raises StoreError."""
        if self.trouble:
            raise self.trouble
        intents = _Intents(rows, asyncio.get_running_loop().create_future())
        self._intents.append(intents)
        self._work.set()
        return await intents.begun

    def decide(self, row: int, decision: Decision) -> None:
        """Will be on the disk with the next commit."""
        self._decided.append((row, decision))
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHERING, self._work.set)

    async def settle(self) -> None:
        """Returns once all that was decided is on the disk. Raises StoreError."""
        await self.begin(())

    async def _write(self) -> None:
        while self.trouble is None and not self._closing:
            await self._work.wait()
            self._work.clear()
            if self._gathering is not None:
                self._gathering.cancel()
                self._gathering = None
            intents, self._intents = self._intents, []
            try:
                await self._commit(intents)
            except Exception as error:
                self._fail(error, intents)

    async def _commit(self, intents: Sequence[_Intents]) -> None:
        decided, self._decided = self._decided, []
        rows = [row for group in intents for row in group.rows]
        moved: frozenset[int] = frozenset()
        if rows or decided:
            try:
                moved = await self._outbox.record(rows, decided, self._clock.now())
            except BaseException:
                self._decided = decided + self._decided
                raise
        for group in intents:
            if not group.begun.done():
                group.begun.set_result(moved.intersection(group.rows))

    def _fail(self, error: Exception, intents: Sequence[_Intents]) -> None:
        self.trouble = error
        for group in (*intents, *self._intents):
            if not group.begun.done():
                group.begun.set_exception(error)
        self._intents = []
