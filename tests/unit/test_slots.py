"""Which slot is due, in every kind of week."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.slots import Outcome, Schedule, SlotOutcome, due, next_slot, slots_between

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = Schedule(time(7, 30), BERLIN)
FIRST, LAST = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001 as Hypothesis wants them


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sent(slot: datetime) -> SlotOutcome:
    return SlotOutcome(slot, Outcome.SENT)


def shown(slots) -> list[str]:
    return [slot.isoformat() for slot in slots]


def test_slots_are_local_times_with_their_offset():
    """Before and after the clocks change it is half past seven on the wall."""
    assert shown(slots_between(DAILY, utc("2026-03-27T12:00"), utc("2026-03-30T12:00"))) == [
        "2026-03-28T07:30:00+01:00",
        "2026-03-29T07:30:00+02:00",
        "2026-03-30T07:30:00+02:00",
    ]


def test_a_time_that_the_spring_gap_leaves_out_is_served_an_hour_later_on_the_wall():
    """02:30 does not exist on 2026-03-29 in Berlin; that day still has one slot."""
    night = Schedule(time(2, 30), BERLIN)
    assert shown(slots_between(night, utc("2026-03-28T12:00"), utc("2026-03-29T12:00"))) == [
        "2026-03-29T03:30:00+02:00"
    ]


def test_a_time_that_the_autumn_fold_has_twice_is_served_once():
    """02:30 comes twice on 2026-10-25 in Berlin; the first of both is the slot."""
    night = Schedule(time(2, 30), BERLIN)
    assert shown(slots_between(night, utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))) == [
        "2026-10-25T02:30:00+02:00"
    ]


def test_a_slot_in_the_fold_that_has_ended_is_recognised_after_a_restart():
    """Read back from its text it is still the same slot, so it is not served again."""
    night = Schedule(time(2, 30), BERLIN)
    slot = due(night, utc("2026-10-25T00:45"), []).slot
    assert slot is not None
    ended = datetime.fromisoformat(slot.isoformat())
    assert due(night, utc("2026-10-25T01:45"), [sent(ended)]).slot is None


def test_days_without_a_slot_have_none():
    """From Friday noon the next weekday slot is Monday's."""
    weekdays = Schedule(time(7, 30), BERLIN, frozenset(range(5)))
    assert next_slot(weekdays, utc("2026-03-13T12:00")).isoformat() == "2026-03-16T07:30:00+01:00"


def test_a_slot_is_due_from_its_minute_until_catch_up_has_passed():
    """Not a second before, and not after six hours."""
    assert due(DAILY, utc("2026-03-11T06:29:59"), []).slot is None
    assert due(DAILY, utc("2026-03-11T06:30"), []).slot is not None
    assert due(DAILY, utc("2026-03-11T12:29"), []).slot is not None
    assert due(DAILY, utc("2026-03-11T12:31"), []).slot is None


def test_a_new_installation_has_missed_nothing():
    """Without any slot that ended, only the present one counts."""
    assert due(DAILY, utc("2026-03-11T20:00"), []).missed == ()


def test_after_days_of_silence_the_newest_slot_is_served_and_the_others_are_missed():
    """One catch-up, and a name for each day that was lost."""
    ended = [sent(datetime.fromisoformat("2026-03-08T07:30:00+01:00"))]
    found = due(DAILY, utc("2026-03-11T07:00"), ended)
    assert found.slot is not None
    assert found.slot.isoformat() == "2026-03-11T07:30:00+01:00"
    assert shown(outcome.slot for outcome in found.missed) == [
        "2026-03-09T07:30:00+01:00",
        "2026-03-10T07:30:00+01:00",
    ]


def test_too_late_for_the_newest_slot_as_well_it_is_missed_too():
    """In the evening nobody wants the morning's paper."""
    ended = [sent(datetime.fromisoformat("2026-03-10T07:30:00+01:00"))]
    found = due(DAILY, utc("2026-03-11T20:00"), ended)
    assert found.slot is None
    assert shown(outcome.slot for outcome in found.missed) == ["2026-03-11T07:30:00+01:00"]


def test_an_extra_edition_after_a_slot_stands_in_for_it():
    """Nobody gets two editions in one morning, and the slot still ends with its reason."""
    extra = datetime.fromisoformat("2026-03-11T08:00:00+01:00")
    found = due(DAILY, utc("2026-03-11T08:00"), [sent(extra)])
    assert found.slot is None
    [outcome] = found.missed
    assert outcome.slot.isoformat() == "2026-03-11T07:30:00+01:00"
    assert outcome.reason == "an extra edition went out after it"


def test_an_extra_edition_before_a_slot_does_not_take_its_place():
    """The slot is due at its time as on every day."""
    extra = datetime.fromisoformat("2026-03-11T07:00:00+01:00")
    assert due(DAILY, utc("2026-03-11T06:45"), [sent(extra)]).slot is not None


def test_an_extra_edition_that_never_came_takes_nothings_place():
    """Empty at eight o'clock is no reason to leave out the slot of half past seven."""
    extra = SlotOutcome(datetime.fromisoformat("2026-03-11T08:00:00+01:00"), Outcome.EMPTY, "no new entries")
    assert due(DAILY, utc("2026-03-11T08:00"), [extra]).slot is not None


@given(
    start=st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST),
    minutes=st.integers(0, 24 * 60 - 1),
    zone=st.sampled_from(
        ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
)
def test_every_local_date_has_exactly_one_slot(start: datetime, minutes: int, zone: str):
    """Over a fortnight, in zones with odd offsets and half-hour daylight saving."""
    schedule = Schedule(time(minutes // 60, minutes % 60), ZoneInfo(zone))
    slots = list(slots_between(schedule, start, start + timedelta(days=14)))
    dates = [slot.date() for slot in slots]
    assert len(set(dates)) == len(dates)
    assert 13 <= len(dates) <= 15
    assert slots == sorted(slots)
