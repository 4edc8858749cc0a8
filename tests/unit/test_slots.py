"""Which slot is due, in every kind of week."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.slots import Outcome, Schedule, SlotOutcome, calendar, due, next_slot, slots_between
from newsletter.errors import ConfigError

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
    found = due(DAILY, utc("2026-03-11T08:00"), [replace(sent(extra), extra=True)])
    assert found.slot is None
    [outcome] = found.missed
    assert outcome.slot.isoformat() == "2026-03-11T07:30:00+01:00"
    assert outcome.reason == "an extra edition went out after it"


def test_an_extra_edition_before_a_slot_does_not_take_its_place():
    """The slot is due at its time as on every day."""
    extra = datetime.fromisoformat("2026-03-11T07:00:00+01:00")
    assert due(DAILY, utc("2026-03-11T06:45"), [replace(sent(extra), extra=True)]).slot is not None


def test_an_extra_edition_that_never_came_takes_nothings_place():
    """Empty at eight o'clock is no reason to leave out the slot of half past seven."""
    at = datetime.fromisoformat("2026-03-11T08:00:00+01:00")
    extra = SlotOutcome(at, Outcome.EMPTY, "no new entries", extra=True)
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


def test_a_gap_that_ends_on_the_next_day_is_served_before_it():
    """In Nuuk the clock went from 22:59:59 to midnight; each date still has its own slot."""
    nuuk = Schedule(time(23, 30), ZoneInfo("America/Nuuk"))
    assert shown(slots_between(nuuk, utc("2024-03-30T12:00"), utc("2024-04-01T12:00"))) == [
        "2024-03-30T22:30:00-02:00",
        "2024-03-31T23:30:00-01:00",
    ]


def test_a_date_that_a_zone_has_left_out_has_no_slot():
    """On Samoa the 29th of December 2011 was followed by the 31st."""
    apia = Schedule(time(7, 30), ZoneInfo("Pacific/Apia"))
    days = [planned.slot.date().day for planned in calendar(apia, date(2011, 12, 28), date(2012, 1, 1))]
    assert days == [28, 29, 31, 1]


# Holidays


def named(days: dict[str, str]):
    """Holidays by their dates."""
    return lambda day: days.get(day.isoformat())


def test_a_holiday_has_a_slot_that_nobody_serves():
    """It ends when its time has come, with its name; no next slot is announced for it."""
    schedule = replace(DAILY, holiday=named({"2026-12-25": "Christmas Day"}))
    ended = [sent(datetime.fromisoformat("2026-12-24T07:30:00+01:00"))]
    assert next_slot(schedule, utc("2026-12-24T12:00")).isoformat() == "2026-12-26T07:30:00+01:00"
    assert due(schedule, utc("2026-12-25T06:29"), ended).missed == ()
    found = due(schedule, utc("2026-12-25T06:30"), ended)
    assert found.slot is None
    [skipped] = found.missed
    assert (skipped.outcome, skipped.reason) == (Outcome.SKIPPED, "holiday: Christmas Day")
    assert skipped.is_holiday
    assert not SlotOutcome(skipped.slot, Outcome.SKIPPED, "nothing ran").is_holiday
    planned = calendar(schedule, date(2026, 12, 24), date(2026, 12, 26))
    assert [each.holiday for each in planned] == ["", "Christmas Day", ""]


def test_a_holiday_does_not_take_the_place_of_a_slot_that_may_still_be_served():
    """What was missed on its eve is served on it, within catch_up."""
    schedule = replace(DAILY, catch_up=timedelta(hours=30), holiday=named({"2026-12-25": "Christmas Day"}))
    ended = [sent(datetime.fromisoformat("2026-12-23T07:30:00+01:00"))]
    found = due(schedule, utc("2026-12-25T08:00"), ended)
    assert found.slot is not None
    assert found.slot.isoformat() == "2026-12-24T07:30:00+01:00"
    assert [outcome.is_holiday for outcome in found.missed] == [True]


def test_what_a_holiday_takes_may_be_served_on_the_next_day_that_is_none():
    """The week of Easter: Friday and Monday are holidays, so its edition comes on Tuesday; then all is as
    before."""
    weekly = Schedule(
        time(7, 30),
        BERLIN,
        frozenset({4}),
        holiday=named({"2026-04-03": "Good Friday", "2026-04-06": "Easter Monday"}),
        instead=frozenset(range(5)),
    )
    start, end = utc("2026-03-26T12:00"), utc("2026-04-18T12:00")
    assert [slot[:10] for slot in shown(slots_between(weekly, start, end))] == [
        "2026-03-27",
        "2026-04-07",
        "2026-04-10",
        "2026-04-17",
    ]


def test_where_every_day_is_a_holiday_it_says_so():
    """There is no next slot to name."""
    with pytest.raises(ConfigError, match="holidays: they leave no day"):
        next_slot(replace(DAILY, holiday=lambda day: "for ever"), utc("2026-03-11T12:00"))


# Clocks that are wrong, and other times


