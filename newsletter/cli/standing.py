"""How things stand at one moment: what `status` tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.bootstrap import App
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import SubscriberStatus
from newsletter.core.rate import LATELY, per_minute, time_left
from newsletter.core.rhythm import Frequency
from newsletter.core.series import series_of
from newsletter.core.slots import SlotOutcome, local_time
from newsletter.ports import PublishedEdition, SourceState
from newsletter.ports.insight import EditionCounts, Failures, InFlight, Minute, Pulse

__all__ = ["Standing", "look"]

_FAILURES = (State.REJECTED, State.EXPIRED, State.UNKNOWN, State.DEFERRED)
_NEWEST = 14
"""Editions that are looked at."""

_LIVING = timedelta(minutes=2)
"""A worker gives a sign each minute."""


@dataclass(frozen=True)
class Standing:
    """All of it."""

    name: str
    now: datetime
    """Local time of the newsletter."""
    series: dict[Frequency, str]
    upcoming: dict[Frequency, datetime]
    """The next slot of each series; that of the week where somebody wants it then."""
    slots: dict[Frequency, tuple[SlotOutcome, ...]]
    """The newest first."""
    editions: tuple[EditionCounts, ...]
    in_flight: tuple[InFlight, ...]
    minutes: tuple[Minute, ...]
    failures: Failures
    """Of those editions and of the newest of each series."""
    failed: tuple[str, ...]
    """The names of those that have any."""
    paused: tuple[PublishedEdition, ...]
    people: dict[SubscriberStatus, int]
    joined: int
    left: int
    """In the last seven days."""
    letters: int
    sources: tuple[SourceState, ...]
    pulses: tuple[Pulse, ...]
    workers: tuple[str, ...]
    """Who has given a sign of life lately, where several can share the work."""

    @property
    def rate(self) -> float:
        """Copies a minute, lately."""
        return per_minute({minute.at: minute.accepted for minute in self.minutes}, self.now)

    @property
    def time_left(self) -> timedelta | None:
        """For what could be sent now; None where nothing is being sent."""
        return time_left(sum(edition.due for edition in self.in_flight if not edition.paused), self.rate)


async def look(app: App) -> Standing:
    """Ask for it."""
    instant = app.clock.now()
    series = {frequency: series_of(app.newsletter.id, frequency) for frequency in Frequency}
    editions = await app.insight.editions(list(series.values()), _NEWEST)
    in_flight = await app.insight.in_flight(instant)
    newest = [next((one for one in editions if one.series == name), None) for name in series.values()]
    told = {one.id: one.name for one in newest if one} | {one.id: one.name for one in in_flight}
    fine = {one.id for one in editions if not any(one.accounting[state] for state in _FAILURES)}
    days = await app.insight.list_days(instant - timedelta(days=7))
    return Standing(
        name=app.newsletter.name,
        now=local_time(instant, app.schedule.zone),
        series=series,
        upcoming=await _upcoming(app),
        slots={frequency: await app.slots.outcomes(name) for frequency, name in series.items()},
        editions=editions,
        in_flight=in_flight,
        minutes=await app.insight.accepted(instant - LATELY, instant + timedelta(seconds=1)),
        failures=await app.insight.failures(sorted(told)),
        failed=tuple(told[id_] for id_ in sorted(told) if id_ not in fine),
        paused=tuple([held for name in series.values() for held in await app.editions.paused(name)]),
        people=await app.subscribers.counts(),
        joined=sum(day.joined for day in days),
        left=sum(day.left for day in days),
        letters=await app.letterbox.waiting(),
        sources=await app.memory.states(),
        pulses=await app.insight.pulses(),
        workers=await app.workers.living(_LIVING) if app.database.kind == "postgresql" else (),
    )


async def _upcoming(app: App) -> dict[Frequency, datetime]:
    found: dict[Frequency, datetime] = {}
    for frequency in Frequency:
        slot = next(app.upcoming(frequency), None)
        wanted = slot and (
            frequency is Frequency.DAILY or await app.editions.has_readers(app.audience(frequency), slot)
        )
        if slot and wanted:
            found[frequency] = slot
    return found
