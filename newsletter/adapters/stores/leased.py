"""The outbox as one of several workers has it: batches that it claims, and gives back.

    claim ──▶ interrupted, due ──▶ record, record, ... ──▶ release
                 a heartbeat renews all that is held ◀──▶ lapsed: another worker claims it

Every transaction that moves rows renews the leases of their batches first, by their fences: whoever was
thought dead and comes back moves nothing, and its rows are not sent, since `wanted` asks the database.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any

import structlog

from newsletter.adapters.stores import batches, fenced, ledger
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.fenced import Done, Found, Moves
from newsletter.adapters.stores.held import Held, Holding
from newsletter.adapters.stores.outbox import SqlOutbox, due_in
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState
from newsletter.errors import AlreadyRunning, StoreError
from newsletter.ports import DueCopy, Feed

__all__ = ["LEASE", "LeasedOutbox"]

log = structlog.get_logger()

LEASE = 30.0
"""Seconds without a sign of life after which others may claim what a worker holds."""
_SILENT = 0.6
"""Of a lease: less than this is left only where it was not renewed in time."""
_WAITING = (DeliveryState.PENDING, DeliveryState.DEFERRED)

Decisions = Sequence[tuple[int, Decision]]


class LeasedOutbox(SqlOutbox):
    """`ports.Outbox` for one of several workers."""

    def __init__(self, database: Database, worker: str, feed: Feed | None = None, ttl: float = LEASE) -> None:
        """`worker` is a name that no other one has or had; without a feed it claims whatever is due; a lease
        lasts `ttl` seconds."""
        super().__init__(database)
        self._worker = worker
        self._feed = feed
        self._ttl = ttl
        self._holding = Holding()
        self._left: tuple[DueCopy, ...] = ()
        self._after = 0
        self._is_patient = True
        self._is_fed = False
        """Whether the feed has said that it is enough."""
        self._claiming: set[asyncio.Task[bool]] = set()
        self.fenced = 0
        """How many outcomes were dropped because the lease was lost before they were recorded."""

    @asynccontextmanager
    async def exclusive(self, *, alone: bool = False) -> AsyncIterator[None]:
        """Beside others, unless it is to be alone. What is held is renewed meanwhile, and given back in the
        end. Raises AlreadyRunning."""
        async with self._alone() if alone else nullcontext(), self._sends.counted():
            await self._database.write(batches.make_batches)
            self._after, self._is_patient, self._is_fed = 0, True, False
            beating = asyncio.create_task(self._beat())
            try:
                yield
            finally:
                beating.cancel()
                await asyncio.gather(beating, *self._claiming, return_exceptions=True)
                for held in self._holding.all:
                    await self._release(held)

    async def claim(self, now: datetime) -> bool:
        """The next one that is due, or that is fed."""
        if self._feed is None:
            return await self._finished(self._claim_any(now)) or await self._claim_of_the_dead(now)
        while not self._is_fed and (batch := await self._feed.next()) is not None:
            if await self._finished(self._claim_fed(batch, now)):
                return True
        self._is_fed = True
        return False

    async def due_batches(self, now: datetime, limit: int) -> list[int]:
        """Those that could be claimed now, the oldest first. What was planned is in batches then."""
        await self._database.write(batches.make_batches)
        return await self._database.ask(batches.due_batches, now, limit)

    async def give_back(self, rows: Collection[int]) -> None:
        """The batches are released once nothing of them is on its way."""
        if self._claiming:
            await asyncio.wait(self._claiming)
        self._holding.end_those_of(rows)
        self._holding.done(rows)
        await self._release_what_is_through()

    async def interrupted(self) -> tuple[DueCopy, ...]:
        """Read when the batch was claimed."""
        left, self._left = self._left, ()
        return left

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        """Of the batch that was claimed last."""
        held = self._holding.current
        if held is None or held.ended:
            return ()
        part = (held.lease.edition_id, max(after, held.after, held.lease.first - 1), held.lease.last)
        rows = await self._database.ask(due_in, *part, now, limit)
        self._holding.hand_out(held, (row.id for row in rows))
        held.after = rows[-1].id if rows else held.after
        held.ended = held.ended or len(rows) < limit
        if held.is_through:
            await self._release(held)
        return rows

    async def count_due(self, now: datetime) -> int:
        """With those that others hold; where it is fed, there is something to look at until the feed ends."""
        if self._feed is None:
            return await super().count_due(now)
        return 0 if self._is_fed else max(await super().count_due(now), 1)

    async def record(self, begun: Collection[int], decided: Decisions, now: datetime) -> frozenset[int]:
        """One commit, with the leases."""
        moves = self._moves(begun, decided)
        done = Done(frozenset(), frozenset(), frozenset())
        if moves.leases:
            try:
                done = await self._write(moves)(fenced.record, moves, self._ttl, now)
            except ledger.SomeLeft:
                done = await self._write(moves)(fenced.record, moves, self._ttl, now, strictly=False)
        self._lose(moves.leases, done.held)
        self._drop(len(decided) - sum(len(moves.rows[batch]) for batch in done.held & moves.rows.keys()))
        self._holding.done(row for row, _ in decided)
        self._holding.done(frozenset(begun) - done.begun)
        for held in self._holding.all:
            if held.id in done.released:
                self._holding.forget(held)
                self._tell(held.id)
        await self._release_what_is_through()
        return done.begun

    async def wanted(self, ids: Collection[int]) -> frozenset[int]:
        """Asked of the database, also whether they are still ours."""
        leases = self._holding.leases_of(ids)
        held = await self._database.ask(batches.safely_held, leases, self._ttl / 2)
        if len(held) < len(leases):
            held = await self._database.beside(batches.renew, leases, self._ttl)
            self._lose(leases, held)
        ours = self._holding.by_batch(ids)
        return await super().wanted([row for batch in held & ours.keys() for row in ours[batch]])

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._database.only_one("allowance") as alone:
            if not alone:
                raise AlreadyRunning(
                    "another process is sending what the warm-up plan allows for today. Wait until it ends, "
                    "or stop it; nothing is lost by waiting."
                )
            yield

    # Claiming

    async def _claim_any(self, now: datetime) -> bool:
        """The first above those that were claimed in this reading, or False, and the next begins anew."""
        while found := await self._database.beside(
            fenced.claim_any, self._after, now, self._worker, self._ttl
        ):
            self._after = found.lease.id
            if self._hold(found):
                self._is_patient = True
                return True
            await self._database.beside(batches.release, found.lease.id, found.lease.fence)
        self._after = 0
        return False

    async def _claim_of_the_dead(self, now: datetime) -> bool:
        """Whoever else holds something and does not renew it has died: soon it is free. It takes a while to
        see, so nobody looks twice in vain."""
        time, patience = asyncio.get_running_loop().time, _SILENT * self._ttl
        enough = time() + self._ttl - patience
        while self._is_patient:
            others, silent = await self._database.ask(batches.leases_of_others, self._worker, patience)
            if not others or not (silent or time() < enough):
                self._is_patient = False
                break
            await asyncio.sleep(min(1.0, self._ttl / 30))
            if await self._finished(self._claim_any(now)):
                return True
        return False

    async def _claim_fed(self, batch: int, now: datetime) -> bool:
        found = None
        try:
            if batch not in self._holding:
                found = await self._database.beside(fenced.claim_one, batch, now, self._worker, self._ttl)
            return found is not None and self._hold(found)
        finally:
            if found is None:
                self._tell(batch)

    def _hold(self, found: Found) -> bool:
        """False where this worker had it and lost it, and rows of that are on their way."""
        if found.lease.id in self._holding:
            return False
        held = self._holding.add(found.lease)
        self._holding.hand_out(held, (row.id for row in found.left))
        self._left = found.left
        return True

    async def _finished(self, claiming: Coroutine[Any, Any, bool]) -> bool:
        """Its answer; it goes on where we are cancelled, or nobody knew what it has claimed."""
        task = asyncio.create_task(claiming)
        self._claiming.add(task)
        task.add_done_callback(self._claiming.discard)
        return await asyncio.shield(task)

    # Recording

    def _moves(self, begun: Collection[int], decided: Decisions) -> Moves:
        to_begin = self._holding.by_batch(begun)
        to_decide = self._holding.by_batch(row for row, _ in decided)
        leases = self._holding.leases_of((*begun, *(row for row, _ in decided)))
        ending = {
            batch: fence
            for batch, fence in self._holding.ends_with(to_decide).items()
            if batch not in to_begin
        }
        return Moves(leases, to_begin, to_decide, decided, ending)

    def _write(self, moves: Moves) -> Any:
        """Who waits again may have left meanwhile, which nobody notices but who writes alone."""
        waiting = any(decision.state in _WAITING for _, decision in moves.decided)
        return self._database.write if waiting else self._database.beside

    def _drop(self, count: int) -> None:
        if count:
            self.fenced += count
            log.warning("outcomes dropped, since another worker has their batch", count=count)

    # Keeping, and letting go

    async def _beat(self) -> None:
        """Over a connection of its own: nothing that takes long may hold it up."""
        own = self._database.again()
        try:
            while True:
                await asyncio.sleep(self._ttl / 3)
                if leases := self._holding.leases:
                    try:
                        self._lose(leases, await own.beside(batches.renew, leases, self._ttl))
                    except StoreError as error:
                        log.warning("leases not renewed", error=str(error))
        finally:
            await own.close()

    def _lose(self, asked: Mapping[int, int], held: frozenset[int]) -> None:
        lost = self._holding.lose({batch: fence for batch, fence in asked.items() if batch not in held})
        if lost:
            log.warning("leases lost", batches=lost)

    async def _release_what_is_through(self) -> None:
        while through := next((held for held in self._holding.all if held.is_through), None):
            await self._release(through)

    async def _release(self, held: Held) -> None:
        """Where the database does not answer, the lease ends by itself."""
        self._holding.forget(held)
        if not held.lost:
            with suppress(StoreError):
                await self._database.beside(batches.release, held.id, held.lease.fence)
        self._tell(held.id)

    def _tell(self, batch: int) -> None:
        if self._feed is not None:
            self._feed.released(batch)
