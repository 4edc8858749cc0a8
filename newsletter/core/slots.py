"""When an edition is due. A slot is a local date and time of the schedule: each date has one at most, and it
ends exactly once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from operator import attrgetter

from newsletter.errors import ConfigError

__all__ = [
    "Outcome",
    "Planned",
    "Schedule",
    "SlotOutcome",
    "calendar",
    "due",
    "has_ended",
    "local_time",
    "next_slot",
    "slots_between",
]


_MEMORY = timedelta(days=31)
"""How far back slots are accounted for after a long silence."""
_DAY = timedelta(days=1)
_WEEK = 7
_AHEAD = timedelta(days=1100)
"""How far a slot is looked for: no calendar has three years of holidays."""
_HOLIDAY = "holiday: "


class Outcome(StrEnum):
    """How a slot ended."""

    SENT = "sent"
    EMPTY = "empty"
    SKIPPED = "skipped"
    FAILED = "failed"


def _no_holiday(day: date) -> str | None:
    return None


@dataclass(frozen=True)
class Schedule:
    """`weekdays` as in date.weekday(): Monday is 0."""

    time: time
    zone: tzinfo
    weekdays: frozenset[int] = frozenset(range(_WEEK))
    catch_up: timedelta = timedelta(hours=6)
    """How late a slot may still be served."""
    holiday: Callable[[date], str | None] = _no_holiday
    """The name of the holiday that a day is, None for any other: on these nothing is served."""
    instead: frozenset[int] = frozenset()
    """Weekdays on which what a holiday has taken is served: on the first of them that is no holiday, unless
    the next of `weekdays` comes before it. Empty: it is left out."""


@dataclass(frozen=True)
class Planned:
    """A slot of the calendar."""

    slot: datetime
    """Local time with its offset."""
    holiday: str = ""
    """The name of the holiday for which it will be skipped."""


@dataclass(frozen=True)
class SlotOutcome:
    """How one slot ended, and why, in words; where it was sent, the reason says for whom if not for all."""

    slot: datetime
    outcome: Outcome
    reason: str = ""
    edition: int | None = None
    """Its number, where there is one."""
    extra: bool = False
    """Off the schedule: not the slot of its date."""

    @property
    def is_holiday(self) -> bool:
        """Whether nothing was served for that, as it should be."""
        return self.outcome is Outcome.SKIPPED and self.reason.startswith(_HOLIDAY)


@dataclass(frozen=True)
class Due:
    """What `due` found: the slot to serve now, and those that nobody will serve any more."""

    slot: datetime | None
    missed: tuple[SlotOutcome, ...] = ()


def calendar(schedule: Schedule, first: date, last: date) -> Iterator[Planned]:
    """The slots of these local dates, in order, with those that a holiday takes."""
    day = first
    while day <= last:
        if day.weekday() in schedule.weekdays or _stands_in_for_holiday(schedule, day):
            slot = _local(schedule, day)
            if slot is not None:
                yield Planned(slot, schedule.holiday(day) or "")
        day += _DAY


def slots_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """The slots to be served in start < slot <= end, in order, as local times with their offset."""
    return (planned.slot for planned in _between(schedule, start, end) if not planned.holiday)


def next_slot(schedule: Schedule, after: datetime) -> datetime:
    """The first slot after this instant that is to be served. Raises ConfigError where there is none."""
    found = next(slots_between(schedule, after, after + _AHEAD), None)
    if found is None:
        raise ConfigError("[schedule] holidays: they leave no day for an edition; take some out.")
    return found


def due(
    schedule: Schedule, now: datetime, outcomes: Sequence[SlotOutcome], waiting: Collection[datetime] = ()
) -> Due:
    """The newest slot that has not ended, if it is at most `catch_up` old and no edition stands in for it;
    and all others since the last that ended, with the reason why each is skipped. Where none has ended yet
    there is nothing older to have missed. The slots `waiting` are served: their editions wait for a person's
    word."""
    horizon = now - schedule.catch_up
    # A clock that was ahead has left slots that are still to come.
    past = (ended.slot for ended in outcomes if not ended.extra and ended.slot <= now)
    last = max(past, default=horizon)
    planned = list(_between(schedule, min(horizon, max(last, now - _MEMORY)), now))
    newest = max((found.slot for found in planned if not found.holiday), default=None)
    asked = {slot.date() for slot in waiting}
    to_serve, missed = None, []
    for found in planned:
        if has_ended(found.slot, outcomes) or found.slot.date() in asked:
            continue
        if why := _why_missed(schedule, found, newest, now, outcomes):
            missed.append(SlotOutcome(found.slot, Outcome.SKIPPED, why))
        else:
            to_serve = found.slot
    return Due(to_serve, tuple(missed))


def has_ended(slot: datetime, outcomes: Sequence[SlotOutcome], *, extra: bool = False) -> bool:
    """Whether this slot, or another of its date, has an outcome; of one off the schedule only its own."""
    return any(
        ended.slot == slot or not (extra or ended.extra or ended.slot.date() != slot.date())
        for ended in outcomes
    )


def _why_missed(
    schedule: Schedule,
    found: Planned,
    newest: datetime | None,
    now: datetime,
    outcomes: Sequence[SlotOutcome],
) -> str:
    """Why this slot, which is open, will not be served; empty where it will be."""
    if found.holiday:
        return _HOLIDAY + found.holiday
    if instead := _stood_in(schedule, found.slot, now, outcomes):
        return instead
    if found.slot != newest:
        return "nothing ran until a later slot was due"
    return "nothing ran within catch_up of its time" if found.slot < now - schedule.catch_up else ""


def _stood_in(schedule: Schedule, slot: datetime, now: datetime, outcomes: Sequence[SlotOutcome]) -> str:
    """Which edition that went out to all stands in for that of this slot, in words, if one does: nobody gets
    two for one day, nor an older one after a newer."""
    to_all = (ended for ended in outcomes if ended.outcome is Outcome.SENT and not ended.reason)
    later = min((ended for ended in to_all if ended.slot > slot), key=attrgetter("slot"), default=None)
    if later is None:
        return ""
    if later.slot <= now:
        return f"{'an extra' if later.extra else 'another'} edition went out after it"
    if later.slot.date() <= next_slot(schedule, slot).date():
        return "the next edition had gone out already: the clock was ahead"
    if all(ended.slot >= slot or ended.outcome is Outcome.SKIPPED for ended in outcomes):
        return "later editions had gone out already: is the clock behind?"
    return ""


def local_time(instant: datetime, zone: tzinfo) -> datetime:
    """The instant as local time with a fixed offset. Python never calls two times in a daylight-saving
    fold equal across zones; with fixed offsets they compare as instants."""
    offset = instant.astimezone(zone).utcoffset()
    return instant.astimezone(timezone(offset or timedelta(0)))


def _between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Planned]:
    """In start < slot <= end. A day more on either side, since a fold at midnight shows a date twice."""
    first = start.astimezone(schedule.zone).date() - _DAY
    last = end.astimezone(schedule.zone).date() + _DAY
    return (planned for planned in calendar(schedule, first, last) if start < planned.slot <= end)


def _stands_in_for_holiday(schedule: Schedule, day: date) -> bool:
    """Whether what a holiday took is served on this day."""
    if day.weekday() not in schedule.instead or schedule.holiday(day) is not None:
        return False
    for ago in range(1, _WEEK):
        before = day - ago * _DAY
        taken = schedule.holiday(before) is not None
        if before.weekday() in schedule.weekdays:
            return taken
        if before.weekday() in schedule.instead and not taken:
            return False
    return False


def _local(schedule: Schedule, day: date) -> datetime | None:
    """The schedule's time on this day. In a gap of daylight saving the clock shows the time an hour later,
    or, where that is the next day, earlier; in a fold the first of both counts. None for a day that the
    zone has left out."""
    for fold in (0, 1):
        wall = datetime.combine(day, schedule.time, schedule.zone).replace(fold=fold)
        slot = local_time(wall.astimezone(UTC), schedule.zone)
        if slot.date() == day:
            return slot
    return None
