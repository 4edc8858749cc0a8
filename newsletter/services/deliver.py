"""Sending what is planned: claim, compose, hand over, record.

    outbox ─▶ line ─▶ preparation ─▶ ready copies ─▶ one lane a connection ─▶ mail servers
      ▲                                                       │ reply
      └──────────────── ledger ◀── outcomes ◀─────────────────┘

A copy is on the disk as `sending` before its DATA starts. For each connection there are at most three such
rows at any moment (one on its way, one announced, one ready), so a crash leaves no more than that in doubt;
with the policy `hold` it is one, since a person has to look at each. What is wrong with one recipient is that
row's outcome; what is wrong with a server ends its part in the run after some tries; what is wrong with all
of them ends the run, and the rows stay pending. Not in here: retry times and what replies mean
(`core.delivery`), how fast it goes (`core.pace`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from newsletter.core.delivery import Decision, Policy, after_interruption
from newsletter.core.pace import Limits
from newsletter.errors import DeliveryError, EditionPaused, ServerRefused
from newsletter.ports import Clock, Outbox, Paces, PublishedEdition, Throttle
from newsletter.services.copydesk import CopyDesk, CopyWriter
from newsletter.services.gate import Domains
from newsletter.services.lane import Lane, Round
from newsletter.services.learning import Learning
from newsletter.services.ledger import Ledger
from newsletter.services.line import Line
from newsletter.services.outcomes import Outcomes, Rules
from newsletter.services.preparation import Preparation
from newsletter.services.throttle import LocalThrottle
from newsletter.services.ways import Server, Way, Ways

__all__ = ["Delivery", "DeliveryOptions"]

_LOOK = 0.5
"""Seconds. So often connections that have nothing to do are asked whether others should have their places."""


@dataclass(frozen=True)
class DeliveryOptions:
    """How to send."""

    rules: Rules = field(default_factory=Rules)
    domains: Mapping[str, Limits] = field(default_factory=dict)
    """By recipient domain; "*" is for those without limits of their own."""
    newest_only: bool = False
    """Whether a copy is given up once a newer edition is due for its reader."""
    idle: timedelta = timedelta(days=1)
    """After so long without an attempt, what is left of an edition waits for a person."""
    budget: int | None = None
    """How many copies may be begun in this run."""
    recount: Callable[[], Awaitable[int | None]] | None = None
    """The budget once more, asked when nobody else is using it up."""
    reconnects: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0)
    """Seconds between one connection's tries to reach its server; then it gives up."""


