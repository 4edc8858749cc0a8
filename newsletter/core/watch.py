"""Whether the newsletter is well, judged by what it left behind: signs of life, and how slots ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.notices import is_trouble, spoken_day
from newsletter.core.slots import Schedule, SlotOutcome, due

__all__ = ["GRACE", "STALE", "Finding", "SeriesState", "judge_pulse", "judge_series"]

STALE = timedelta(minutes=5)
"""A scheduler that gave no sign of life for so long is gone, or hangs: it gives one a minute."""
GRACE = timedelta(hours=1)
"""So long after its time a slot should have ended."""


@dataclass(frozen=True)
class Finding:
    """What is not well, and its mend."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}. {self.mend}"


@dataclass(frozen=True)
class SeriesState:
    """The slots of one series."""

    schedule: Schedule
    outcomes: Sequence[SlotOutcome]
    """The newest first."""
    waiting: Collection[datetime] = ()
    """Slots whose drafts wait for a person's word."""


def judge_pulse(pulse: datetime | None, now: datetime) -> Finding | None:
    """Where there is none, no scheduler is meant to run: each is told of when it was stopped as it should
    be."""
    if pulse is None or abs(now - pulse) <= STALE:
        return None
    return Finding(
        f"the scheduler gave no sign of life since {pulse.astimezone(now.tzinfo):%Y-%m-%d %H:%M %z}",
        "Its log says why; start `newsletter serve` again",
    )


def judge_series(state: SeriesState, now: datetime) -> tuple[Finding, ...]:
    """A slot that should have ended and did not, and a last one that ended in trouble."""
    found = due(state.schedule, now - GRACE, state.outcomes)
    unserved = [slot for slot in (found.slot, *(missed.slot for missed in found.missed)) if slot]
    late = [slot for slot in unserved if slot not in state.waiting]
    if late:
        return (_unserved(max(late)),)
    newest = state.outcomes[0] if state.outcomes else None
    if newest is None or not is_trouble(newest):
        return ()
    return (
        Finding(
            f"the slot of {_named(newest.slot)} ended as {newest.outcome}: {newest.reason.rstrip('.')}",
            "`newsletter run --slot now` makes the edition after all",
        ),
    )


def _unserved(slot: datetime) -> Finding:
    return Finding(
        f"nothing has served the slot of {_named(slot)}",
        "Start `newsletter serve`, or let cron call `newsletter run` at its time",
    )


def _named(slot: datetime) -> str:
    return f"{spoken_day(slot)}, {slot:%H:%M}"
