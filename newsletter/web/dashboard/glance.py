"""All that the page shows, as of one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from newsletter.bootstrap import App
from newsletter.core.model import SubscriberStatus
from newsletter.core.series import weekly_of
from newsletter.core.slots import Schedule, SlotOutcome, next_slot
from newsletter.ports import SourceState
from newsletter.ports.insight import (
    BounceDay,
    EditionCounts,
    Failures,
    InFlight,
    ListDay,
    Minute,
    Pulse,
    Timeline,
)
from newsletter.web.dashboard.verdict import Reason, Signs, judge

__all__ = ["DAYS", "SHOWN", "Glance", "look", "readers_by_day"]

SHOWN = 30
"""Slots, and editions."""
DAYS = 30
_RECENT = timedelta(days=7)
"""Whose failures are shown."""
_AHEAD = 5
"""Slots to come."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Glance:
    """How things stand."""

    now: datetime
    schedule: Schedule
    reasons: tuple[Reason, ...]
    outcomes: tuple[SlotOutcome, ...]
    """Of the daily series, the newest first."""
    weeks: tuple[SlotOutcome, ...]
    editions: tuple[EditionCounts, ...]
    """Of both series, the newest first."""
    timeline: Timeline | None
    """Of the newest edition."""
    flights: tuple[InFlight, ...]
    minutes: tuple[Minute, ...]
    """Of the last hour."""
    failures: Failures
    failures_of: int
    """So many editions."""
    people: Mapping[SubscriberStatus, int]
    list_days: tuple[ListDay, ...]
    bounce_days: tuple[BounceDay, ...]
    sources: tuple[SourceState, ...]
    letters: int
    pulses: tuple[Pulse, ...]
    upcoming: tuple[datetime, ...]

    @property
    def readers(self) -> int:
        """Who are active."""
        return self.people.get(SubscriberStatus.ACTIVE, 0)

    @property
    def rate(self) -> float:
        """Copies a minute that servers took, of the last minutes in which they took any."""
        lately = [minute for minute in self.minutes if self.now - minute.at <= timedelta(minutes=6)]
        return sum(minute.accepted for minute in lately) / len(lately) if lately else 0.0


async def look(app: App) -> Glance:
    """From the store, now."""
    now, insight = app.clock.now(), app.insight
    daily, weekly = app.newsletter.id, weekly_of(app.newsletter.id)
    since = now - timedelta(days=DAYS)
    outcomes = await app.slots.outcomes(daily)
    editions = await insight.editions([daily, weekly], SHOWN)
    flights = tuple(found for found in await insight.in_flight(now) if found.series in (daily, weekly))
    recent = [found.id for found in editions if now - found.created <= _RECENT] or [
        found.id for found in editions[:1]
    ]
    people = await app.subscribers.counts()
    sources, pulses = await app.memory.states(), await insight.pulses()
    drafts = await insight.drafts([daily, weekly])
    signs = Signs(
        schedule=app.schedule,
        outcomes=outcomes,
        editions=editions,
        flights=flights,
        sources=sources,
        pulses=pulses,
        drafts=drafts,
        readers=people.get(SubscriberStatus.ACTIVE, 0),
    )
    return Glance(
        now=now,
        schedule=app.schedule,
        reasons=judge(signs, now),
        outcomes=outcomes,
        weeks=await app.slots.outcomes(weekly),
        editions=editions,
        timeline=await insight.timeline(editions[0].id) if editions else None,
        flights=flights,
        minutes=await insight.accepted(now - _HOUR, now) if flights else (),
        failures=await insight.failures(recent, domains=8),
        failures_of=len(recent),
        people=people,
        list_days=await insight.list_days(since),
        bounce_days=await insight.bounce_days(since),
        sources=sources,
        letters=await app.letterbox.waiting(),
        pulses=pulses,
        upcoming=tuple(_upcoming(app.schedule, now)),
    )


def readers_by_day(readers: int, days: Sequence[ListDay], today: date, back: int) -> list[tuple[date, int]]:
    """How many were active at the end of each day, reckoned back from today by who came and who left."""
    moved = {day.day: day.joined - day.left for day in days}
    found = [(today, readers)]
    for ago in range(back - 1):
        day = today - timedelta(days=ago)
        readers = max(readers - moved.get(day, 0), 0)
        found.append((day - timedelta(days=1), readers))
    return found[::-1]


def _upcoming(schedule: Schedule, now: datetime) -> list[datetime]:
    found = [next_slot(schedule, now)]
    for _ in islice(range(_AHEAD), 1, None):
        found.append(next_slot(schedule, found[-1]))
    return found
