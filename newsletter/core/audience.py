"""Whom an edition is for, among those who are active."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, tzinfo
from typing import Self

from newsletter.core.conditions import All, Segment
from newsletter.core.model import Subscriber
from newsletter.core.rhythm import Frequency, not_before
from newsletter.core.segments import parse_segment
from newsletter.errors import InputError

__all__ = ["EVERYBODY", "Audience", "aside_segment"]

_ASIDE = "an extra edition for a part of the readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Those who get the newsletter so often, and want it on the day of the slot."""

    frequency: Frequency = Frequency.DAILY
    zone: tzinfo = UTC
    """The newsletter's own: in it are the hours of those who named no other."""
    usual: time | None = None
    """When copies leave on the clocks of readers who chose no hour; None: at once."""
    following: Callable[[datetime], datetime] | None = None
    """The slot after one: until then no copy waits, or it would come with the next edition."""

    segment: Segment | None = None
    """Only those who belong to it."""
    extra: bool = False
    """Whether the edition is off the schedule: then it is wanted now, and its slot is not that of the day."""
    aside: bool = False
    """Whether it is that for a part of the readers: then it takes no entries away from the editions of the
    others either."""

    def at_once(self) -> Self:
        """The same people, for an extra edition: only an hour of their own puts it off."""
        return replace(self, extra=True, usual=None, following=None)

    def part(self, segment: Segment) -> Self:
        """Those of this audience who belong to `segment`, for an extra edition."""
        both = segment if self.segment is None else All((self.segment, segment))
        return replace(self.at_once(), segment=both, aside=True)

    @property
    def aside_reason(self) -> str:
        """What is written down of an extra edition: for whom it was. Empty for all others."""
        return f"{_ASIDE}: {self.segment}" if self.aside else ""

    def includes(self, person: Subscriber, slot: datetime) -> bool:
        """Whether the edition of this slot, local time of the newsletter, is for them."""
        wanted = person.rhythm.wants(slot.date(), self.frequency)
        return wanted and (self.segment is None or self.segment.matches(person))

    def not_before(self, person: Subscriber, slot: datetime) -> datetime | None:
        """When their copy may leave; None: at once."""
        until = self.following(slot) if self.following else None
        return not_before(person.rhythm, slot, self.zone, self.usual, until)


EVERYBODY = Audience()


def aside_segment(reason: str) -> Segment | None:
    """For whom an extra edition was, by its `aside_reason`; None for another, and where it is not said."""
    try:
        return parse_segment(reason.removeprefix(f"{_ASIDE}: ")) if reason.startswith(_ASIDE) else None
    except InputError:  # it was longer than a person may write, or an earlier version said less
        return None
