"""Whether all is well, in one line and the reasons for it. Pure: `now` is passed in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from newsletter.core.model import DeliveryState as State
from newsletter.core.notices import is_trouble
from newsletter.core.slots import Outcome, Schedule, SlotOutcome, due
from newsletter.core.watch import GRACE, STALE
from newsletter.ports import SourceState
from newsletter.ports.insight import EditionCounts, InFlight, Pulse, WaitingDraft
from newsletter.web.dashboard.words import clock_time, counted, day_and_time

__all__ = ["FAILED", "Level", "Reason", "Signs", "judge", "level_of"]

FAILED = (State.REJECTED, State.EXPIRED, State.UNKNOWN)
"""States of copies that did not arrive."""

_BAD_SHARE, _POOR_SHARE = 0.10, 0.02
"""Of the copies of an edition, that failed."""
_FEW = 5
"""Failed copies that are nothing to worry about, whatever their share."""


class Level(IntEnum):
    """The colour of the line on top."""

    GOOD = 0
    WARN = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that is not well."""

    level: Level
    text: str
    mend: str = ""
    """What to do about it: a sentence."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is judged by."""

    schedule: Schedule
    outcomes: Sequence[SlotOutcome]
    """Of the daily series, the newest first."""
    editions: Sequence[EditionCounts]
    """The newest first."""
    flights: Sequence[InFlight]
    sources: Sequence[SourceState]
    pulses: Sequence[Pulse]
    drafts: Sequence[WaitingDraft]
    readers: int
    """Who are active."""


def judge(signs: Signs, now: datetime) -> tuple[Reason, ...]:
    """All that is not well, the worst first."""
    found = [*_scheduler(signs, now), *_slots(signs, now), *_copies(signs), *_sources(signs)]
    if not signs.readers:
        found.append(
            Reason(Level.WARN, "Nobody is on the list", "`newsletter subscribers import` brings a list.")
        )
    return tuple(sorted(found, key=lambda reason: -reason.level))


def level_of(reasons: Sequence[Reason]) -> Level:
    """The worst."""
    return max((reason.level for reason in reasons), default=Level.GOOD)


def _scheduler(signs: Signs, now: datetime) -> Iterator[Reason]:
    for pulse in signs.pulses:
        if abs(now - pulse.at) > STALE:
            since = day_and_time(pulse.at, now, signs.schedule.zone)
            yield Reason(
                Level.BAD,
                f"The {pulse.name} gave no sign of life since {since}",
                "Its log says why; start `newsletter serve` again.",
            )


def _slots(signs: Signs, now: datetime) -> Iterator[Reason]:
    for draft in signs.drafts:
        until = day_and_time(draft.deadline, now, signs.schedule.zone)
        mend = f"`newsletter editions approve {draft.name}` lets it go."
        yield Reason(Level.WARN, f"Edition {draft.name} waits for your word until {until}", mend)
    late = due(signs.schedule, now - GRACE, signs.outcomes, [draft.slot for draft in signs.drafts])
    unserved = [slot for slot in (late.slot, *(missed.slot for missed in late.missed)) if slot]
    if unserved:
        when = day_and_time(max(unserved), now, signs.schedule.zone)
        mend = "Start `newsletter serve`, or let cron call `newsletter run` at its time."
        yield Reason(Level.BAD, f"Nothing has served the slot of {when}", mend)
    elif signs.outcomes and (reason := _last_slot(signs.outcomes[0], now, signs.schedule)):
        yield reason


def _last_slot(newest: SlotOutcome, now: datetime, schedule: Schedule) -> Reason | None:
    when = day_and_time(newest.slot, now, schedule.zone)
    again = "`newsletter run --slot now` makes the edition after all."
    why = newest.reason.rstrip(".")
    match newest.outcome:
        case Outcome.FAILED:
            return Reason(Level.BAD, f"The slot of {when} failed: {why}", again)
        case Outcome.EMPTY:
            return Reason(Level.WARN, f"The slot of {when} had nothing to send: {why}")
        case Outcome.SKIPPED if is_trouble(newest):
            return Reason(Level.BAD, f"The slot of {when} was skipped: {why}", again)
    return None


def _copies(signs: Signs) -> Iterator[Reason]:
    for flight in signs.flights:
        if flight.paused is not None:
            yield Reason(
                Level.WARN,
                f"Edition {flight.name} is paused: {flight.paused.rstrip('.')}",
                f"`newsletter editions resume {flight.name}` lets it go on.",
            )
    for edition in signs.editions[:1]:
        failed = sum(edition.accounting[state] for state in FAILED)
        share = failed / max(edition.accounting.planned, 1)
        if failed > _FEW and share >= _POOR_SHARE:
            yield Reason(
                Level.BAD if share >= _BAD_SHARE else Level.WARN,
                f"{counted(failed, 'copy', 'copies')} of edition {edition.name} did not arrive ({share:.0%})",
                "Below is why, and where.",
            )
    for edition in signs.editions:
        if unknown := edition.accounting[State.UNKNOWN]:
            copies = counted(unknown, "copy", "copies")
            yield Reason(
                Level.WARN,
                f"Nobody knows whether {copies} of edition {edition.name} arrived",
                f"`newsletter editions resolve {edition.name}` takes your word for it.",
            )


def _sources(signs: Signs) -> Iterator[Reason]:
    failing = [source for source in signs.sources if source.error]
    is_all = len(failing) == len(signs.sources)
    for source in failing:
        last = source.succeeded
        read = f"was last read {clock_time(last, signs.schedule.zone)}" if last else "was never read"
        yield Reason(
            Level.BAD if is_all else Level.WARN,
            f"Source {source.name} fails, and {read}",
            f"It says: {source.error}",
        )