class Delivery:
    """One run over everything that is due. Make a new one for each run."""

    def __init__(
        self,
        outbox: Outbox,
        paces: Paces,
        servers: Sequence[Server],
        writer: Callable[[PublishedEdition], CopyWriter],
        clock: Clock,
        options: DeliveryOptions,
        progress: Callable[[Decision], None] = lambda _: None,
        throttle: Throttle | None = None,
    ) -> None:
        """`throttle` keeps the limits where others send from the same store."""
        self._outbox = outbox
        self._paces = paces
        self._servers = servers
        self._writer = writer
        self._clock = clock
        self._options = options
        self._progress = progress
        self._throttle = throttle or LocalThrottle()
        self._stop = asyncio.Event()
        self._left = options.budget
        self._preparation: Preparation | None = None

    def stop(self) -> None:
        """Finish the messages that are on their way, start no other."""
        self._stop.set()
        if self._preparation is not None:
            self._preparation.close()

    async def run(self) -> None:
        """Send until nothing is due, or the budget is used up. Raises AlreadyRunning; DeliveryError where no
        server can be used: the rows that are left are pending; EditionPaused where something waits for a
        person now."""
        async with self._outbox.exclusive(alone=self._options.budget is not None):
            if self._options.recount is not None:
                self._left = await self._options.recount()
            now = self._clock.now()
            if self._options.newest_only:
                await self._outbox.supersede(now)
            held = await self._outbox.hold_stale(now, self._options.idle)
            await self._outbox.expire(now, self._options.rules.retries.lifetime)
            await self._recover()
            paused = await self._send()
        if held or paused:
            raise EditionPaused(await self._explained((*held, *paused)))

    async def _claim(self) -> bool:
        """Take hold of more."""
        if not await self._outbox.claim(self._clock.now()):
            return False
        await self._recover()
        return True

    async def _recover(self) -> None:
        """Only we may send what we hold: whatever of it says `sending` was left by one that died."""
        left = await self._outbox.interrupted()
        policy = self._options.rules.policy
        decided = [(row.id, after_interruption(row.attempts, policy=policy)) for row in left]
        await self._outbox.record((), decided, self._clock.now())

    async def _send(self) -> Sequence[int]:
        """Answers which editions were paused."""
        known = await self._paces.load()
        ways = Ways(self._servers, known, self._clock, self._throttle)
        others = {key: learned for key, learned in known.items() if key not in ways.names}
        domains = Domains(self._options.domains, others, self._clock, self._throttle)
        learning = Learning(self._paces, ways, domains)
        with CopyDesk(self._outbox, self._writer) as desk:
            async with self._throttle.working(), Ledger(self._outbox, self._clock) as ledger:
                outcomes = Outcomes(
                    self._outbox, ledger, desk, domains, self._clock, self._options.rules, self._progress
                )
                async with learning.going_on(is_shared=self._throttle.is_shared):
                    while await self._pass(ways, domains, desk, ledger, outcomes):
                        pass
        return tuple(outcomes.paused)

    async def _pass(
        self, ways: Ways, domains: Domains, desk: CopyDesk, ledger: Ledger, outcomes: Outcomes
    ) -> bool:
        """Once over all that is due. False when nothing could be begun, or it must not go on."""
        due = await self._outbox.count_due(self._clock.now())
        if not due:
            return False
        line = Line(self._outbox, self._claim, self._clock, domains, outcomes.paused, self._left)
        connections = sum(way.server.connections for way in ways.open)
        self._preparation = preparation = Preparation(
            line,
            desk,
            ledger,
            group=connections,
            ahead=lambda: self._ahead(ways, connections),
            decided=outcomes.decided,
        )
        shared = Round(
            ways, line, preparation, outcomes, ledger, self._wanted, self._stop, self._options.reconnects
        )
        feeding = asyncio.create_task(preparation.run())
        # A connection without work would pass for one that the server has served.
        served = [self._serve(way, min(way.server.connections, due), shared) for way in ways.open]
        troubles = await asyncio.gather(*served)
        preparation.close()
        await feeding
        for prepared in preparation.left():
            outcomes.release(prepared, "stopped before it was handed over", line)
        if ledger.trouble is None:
            await ledger.settle()
            await line.end()
        self._left = None if self._left is None else line.left
        await self._judge(
            ways, [trouble for trouble in (preparation.trouble, *troubles) if trouble], outcomes
        )
        return preparation.has_begun and not self._stop.is_set() and not line.spent

    async def _serve(self, way: Way, connections: int, shared: Round) -> Exception | None:
        """All connections of one server; answers what is wrong with this program, if anything is."""
        lanes = [Lane(way, shared) for _ in range(connections)]
        way.serving, way.lanes, way.lost = True, connections, 0
        looking = asyncio.create_task(_look(lanes)) if self._throttle.is_shared else None
        ended = await asyncio.gather(*(lane.run() for lane in lanes), return_exceptions=True)
        if looking is not None:
            looking.cancel()
        way.serving = False  # or the others would leave it a share of what was put back meanwhile
        for trouble in ended:
            if isinstance(trouble, BaseException) and not isinstance(trouble, DeliveryError):
                self.stop()
                return trouble if isinstance(trouble, Exception) else None
        failed = [trouble for trouble in ended if isinstance(trouble, DeliveryError)]
        if failed and way.is_lost:
            way.given_up = way.given_up or failed[0]
        if not shared.ways.open:
            shared.preparation.close()
        return None

    async def _judge(self, ways: Ways, troubles: Sequence[Exception], outcomes: Outcomes) -> None:
        """Raises what ends the run."""
        for trouble in troubles:
            raise trouble
        if ways.open:
            return
        given_up = [way.given_up for way in ways.all if way.given_up]
        for refusal in given_up:
            if isinstance(refusal, ServerRefused):
                # Trying again and again with a wrong password would only lock the account.
                unfinished = await self._outbox.unfinished()
                for edition in unfinished:
                    await outcomes.pause(edition, str(refusal))
                raise ServerRefused(await self._explained(unfinished), code=refusal.code)
        raise given_up[0]

    def _ahead(self, ways: Ways, connections: int) -> int:
        """How many copies may wait for connections: none where an intent would get old, or must not be in
        doubt without need, and no more than there are connections that have a place."""
        slow = any(way.gate.keeps_a_rate for way in ways.open)
        if slow or self._options.rules.policy is Policy.HOLD:
            return 0
        return min(connections, sum(way.gate.seated for way in ways.open))

    async def _wanted(self, row_id: int) -> bool:
        return bool(await self._outbox.wanted([row_id]))

    async def _explained(self, editions: Sequence[int]) -> str:
        lines = []
        for edition_id in editions:
            edition = await self._outbox.edition(edition_id)
            lines.append(f"{edition.pause_notice} Nothing is lost.")
        return "\n".join(lines)


async def _look(lanes: Sequence[Lane]) -> None:
    while True:
        await asyncio.sleep(_LOOK)
        for lane in lanes:
            lane.look()
