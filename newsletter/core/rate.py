"""How fast copies go out, and how long the rest will take."""

from collections.abc import Mapping
from datetime import datetime, timedelta

__all__ = ["LATELY", "per_minute", "time_left"]

LATELY = timedelta(minutes=10)
"""What counts for the rate of now."""
_MINUTE = timedelta(minutes=1)


def per_minute(accepted: Mapping[datetime, int], now: datetime) -> float:
    """Copies a minute, of what was accepted in minutes that begin at these times, over the time since the
    first of them that is not long ago."""
    lately = {at: count for at, count in accepted.items() if now - LATELY <= at <= now}
    if not lately:
        return 0.0
    return sum(lately.values()) / max((now - min(lately)) / _MINUTE, 1.0)


def time_left(copies: int, rate: float) -> timedelta | None:
    """For so many at this rate a minute; None where none go out."""
    return copies / rate * _MINUTE if copies and rate else None
