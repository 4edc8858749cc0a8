"""When somebody wants to get the newsletter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Frequency", "Rhythm", "not_before"]

_MINUTE = timedelta(minutes=1)


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
    """Those on which a daily edition is wanted, Monday is 0; empty where every day will do."""
    hour: int | None = None
    """From 0 to 23 in their own zone: not before that. None: as soon as it is there."""
    zone: str = ""
    """An IANA name; empty for the newsletter's own."""
    paused_until: date | None = None
    """The first day on which they want it again."""

    def wants(self, day: date, frequency: Frequency = Frequency.DAILY) -> bool:
        """Whether an edition of this local day is for them, a daily one or that of the week."""
        if frequency is not self.frequency or (self.paused_until is not None and day < self.paused_until):
            return False
        return frequency is Frequency.WEEKLY or not self.weekdays or day.weekday() in self.weekdays

    def on(self, day: date) -> Self:
        """As it stands on this local day: a pause that is over is none."""
        over = self.paused_until is not None and self.paused_until <= day
        return replace(self, paused_until=None) if over else self


def not_before(
    rhythm: Rhythm,
    slot: datetime,
    zone: tzinfo,
    usual: time | None = None,
    until: datetime | None = None,
) -> datetime | None:
    """The first instant from `slot` on, in UTC, at which the reader's clock shows the full hour that they
    chose, or else the `usual` time, or has just passed over it in a gap of daylight saving. None, for at
    once, where there is neither, where it is that hour already, and where it would not come before `until`.
    `zone` is the newsletter's."""
    wanted = usual if rhythm.hour is None else time(rhythm.hour)
    if wanted is None:
        return None
    own = _own_zone(rhythm.zone) or zone
    local = slot.astimezone(own)
    if local.hour == rhythm.hour:
        return None
    days = (local.date() + timedelta(days=days) for days in range(3))
    found = min(shown for day in days for shown in _shown(day, wanted, own) if shown >= slot)
    return found if slot < found and (until is None or found < until) else None


def _shown(day: date, wanted: time, zone: tzinfo) -> Iterator[datetime]:
    """When a clock shows this time of this day: once, twice in a fold, and in a gap the minute after it."""
    wall = datetime.combine(day, wanted)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if second >= first:
        yield from (first, second)
        return
    after = second  # by the offset after the gap, so before it
    while after.astimezone(zone).replace(tzinfo=None) < wall:
        after += _MINUTE
    yield after


def _own_zone(name: str) -> ZoneInfo | None:
    """None for no name, and for one that this machine does not know: nobody's copy must fail for that."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
