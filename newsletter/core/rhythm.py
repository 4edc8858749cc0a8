"""When somebody wants to get the newsletter."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Frequency", "Rhythm"]


class Frequency(StrEnum):
    """How often."""

    DAILY = "daily"
    """Each edition, on the weekdays that they chose."""
    WEEKLY = "weekly"
    """The best of the week, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What a reader chose; by default each edition as soon as it is there."""

    frequency: Frequency = Frequency.DAILY
    weekdays: tuple[int, ...] = ()
    """Those on which an edition is wanted, Monday is 0; empty where every day will do."""
    hour: int | None = None
    """From 0 to 23 in their own zone: not before that. None: as soon as it is there."""
    zone: str = ""
    """An IANA name; empty for the newsletter's own."""
    paused_until: date | None = None
    """The first day on which they want it again."""

    def wants(self, day: date) -> bool:
        """Whether a daily edition of this local day is for them."""
        paused = self.paused_until is not None and day < self.paused_until
        return not paused and (not self.weekdays or day.weekday() in self.weekdays)
