"""The daily job: which slot is due, and what becomes of it. Every slot ends with an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.core.slots import Outcome, Schedule, SlotOutcome, due
from newsletter.ports import PublishedEdition, Slots
from newsletter.services.collect import SourceReport
from newsletter.services.publish import EditorialDesk

__all__ = ["DailyJob", "Published"]


@dataclass(frozen=True)
class Published:
    """What became of a slot."""

    outcome: SlotOutcome
    edition: PublishedEdition | None = None


@dataclass(frozen=True)
class DailyJob:
    """Finds the due slot and serves it. Collecting comes before it, sending after."""

    desk: EditorialDesk
    slots: Slots
    schedule: Schedule

    async def due(self, now: datetime) -> datetime | None:
        """The slot to serve now. Those that it is too late for are closed as skipped."""
        newsletter = self.desk.newsletter.id
        ended = [outcome.slot for outcome in await self.slots.outcomes(newsletter)]
        found = due(self.schedule, now, ended)
        for outcome in found.missed:
            await self.slots.close(newsletter, outcome, now)
        return found.slot

    async def publish(
        self, slot: datetime, now: datetime, collected: Sequence[SourceReport] = ()
    ) -> Published:
        """Serve this slot with what is in the store. `collected` explains an empty one."""
        edition = await self.desk.publish(slot, now)
        if edition is not None:
            return Published(SlotOutcome(slot, Outcome.SENT, edition=edition.edition.number), edition)
        outcome = _nothing(slot, collected, self.desk.policy.min_entries)
        if await self.slots.close(self.desk.newsletter.id, outcome, now):
            return Published(outcome)
        return Published(SlotOutcome(slot, Outcome.SKIPPED, "another process has served this slot"))


def _nothing(slot: datetime, collected: Sequence[SourceReport], min_entries: int) -> SlotOutcome:
    failed = [f"{report.name}: {report.error}" for report in collected if report.error]
    if failed:
        return SlotOutcome(slot, Outcome.FAILED, "; ".join(failed))
    few = "no new entries" if min_entries == 1 else f"fewer than {min_entries} new entries"
    return SlotOutcome(slot, Outcome.EMPTY, few)
