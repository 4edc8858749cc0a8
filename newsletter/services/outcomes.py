"""What becomes of the copies of a run: decided by the core, told to the ledger and to whoever watches.

reply ──after_reply──▶ decision ──▶ ledger, progress
  └─▶ gates (too much?), alarm (too many rejected? then the edition is paused)
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.core.address import domain_of
from newsletter.core.delivery import (
    Alarm,
    Attempt,
    Decision,
    Policy,
    Reply,
    RetrySchedule,
    after_reply,
    released,
)
from newsletter.core.model import DeliveryState
from newsletter.core.pace import slows_down
from newsletter.ports import Clock, DueCopy, Outbox
from newsletter.services.copydesk import CopyDesk
from newsletter.services.gate import Domains
from newsletter.services.ledger import Ledger
from newsletter.services.line import Line
from newsletter.services.preparation import Prepared
from newsletter.services.ways import Way

__all__ = ["LEFT", "Outcomes", "Rules"]

LEFT = "the subscriber left before it was on its way"
_SERVERS = (421, 454)
"""Replies about the server that we speak to; other complaints are about where the copy goes."""


@dataclass(frozen=True)
class Rules:
    """What is decided by."""

    policy: Policy = Policy.RESEND
    retries: RetrySchedule = field(default_factory=RetrySchedule)
    alarm: Alarm = field(default_factory=Alarm)


class Outcomes:
    """Of one run."""

    def __init__(
        self,
        outbox: Outbox,
        ledger: Ledger,
        desk: CopyDesk,
        domains: Domains,
        clock: Clock,
        rules: Rules,
        progress: Callable[[Decision], None],
    ) -> None:
        self.paused: dict[int, str] = {}
        """Editions that were paused in this run, by their ids, with the reason."""
        self._outbox = outbox
        self._ledger = ledger
        self._desk = desk
        self._domains = domains
        self._clock = clock
        self._rules = rules
        self._progress = progress
        self._counts: defaultdict[int, Counter[DeliveryState]] = defaultdict(Counter)

    async def answered(self, prepared: Prepared, reply: Reply, way: Way, line: Line) -> None:
        """The server said this of a copy, or its connection broke in the middle of it."""
        row = prepared.row
        attempt = Attempt(row.id, prepared.attempts, self._desk.published(row.edition_id))
        rules = self._rules
        decision = after_reply(reply, attempt, self._clock.now(), policy=rules.policy, retries=rules.retries)
        if slows_down(reply.code):
            self._complain(reply.code, way, row)
        line.leave(row)
        self.decided(row, decision)
        if decision.state is DeliveryState.REJECTED:
            await self._watch(row.edition_id)

    def decided(self, row: DueCopy, decision: Decision) -> None:
        """Where a row goes."""
        self._ledger.decide(row.id, decision)
        self._counts[row.edition_id][decision.state] += 1
        self._progress(decision)

    def release(self, prepared: Prepared, reason: str, line: Line) -> None:
        """It was not sent, and not for a reason of its own."""
        line.leave(prepared.row)
        self._ledger.decide(prepared.row.id, released(prepared.attempts, reason))

    def left(self, prepared: Prepared, line: Line) -> None:
        """The subscriber is not on the list any more."""
        line.leave(prepared.row)
        self.decided(prepared.row, Decision(DeliveryState.SUPPRESSED, prepared.row.attempts, LEFT))

    async def pause(self, edition_id: int, reason: str) -> None:
        """Start no more copies of this edition until a person says so."""
        if edition_id not in self.paused:
            self.paused[edition_id] = reason
            await self._outbox.pause(edition_id, reason)

    def _complain(self, code: int, way: Way, row: DueCopy) -> None:
        if code in _SERVERS:
            way.gate.complain()
        else:
            self._domains.complain(domain_of(row.email))

    async def _watch(self, edition_id: int) -> None:
        counts = self._counts[edition_id]
        rejected = counts[DeliveryState.REJECTED]
        answered = rejected + counts[DeliveryState.ACCEPTED]
        if self._rules.alarm.rings(rejected, answered):
            await self.pause(
                edition_id,
                f"{rejected} of {answered} copies in this run were rejected, which is more than "
                f"{self._rules.alarm.share:.0%}",
            )
