"""One connection after the other to one mail server, copy by copy, until there is nothing to send."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from newsletter.core.delivery import Reply
from newsletter.core.pace import slows_down
from newsletter.errors import DeliveryError, ServerRefused
from newsletter.ports import Session
from newsletter.services.ledger import Ledger
from newsletter.services.line import Line
from newsletter.services.outcomes import Outcomes
from newsletter.services.preparation import Preparation, Prepared
from newsletter.services.waiting import loop_time, wait_for_event
from newsletter.services.ways import Way, Ways

__all__ = ["BRISK", "Lane", "Round"]

BRISK = 0.1
"""Seconds. A server that answers within them gets the next copy announced with the last one's end; an
intent that is older is looked at again, since its reader may have left in the meantime."""
_LOOK_AGAIN = 0.05
"""Seconds, where it is another server's turn or this connection has no place."""


@dataclass(frozen=True)
class Round:
    """What all connections of one pass share."""

    ways: Ways
    line: Line
    preparation: Preparation
    outcomes: Outcomes
    ledger: Ledger
    wanted: Callable[[int], Awaitable[bool]]
    """Whether the subscriber of this row has not left."""
    stop: asyncio.Event
    reconnects: tuple[float, ...]
    """Seconds between one connection's tries to reach its server."""


class Lane:
    """One connection to one server, whenever it has a place there."""

    def __init__(self, way: Way, shared: Round) -> None:
        self._way = way
        self._round = shared
        self._current: Prepared | None = None
        self._announced = False
        """Whether the server knows already that the current copy is coming."""
        self._connected = False
        self._quick = True
        self._waits = iter(shared.reconnects)

    async def run(self) -> DeliveryError | None:
        """Answers why it gave up, if it did."""
        try:
            while await self._has_work():
                try:
                    self._connected = False
                    async with self._way.server.transport.session() as session:
                        self._connected = True
                        with self._way.gate.passage():
                            await self._use(session)
                except DeliveryError as trouble:
                    if await self._gives_up(trouble):
                        self._release(str(trouble))
                        return trouble
            return None
        finally:
            self._way.gate.stand(self)
            self._release("stopped before it was handed over")

    def look(self) -> None:
        """Wait for no more copies where the place is another's now: two workers may each have what the other
        waits for."""
        if not self._way.gate.may_stay(self):
            self._round.preparation.dismiss(self)

    async def _has_work(self) -> bool:
        self._announced = False
        while await self._sits():
            self._current = await self._fresh(self._current) or await self._next()
            if self._current is not None:
                return True
        return False

    async def _sits(self) -> bool:
        """Whether there is a place, and something to do. One that fails to connect keeps its place while it
        waits, so that no other tries instead."""
        gate, preparation = self._way.gate, self._round.preparation
        if not gate.may_stay(self):
            gate.stand(self)
        while not (self._ends or self._way.is_lost or (self._current is None and preparation.is_out)):
            if await gate.sit(self, self._way.lanes):
                return True
            await self._rest(_LOOK_AGAIN)
        return False

    async def _use(self, session: Session) -> None:
        while self._current is not None:
            if not await self._fresh(self._current):
                self._current = None
                if self._announced:  # what the server was told cannot be taken back otherwise
                    session.abandon()
                    return
            else:
                following = self._following()
                reply = await self._send(session, self._current, following)
                done, self._current = self._current, following
                self._announced = following is not None
                await self._answered(done, reply)
            self._current = self._current or await self._next()

    async def _send(self, session: Session, current: Prepared, following: Prepared | None) -> Reply:
        begun = loop_time()
        try:
            reply = await session.send(current.message, following.message.envelope if following else None)
        except DeliveryError:
            current.breaks += 1
            if following is not None:
                self._round.preparation.put_back(following)
            raise
        self._quick = loop_time() - begun < BRISK
        return reply

    async def _answered(self, done: Prepared, reply: Reply) -> None:
        way = self._way
        way.sent += 1
        way.answered = way.works = True
        self._waits = iter(self._round.reconnects)
        await self._round.outcomes.answered(done, reply, way, self._round.line)

    async def _next(self) -> Prepared | None:
        shared, gate = self._round, self._way.gate
        while not self._ends and gate.may_stay(self):
            if shared.ways.is_turn_of(self._way):
                await gate.turn(shared.stop)
                prepared = None if self._ends else await shared.preparation.get(self)
                if prepared is None or await self._fresh(prepared):
                    return prepared
            elif shared.preparation.is_out or self._way.is_lost:
                return None
            else:
                await self._rest(_LOOK_AGAIN)
        return None

    def _following(self) -> Prepared | None:
        """The copy after this one, where it can go at once."""
        shared, gate = self._round, self._way.gate
        stays = self._quick and not gate.keeps_a_rate and gate.may_stay(self)
        at_once = stays and shared.ways.is_turn_of(self._way)
        following = shared.preparation.get_ready() if at_once and not self._ends else None
        if following is not None:
            gate.count()
        return following

    async def _fresh(self, prepared: Prepared | None) -> Prepared | None:
        """None, and decided, where the copy must not go out any more."""
        if prepared is None:
            return None
        shared, row = self._round, prepared.row
        if row.edition_id in shared.outcomes.paused:
            shared.outcomes.release(prepared, "the edition is paused", shared.line)
            return None
        if loop_time() - prepared.begun > BRISK:
            if not await shared.wanted(row.id):
                shared.outcomes.left(prepared, shared.line)
                return None
            prepared.begun = loop_time()
        return prepared

    @property
    def _ends(self) -> bool:
        shared = self._round
        return shared.stop.is_set() or self._way.given_up is not None or shared.ledger.trouble is not None

    async def _gives_up(self, trouble: DeliveryError) -> bool:
        way = self._way
        way.works = False
        if slows_down(trouble.code):
            # A server that greets with it has too many connections, and does not know how fast they are.
            way.gate.complain(rate=self._connected)
        if isinstance(trouble, ServerRefused):
            way.given_up = trouble
            return True
        if self._current is not None and self._current.breaks > 1 and way.answered:
            # The server works for others, and this copy would make it hang up for ever.
            await self._round.outcomes.answered(
                self._current, Reply(trouble.code, str(trouble)), way, self._round.line
            )
            self._current = None
        wait = next(self._waits, None)
        if wait is None:
            way.lost += 1
            return True
        await self._rest(wait)
        return False

    def _release(self, reason: str) -> None:
        if self._current is not None:
            self._round.outcomes.release(self._current, reason, self._round.line)
            self._current = None

    async def _rest(self, seconds: float) -> None:
        await wait_for_event(self._round.stop, seconds)
