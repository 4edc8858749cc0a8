"""Limits that several workers keep together, over one database of each kind; and those of one process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from signal import SIGQUIT
from typing import ClassVar

import pytest
import sqlalchemy as sa
from support.postgres import Cluster, programs

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import later
from newsletter.adapters.stores.schema import throttles
from newsletter.adapters.stores.seats import Leases
from newsletter.adapters.stores.throttles import Patience, SqlThrottle
from newsletter.adapters.stores.workers import SqlWorkers
from newsletter.core.pace import Learned, Limits
from newsletter.ports import Throttle
from newsletter.services.gate import Gate
from newsletter.services.throttle import LocalThrottle

SERVER = "mail.example.org:587"
QUICK = Patience(Leases(seat=1.5, waiting=0.5), beat=0.05, ask=0.03, idle=0.2, turn=0.2)
"""The same in a hundredth of the time."""


class Wall:
    """`ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def another(store_url: str, tmp_path: Path) -> AsyncIterator[Callable[[str], SqlThrottle]]:
    """Makes workers of one database, each with a connection of its own."""
    async with AsyncExitStack() as stack:

        def make(name: str, patience: Patience = QUICK) -> SqlThrottle:
            database = Database(store_url, tmp_path)
            stack.push_async_callback(database.close)
            return SqlThrottle(database, name, patience)

        yield make


def gate(throttle: Throttle, rate: float | None = None, connections: int | None = None) -> Gate:
    """Of the server."""
    return Gate(SERVER, Limits(rate, connections), Learned(), Wall(), throttle)


# Rates


async def test_a_rate_is_kept_by_all_together(another):
    """Three workers as quick as they can: what they send is no more than the rate allows, but for the tenth
    of a second that a turn may be late; and no less than most of it."""
    rate, seconds = 200.0, 1.5
    gates = [gate(another(name), rate) for name in "abc"]
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    times: list[float] = []

    async def send(one: Gate) -> None:
        while not stop.is_set():
            await one.turn(stop)
            times.append(loop.time())

    lanes = [asyncio.create_task(send(one)) for one in gates for _ in range(2)]
    while not times:
        await asyncio.sleep(0.01)
    await asyncio.sleep(seconds)
    stop.set()
    await asyncio.gather(*lanes)
    times = sorted(times)[: -len(lanes)]  # who was told to stop has not waited
    for first in range(0, len(times), 7):
        for last in range(first + 1, len(times), 11):
            allowed = rate * (times[last] - times[first] + 0.1) + len(gates)
            assert last - first <= allowed
    assert len(times) > rate * seconds / 3


async def test_few_questions_are_asked_for_many_turns(another, monkeypatch: pytest.MonkeyPatch):
    """A worker that uses its turns reserves half a second of them at a time, one that does not a few."""
    throttle, asked = another("a"), []
    reserve = throttle.reserve

    async def counted(key: str, rate: float, most: int) -> object:
        asked.append(most)
        return await reserve(key, rate, most)

    monkeypatch.setattr(throttle, "reserve", counted)
    busy = gate(throttle, 2000.0)
    for _ in range(3000):
        await busy.turn(asyncio.Event())
    assert max(asked) == 1000
    assert len(asked) < 40
    asked.clear()
    slow = Gate("slow", Limits(2000.0), Learned(), Wall(), throttle)
    for _ in range(3):
        await slow.turn(asyncio.Event())
        await asyncio.sleep(0.2)
    assert sum(asked) < 8


@pytest.mark.parametrize("is_local", [True, False])
async def test_turns_of_different_keys_have_nothing_to_do_with_each_other(another, is_local: bool):
    """Nor with those of another rate before."""
    throttle = LocalThrottle() if is_local else another("a")
    assert (await throttle.reserve("one", 1.0, 5)).wait == 0
    assert (await throttle.reserve("other", 1.0, 5)).wait == 0
    assert (await throttle.reserve("one", 10.0, 1)).wait == pytest.approx(5.0, abs=0.5)
    assert (await throttle.reserve("one", 10.0, 1)).wait == pytest.approx(5.1, abs=0.5)


async def test_turns_go_by_the_clock_of_the_database(another, database: Database):
    """That of this machine may be wrong; and a row from the far future, of a clock that was put back, stops
    nobody."""
    throttle = another("a")
    await throttle.reserve(SERVER, 1.0, 5)
    query = sa.select(throttles.c.next, later(0))
    next_turn, now = await database.ask(lambda connection: connection.execute(query).one())
    assert timedelta(seconds=3) < next_turn - now <= timedelta(seconds=5)
    far = sa.update(throttles).values(next=later(86_400))
    await database.write(sa.Connection.execute, far)
    assert (await throttle.reserve(SERVER, 1.0, 1)).wait == 0


# Seats


class Worker:
    """Opens and closes connections at random, for so many seconds, with the gate of the server."""

    open_now: ClassVar[Counter[str]] = Counter()
    had: ClassVar[Counter[str]] = Counter()
    peak: ClassVar[int] = 0

    def __init__(self, name: str, throttle: SqlThrottle, most: int, rng: Random) -> None:
        self.name, self.throttle, self.rng = name, throttle, rng
        self.gate = gate(throttle, connections=most)
        self.ends = asyncio.Event()

    async def live(self, seconds: float, *, dies: bool) -> None:
        """To the end, or until it is killed."""
        async with AsyncExitStack() as stack:
            stack.enter_context(suppress(_Killed))
            await stack.enter_async_context(self.throttle.working())
            lanes = [asyncio.create_task(self.lane(object())) for _ in range(4)]
            await asyncio.sleep(seconds)
            if dies:
                self.die(lanes)
                raise _Killed
            self.ends.set()
            await asyncio.gather(*lanes)

    async def lane(self, who: object) -> None:
        """Sits down whenever it can."""
        while not self.ends.is_set():
            if await self.gate.sit(who, 4):
                self.open_now[self.name] += 1
                self.had[self.name] += 1
                Worker.peak = max(self.peak, self.open_now.total())
                while self.gate.may_stay(who) and not self.ends.is_set() and self.rng.random() < 0.98:
                    await asyncio.sleep(0.01)
                self.open_now[self.name] -= 1
                self.gate.stand(who)
            await asyncio.sleep(self.rng.random() / 20)

    def die(self, lanes: Sequence["asyncio.Task[None]"]) -> None:
        """The system closes its connections, and it gives back nothing."""
        for lane in lanes:
            lane.cancel()
        self.open_now[self.name] = 0
        self.throttle._holder = replace(self.throttle._holder, name="nobody")


async def test_seats_are_never_more_than_the_limit(another, database: Database):
    """Workers come, open and close connections, stop and die, in any order: all together never have more open
    than the limit, and each comes to have some."""
    most, rng = 5, Random(7)
    assert await _held(database) == 0  # made now, and not by all of them at once
    Worker.open_now.clear()
    Worker.had.clear()
    Worker.peak = 0
    lives = [("a", 3.0, False), ("b", 1.5, True), ("c", 2.5, False), ("d", 2.0, True), ("e", 3.0, False)]
    workers = [Worker(name, another(name), most, rng).live(life, dies=dies) for name, life, dies in lives]
    await asyncio.gather(*workers)
    assert 0 < Worker.peak <= most
    assert set(Worker.had) == set("abcde")


class _Killed(Exception):
    """`kill -9`, as far as the database is concerned."""


async def test_a_worker_gives_up_half_for_one_that_comes(another):
    """One alone has all; soon after another wants some each has half; all again when that one has gone."""
    first, second = another("a"), another("b")
    one, other = first.seats(SERVER), second.seats(SERVER)
    async with first.working():
        await one.ask(4, 4)
        assert one.count(4) == 4
        one.use(4)
        async with second.working():
            await other.ask(4, 4)
            assert other.count(4) == 0
            await _until(lambda: one.count(4) == 2)
            assert other.count(4) == 0, "nobody has left yet"
            one.use(2)
            await _until(lambda: other.count(4) == 2, lambda: other.ask(4, 4))
            assert one.count(4) == 2
            other.use(2)
        await _until(lambda: one.count(4) == 4, lambda: one.ask(4, 4))


async def test_one_seat_goes_round(another):
    """Where there are fewer than workers, each has its turn."""
    seats = {name: another(name) for name in "abc"}
    had: list[str] = []
    async with AsyncExitStack() as stack:
        for throttle in seats.values():
            await stack.enter_async_context(throttle.working())
        for _ in range(200):
            for name, throttle in seats.items():
                place = throttle.seats(SERVER)
                await place.ask(1, 1)
                place.use(place.count(1))
                if place.count(1):
                    had.append(name)
            assert sum(throttle.seats(SERVER).count(1) for throttle in seats.values()) <= 1
            await asyncio.sleep(0.01)
            if len(set(had)) == 3 and had[-1] == had[0] and len(had) > 50:
                break
    turns = [name for name, before in zip(had, ["", *had], strict=False) if name != before]
    assert set(turns) == set("abc")
    assert turns[:2] != turns[2:4], "the third one was left out"


async def test_what_a_dead_worker_had_is_free_after_a_while(another):
    """Its lease lapses, and it does not rely on it any more before others do."""
    dead, alive = another("dead"), another("alive")
    one, other = dead.seats(SERVER), alive.seats(SERVER)
    await one.ask(2, 2)
    one.use(2)
    assert one.count(2) == 2
    async with alive.working():
        await _until(lambda: other.count(2) > 0, lambda: other.ask(2, 2))
        assert one.count(2) == 0
        await _until(lambda: other.count(2) == 2, lambda: other.ask(2, 2))


async def test_seats_that_nobody_uses_are_given_back(another, database: Database):
    """Of servers and domains that have had their last copy; whoever comes back gets them again at once."""
    throttle = another("a")
    async with throttle.working():
        places = [throttle.seats(f"domain{number}.example") for number in range(20)]
        for place in places:
            await place.ask(2, 2)
            place.use(1)
        assert await _held(database) == 40
        for place in places[1:]:
            place.use(0)
        await _until(lambda: places[1].count(2) == 0)
        await asyncio.sleep(QUICK.beat * 3)
        assert await _held(database) == 2
        await places[1].ask(2, 2)
        assert places[1].count(2) == 2
    assert await _held(database) == 0


async def test_a_limit_that_was_lowered_is_kept(another):
    """As by a complaint: seats above it are left, and not taken again."""
    first, second = another("a"), another("b")
    one, other = first.seats(SERVER), second.seats(SERVER)
    async with first.working(), second.working():
        await one.ask(4, 4)
        one.use(4)
        assert one.count(2) == 2
        await other.ask(2, 2)
        assert other.count(2) == 0
        one.use(2)
        await _until(lambda: other.count(2) == 1 == one.count(2), lambda: _share(one, other))


async def _share(one, other) -> None:
    await other.ask(2, 2)
    one.use(min(one.count(2), 2))


async def _held(database: Database) -> int:
    query = sa.text("SELECT count(*) FROM seats")
    return await database.ask(lambda connection: connection.scalar(query))


async def _until(condition: Callable[[], bool], meanwhile: Callable[[], object] | None = None) -> None:
    """It becomes so within some seconds."""
    async with asyncio.timeout(8):
        while not condition():
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(0.01)


async def test_a_database_that_comes_back_is_gone_on_with(tmp_path: Path):
    """After a crash of the server turns and seats are there again; while it is away, seats lapse here before
    others may have them."""
    if programs() is None:
        pytest.skip("no PostgreSQL here: install Debian's postgresql")
    cluster = Cluster(tmp_path)
    cluster.start()
    throttle = SqlThrottle(Database(cluster.url(cluster.create()), tmp_path), "a", QUICK)
    place = throttle.seats(SERVER)
    try:
        async with throttle.working():
            await place.ask(2, 2)
            place.use(1)
            await asyncio.to_thread(cluster.stop, SIGQUIT)
            await _until(lambda: place.count(2) == 0)
            await asyncio.to_thread(cluster.start)
            await _until(lambda: place.count(2) == 2, lambda: place.ask(2, 2))
            assert (await throttle.reserve(SERVER, 10.0, 1)).count == 1
    finally:
        await asyncio.to_thread(cluster.stop)


# One process, and workers


async def test_one_process_asks_nobody():
    """All seats are its own, and it never has to wait for an answer."""
    one = gate(LocalThrottle(), connections=3)
    steps = [one.sit(number, 9) for number in range(4)]
    for step in steps:
        with suppress(StopIteration):
            step.send(None)
            raise AssertionError("it waited")
    answers = [one.may_stay(number) for number in range(4)]
    assert answers == [True, True, True, False]


async def test_signs_of_life_say_who_lives(database: Database):
    """The eldest first; who has gone or was silent for long is not among them."""
    workers = SqlWorkers(database)
    assert await workers.living(timedelta(minutes=1)) == ()
    for name in ("b", "a", "c"):
        await workers.alive(name)
        await asyncio.sleep(0.002)
    await workers.alive("b")
    assert await workers.living(timedelta(minutes=1)) == ("b", "a", "c")
    await workers.gone("c")
    await asyncio.sleep(0.3)
    await workers.alive("a")
    assert await workers.living(timedelta(seconds=0.2)) == ("a",)
    assert await workers.living(timedelta(minutes=1)) == ("b", "a")
