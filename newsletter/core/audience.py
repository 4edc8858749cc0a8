"""Whom an edition is for, among those who are active."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Self

from newsletter.core.conditions import All, Segment
from newsletter.core.model import Subscriber
from newsletter.core.rhythm import Frequency, not_before

__all__ = ["EVERYBODY", "Audience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Those who get the newsletter so often, and want it on the day of the slot."""

    frequency: Frequency = Frequency.DAILY
    zone: tzinfo = UTC
    """The newsletter's own: in it are the hours of those who named no other."""

    segment: Segment | None = None
    """Only those who belong to it."""
    aside: bool = False
    """Whether the edition is an extra for a part of the readers: then it takes neither entries nor a slot
    away from the editions of the others."""

    def part(self, segment: Segment) -> Self:
        """Those of this audience who belong to `segment`, for an extra edition."""
        both = segment if self.segment is None else All((self.segment, segment))
        return replace(self, segment=both, aside=True)

    def includes(self, person: Subscriber, slot: datetime) -> bool:
        """Whether the edition of this slot, local time of the newsletter, is for them."""
        wanted = person.rhythm.wants(slot.date(), self.frequency)
        return wanted and (self.segment is None or self.segment.matches(person))

    def not_before(self, person: Subscriber, slot: datetime) -> datetime | None:
        """When their copy may leave; None: at once."""
        return not_before(person.rhythm, slot, self.zone)


EVERYBODY = Audience()
