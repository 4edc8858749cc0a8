"""When a reader's copy is wanted, and when it may leave."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.rhythm import Frequency, Rhythm, not_before

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = sorted(available_timezones() - {"Factory", "localtime"})
_START = datetime(2015, 1, 1, tzinfo=UTC)
SLOTS = st.integers(0, 22 * 365 * 24 * 60).map(lambda minutes: _START + timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_weekly_reader_wants_the_edition_of_the_week_and_no_daily_one():
    """On whatever weekday it comes."""
    rhythm = Rhythm(frequency=Frequency.WEEKLY, weekdays=(0,))
    friday = date(2026, 3, 13)
    assert rhythm.wants(friday, Frequency.WEEKLY)
    assert not rhythm.wants(friday)
    assert not Rhythm().wants(friday, Frequency.WEEKLY)


def test_a_pause_ends_by_itself():
    """The day that it names is the first on which there is an edition again, daily or weekly."""
    for frequency in Frequency:
        rhythm = Rhythm(frequency=frequency, paused_until=date(2026, 3, 13))
        assert not rhythm.wants(date(2026, 3, 12), frequency)
        assert rhythm.wants(date(2026, 3, 13), frequency)


def test_without_an_hour_or_within_it_a_copy_leaves_at_once():
    """An hour is not the minute at its start."""
    slot = at("2026-03-11T07:30:00+01:00")
    assert not_before(Rhythm(), slot, BERLIN) is None
    assert not_before(Rhythm(hour=7), slot, BERLIN) is None
    assert not_before(Rhythm(hour=15, zone="Asia/Tokyo"), slot, BERLIN) is None


def test_an_hour_is_waited_for_in_the_readers_own_zone():
    """Empty, it is the newsletter's; one that nobody knows counts as empty."""
    slot = at("2026-03-11T07:30:00+01:00")
    evening = at("2026-03-11T18:00:00+01:00")
    assert not_before(Rhythm(hour=18), slot, BERLIN) == evening
    assert not_before(Rhythm(hour=18, zone="Nowhere/Atall"), slot, BERLIN) == evening
    assert not_before(Rhythm(hour=18, zone="../etc/passwd"), slot, BERLIN) == evening
    assert not_before(Rhythm(hour=6), slot, BERLIN) == at("2026-03-12T06:00:00+01:00")
    assert not_before(Rhythm(hour=7, zone="America/New_York"), slot, BERLIN) == at("2026-03-11T11:00:00Z")


def test_an_hour_that_daylight_saving_skips_is_over_as_soon_as_the_clock_has_passed_it():
    """In Berlin there was no 2 o'clock on this day, and two of them on the other."""
    assert not_before(Rhythm(hour=2), at("2026-03-28T23:00:00Z"), BERLIN) == at("2026-03-29T01:00:00Z")
    assert not_before(Rhythm(hour=2), at("2026-10-24T23:00:00Z"), BERLIN) == at("2026-10-25T00:00:00Z")


@given(slot=SLOTS, hour=st.integers(0, 23), zone=st.sampled_from(ZONES))
@example(slot=at("2026-03-29T00:10:00Z"), hour=2, zone="Antarctica/Troll")
@example(slot=at("2026-03-29T00:10:00Z"), hour=1, zone="Antarctica/Troll")
@example(slot=at("2026-10-25T00:10:00Z"), hour=1, zone="Antarctica/Troll")
@example(slot=at("2026-04-04T14:45:00Z"), hour=2, zone="Australia/Lord_Howe")
@example(slot=at("2015-05-08T11:00:00Z"), hour=0, zone="Asia/Pyongyang")
def test_in_every_zone_a_copy_waits_for_the_hour_and_no_longer_than_a_day(
    slot: datetime, hour: int, zone: str
):
    """It is the first time at which the clock shows the hour, to the minute, or a gap has taken it away."""
    own = ZoneInfo(zone)
    found = not_before(Rhythm(hour=hour, zone=zone), slot, UTC)
    if found is None:
        assert slot.astimezone(own).hour == hour
        return
    assert slot <= found <= slot + timedelta(hours=25)
    local, before = found.astimezone(own), (found - timedelta(minutes=1)).astimezone(own)
    turns = local.hour == hour and local.minute == 0
    skipped = (local.utcoffset() > before.utcoffset() and before.hour < hour) or (
        hour == 0 and before.hour == 23
    )
    assert turns or skipped
    minutes = (slot + timedelta(minutes=n) for n in range(1, (found - slot) // timedelta(minutes=1)))
    assert all(minute.astimezone(own).hour != hour for minute in minutes)


USUAL = time(7, 30)


def test_the_usual_time_is_for_readers_without_an_hour():
    """On their own clocks; an hour that somebody chose counts for more."""
    slot = at("2026-03-11T07:30:00+01:00")
    assert not_before(Rhythm(), slot, BERLIN, USUAL) is None
    york, tokyo = Rhythm(zone="America/New_York"), Rhythm(zone="Asia/Tokyo")
    assert not_before(york, slot, BERLIN, USUAL) == at("2026-03-11T07:30:00-04:00")
    assert not_before(tokyo, slot, BERLIN, USUAL) == at("2026-03-12T07:30:00+09:00")
    assert not_before(Rhythm(hour=18), slot, BERLIN, USUAL) == at("2026-03-11T18:00:00+01:00")


def test_nobody_waits_until_the_next_edition():
    """A day of 23 hours, and a reader whose time comes in the hour that is left out: they get it at once."""
    slot, following = at("2026-03-28T07:30:00+01:00"), at("2026-03-29T07:30:00+02:00")
    tehran = Rhythm(zone="Asia/Tehran")  # 05:30 UTC is nine o'clock there
    nine = time(9)
    assert not_before(tehran, slot, BERLIN, nine) == following
    assert not_before(tehran, slot, BERLIN, nine, following) is None
    assert not_before(tehran, following, BERLIN, nine, following + timedelta(days=1)) is None
    assert not_before(Rhythm(hour=6, zone="Africa/Lagos"), slot, BERLIN, None, following) == at(
        "2026-03-29T05:00:00Z"
    )


@given(slot=SLOTS, zone=st.sampled_from(ZONES), minutes=st.integers(0, 24 * 60 - 1))
def test_the_usual_time_is_the_first_on_the_readers_clock(slot: datetime, zone: str, minutes: int):
    """At or after the slot, within a day and an hour, or in a gap the minute after it."""
    own, usual = ZoneInfo(zone), time(minutes // 60, minutes % 60)
    found = not_before(Rhythm(zone=zone), slot, UTC, usual) or slot
    assert slot <= found <= slot + timedelta(hours=25)
    local, before = found.astimezone(own), (found - timedelta(minutes=1)).astimezone(own)
    assert local.time() == usual or before.replace(tzinfo=None) + timedelta(minutes=1) < local.replace(
        tzinfo=None
    )
    waited = (slot + timedelta(minutes=n) for n in range(1, (found - slot) // timedelta(minutes=1)))
    assert all(minute.astimezone(own).time() != usual for minute in waited)
