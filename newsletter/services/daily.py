"""The daily job, and that of the week: which slot is due, and what becomes of it. Every slot ends with an
outcome."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from newsletter.core.notices import is_trouble
from newsletter.core.slots import Outcome, Schedule, SlotOutcome, due, has_ended
from newsletter.errors import StoreError, said
from newsletter.ports import Drafts, PublishedEdition, Slots, WaitingEdition
from newsletter.services.collect import SourceReport
from newsletter.services.publish import Draft, EditorialDesk

__all__ = ["DailyJob", "Published", "Tried"]

_Served = TypeVar("_Served")


@dataclass(frozen=True)
class Published:
    """What became of a slot."""

    outcome: SlotOutcome
    edition: PublishedEdition | None = None
    draft: Draft | None = None
    """What it was made from."""


@dataclass(frozen=True)
class Tried:
    """What kept slots from being served since this instant, for all that was tried."""

    since: datetime
    reason: str


@dataclass(frozen=True)
class DailyJob:
    """Finds the due slot and serves it. Collecting comes before it, sending after."""

    desk: EditorialDesk
    slots: Slots
    schedule: Schedule
    drafts: Drafts
    patience: timedelta | None = None
    """How long its editions wait for a person's word; None where nobody is asked."""

    async def due(self, now: datetime, tried: Tried | None = None) -> datetime | None:
        """The slot to serve now. Those that nobody will serve any more are closed as skipped, or as failed
        where they were tried."""
        series = self.desk.series
        waiting = [waiting.edition.slot for waiting in await self.drafts.waiting(series)]
        found = due(self.schedule, now, await self.slots.outcomes(series), waiting)
        for outcome in found.missed:
            await self.slots.close(series, self._ended(outcome, tried), now)
        return found.slot

    async def serve(
        self, slot: datetime, now: datetime, collected: Sequence[SourceReport] = ()
    ) -> Published | WaitingEdition:
        """Publish, or where a person is to be asked first, keep for them what would go out. Raises as
        `publish` does."""
        if self.patience is None:
            return await self.publish(slot, now, collected)
        return await self._or_failed(slot, now, self._keep(slot, now, self.patience, collected))

    async def _keep(
        self, slot: datetime, now: datetime, patience: timedelta, collected: Sequence[SourceReport]
    ) -> Published | WaitingEdition:
        deadline = max(slot, now) + patience
        while True:
            edition = await self.desk.propose(slot, now)
            if edition is None:
                return await self._close(_nothing(slot, collected, self.desk.policy.min_entries), now)
            self.desk.draft(edition, now)  # a theme that does not render should be known at once
            waiting = await self.drafts.keep(edition, now, deadline)
            if waiting is not None:
                return waiting
            if await self._is_served(slot):
                return _taken(slot)

    async def _is_served(self, slot: datetime) -> bool:
        series = self.desk.series
        extra = self.desk.audience.extra
        asked = [waiting.edition.slot.date() for waiting in await self.drafts.waiting(series)]
        if slot.date() in asked and not extra:
            return True
        return has_ended(slot, await self.slots.outcomes(series), extra=extra)

    def _ended(self, missed: SlotOutcome, tried: Tried | None) -> SlotOutcome:
        if tried is None or not is_trouble(missed) or missed.slot < tried.since - self.schedule.catch_up:
            return missed
        reason = f"tried until its time was over: {tried.reason}"
        return replace(missed, outcome=Outcome.FAILED, reason=reason)

    async def publish(
        self, slot: datetime, now: datetime, collected: Sequence[SourceReport] = ()
    ) -> Published:
        """Serve this slot with what is in the store. `collected` explains an empty one. Raises StoreError,
        which leaves the slot to the next try, and TemplateError or what nobody foresaw: the slot has then
        ended as failed, since the same would only happen again."""
        return await self._or_failed(slot, now, self._publish(slot, now, collected))

    async def _or_failed(self, slot: datetime, now: datetime, served: Awaitable[_Served]) -> _Served:
        try:
            return await served
        except StoreError:
            raise
        except Exception as error:
            await self._close(SlotOutcome(slot, Outcome.FAILED, said(error)), now)
            raise

    async def _publish(self, slot: datetime, now: datetime, collected: Sequence[SourceReport]) -> Published:
        while True:
            edition = await self.desk.propose(slot, now)
            if edition is None:
                return await self._close(_nothing(slot, collected, self.desk.policy.min_entries), now)
            draft = self.desk.draft(edition, now)
            published = await self.desk.publish(draft)
            if published is not None:
                outcome = SlotOutcome(slot, Outcome.SENT, edition=edition.number)
                return Published(outcome, published, draft)
            # Another process was quicker: it took the slot, or the number or an entry for another slot.
            if await self._is_served(slot):
                return _taken(slot)

    async def _close(self, outcome: SlotOutcome, now: datetime) -> Published:
        outcome = replace(outcome, extra=self.desk.audience.extra)
        closed = await self.slots.close(self.desk.series, outcome, now)
        return Published(outcome) if closed else _taken(outcome.slot)


def _taken(slot: datetime) -> Published:
    return Published(SlotOutcome(slot, Outcome.SKIPPED, "another process has served this slot"))


def _nothing(slot: datetime, collected: Sequence[SourceReport], min_entries: int) -> SlotOutcome:
    failed = [f"{report.name}: {report.error}" for report in collected if report.error]
    if failed:
        return SlotOutcome(slot, Outcome.FAILED, "; ".join(failed))
    few = "no new entries" if min_entries == 1 else f"fewer than {min_entries} new entries"
    return SlotOutcome(slot, Outcome.EMPTY, few)
