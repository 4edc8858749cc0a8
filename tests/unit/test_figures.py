"""What numbers become on the dashboard."""

from datetime import UTC, date, datetime, timedelta

from newsletter.ports.insight import InFlight, ListDay, Minute
from newsletter.web.dashboard.figures import flight_bar, flight_key, hour_chart, slot_days
from newsletter.web.dashboard.glance import readers_by_day
from newsletter.web.dashboard.words import compact, share, signed, span

NOW = datetime(2026, 3, 11, 7, 30, 40, tzinfo=UTC)
DAY = date(2026, 3, 11)


def test_readers_are_reckoned_back_from_today():
    """By who came and who left, the oldest first."""
    days = [ListDay(DAY - timedelta(days=1), 5, 1), ListDay(DAY, 3, 0)]
    found = readers_by_day(100, days, DAY, 3)
    assert found == [(DAY - timedelta(days=2), 93), (DAY - timedelta(days=1), 97), (DAY, 100)]


def test_nobody_is_never_less_than_nobody():
    """Where the history says more than the list, as after an erasure."""
    assert readers_by_day(1, [ListDay(DAY, 9, 0)], DAY, 2)[0][1] == 0


def test_the_last_hour_has_sixty_minutes():
    """The last is the one that runs."""
    minutes = [Minute(NOW.replace(second=0) - timedelta(minutes=59), 7), Minute(NOW.replace(second=0), 40)]
    chart = hour_chart(minutes, NOW)
    assert chart.rows == (("59", "7"), ("0", "40"))
    assert chart.top == "50"
    assert hour_chart((), NOW).rows == ()


def test_only_colours_that_are_there_are_explained():
    """Of what is under way."""
    flight = InFlight(1, "papers", 7, NOW, None, 100, 40, 0, 10, 0, None)
    assert flight_key([flight]) == (
        ("accepted", "done"),
        ("pending", "to be sent"),
        ("deferred", "deferred"),
    )
    assert 'aria-label="50 of 100 copies are done"' in flight_bar(flight)


def test_no_slots_are_no_days():
    """As in a new newsletter."""
    assert slot_days(()) == ()


def test_numbers_are_said_shortly_and_truly():
    """Nothing is rounded to all or to nothing."""
    assert [compact(value) for value in (0, 950, 25_000, 1_250_000)] == ["0", "950", "25k", "1.25M"]
    assert [share(part, 10_000) for part in (0, 1, 9_999, 10_000)] == ["0%", "<0.1%", "99.9%", "100%"]
    assert [signed(value) for value in (12, 0, -3)] == ["+12", "±0", "−3"]
    assert [span(timedelta(seconds=s)) for s in (20, 90 * 60)] == ["less than a minute", "1 h 30 min"]
