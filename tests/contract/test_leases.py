"""Several workers on one outbox: each row is one worker's at a time; whoever comes back late does no harm."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from support.samples import NOW, edition

from newsletter.adapters.stores import batches
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.leased import LeasedOutbox
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.schema import batches as table
from newsletter.adapters.stores.schema import outbox as copies
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState as State

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACCEPTED = Decision(State.ACCEPTED, 1)


@pytest.fixture
async def two(database: Database, planned: int) -> list[int]:
    """Batches of three and of two rows; their ids."""
    await database.write(batches.make_batches, 3)
    return await due(database)


@pytest.fixture
def workers(database: Database) -> list[LeasedOutbox]:
    """Two of them, by name."""
    return [LeasedOutbox(database, name) for name in ("one", "other")]


async def due(database: Database, now=NOW) -> list[int]:
    return await database.ask(batches.due_batches, now, 100)


async def lapse(database: Database) -> None:
    """Nobody who holds a batch has given a sign of life for long."""
    async with database.begin() as connection:
        await connection.change(sa.update(table).where(table.c.holder != "").values(until=NOW - 9999 * DAY))


async def rows(outbox: LeasedOutbox, now=NOW) -> list[int]:
    return [row.id for row in await outbox.due(now, 0, 100)]


async def held(database: Database) -> dict[int, tuple[str, int]]:
    """Who has which batch, with its fence."""
    async with database.read() as connection:
        found = await connection.execute(
            sa.select(table.c.id, table.c.holder, table.c.fence).where(table.c.holder != "")
        )
        return {batch: (holder, fence) for batch, holder, fence in found}


async def counts(outbox: SqlOutbox, edition_id: int) -> dict[State, int]:
    return dict((await outbox.accounting(edition_id)).counts)


# Batches


async def test_every_open_row_is_in_one_batch(database, outbox, planned, two):
    """Also those that come later, and however often somebody makes batches."""
    await database.write(batches.make_batches, 3)
    async with database.read() as connection:
        found = (await connection.execute(sa.select(table.c.first, table.c.last).order_by("id"))).all()
        every = sorted(await connection.scalars(sa.select(copies.c.id)))
    assert found == [(1, every[2]), (every[2] + 1, every[4])]


async def test_a_second_edition_gets_batches_of_its_own(database, editions, planned, two):
    """After those of the first."""
    await editions.publish(edition(2, 4, slot=NOW + DAY), "", "", "0" * 16, NOW + DAY)
    await database.write(batches.make_batches, 3)
    found = await due(database, NOW + DAY)
    assert len(found) == 4
    assert found[:2] == two


async def test_two_workers_never_hold_one_batch(database, planned, two, workers):
    """Each takes the next one that is free, until there is none."""
    one, other = workers
    assert await one.claim(NOW)
    assert await other.claim(NOW)
    assert set(await rows(one)).isdisjoint(await rows(other))
    assert not await LeasedOutbox(database, "third", ttl=0.2).claim(NOW)
    assert await held(database) == {two[0]: ("one", 1), two[1]: ("other", 1)}
    assert await due(database) == []


async def test_a_lapsed_lease_is_taken_over(database, planned, two, workers):
    """With a higher fence; what was being sent is told to the one who takes over."""
    one, other = workers
    assert await one.claim(NOW)
    first, *_ = await rows(one)
    assert await one.record([first], [], NOW) == {first}
    assert await other.claim(NOW)
    assert await other.interrupted() == ()
    await lapse(database)
    taker = LeasedOutbox(database, "third")
    assert await taker.claim(NOW)
    assert [row.id for row in await taker.interrupted()] == [first]
    assert (await held(database))[two[0]] == ("third", 2)


async def test_whoever_comes_back_late_records_nothing(database, outbox, planned, two, workers):
    """Its rows are neither begun nor decided nor wanted, and the outcomes that were dropped are counted."""
    one, other = workers
    await one.claim(NOW)
    first, second, third = await rows(one)
    await one.record([first, second], [], NOW)
    await lapse(database)
    await other.claim(NOW)
    assert await one.wanted([first, second]) == frozenset()
    assert await one.record([third], [(first, ACCEPTED), (second, ACCEPTED)], NOW) == frozenset()
    assert one.fenced == 2
    assert await counts(outbox, planned) == {State.SENDING: 2, State.PENDING: 3}
    left = await other.interrupted()
    await other.record([], [(row.id, ACCEPTED) for row in left], NOW)
    assert await counts(outbox, planned) == {State.ACCEPTED: 2, State.PENDING: 3}
    assert other.fenced == 0


async def test_what_lapsed_and_nobody_took_is_still_ours(database, planned, two, workers):
    """As soon as we give a sign of life."""
    one, other = workers
    await one.claim(NOW)
    found = await rows(one)
    await lapse(database)
    assert await one.wanted(found) == set(found)
    assert await other.claim(NOW)
    assert (await held(database))[two[0]] == ("one", 1)


async def test_a_batch_goes_back_when_its_last_row_is_through(database, planned, two, workers):
    """Without a word: decided, not begun, or given back."""
    one, _ = workers
    await one.claim(NOW)
    first, second, third = await rows(one)
    assert await rows(one) == []
    await one.record([first, second], [], NOW)
    await one.record([], [(first, ACCEPTED)], NOW)
    await one.give_back([third])
    assert two[0] in await held(database)
    await one.record([], [(second, ACCEPTED)], NOW)
    assert await held(database) == {}
    assert await due(database) == two  # the third row is still to be sent


async def test_a_batch_is_due_again_when_its_first_row_is(database, subscribers, planned, two, workers):
    """Which was deferred, or whose reader chose an hour; and never where nothing is left."""
    one, _ = workers
    async with database.begin() as connection:
        await connection.change(sa.update(copies).where(copies.c.id == 5).values(next_attempt=NOW + 3 * HOUR))
    await one.claim(NOW)
    found = await rows(one)
    await one.record(found, [], NOW)
    later = [(row, Decision(State.DEFERRED, 1, "451", NOW + row * HOUR)) for row in found]
    await one.record([], later, NOW)
    await one.claim(NOW)
    [fourth] = await rows(one)
    await one.record([fourth], [], NOW)
    await one.record([], [(fourth, ACCEPTED)], NOW)
    assert await held(database) == {}
    assert await due(database, NOW + HOUR - timedelta(seconds=1)) == []
    assert await due(database, NOW + HOUR) == two[:1]
    assert await due(database, NOW + 3 * HOUR) == two


async def test_nothing_is_due_in_what_is_finished(database, planned, two, workers):
    """However late."""
    one, _ = workers
    while await one.claim(NOW):
        found = await rows(one)
        await one.record(found, [], NOW)
        await one.record([], [(row, ACCEPTED) for row in found], NOW)
    assert await due(database, NOW + 99 * DAY) == []
    await database.write(batches.make_batches)
    assert await due(database, NOW + 99 * DAY) == []


async def test_paused_editions_are_not_claimed(database, outbox, planned, two, workers):
    """Until they are resumed; what was claimed before has no rows that may begin."""
    one, _ = workers
    await one.claim(NOW)
    found = await rows(one)
    await outbox.pause(planned, "stop it")
    assert await due(database) == []
    assert not await LeasedOutbox(database, "third", ttl=0.2).claim(NOW)
    assert await one.record(found, [], NOW) == frozenset()
    assert await held(database) == {}
    await outbox.resume(planned, NOW)
    assert await due(database) == two


async def test_what_was_being_sent_of_a_paused_edition_is_settled(database, outbox, planned, two, workers):
    """Whoever died holds it back from nobody: its batch is claimed, and no row of it is due."""
    one, other = workers
    await one.claim(NOW)
    first, *_ = await rows(one)
    await one.record([first], [], NOW)
    await outbox.pause(planned, "stop it")
    await lapse(database)
    assert await other.claim(NOW)
    assert [row.id for row in await other.interrupted()] == [first]
    await other.record([], [(first, Decision(State.UNKNOWN, 1))], NOW)
    assert await rows(other) == []
    assert await held(database) == {}
    assert await counts(outbox, planned) == {State.UNKNOWN: 1, State.PENDING: 4}


async def test_whoever_leaves_is_not_begun(database, subscribers, outbox, planned, two, workers):
    """Nor is what expires meanwhile; neither keeps the batch."""
    one, _ = workers
    await one.claim(NOW)
    first, second, third = await one.due(NOW, 0, 100)
    await subscribers.move(first.subscriber_id, Event.UNSUBSCRIBE, NOW, "test")
    assert await one.record([first.id, second.id], [], NOW) == {second.id}
    assert await outbox.expire(NOW + 9 * DAY, DAY) == 3
    assert await one.record([third.id], [], NOW) == frozenset()
    await one.record([], [(second.id, ACCEPTED)], NOW)
    assert await held(database) == {}
    assert await counts(outbox, planned) == {State.SUPPRESSED: 1, State.EXPIRED: 3, State.ACCEPTED: 1}


async def test_who_leaves_while_their_copy_is_on_its_way_gets_no_second_attempt(
    database, subscribers, outbox, planned, two, workers
):
    """Whatever the server said of the first."""
    one, _ = workers
    await one.claim(NOW)
    first, *_ = await one.due(NOW, 0, 100)
    await one.record([first.id], [], NOW)
    await subscribers.move(first.subscriber_id, Event.UNSUBSCRIBE, NOW, "test")
    await one.record([], [(first.id, Decision(State.DEFERRED, 1, "451", NOW + HOUR))], NOW)
    assert await counts(outbox, planned) == {State.SUPPRESSED: 1, State.PENDING: 4}


async def test_a_persons_word_opens_a_batch_anew(database, outbox, planned, two, workers):
    """At once, also one that waits for its next attempts."""
    one, _ = workers
    for _ in two:
        await one.claim(NOW)
        found = await rows(one)
        await one.record(found, [], NOW)
        moves = [(row, Decision(State.DEFERRED, 1, "451", NOW + DAY)) for row in found[1:-1]]
        doubt = [(row, Decision(State.UNKNOWN, 1)) for row in (found[0], found[-1])]
        await one.record([], [*moves, *doubt], NOW)
    assert await due(database) == []
    assert await due(database, NOW + DAY) == two[:1]
    assert await outbox.resolve(planned, State.PENDING, NOW) == 4
    assert await due(database) == two


async def test_open_rows_that_no_batch_tells_of_are_found(database, planned, two):
    """Whatever became of it."""
    async with database.begin() as connection:
        await connection.change(sa.update(table).values(due=None))
    await database.write(batches.make_batches)
    assert await due(database) == two


# A run


async def test_everything_is_given_back_in_the_end(database, planned):
    """Also where the run fails; what was being sent is left to whoever claims it next."""
    worker = LeasedOutbox(database, "one")
    with suppress(ZeroDivisionError):
        async with worker.exclusive():
            assert await worker.claim(NOW)
            first, *_ = await rows(worker)
            await worker.record([first], [], NOW)
            _ = 1 / 0
    assert await held(database) == {}
    other = LeasedOutbox(database, "other")
    async with other.exclusive():
        assert await other.claim(NOW)
        assert [row.id for row in await other.interrupted()] == [first]


async def test_a_run_that_was_stopped_leaves_nothing_to_the_next(database, planned, two):
    """It begins with the first batch again."""
    worker = LeasedOutbox(database, "one")
    for _ in range(3):
        async with worker.exclusive():
            assert await worker.claim(NOW)
            assert await rows(worker) == [1, 2, 3]


async def test_what_is_held_is_renewed_meanwhile(database, planned):
    """However long nothing is recorded."""
    one, other = (LeasedOutbox(database, name, ttl=0.3) for name in ("one", "other"))
    async with one.exclusive():
        assert await one.claim(NOW)
        found = await rows(one)
        await asyncio.sleep(1)
        assert not await other.claim(NOW)
        assert await one.record(found, [], NOW) == set(found)


async def test_what_a_dead_worker_held_is_waited_for(database, planned, two):
    """For as long as its lease lasts, so that nothing is left by whoever sends after a crash."""
    dead, other = LeasedOutbox(database, "dead", ttl=0.6), LeasedOutbox(database, "other", ttl=0.6)
    assert await dead.claim(NOW)
    assert await other.claim(NOW)
    assert await other.claim(NOW)
    assert await held(database) == {two[0]: ("other", 2), two[1]: ("other", 1)}


async def test_a_living_worker_is_left_alone(database, planned, two):
    """It is seen to be alive after less than the time of a lease; then nobody looks again."""
    one, other = LeasedOutbox(database, "one", ttl=0.9), LeasedOutbox(database, "other", ttl=0.9)
    async with one.exclusive():
        assert await one.claim(NOW)
        assert await other.claim(NOW)
        assert not await other.claim(NOW)
        assert (await held(database))[two[0]] == ("one", 1)
        async with asyncio.timeout(0.2):
            assert not await other.claim(NOW)


class Jobs:
    """A feed of these batches."""

    def __init__(self, *numbers: int) -> None:
        self._next: Iterator[int] = iter(numbers)
        self.through: list[int] = []

    async def next(self) -> int | None:
        return next(self._next, None)

    def released(self, batch: int) -> None:
        self.through.append(batch)


async def test_a_worker_that_is_fed_claims_just_that(database, planned, two):
    """And tells what it is through with: batches that there is nothing to do in as well, and those that it
    has already."""
    jobs = Jobs(99, two[1], two[1])
    worker = LeasedOutbox(database, "one", jobs)
    assert await worker.claim(NOW)
    assert jobs.through == [99]
    found = await rows(worker)
    assert not await worker.claim(NOW)
    assert jobs.through == [99, two[1]]
    await worker.record(found, [], NOW)
    await worker.record([], [(row, ACCEPTED) for row in found], NOW)
    assert jobs.through == [99, two[1], two[1]]
    assert await due(database) == two[:1]
