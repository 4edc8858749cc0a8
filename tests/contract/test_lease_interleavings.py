"""Three workers, leases that lapse at any moment, workers that come back: whatever the order, no row is two
workers' at once, and every one is accounted for."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.postgres import Cluster
from support.samples import NOW, PEOPLE, edition, entry

from newsletter.adapters.stores import batches
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.leased import LeasedOutbox
from newsletter.adapters.stores.schema import batches as table
from newsletter.adapters.stores.schema import outbox as copies
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.delivery import Decision, Policy, after_interruption
from newsletter.core.model import DeliveryState as State

WORKERS = 3
HOUR = timedelta(hours=1)
STEPS = ("claim", "read", "begin", "begin", "send", "decide", "defer", "give back", "lapse")
EXAMPLES = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])


class Worker:
    """One that does its steps in the right order, at any pace."""

    def __init__(self, database: Database, name: str, taken: Counter[int]) -> None:
        self.outbox = LeasedOutbox(database, name, ttl=9999)
        self._database, self._name = database, name
        self._taken = taken
        self._unread = False
        self._handed: list[int] = []
        self._begun: dict[int, int] = {}
        """Rows that are on their way, with their attempts."""
        self._attempts: dict[int, int] = {}
        self._answered: list[tuple[int, Decision]] = []

    async def claim(self, _: int) -> None:
        """As a run does: what is left in `sending` is settled first."""
        self.outbox._is_patient = False  # nobody waits for the leases of the dead here
        if not self._unread and await self.outbox.claim(NOW):
            left = await self.outbox.interrupted()
            decided = [(row.id, after_interruption(row.attempts, policy=Policy.RESEND)) for row in left]
            await self.outbox.record((), decided, NOW)
            self._unread = True

    async def read(self, _: int) -> None:
        """All of the batch that is due."""
        if self._unread:
            rows = await self.outbox.due(NOW, 0, 100)
            self._attempts |= {row.id: row.attempts for row in rows}
            self._handed += [row.id for row in rows]
            self._unread = False

    async def begin(self, count: int) -> None:
        """Some of them."""
        rows, self._handed = self._handed[:count], self._handed[count:]
        begun = await self.outbox.record(rows, [], NOW)
        self._begun |= {row: self._attempts[row] + 1 for row in begun}

    async def send(self, count: int) -> None:
        """After another look, as a lane does that has waited: then the server has it."""
        for row in list(self._begun)[:count]:
            attempts = self._begun.pop(row)
            if await self.outbox.wanted([row]):
                assert await _whose(self._database, row) == (self._name, State.SENDING)
                self._taken[row] += 1
                self._answered.append((row, Decision(State.ACCEPTED, attempts)))
            else:
                self._answered.append((row, Decision(State.SUPPRESSED, attempts, "left")))

    async def decide(self, count: int) -> None:
        """What the server has said."""
        decided, self._answered = self._answered[:count], self._answered[count:]
        await self.outbox.record([], decided, NOW)

    async def defer(self, count: int) -> None:
        """What it did not take this time."""
        rows = list(self._begun.items())[:count]
        self._begun = dict(list(self._begun.items())[count:])
        await self.outbox.record([], [(row, Decision(State.DEFERRED, n, "451", NOW)) for row, n in rows], NOW)

    async def give_back(self, count: int) -> None:
        """Some that are not begun after all."""
        rows, self._handed = self._handed[:count], self._handed[count:]
        await self.outbox.give_back(rows)

    async def finish(self) -> None:
        """Everything that it can."""
        await self.read(0)
        await self.begin(100)
        await self.send(100)
        await self.decide(100)


async def _play(database: Database, chance: Random) -> None:
    edition_id = await _plan(database)
    taken: Counter[int] = Counter()
    workers = [Worker(database, f"worker{n}", taken) for n in range(WORKERS)]
    lapses, steps = 0, STEPS[: -1 if chance.random() < 0.2 else None]
    for _ in range(80):
        what, count = chance.choice(steps), chance.randint(1, 3)
        if what == "lapse":
            lapses += 1
            await _lapse(database, count)
        else:
            await getattr(chance.choice(workers), what.replace(" ", "_"))(count)
        await _check(database)
    for worker in workers:
        await worker.finish()
    for _ in range(10):
        await _lapse(database, 100)
        last = Worker(database, "last", taken)
        await last.claim(0)
        await last.finish()
    accounting = await workers[0].outbox.accounting(edition_id)
    assert accounting.counts == {State.ACCEPTED: len(PEOPLE)}
    assert set(taken) == set(range(1, len(PEOPLE) + 1))
    assert max(taken.values()) <= 1 + lapses
    if not lapses:
        assert set(taken.values()) == {1}
        assert sum(worker.outbox.fenced for worker in workers) == 0


async def _plan(database: Database) -> int:
    await SqlEntries(database).add([entry(1)], NOW)
    await SqlSubscribers(database, lambda key: ()).add(PEOPLE, NOW)
    published = await SqlEditions(database).publish(edition(1, 1), "", "", "0" * 16, NOW)
    assert published is not None
    await database.write(batches.make_batches, 2)
    return published.id


async def _whose(database: Database, row: int) -> tuple[str, str]:
    """Who has its batch, and its state."""
    batch = sa.and_(table.c.edition_id == copies.c.edition_id, table.c.first <= row, table.c.last >= row)
    query = sa.select(table.c.holder, copies.c.state).join(table, batch).where(copies.c.id == row)
    async with database.read() as connection:
        [(holder, state)] = await connection.execute(query)
        return holder, state


async def _lapse(database: Database, count: int) -> None:
    """The first so many of those that are held."""
    held = sa.select(table.c.id).where(table.c.holder != "").order_by("id").limit(count)
    async with database.begin() as connection:
        await connection.change(sa.update(table).where(table.c.id.in_(held)).values(until=NOW - 999 * HOUR))


async def _check(database: Database) -> None:
    """What is held is due, and what is free has nothing on its way."""
    async with database.read() as connection:
        rows = (await connection.execute(sa.text(
            "SELECT b.id, b.holder, b.due, (SELECT count(*) FROM outbox o WHERE o.edition_id = b.edition_id "
            "AND o.id BETWEEN b.first AND b.last AND o.state IN ('pending', 'deferred', 'sending')), "
            "(SELECT count(*) FROM outbox o WHERE o.edition_id = b.edition_id AND o.id BETWEEN b.first AND "
            "b.last AND o.state = 'sending') FROM batches b"
        ))).all()  # fmt: skip
    for batch, holder, due, left, sending in rows:
        assert due is not None or not left, f"{left} rows of batch {batch} are forgotten"
        assert holder or not sending, f"{sending} rows of batch {batch} are on their way, and nobody has it"


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_whatever_the_order_in_a_file(seed: int):
    """Every row is accepted in the end, and once where no lease lapsed."""

    async def play() -> None:
        with TemporaryDirectory() as folder:
            database = Database("sqlite:///papers.db", Path(folder))
            try:
                await _play(database, Random(seed))
            finally:
                await database.close()

    asyncio.run(play())


@EXAMPLES
@given(seed=st.integers(0, 2**32))
def test_whatever_the_order_on_a_server(
    cluster: Cluster,
    with_tables: str,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
):
    """Likewise."""

    async def play() -> None:
        name = cluster.create(like=with_tables)
        database = Database(cluster.url(name), tmp_path_factory.getbasetemp())
        try:
            await _play(database, Random(seed))
        finally:
            await database.close()
            cluster.drop(name)

    asyncio.run(play())
