"""How fast copies go out, how long the rest takes, and how that is written."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.cli.look import bar, spell
from newsletter.core.rate import per_minute, time_left

NOW = datetime(2026, 3, 11, 7, 40, 30, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOW.replace(minute=minute, second=0)


def test_the_rate_is_that_of_the_last_minutes():
    """Since the first of them; a single minute that has just begun counts as a whole one."""
    assert per_minute({}, NOW) == 0
    assert per_minute({at(40): 90}, NOW) == 90
    assert per_minute({at(38): 100, at(39): 100, at(40): 50}, NOW) == 100
    assert per_minute({at(29): 1000, at(38): 250}, NOW) == 100
    assert per_minute({at(41): 1000}, NOW) == 0, "what is yet to come is no rate"


def test_what_is_left_takes_its_time():
    """Where anything goes out at all."""
    assert time_left(250, 100) == timedelta(minutes=2.5)
    assert time_left(250, 0) is None
    assert time_left(0, 100) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (5 * 3600 + 12 * 60, "5 h 12 min"),
        (86_400, "1 d"),
        (2 * 86_400 + 3 * 3600 + 59, "2 d 3 h"),
    ],
)
def test_times_are_told_in_two_units(seconds: int, words: str):
    """The largest that they have."""
    assert spell(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("share", "full"), [(0, 0), (0.001, 1), (0.5, 6), (0.999, 11), (1, 12)])
def test_a_bar_is_full_when_all_is_done_and_empty_before_anything_is(share: float, full: int):
    """Whatever rounding says."""
    assert bar(share).plain == "━" * full + "─" * (12 - full)
