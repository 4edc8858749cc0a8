"""Collecting: sources side by side, each with its own fate, nothing lost and nothing twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from support.samples import NOW, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.sources import SqlSourceMemory
from newsletter.errors import SourceError, StoreError
from newsletter.ports import Fetched, Source, Validator
from newsletter.services.collect import SourceReport, collect

SECOND = timedelta(seconds=1)
SEEN = Validator("https://a.org/feed", '"x"')


class MemorySource:
    """Gives what it was made with, or does what it was told to."""

    def __init__(self, name: str, *numbers: int, act: Callable[[], Awaitable[object]] | None = None) -> None:
        self.name = name
        self._numbers = numbers
        self._act = act

    async def fetch(self, now: datetime) -> Fetched:
        if self._act:
            await self._act()
        return Fetched(tuple(entry(n, source=self.name) for n in self._numbers), ("line 3: odd",), (SEEN,))


def failing(name: str, error: Exception) -> MemorySource:
    async def fail() -> None:
        raise error

    return MemorySource(name, 9, act=fail)


@pytest.fixture
def gather(database: Database):
    async def run(*sources: Source, timeout: timedelta = 5 * SECOND) -> tuple[SourceReport, ...]:
        return await collect(sources, SqlEntries(database), SqlSourceMemory(database), NOW, timeout)

    return run


async def test_each_source_gets_its_report(gather, database):
    """In their order; a paper that two tell of is new once, and belongs to the first of them."""
    reports = await gather(MemorySource("a", 1, 2), MemorySource("b", 2, 3))
    assert reports == (
        SourceReport("a", 2, 2, ("line 3: odd",)),
        SourceReport("b", 2, 1, ("line 3: odd",)),
    )
    assert [found.source for found in await SqlEntries(database).list()] == ["a", "a", "b"]
    again = await gather(MemorySource("a", 1, 2), MemorySource("b", 2, 3))
    assert [report.new for report in again] == [0, 0]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("https://a.org: 500"), "https://a.org: 500"),
        (KeyError("id"), "KeyError: 'id'"),
        (TimeoutError("of its own"), "TimeoutError: of its own"),
        (ExceptionGroup("two", [ValueError("x")]), "ExceptionGroup: two (1 sub-exception)"),
    ],
)
async def test_whatever_goes_wrong_with_one_the_others_go_on(gather, database, error, said):
    """It is that source's error, remembered with its time; one that nobody foresaw is named by its class."""
    bad, good = await gather(failing("bad", error), MemorySource("good", 1))
    assert bad == SourceReport("bad", error=said)
    assert (good.new, good.error) == (1, None)
    states = {state.name: state for state in await SqlSourceMemory(database).states()}
    assert (states["bad"].error, states["bad"].succeeded) == (said, None)
    assert (states["good"].error, states["good"].succeeded) == (None, NOW)


async def test_a_source_that_hangs_is_left_behind(gather):
    """After its time; the others are kept."""
    hanging = MemorySource("slow", 9, act=lambda: asyncio.sleep(60))
    slow, good = await gather(hanging, MemorySource("good", 1), timeout=SECOND / 10)
    assert slow.error == "no answer within 0.1 s; [fetch] total_timeout"
    assert good.new == 1


async def test_sources_are_asked_side_by_side(gather):
    """Each of these waits until all three were asked."""
    barrier = asyncio.Barrier(3)
    reports = await gather(*(MemorySource(str(n), n, act=barrier.wait) for n in range(1, 4)))
    assert [report.new for report in reports] == [1, 1, 1]


async def test_validators_are_remembered_after_the_entries_are_kept(database):
    """A store that fails in between must not find "nothing has changed" at the next try."""
    memory = SqlSourceMemory(database)

    class FullDisk(SqlEntries):
        async def add(self, new, now):
            raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        await collect([MemorySource("a", 1)], FullDisk(database), memory, NOW, SECOND)
    assert await memory.validators("a") == {}
    await collect([MemorySource("a", 1)], SqlEntries(database), memory, NOW, SECOND)
    assert await memory.validators("a") == {SEEN.url: SEEN}


async def test_entries_that_cannot_be_kept_are_their_sources_error(gather, database):
    """A number that no database holds spoils neither the other sources nor the validators."""

    class Odd(MemorySource):
        async def fetch(self, now: datetime) -> Fetched:
            return Fetched((entry(1), entry(2, upvotes=2**70)), (), (SEEN,))

    odd, good = await gather(Odd("odd"), MemorySource("good", 3))
    assert "OverflowError" in str(odd.error)
    assert good.new == 1
    assert len(await SqlEntries(database).list()) == 1
    assert await SqlSourceMemory(database).validators("odd") == {}


async def test_stopping_stops(gather):
    """A cancelled run is no error of a source."""
    running = asyncio.create_task(gather(MemorySource("slow", act=lambda: asyncio.sleep(60))))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
