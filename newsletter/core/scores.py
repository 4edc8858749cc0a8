"""When a mailbox has refused so much that its reader gets nothing more.

Each day counts once, by the worst of what came back on it: 3 for a hard bounce, 1 for a soft one. What is
older counts half as much for every seven days. At five the reader is taken off the list: two hard bounces
within four days, or a soft one on each of seven days in a row, but never one day alone, on which it may be
the server that blundered. The sum is made anew from what is known, so that neither the order of arrival nor a
repetition matters.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from math import fsum

from newsletter.core.bounces import Cause, Kind
from newsletter.core.consent import Event
from newsletter.core.model import SubscriberStatus as Status

__all__ = ["MEMORY", "THRESHOLD", "consequence", "score", "weight"]

THRESHOLD = 5.0
"""Where the configuration says nothing else."""
MEMORY = timedelta(days=90)
"""What came back longer ago is forgotten: of a hard bounce less than a thousandth would be left."""

_HARD = 3.0
_SOFT = 1.0
_HALF_LIFE = 7
"""Days: whoever gets a weekly edition is let go after the third hard bounce in a row."""

_OURS = frozenset(
    {
        Cause.SENDER,
        Cause.RELAYING,
        Cause.AUTHENTICATION,
        Cause.BLOCKED,
        Cause.SPAM,
        Cause.CONTENT,
        Cause.POLICY,
        Cause.TOO_BIG,
        Cause.TOO_MANY,
    }
)
"""What a server has against us, or against this message, says nothing of the mailbox: a week on a block list
would cost all readers at a large provider."""


def weight(kind: Kind, cause: Cause | None) -> float:
    """What it counts on its day; nothing where the server still tries, or refuses us and not the address."""
    if cause in _OURS or cause is Cause.DELAYED:
        return 0.0
    return {Kind.HARD: _HARD, Kind.SOFT: _SOFT}.get(kind, 0.0)


def score(marks: Iterable[tuple[date, float]], on: date) -> float:
    """On this day, of days with their weights, in any order; what is later does not count yet.

    >>> score([(date(2026, 3, 2), 3.0), (date(2026, 3, 2), 1.0)], date(2026, 3, 9))
    1.5
    """
    worst: dict[date, float] = {}
    for day, counted in marks:
        if day <= on:
            worst[day] = max(worst.get(day, 0.0), counted)
    # The exact sum, so that no order of the same numbers differs from another by a rounding.
    return fsum(counted * 2 ** (-(on - day).days / _HALF_LIFE) for day, counted in worst.items())


def consequence(
    status: Status, kind: Kind, cause: Cause | None, reached: float, limit: float
) -> Event | None:
    """What follows for somebody of this status, with the score that they have reached; None for nothing."""
    if status is Status.ERASED:
        return None
    if kind is Kind.COMPLAINT:
        return Event.COMPLAIN
    if kind is Kind.UNSUBSCRIBE:
        return Event.UNSUBSCRIBE
    if not weight(kind, cause):
        return None
    # Nobody has ever read mail there, so there is no reader to be lost.
    never_there = status is Status.PENDING and kind is Kind.HARD
    is_listed = status in (Status.ACTIVE, Status.PENDING)
    return Event.BOUNCE if never_there or (is_listed and reached >= limit) else None
