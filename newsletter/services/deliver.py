"""Sending what is planned: claim, compose, hand over, record.

    due rows ──▶ one worker a connection: begin ─▶ DATA ─▶ decide ──▶ ledger

A message is on the disk as `sending` before DATA starts, and its outcome is there before the same
connection starts another, so a crash leaves at most one unknown outcome a connection. What is wrong
with one recipient is that row's outcome; what is wrong with the server ends the run after some tries,
and its rows stay pending. Not in here: retry times and what replies mean (`core.delivery`).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.core.delivery import (
    Decision,
    Policy,
    Reply,
    RetrySchedule,
    after_interruption,
    after_reply,
    released,
)
from newsletter.core.model import DeliveryState
from newsletter.errors import DeliveryError, NewsletterError, ServerUnavailable
from newsletter.ports import Clock, DueCopy, Message, Outbox, PublishedEdition, Session, Transport
from newsletter.services.compose import Composer
from newsletter.services.ledger import Ledger
from newsletter.services.pacer import Pacer

__all__ = ["ALL_MUTED", "Delivery", "DeliveryOptions"]

_PAGE = 500
ALL_MUTED = "the reader has muted all of this edition"


@dataclass(frozen=True)
class DeliveryOptions:
    """How to send. `rate` is in messages a second over all connections; None is as fast as it goes."""

    connections: int = 4
    rate: float | None = None
    policy: Policy = Policy.RESEND
    retries: RetrySchedule = field(default_factory=RetrySchedule)
    reconnects: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0)
    """Seconds between one connection's tries to reach a server; then it gives up."""


class Delivery:
    """One run over everything that is due. Make a new one for each run."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        composer: Callable[[PublishedEdition], Composer],
        clock: Clock,
        options: DeliveryOptions,
        progress: Callable[[Decision], None] = lambda _: None,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._composer = composer
        self._clock = clock
        self._options = options
        self._progress = progress
        self._pacer = Pacer(options.rate)
        self._composers: dict[int, Composer] = {}
        self._composing = asyncio.Lock()
        self._released: set[int] = set()
        self._put_off: set[int] = set()
        self._answered = False
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Finish the messages that are on their way, start no other."""
        self._stop.set()

    async def run(self) -> None:
        """Send until nothing is due. Raises AlreadyRunning, or DeliveryError where the server cannot be
        used: the rows that are left are pending."""
        async with self._outbox.exclusive():
            await self._recover()
            async with Ledger(self._outbox, self._clock) as ledger:
                while await self._pass(ledger):
                    pass

    async def _recover(self) -> None:
        """Only we may send now: whatever says `sending` was left by one that died."""
        left = await self._outbox.interrupted()
        decided = [(row.id, after_interruption(row.attempts, policy=self._options.policy)) for row in left]
        await self._outbox.record((), decided, self._clock.now())

    async def _pass(self, ledger: Ledger) -> bool:
        """Once over all that is due. False when there was nothing, or a stop was asked for."""
        due = _Due(self._outbox, self._clock)
        # A connection without work would pass for one that the server has served.
        count = min(self._options.connections, await self._outbox.count_due(self._clock.now()))
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._worker(due, ledger)) for _ in range(count)]
        troubles = [trouble for worker in workers if (trouble := worker.result())]
        lasting = [trouble for trouble in troubles if not isinstance(trouble, ServerUnavailable)]
        if lasting or (troubles and len(troubles) == len(workers)):
            raise (lasting or troubles)[0]
        return due.found and not self._stop.is_set()

    async def _worker(self, due: "_Due", ledger: Ledger) -> Exception | None:
        """One connection after the other, until nothing is due; answers why it gave up, if it did."""
        try:
            return await self._connections(due, ledger)
        except Exception as trouble:
            # The others finish what is on its way; whoever waits for the run gets to know.
            self.stop()
            return trouble

    async def _connections(self, due: "_Due", ledger: Ledger) -> DeliveryError | None:
        waits = iter(self._options.reconnects)
        row = await self._next(due)
        while row and not self._stop.is_set():
            try:
                async with self._transport.session() as session:
                    while row:
                        await self._send(session, row, ledger)
                        waits = iter(self._options.reconnects)
                        row = await self._next(due)
            except ServerUnavailable as trouble:
                wait = next(waits, None)
                if wait is None:
                    return trouble
                await asyncio.sleep(wait)
                if row and row.id in self._put_off:
                    row = await self._next(due)
        return None

    async def _next(self, due: "_Due") -> DueCopy | None:
        return None if self._stop.is_set() else await due.next()

    async def _send(self, session: Session, row: DueCopy, ledger: Ledger) -> None:
        composer = await self._composer_of(row)
        try:
            message = composer.message(row)
            decision = Decision(DeliveryState.SUPPRESSED, row.attempts, ALL_MUTED)
        except (NewsletterError, ValueError) as error:
            message = None
            decision = Decision(DeliveryState.REJECTED, row.attempts, f"could not be written: {error}")
        await self._pacer.wait(self._stop)
        if self._stop.is_set() or not await ledger.begin(row.id):
            return
        if message is not None:
            decision = await self._hand_over(session, message, row, ledger)
        await ledger.decide(row.id, decision)
        self._progress(decision)

    async def _hand_over(self, session: Session, message: Message, row: DueCopy, ledger: Ledger) -> Decision:
        attempts = row.attempts + 1
        try:
            reply = await session.send(message)
        except DeliveryError as error:
            await ledger.decide(row.id, self._release(row.id, attempts, str(error)))
            raise
        self._answered = True
        return self._judge(reply, attempts)

    def _judge(self, reply: Reply, attempts: int) -> Decision:
        return after_reply(
            reply, attempts, self._clock.now(), policy=self._options.policy, retries=self._options.retries
        )

    def _release(self, row_id: int, attempts: int, reason: str) -> Decision:
        """At once back in the line. Only where the server works for others and this message makes it hang
        up a second time is it put off, or it would be tried for ever."""
        if self._answered and row_id in self._released:
            self._put_off.add(row_id)
            return self._judge(Reply(0, reason), attempts)
        self._released.add(row_id)
        return released(attempts, reason)

    async def _composer_of(self, row: DueCopy) -> Composer:
        async with self._composing:  # or each connection would make one of its own
            if row.edition_id not in self._composers:
                composer = self._composer(await self._outbox.edition(row.edition_id))
                composer.check()
                self._composers[row.edition_id] = composer
            return self._composers[row.edition_id]


class _Due:
    """Hands out the due rows to the workers, a page at a time, each once."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._page: deque[DueCopy] = deque()
        self._after = 0
        self._lock = asyncio.Lock()

    @property
    def found(self) -> bool:
        """Whether there was any."""
        return self._after > 0

    async def next(self) -> DueCopy | None:
        """None when there is no more."""
        async with self._lock:
            if not self._page:
                self._page.extend(await self._outbox.due(self._clock.now(), self._after, _PAGE))
            if not self._page:
                return None
            row = self._page.popleft()
            self._after = row.id
            return row
