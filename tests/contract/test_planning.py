"""An edition is planned for whom it is for, at the time that they chose."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.samples import NOW, PEOPLE, edition, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.person import rhythm_to_row
from newsletter.adapters.stores.plan import has_readers, plan
from newsletter.adapters.stores.schema import metadata
from newsletter.adapters.stores.schema import outbox as copies
from newsletter.adapters.stores.schema import subscribers as readers
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.audience import EVERYBODY, Audience
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState, Subscriber, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.segments import Segment, parse_segment
from newsletter.core.slots import Outcome, Schedule, due

BERLIN = ZoneInfo("Europe/Berlin")
RHYTHMS = st.builds(
    Rhythm,
    frequency=st.sampled_from(Frequency),
    weekdays=st.sets(st.integers(0, 6)).map(sorted).map(tuple),
    hour=st.none() | st.integers(0, 23),
    zone=st.sampled_from(("", "Asia/Tokyo", "America/New_York", "Nowhere/Atall")),
    paused_until=st.none() | st.dates(date(2026, 3, 9), date(2026, 3, 14)),
)
TAGS = st.sampled_from(((), ("beta",), ("beta", "old")))
PERSONS = st.lists(st.tuples(RHYTHMS, st.sampled_from(SubscriberStatus), TAGS), max_size=12)
SEGMENTS = st.sampled_from((None, parse_segment("tag:beta"), parse_segment("tag:beta and not tag:old")))
SLOTS = st.integers(0, 7 * 24 * 60).map(
    lambda minutes: (datetime(2026, 3, 9, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(BERLIN)
)


@pytest.fixture(scope="module")
def engine() -> sa.Engine:
    """The tables, with nobody in them."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    return engine


@given(people=PERSONS, slot=SLOTS, frequency=st.sampled_from(Frequency), segment=SEGMENTS)
def test_the_plan_is_what_the_audience_says_of_each_reader(
    engine: sa.Engine,
    people: Sequence[tuple[Rhythm, SubscriberStatus, tuple[str, ...]]],
    slot: datetime,
    frequency: Frequency,
    segment: Segment | None,
):
    """Who is in it, and from when on: the database is asked in another way, and answers the same."""
    audience = Audience(frequency=frequency, zone=BERLIN, segment=segment)
    persons = [
        Subscriber(id=id_, email=f"r{id_}@example.org", rhythm=rhythm, status=status, tags=tags)
        for id_, (rhythm, status, tags) in enumerate(people, 1)
    ]
    expected = {
        person.id: audience.not_before(person, slot)
        for person in persons
        if person.status is SubscriberStatus.ACTIVE and audience.includes(person, slot)
    }
    with engine.connect() as connection:
        if persons:
            connection.execute(sa.insert(readers), [_row(person) for person in persons])
        plan(connection, 1, slot, audience, NOW)
        found = connection.execute(sa.select(copies.c.subscriber_id, copies.c.next_attempt))
        assert dict(map(tuple, found)) == expected
        assert has_readers(connection, audience, slot) == bool(expected)
        connection.rollback()


async def test_a_copy_waits_for_the_hour_of_its_reader(
    planned: int, database: Database, editions: SqlEditions, outbox: SqlOutbox
):
    """Until then it is neither due nor counted as such, and it says when it will be."""
    await _choose(database, 2, Rhythm(hour=20))
    await _choose(database, 3, Rhythm(paused_until=date(2026, 3, 13)))
    made = await editions.publish(edition(2, 4, slot=NOW + _DAY), "", "", "0" * 16, NOW + _DAY)
    now, evening = NOW + _DAY, NOW + _DAY + timedelta(hours=12, minutes=30)
    assert await _due(outbox, made.id, now) == [1, 4, 5]
    assert (await outbox.accounting(made.id)).counts == {DeliveryState.PENDING: 4}
    assert await outbox.count_waiting(now) == 1
    assert await outbox.count_due(now) == 5 + 3
    assert await outbox.next_attempt() == evening
    assert await outbox.count_waiting(evening) == 0
    assert await _due(outbox, made.id, evening) == [1, 2, 4, 5]


async def test_what_waits_for_an_hour_is_neither_expired_nor_taken_for_left_behind(
    planned: int, database: Database, editions: SqlEditions, outbox: SqlOutbox
):
    """Its time counts from then on; a row that was ready all along is another matter."""
    hour = timedelta(hours=1)
    evening = NOW + 12.5 * hour
    async with database.begin() as connection:
        await connection.execute(sa.update(copies).values(next_attempt=evening))
    assert await outbox.hold_stale(NOW + 13 * hour, idle=6 * hour) == ()
    assert await outbox.expire(NOW + 13 * hour, lifetime=6 * hour) == 0
    await outbox.record([1], [], evening)
    await outbox.record([], [(1, Decision(DeliveryState.PENDING, 0))], evening)
    assert await outbox.hold_stale(NOW + 20 * hour, idle=6 * hour) == (planned,)
    assert await outbox.expire(NOW + 18 * hour, lifetime=6 * hour) == 0  # it is paused
    await outbox.resume(planned, NOW)
    assert await outbox.expire(NOW + 18 * hour, lifetime=6 * hour) == 1
    assert await outbox.expire(NOW + 19 * hour, lifetime=6 * hour) == 4


