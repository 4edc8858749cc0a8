"""How fast one server, or one recipient domain, is sent to: what is allowed, and what its replies taught.

A reply that says "too fast" halves rate and connections; from then on both creep back by the minute, up
to what the configuration allows. Not in here: who counts, who waits.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

__all__ = ["CREEP", "Learned", "Limits", "newer", "slows_down"]

CREEP = 1.1
"""What the rate grows by in a minute without a new complaint; connections grow by one."""
_ONE_COMPLAINT = timedelta(seconds=5)
"""Replies to messages that were under way when we slowed down say nothing new."""
_SLOWEST = 1 / 60
"""Messages a second: one a minute."""
_MINUTE = timedelta(minutes=1)
_OVER = timedelta(days=1)
"""After so long without a complaint both have crept back to more than anybody sends."""

Number = TypeVar("Number", int, float)


def slows_down(code: int) -> bool:
    """Whether a reply asks to send less: 421 closing, 451 local error, 454 throttled (as Amazon SES says)."""
    return code in (421, 451, 454)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the configuration allows; None is as much as there is."""

    rate: float | None = None
    """Messages a second."""
    connections: int | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What replies taught of one server or domain, as of a moment."""

    rate: float | None = None
    """Messages a second; None while nobody complained."""
    connections: int | None = None
    changed: datetime | None = None
    """When it was last slowed down."""

    def slowed(self, seen: Limits, now: datetime) -> "Learned":
        """After a complaint: half of what is in use, `seen`, or of what is allowed if that is less. A rate of
        None was not complained of."""
        if self.changed is not None and now - self.changed < _ONE_COMPLAINT:
            return self
        before = self.at(now, Limits())
        return Learned(
            rate=before.rate if seen.rate is None else max(_least(seen.rate, before.rate) / 2, _SLOWEST),
            connections=max(_least(seen.connections or 1, before.connections) // 2, 1),
            changed=now,
        )

    def at(self, now: datetime, limits: Limits) -> Limits:
        """What may be used now: it has crept back since, and is never above the `limits`."""
        if self.changed is None or self.is_over(now):
            return limits
        minutes = max((now - self.changed) / _MINUTE, 0.0)
        rate = None if self.rate is None else self.rate * CREEP ** min(minutes, 1000)
        lanes = None if self.connections is None else self.connections + int(minutes)
        return Limits(
            limits.rate if rate is None else _least(rate, limits.rate),
            limits.connections if lanes is None else _least(lanes, limits.connections),
        )

    def is_over(self, now: datetime) -> bool:
        """Whether it says nothing any more."""
        return self.changed is None or now - self.changed > _OVER


def newer(one: Learned, other: Learned) -> Learned:
    """What was learned last of the two: whoever complained then had seen what the other one did."""
    if one.changed is None or (other.changed is not None and other.changed > one.changed):
        return other
    return one


def _least(one: Number, other: Number | None) -> Number:
    return one if other is None else min(one, other)
