"""The two series of a newsletter: its editions, and the best of each week. Each has numbers and slots of
its own, and tells of an entry once.

A series goes by the newsletter's id, that of the week with a part behind a slash, which no id has. People and
web addresses call its editions "w1", "w2"; the others go by their bare numbers.
"""

import re
from datetime import datetime, timedelta

from newsletter.core.model import Edition
from newsletter.core.rhythm import Frequency

__all__ = [
    "archive_of",
    "archive_path",
    "edition_name",
    "frequency_of",
    "name_in",
    "parse_edition_name",
    "series_of",
    "week_start",
    "weekly_of",
]

_WEEKLY = "/weekly"
_NAME = re.compile(r"(w?)([0-9]{1,9})")
_WEEK = timedelta(days=7)
_LATE = timedelta(days=6)
"""What a holiday may put an edition off."""


def series_of(newsletter_id: str, frequency: Frequency) -> str:
    """What editions of this newsletter for readers of this frequency have as their `newsletter`."""
    return weekly_of(newsletter_id) if frequency is Frequency.WEEKLY else newsletter_id


def weekly_of(newsletter_id: str) -> str:
    """The series of the week."""
    return newsletter_id + _WEEKLY


def frequency_of(edition: Edition) -> Frequency:
    """Of the readers that it is for."""
    return Frequency.WEEKLY if edition.newsletter.endswith(_WEEKLY) else Frequency.DAILY


def edition_name(edition: Edition) -> str:
    """ "5", or "w5" for the fifth of the week: unlike that of any other edition of the newsletter."""
    return name_in(edition.newsletter, edition.number)


def name_in(series: str, number: int) -> str:
    """The same of an edition that need not be there."""
    return f"{'w' if series.endswith(_WEEKLY) else ''}{number}"


def parse_edition_name(newsletter_id: str, name: str) -> tuple[str, int] | None:
    """The series and the number of the edition that is called so; None where none can be."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return series_of(newsletter_id, Frequency.WEEKLY if match[1] else Frequency.DAILY), int(match[2])


def archive_path(edition: Edition) -> str:
    """Where its page is, below the newsletter's base_url."""
    return f"{archive_of(frequency_of(edition))}/{edition.number}"


def archive_of(frequency: Frequency) -> str:
    """Where the list of this series is, below the newsletter's base_url."""
    return "/archive/weekly" if frequency is Frequency.WEEKLY else "/archive"


def week_start(now: datetime, before: datetime | None) -> datetime:
    """Since when entries are of this week: for seven days, or since the slot of the edition `before` where
    that is longer by less than a week, as when one of both was late, or after a holiday."""
    week = now - _WEEK
    return before if before is not None and week - _LATE <= before < week else week