async def test_who_leaves_gets_nothing_that_waited_for_their_hour(
    planned: int, database: Database, subscribers: SqlSubscribers, outbox: SqlOutbox
):
    """Their copy is suppressed like any other."""
    async with database.begin() as connection:
        await connection.execute(sa.update(copies).values(next_attempt=NOW + _DAY))
    await subscribers.move(1, Event.UNSUBSCRIBE, NOW, "link")
    assert (await outbox.accounting(planned))[DeliveryState.SUPPRESSED] == 1
    assert await outbox.count_waiting(NOW) == len(PEOPLE) - 1


async def test_there_is_nobody_for_the_week_until_somebody_wants_it(
    planned: int, database: Database, editions: SqlEditions
):
    """And nobody while they pause."""
    weekly = Audience(frequency=Frequency.WEEKLY)
    assert await editions.has_readers(EVERYBODY, NOW)
    assert not await editions.has_readers(weekly, NOW)
    await _choose(database, 1, Rhythm(frequency=Frequency.WEEKLY, paused_until=date(2026, 3, 12)))
    assert not await editions.has_readers(weekly, NOW)
    assert await editions.has_readers(weekly, NOW + _DAY)


async def test_an_extra_for_some_takes_nothing_from_the_others(
    planned: int, database: Database, entries: SqlEntries, editions: SqlEditions, subscribers: SqlSubscribers
):
    """Its entries are as new as before, and its slot does not stand in the way of one that is due."""
    async with database.begin() as connection:
        await connection.execute(sa.update(readers).where(readers.c.id == 2).values(tags=["beta"]))
    some = EVERYBODY.part(parse_segment("tag:BETA"))
    extra = NOW + _DAY + timedelta(minutes=20)
    made = await editions.publish(edition(2, 4, 5, slot=extra), "", "", "0" * 16, extra, some)
    assert made is not None
    outcomes = await SqlSlots(database).outcomes("papers")
    assert (outcomes[0].slot, outcomes[0].outcome, outcomes[0].edition) == (extra, Outcome.SENT, 2)
    schedule = Schedule(time(7, 40), UTC)
    assert due(schedule, extra, outcomes).slot == NOW + _DAY + timedelta(minutes=10)
    told = {entry.id for entry in await entries.candidates("papers", NOW)}
    assert told == {"arxiv:2603.00004", "arxiv:2603.00005"}
    async with database.read() as connection:
        found = await connection.scalars(
            sa.select(copies.c.subscriber_id).where(copies.c.edition_id == made.id)
        )
    assert list(found) == [2]


async def test_a_segment_is_looked_at_in_pages(database: Database, editions: SqlEditions):
    """However many there are in it."""
    people = [NewSubscriber(f"reader{n}@{'even' if n % 2 else 'odd'}.example") for n in range(2500)]
    await SqlSubscribers(database).add(people, NOW)
    await SqlEntries(database).add([entry(1)], NOW)
    audience = Audience(segment=parse_segment("domain:even.example"))
    made = await editions.publish(edition(1, 1), "", "", "0" * 16, NOW, audience)
    assert made is not None
    assert (await SqlOutbox(database).accounting(made.id)).planned == 1250
    assert not await editions.has_readers(Audience(segment=parse_segment("tag:beta")), NOW)


_DAY = timedelta(days=1)


async def _choose(database: Database, subscriber_id: int, rhythm: Rhythm) -> None:
    one = sa.update(readers).where(readers.c.id == subscriber_id)
    async with database.begin() as connection:
        assert await connection.change(one.values(rhythm_to_row(rhythm))) == 1


async def _due(store: SqlOutbox, edition_id: int, now: datetime) -> list[int]:
    rows = await store.due(now, 0, 100)
    return [row.subscriber_id for row in rows if row.edition_id == edition_id]


def _row(person: Subscriber) -> dict[str, object]:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    lists = {"topics": [], "keywords": [], "authors": [], "muted": [], "likes": []}
    own = {"id": person.id, "email": person.email, "email_key": person.email, "name": person.name}
    own |= {"status": person.status.value, "created": made, "changed": made}
    return own | lists | {"tags": list(person.tags)} | rhythm_to_row(person.rhythm)
