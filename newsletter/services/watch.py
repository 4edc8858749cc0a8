"""Whether the newsletter is well, for whoever asks: a monitoring system, a person."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core.series import edition_name
from newsletter.core.watch import GRACE, Finding, SeriesState, judge_pulse, judge_series
from newsletter.ports import Pulses, Tellings
from newsletter.services.daily import DailyJob
from newsletter.services.pulse import SCHEDULER

__all__ = ["Health", "Watch"]

_SLOW = timedelta(minutes=15)
"""An outcome that the operator was not told for so long, for all that was tried."""


@dataclass(frozen=True)
class Health:
    """What is not well, if anything, and the last sign of life of a scheduler, if one runs."""

    findings: tuple[Finding, ...]
    pulse: datetime | None


@dataclass(frozen=True)
class Watch:
    """Of one newsletter with its series."""

    series: Sequence[str]
    tellings: Tellings
    pulses: Pulses
    jobs: Callable[[], Awaitable[Sequence[DailyJob]]]
    """Those of the series that somebody wants."""
    stuck: Callable[[datetime], Awaitable[int]]
    """How many copies do not get away."""

    async def pulse(self, now: datetime) -> Finding | None:
        """What is wrong with the scheduler, if anything is. Raises StoreError."""
        return judge_pulse(await self.pulses.last(SCHEDULER), now)

    async def look(self, now: datetime) -> Health:
        """All that can be said. Raises StoreError."""
        findings = [*await self.running(now)]
        findings += [finding async for finding in self._waiting(now)]
        findings += await self._untold(now)
        return Health(tuple(findings), await self.pulses.last(SCHEDULER))

    async def running(self, now: datetime) -> Sequence[Finding]:
        """Whether somebody serves the slots, and how the last ones ended."""
        scheduler = judge_pulse(await self.pulses.last(SCHEDULER), now)
        findings = [scheduler] if scheduler else []
        for job in await self.jobs():
            waiting = await self.tellings.waiting(job.desk.series, now - GRACE)
            outcomes = await job.slots.outcomes(job.desk.series)
            findings += judge_series(SeriesState(job.schedule, outcomes, waiting), now)
        return findings

    async def _waiting(self, now: datetime) -> AsyncIterator[Finding]:
        if copies := await self.stuck(now):
            yield Finding(
                f"{copies:,} copies are to be sent, and none has been for an hour",
                "`newsletter send` says why",
            )
        for held in await self.tellings.paused(self.series):
            name = edition_name(held.edition)
            yield Finding(
                f"edition {name} is paused: {(held.paused or '').rstrip('.')}",
                f"`newsletter editions resume {name}` lets it go on",
            )

    async def _untold(self, now: datetime) -> Sequence[Finding]:
        late = [one for one in await self.tellings.untold(self.series) if now - one.closed > _SLOW]
        if not late:
            return ()
        return (
            Finding(
                f"the operator was not told how {len(late)} of the slots ended",
                "The log, or `newsletter send`, says why; check [operator] in newsletter.toml",
            ),
        )
