"""An edition that comes at one time of everybody's own clock, and what a newer one makes of an older."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

import pytest
import sqlalchemy as sa
from support.samples import edition, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.schema import subscribers as readers
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.audience import Audience
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import Outcome, Schedule, SlotOutcome, local_time, next_slot

BERLIN = ZoneInfo("Europe/Berlin")
USUAL = time(7, 30)
DAILY = Schedule(USUAL, BERLIN)
AUDIENCE = Audience(zone=BERLIN, usual=USUAL, following=partial(next_slot, DAILY))
FIRST = local_time(datetime(2026, 3, 11, 6, 30, tzinfo=UTC), BERLIN)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


async def subscribe(database: Database, zones: list[str]) -> None:
    """A reader in each of these zones, and entries for some editions."""
    people = [NewSubscriber(f"reader{n}@example.org") for n in range(len(zones))]
    await SqlSubscribers(database).add(people, FIRST - DAY)
    async with database.begin() as connection:
        for number, zone in enumerate(zones, 1):
            one = sa.update(readers).where(readers.c.id == number)
            await connection.execute(one.values(zone=zone))
    await SqlEntries(database).add([entry(n) for n in range(1, 9)], FIRST - DAY)


async def publish(
    database: Database,
    number: int,
    slot: datetime,
    now: datetime | None = None,
    audience: Audience = AUDIENCE,
) -> int:
    """Its id."""
    made = await SqlEditions(database).publish(
        edition(number, number, slot=slot), "", "", "0" * 16, now or slot, audience
    )
    assert made is not None
    return made.id


async def send(outbox: SqlOutbox, now: datetime) -> list[tuple[int, int]]:
    """As the delivery does; answers whose copies of which edition were sent."""
    await outbox.supersede(now)
    due = await outbox.due(now, 0, 1000)
    await outbox.record([row.id for row in due], [], now)
    await outbox.record([], [(row.id, Decision(State.ACCEPTED, 1)) for row in due], now)
    return [(row.subscriber_id, row.edition_id) for row in due]


@pytest.mark.parametrize("date", ["2026-03-11", "2026-03-28", "2026-10-24"])
async def test_everybody_gets_it_at_half_past_seven_of_their_own_clock(
    database: Database, outbox: SqlOutbox, date: str
):
    """In every zone that there is, within a day, each once; on ordinary days, and where the newsletter's own
    day has 23 hours or 25. Who would have to wait until the next edition gets it at once. While it waits
    nothing is taken for left behind or too old."""
    slot = local_time(datetime.fromisoformat(f"{date}T07:30").replace(tzinfo=BERLIN), BERLIN)
    until = next_slot(DAILY, slot)
    await subscribe(database, ZONES)
    await publish(database, 1, slot)
    got: dict[int, datetime] = {}
    now = slot
    while now <= slot + 26 * HOUR:
        assert await outbox.hold_stale(now, 2 * HOUR) == ()
        assert await outbox.expire(now, 2 * HOUR) == 0
        for reader, _ in await send(outbox, now):
            assert reader not in got
            got[reader] = now
        now += 15 * MINUTE
    assert len(got) == len(ZONES) > 500
    quarters = [slot + 15 * MINUTE * n for n in range((until - slot) // (15 * MINUTE))]
    times = {number: _first_shown(zone, quarters) for number, zone in enumerate(ZONES, 1)}
    assert {number: found or slot for number, found in times.items()} == got
    assert (None in times.values()) == (until - slot < DAY)


def _first_shown(zone: str, instants: list[datetime]) -> datetime | None:
    own = ZoneInfo(zone)
    return next((instant for instant in instants if instant.astimezone(own).time() == USUAL), None)


async def test_late_it_goes_at_once_to_those_whose_time_has_passed(database: Database, outbox: SqlOutbox):
    """The times are those of the slot, and not of the moment at which it was served."""
    await subscribe(database, ["Europe/Berlin", "Europe/London", "America/New_York"])
    late = FIRST + 4 * HOUR
    made = await publish(database, 1, FIRST, late)
    assert await send(outbox, late) == [(1, made), (2, made)]
    assert await outbox.next_attempt() == FIRST + 5 * HOUR


async def test_an_extra_edition_does_not_wait_for_the_usual_time(database: Database, outbox: SqlOutbox):
    """It is off the schedule, which says when that would be."""
    await subscribe(database, ["Asia/Tokyo", "America/New_York"])
    made = await publish(database, 1, FIRST + HOUR, audience=AUDIENCE.at_once())
    assert await send(outbox, FIRST + HOUR) == [(1, made), (2, made)]


async def test_after_an_outage_nobody_gets_yesterdays_edition_with_todays(
    database: Database, outbox: SqlOutbox
):
    """Nothing was sent for a day. Who has not got the first edition when the second is due gets the second
    alone, and the row of the first says why; for all others it is not too late."""
    await subscribe(database, ["Europe/Berlin", "America/New_York", "Pacific/Honolulu"])
    first = await publish(database, 1, FIRST)
    second = await publish(database, 2, FIRST + DAY)
    assert await send(outbox, FIRST + DAY + MINUTE) == [(2, first), (3, first), (1, second)]
    [ended] = await outbox.failures(first)
    assert (ended.email, ended.state) == ("reader0@example.org", "expired")
    assert ended.reason == "a newer edition was due for its reader"
    counts = (await outbox.accounting(first)).counts
    assert counts == {State.EXPIRED: 1, State.ACCEPTED: 2}
    assert await send(outbox, FIRST + 2 * DAY - HOUR) == [(2, second), (3, second)]


async def test_a_copy_that_is_tried_again_does_not_come_after_the_next_edition(
    database: Database, outbox: SqlOutbox
):
    """A server that says "not now" for a day has its readers' newest edition then."""
    await subscribe(database, ["Europe/Berlin"])
    first = await publish(database, 1, FIRST)
    [row] = await outbox.due(FIRST, 0, 9)
    await outbox.record([row.id], [], FIRST)
    later = FIRST + DAY + HOUR
    await outbox.record([], [(row.id, Decision(State.DEFERRED, 1, "451", later))], FIRST)
    second = await publish(database, 2, FIRST + DAY)
    assert await send(outbox, FIRST + DAY) == [(1, second)]
    assert await send(outbox, later) == []
    assert (await outbox.accounting(first)).counts == {State.EXPIRED: 1}


