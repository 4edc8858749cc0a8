"""Whether the daily job runs: the slots that ended, signs of life, and what the sources gave. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.doctor.finding import Finding, ok, problem, sentence, warning
from newsletter.core.slots import Outcome, Schedule, SlotOutcome, slots_between

__all__ = ["SourceHealth", "judge_schedule", "judge_sources"]

_START = "Let it run by itself: as a service, or every hour from cron:\nnewsletter serve\nnewsletter run"
_FRESH = timedelta(minutes=15)
"""A sign of life that is older is none."""
_STALE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one answered."""

    name: str
    succeeded: datetime | None
    error: str | None


def judge_schedule(
    schedule: Schedule, outcomes: Sequence[SlotOutcome], pulses: Mapping[str, datetime], now: datetime
) -> Finding:
    """How the last slot ended that ought to have ended by now. `outcomes` are the newest first."""
    settled = now - schedule.catch_up
    expected = max(slots_between(schedule, settled - timedelta(days=8), settled), default=None)
    latest = outcomes[0] if outcomes else None
    alive = _alive(pulses, now)
    if latest is None:
        if alive:
            return ok("schedule", "No slot was due yet", alive)
        detail = "Nothing has run so far: no slot has ended yet."
        return warning("schedule", "The daily job has never run", detail, _START)
    if expected is not None and latest.slot < expected:
        title = f"Nothing ran for the slot of {_when(expected)}"
        detail = f"The last that ended is that of {_when(latest.slot)}. {alive}".rstrip()
        return problem("schedule", title, detail, _START)
    return _ended(latest, alive)


def _ended(latest: SlotOutcome, alive: str) -> Finding:
    title = f"The slot of {_when(latest.slot)} ended as {latest.outcome}"
    if latest.outcome is Outcome.FAILED:
        mend = "Mend the reason; the next slot goes on from there. What is known:\nnewsletter status"
        return problem("schedule", title, sentence(latest.reason), mend)
    if latest.outcome is Outcome.SKIPPED:
        return warning("schedule", title, sentence(latest.reason), _START)
    return ok("schedule", title, alive)


def _alive(pulses: Mapping[str, datetime], now: datetime) -> str:
    if not pulses:
        return ""
    name, at = max(pulses.items(), key=lambda pulse: pulse[1])
    fresh = "is running" if now - at <= _FRESH else "last gave a sign of life"
    return f"The {name} {fresh} ({_when(at)})."


def judge_sources(
    configured: Sequence[str], known: Sequence[SourceHealth], now: datetime
) -> Iterator[Finding]:
    """Those of newsletter.toml."""
    if not configured:
        mend = 'Add one:\n[[sources]]\nkind = "huggingface"\nname = "Hugging Face"'
        yield problem("sources", "There are no sources", "So there is nothing to write about.", mend)
    states = {state.name: state for state in known}
    for name in configured:
        yield _source(name, states.get(name), now)


def _source(name: str, state: SourceHealth | None, now: datetime) -> Finding:
    again = "Read it now, and see what it says:\nnewsletter collect"
    if state is None:
        return warning("sources", f"{name} was never read", "It is read when the daily job runs.", again)
    if state.error:
        last = f"It was last read {_when(state.succeeded)}." if state.succeeded else "It was never read."
        tell = warning if state.succeeded and now - state.succeeded < _STALE else problem
        return tell("sources", f"{name} could not be read", f"{sentence(state.error)} {last}", again)
    return ok("sources", f"{name} was read {_when(state.succeeded)}")


def _when(instant: datetime | None) -> str:
    return f"{instant:%a %Y-%m-%d %H:%M}" if instant else "never"