def test_a_date_has_one_slot_whatever_the_configuration_says_by_then():
    """Neither another time nor another zone makes a second edition on the same date."""
    ended = [sent(datetime.fromisoformat("2026-03-11T07:30:00+01:00"))]
    later = replace(DAILY, time=time(9, 0))
    assert due(later, utc("2026-03-11T08:30"), ended).slot is None
    west = replace(DAILY, zone=ZoneInfo("America/New_York"))
    assert due(west, utc("2026-03-11T12:00"), ended).slot is None
    assert due(west, utc("2026-03-12T12:00"), ended).slot is not None


def test_a_clock_that_was_a_day_ahead_makes_no_second_edition():
    """What it served early is not served again; the day that it went past is explained."""
    ended = [sent(datetime.fromisoformat("2026-03-10T07:30:00+01:00"))]
    ahead = due(DAILY, utc("2026-03-12T07:00"), ended)
    assert ahead.slot is not None
    assert [outcome.slot.date() for outcome in ahead.missed] == [date(2026, 3, 11)]
    ended += [*ahead.missed, sent(ahead.slot)]
    for day in ("2026-03-11", "2026-03-12"):
        assert due(DAILY, utc(f"{day}T07:00"), ended) == due(DAILY, utc(f"{day}T05:00"), ended)
        assert due(DAILY, utc(f"{day}T07:00"), ended).slot is None
    assert due(DAILY, utc("2026-03-13T07:00"), ended).slot is not None


def test_a_first_edition_by_a_clock_that_was_ahead_stands_for_the_day():
    """Nothing had ended before, so that nothing was missed; now it is put right."""
    first = [sent(datetime.fromisoformat("2026-03-12T07:30:00+01:00"))]
    found = due(DAILY, utc("2026-03-11T07:00"), first)
    assert found.slot is None
    [outcome] = found.missed
    assert outcome.reason == "the next edition had gone out already: the clock was ahead"


def test_a_clock_that_was_a_year_ahead_does_not_stop_a_newsletter():
    """That one date has had its edition; all others go on."""
    history = [sent(datetime.fromisoformat(f"{day}T07:30:00+01:00")) for day in ("2026-03-10", "2027-03-11")]
    assert due(DAILY, utc("2026-03-11T07:00"), history).slot is not None


def test_a_clock_that_starts_in_the_past_serves_nothing():
    """As where its battery is empty; the slot of that date ends with the question."""
    history = [sent(datetime.fromisoformat("2026-03-10T07:30:00+01:00"))]
    found = due(DAILY, utc("2020-01-01T07:00"), history)
    assert found.slot is None
    [outcome] = found.missed
    assert outcome.reason == "later editions had gone out already: is the clock behind?"
    assert due(DAILY, utc("2020-01-02T07:00"), [*history, outcome]).slot is None


def test_an_extra_edition_at_the_very_time_of_a_slot_is_its_end():
    """There is no other row for it."""
    slot = datetime.fromisoformat("2026-03-11T07:30:00+01:00")
    found = due(DAILY, utc("2026-03-11T06:30"), [replace(sent(slot), extra=True)])
    assert (found.slot, found.missed) == (None, ())


ZONES = sorted(available_timezones() - {"Factory", "localtime"})
TIMES = st.integers(0, 24 * 60 - 1).map(lambda minutes: time(minutes // 60, minutes % 60))
WAKINGS = st.lists(
    st.tuples(
        st.integers(1, 3 * 24 * 60),  # minutes since the last
        st.sampled_from((0, 0, 0, -1440, -90, 60, 1440)),  # by which the clock is wrong
        st.none() | TIMES,  # the time in the configuration from now on
    ),
    min_size=2,
    max_size=40,
)


@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST),
    at=TIMES,
    wakings=WAKINGS,
    hours=st.integers(1, 30),
)
def test_however_it_wakes_each_date_ends_once(zone: str, start: datetime, at: time, wakings, hours: int):
    """With clocks that are wrong for a while and times that are changed: from the outcome that was recorded
    first to the last waking every date has one, with an edition or a reason, and no edition is late."""
    schedule = Schedule(at, ZoneInfo(zone), catch_up=timedelta(hours=hours))
    rows: dict[date, SlotOutcome] = {}
    now = start
    for minutes, wrong, changed in [*wakings, (3 * 24 * 60, 0, None)]:
        now += timedelta(minutes=minutes)
        schedule = replace(schedule, time=changed or schedule.time)
        clock = now + timedelta(minutes=wrong)
        found = due(schedule, clock, list(rows.values()))
        served = [] if found.slot is None else [sent(found.slot)]
        for outcome in (*found.missed, *served):
            assert outcome.slot.date() not in rows
            assert outcome.slot <= clock
            rows[outcome.slot.date()] = outcome
            assert outcome.reason or clock - outcome.slot <= schedule.catch_up
        again = due(schedule, clock, list(rows.values()))
        assert (again.slot, again.missed) == (None, ())
    if rows:
        known = calendar(schedule, next(iter(rows)), (now - timedelta(days=2)).date())
        assert {planned.slot.date() for planned in known} <= set(rows)
