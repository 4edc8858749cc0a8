"""When an edition is due. A slot is a local date and time of the schedule, and it ends exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

__all__ = ["Outcome", "Schedule", "SlotOutcome", "due", "local_time", "next_slot", "slots_between"]


_MEMORY = timedelta(days=31)
"""How far back slots are accounted for after a long silence."""


class Outcome(StrEnum):
    """How a slot ended."""

    SENT = "sent"
    EMPTY = "empty"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Schedule:
    """`weekdays` as in date.weekday(): Monday is 0."""

    time: time
    zone: tzinfo
    weekdays: frozenset[int] = frozenset(range(7))
    catch_up: timedelta = timedelta(hours=6)
    """How late a slot may still be served."""


@dataclass(frozen=True)
class SlotOutcome:
    """How one slot ended, and why, in words; where it was sent, the reason says for whom if not for all."""

    slot: datetime
    outcome: Outcome
    reason: str = ""
    edition: int | None = None
    """Its number, where there is one."""


@dataclass(frozen=True)
class Due:
    """What `due` found: the slot to serve now, and those that nobody will serve any more."""

    slot: datetime | None
    missed: tuple[SlotOutcome, ...] = ()


def slots_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """The slots in start < slot <= end, in order, as local times with their offset."""
    day = start.astimezone(schedule.zone).date() - timedelta(days=1)
    last = end.astimezone(schedule.zone).date()
    while day <= last:
        if day.weekday() in schedule.weekdays:
            slot = _local(schedule, day)
            if start < slot <= end:
                yield slot
        day += timedelta(days=1)


def next_slot(schedule: Schedule, after: datetime) -> datetime:
    """The first slot after this instant."""
    return next(slots_between(schedule, after, after + timedelta(days=9)))


def due(schedule: Schedule, now: datetime, outcomes: Sequence[SlotOutcome]) -> Due:
    """The newest slot that has not ended, if it is at most `catch_up` old and no edition went out after
    it; and all others since the last that ended, with the reason why each is skipped. Where none has
    ended yet there is nothing older to have missed."""
    ended = {outcome.slot for outcome in outcomes}
    sent_to_all = (o.slot for o in outcomes if o.outcome is Outcome.SENT and not o.reason)
    last_sent = max(sent_to_all, default=None)
    horizon = now - schedule.catch_up
    start = min(horizon, max(max(ended), now - _MEMORY)) if ended else horizon
    open_slots = [slot for slot in slots_between(schedule, start, now) if slot not in ended]
    newest = open_slots[-1] if open_slots else None
    servable = newest is not None and newest >= horizon and (last_sent is None or newest > last_sent)
    missed = open_slots[:-1] if servable else open_slots
    return Due(
        newest if servable else None,
        tuple(SlotOutcome(slot, Outcome.SKIPPED, _why_missed(slot, newest, last_sent)) for slot in missed),
    )


def _why_missed(slot: datetime, newest: datetime | None, last_sent: datetime | None) -> str:
    if last_sent is not None and slot < last_sent:
        return "an extra edition went out after it"
    if slot != newest:
        return "nothing ran until a later slot was due"
    return "nothing ran within catch_up of its time"


def local_time(instant: datetime, zone: tzinfo) -> datetime:
    """The instant as local time with a fixed offset. Python never calls two times in a daylight-saving
    fold equal across zones; with fixed offsets they compare as instants."""
    offset = instant.astimezone(zone).utcoffset()
    return instant.astimezone(timezone(offset or timedelta(0)))


def _local(schedule: Schedule, day: date) -> datetime:
    """The schedule's time on this day. In a gap of daylight saving the clock shows the time an hour
    later; in a fold the first of both counts."""
    return local_time(datetime.combine(day, schedule.time, schedule.zone).astimezone(UTC), schedule.zone)
