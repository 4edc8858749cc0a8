"""What `[schedule]` says of holidays and of the readers' own time."""

from datetime import date, time
from pathlib import Path

import pytest
from support.newsroom import write_config

from newsletter.config import load_settings
from newsletter.config.holidays import holiday_names
from newsletter.errors import ConfigError


def schedule(folder: Path, line: str):
    """The table with this line."""
    return load_settings(write_config(folder, more=f"[schedule]\n{line}\n")).schedule


def test_days_of_ones_own_and_those_of_countries_and_their_parts():
    """In English, of any year; a part has more than its country."""
    name = holiday_names(("2026-05-20", "12-24", "DE-BY"))
    assert name(date(2026, 5, 20)) == "2026-05-20"
    assert name(date(2027, 5, 20)) is None
    assert name(date(2031, 12, 24)) == "12-24"
    assert name(date(2026, 12, 25)) == name(date(2044, 12, 25)) == "Christmas Day"
    assert name(date(2026, 1, 6)) == "Epiphany"
    assert holiday_names(("DE",))(date(2026, 1, 6)) is None
    assert holiday_names(())(date(2026, 12, 25)) is None


def test_a_day_that_is_taken_instead_is_a_holiday_too():
    """In the United States where the Fourth of July is a Saturday."""
    assert holiday_names(("US",))(date(2026, 7, 3)) == "Independence Day (observed)"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Christmas", 'write a date such as "2026-12-24"'),
        ("de", 'write a date such as "2026-12-24"'),
        ("24-12", "there is no such day; write month before day"),
        ("2026-02-29", "there is no such day"),
        ("XX", 'no holidays are known of "XX"; write a code of ISO 3166-1'),
        ("DE-ZZ", 'of the part "ZZ" of "DE"; the known parts are BB, BE, BW, BY,'),
        ("MC-X", 'of the part "X" of "MC"; nor of any other part'),
    ],
)
def test_what_is_no_holiday_is_refused_with_the_mend(tmp_path: Path, written: str, told: str):
    """By the place in the file."""
    with pytest.raises(ConfigError) as refused:
        schedule(tmp_path, f'holidays = ["02-29", "{written}"]')
    assert "[schedule] holidays.1: " in str(refused.value)
    assert told in str(refused.value)


def test_the_readers_time_is_a_time_of_day(tmp_path: Path):
    """Or at once, which is the default."""
    assert schedule(tmp_path, "").deliver is None
    assert schedule(tmp_path, 'deliver = "at once"').deliver is None
    assert schedule(tmp_path, '''deliver = "at 07:30 reader's time"''').deliver == time(7, 30)
    assert schedule(tmp_path, 'deliver = "at 18:00 reader’s time"').deliver == time(18, 0)
    for wrong in ("at noon", "at 25:00 reader's time", "07:30", "at 07:30+01:00 reader's time"):
        with pytest.raises(ConfigError, match=r"\[schedule\] deliver: write"):
            schedule(tmp_path, f'deliver = "{wrong}"')