async def test_what_ends_no_older_edition(database: Database, outbox: SqlOutbox):
    """One that is paused, one that is off the schedule or for another series, one that its reader has not to
    get yet; and none ends what a person has let go on since."""
    await subscribe(database, ["Europe/Berlin"])
    first = await publish(database, 1, FIRST)
    await publish(database, 2, FIRST + HOUR, audience=AUDIENCE.at_once())
    assert await outbox.supersede(FIRST + 2 * HOUR) == 0
    week = replace(edition(1, 1, slot=FIRST + DAY), newsletter="papers/weekly")
    assert await SqlEditions(database).publish(week, "", "", "0" * 16, FIRST + DAY, AUDIENCE)
    assert await outbox.supersede(FIRST + DAY) == 0
    paused = await publish(database, 3, FIRST + DAY)
    await outbox.pause(paused, "wait")
    assert await outbox.supersede(FIRST + DAY + HOUR) == 0
    await outbox.resume(paused, FIRST + DAY + HOUR)
    await outbox.pause(first, "wait")
    assert await outbox.supersede(FIRST + DAY + HOUR) == 0
    await outbox.resume(first, FIRST + DAY + 2 * HOUR)
    assert await outbox.supersede(FIRST + DAY + 2 * HOUR) == 0
    await publish(database, 4, FIRST + 2 * DAY)
    assert await outbox.supersede(FIRST + 2 * DAY) == 2


async def test_a_date_has_one_slot(database: Database, other: Database):
    """Whatever time of it: the database refuses a second, from another connection too; extra editions are
    beside it."""
    slots, others = SqlSlots(database), SqlSlots(other)
    assert await slots.close("papers", SlotOutcome(FIRST, Outcome.EMPTY, "no new entries"), FIRST)
    later = SlotOutcome(FIRST + HOUR, Outcome.SENT, edition=1)
    assert not await others.close("papers", later, FIRST)
    assert await others.close("papers", replace(later, extra=True), FIRST)
    assert await others.close("papers/weekly", later, FIRST)
    assert [outcome.extra for outcome in await slots.outcomes("papers")] == [True, False]
    await SqlEntries(database).add([entry(1)], FIRST)
    refused = await SqlEditions(database).publish(
        edition(1, 1, slot=FIRST + 2 * HOUR), "", "", "0" * 16, FIRST, AUDIENCE
    )
    assert refused is None
