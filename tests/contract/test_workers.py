"""Several workers send one edition over real connections: every row is sent once, whoever sends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.newsroom import newsroom, publish
from support.samples import NOW
from support.smtp import scripted_server, times

from newsletter.adapters.stores import batches
from newsletter.adapters.stores.leased import LeasedOutbox
from newsletter.adapters.stores.schema import batches as table
from newsletter.bootstrap import App
from newsletter.core.delivery import Decision, Policy, RetrySchedule
from newsletter.core.model import DeliveryState as State
from newsletter.ports import Feed
from newsletter.services.deliver import Delivery, DeliveryOptions
from newsletter.services.outcomes import Rules

READERS = 60
SIZE = 7


@asynccontextmanager
async def planned(folder: Path, url: str, port: int) -> AsyncIterator[tuple[App, int]]:
    """An edition in batches of seven; its id."""
    more = f'[store]\nurl = "{url}"\n'
    async with newsroom(folder, port=port, readers=READERS, more=more) as app:
        published = await publish(app)
        await app.database.write(batches.make_batches, SIZE)
        yield app, published.id


async def run(app: App, name: str, feed: Feed | None = None, policy: Policy = Policy.RESEND) -> LeasedOutbox:
    """One worker, until it has nothing more to do."""
    database = app.database.again()
    try:
        outbox = LeasedOutbox(database, name, feed, ttl=2)
        rules = DeliveryOptions(rules=Rules(policy, RetrySchedule()))
        await Delivery(outbox, app.paces, app.servers(), app.composer, app.clock, rules).run()
        return outbox
    finally:
        await database.close()


async def test_three_workers_send_every_copy_once(store_url: str, tmp_path: Path):
    """Between them; nobody holds anything in the end, and nothing is due."""
    async with scripted_server() as server, planned(tmp_path, store_url, server.port) as (app, edition):
        workers = await asyncio.gather(*(run(app, name) for name in ("one", "two", "three")))
        assert (await app.outbox.accounting(edition)).counts == {State.ACCEPTED: READERS}
        async with app.database.read() as connection:
            left = await connection.scalars(sa.select(table.c.id).where(table.c.due.is_not(None)))
            holders = await connection.scalars(sa.select(table.c.holder))
        assert (list(left), set(holders)) == ([], {""})
    assert set(server.accepted.values()) == {1}
    assert len(server.accepted) == READERS
    assert [worker.fenced for worker in workers] == [0, 0, 0]


async def test_servers_that_close_cost_nobody_their_copy(store_url: str, tmp_path: Path):
    """What was put back is claimed again."""
    async with (
        scripted_server(on_rcpt=times("421 4.3.2 closing", 5)) as server,
        planned(tmp_path, store_url, server.port) as (app, edition),
    ):
        await asyncio.gather(*(run(app, name) for name in ("one", "two")))
        assert (await app.outbox.accounting(edition)).counts == {State.ACCEPTED: READERS}
    assert set(server.accepted.values()) == {1}


@pytest.mark.parametrize(("policy", "state"), [(Policy.RESEND, State.ACCEPTED), (Policy.HOLD, State.UNKNOWN)])
async def test_what_a_dead_worker_was_sending_is_settled(
    store_url: str, tmp_path: Path, policy: Policy, state: State
):
    """By whoever takes over its batch, when the lease has ended."""
    async with scripted_server() as server, planned(tmp_path, store_url, server.port) as (app, edition):
        dead = LeasedOutbox(app.database, "dead", ttl=1)
        assert await dead.claim(NOW)
        first, *_ = await dead.due(NOW, 0, 10)
        await dead.record([first.id], [], NOW)
        await run(app, "other", policy=policy)
        accounting = await app.outbox.accounting(edition)
        assert accounting[state] >= 1
        assert accounting[State.ACCEPTED] + accounting[State.UNKNOWN] == READERS
        assert await dead.record([], [(first.id, Decision(State.ACCEPTED, 1))], NOW) == frozenset()
        assert dead.fenced == 1


class Jobs:
    """A feed that waits for more until it is closed."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[int | None] = asyncio.Queue()
        self.through: list[int] = []
        self.all_through = asyncio.Event()
        self.expected = 0

    def put(self, *numbers: int) -> None:
        self.expected += len(numbers)
        self.all_through.clear()
        for number in numbers:
            self._queue.put_nowait(number)

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def next(self) -> int | None:
        return await self._queue.get()

    def released(self, batch: int) -> None:
        self.through.append(batch)
        if len(self.through) == self.expected:
            self.all_through.set()


async def test_a_worker_that_is_fed_sends_what_comes(store_url: str, tmp_path: Path):
    """While it waits for more, what it has is sent to the end; then it ends when it should."""
    async with scripted_server() as server, planned(tmp_path, store_url, server.port) as (app, edition):
        numbers = await app.database.ask(batches.due_batches, NOW, 100)
        jobs = Jobs()
        jobs.put(*numbers[:2])
        running = asyncio.create_task(run(app, "one", jobs))
        async with asyncio.timeout(10):
            await jobs.all_through.wait()
        assert (await app.outbox.accounting(edition))[State.ACCEPTED] == 2 * SIZE
        jobs.put(*numbers[2:])
        async with asyncio.timeout(10):
            await jobs.all_through.wait()
        jobs.close()
        await running
        assert (await app.outbox.accounting(edition)).counts == {State.ACCEPTED: READERS}
        assert jobs.through == numbers


async def test_a_worker_is_stopped_while_it_waits(store_url: str, tmp_path: Path):
    """At once, and what it had claimed is free for others."""
    async with scripted_server() as server, planned(tmp_path, store_url, server.port) as (app, edition):
        jobs = Jobs()
        outbox = LeasedOutbox(app.database, "one", jobs)
        delivery = Delivery(outbox, app.paces, app.servers(), app.composer, app.clock, DeliveryOptions())
        running = asyncio.create_task(delivery.run())
        await asyncio.sleep(0.5)
        delivery.stop()
        async with asyncio.timeout(5):
            await running
        assert (await app.outbox.accounting(edition)).counts == {State.PENDING: READERS}
