"""Limits that hold over all workers of one database: turns of rates, leased seats for connections.

    gate ──reserve──▶ `throttles`: when the next free turn comes
    gate ──count, use──▶ seats of this worker ──ask, every now and then──▶ `seats`
                              └──── every two seconds: renew, give back, see who waits

Everything goes by the database's clock. Not in here: the arithmetic (`core.turns`, `core.seats`).
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert, later
from newsletter.adapters.stores.holding import HeldSeats, Holder, Patience, loop_time
from newsletter.adapters.stores.schema import throttles
from newsletter.adapters.stores.seats import Leases, Renewed, give_back, renew
from newsletter.adapters.stores.workers import give_sign
from newsletter.core.turns import Turns, reserve
from newsletter.errors import StoreError

__all__ = ["Patience", "SqlThrottle"]


class SqlThrottle:
    """`ports.Throttle` of this worker. It needs a database connection of its own, which it closes at the end:
    what is being recorded must not keep a turn waiting."""

    is_shared = True

    def __init__(self, database: Database, worker: str, patience: Patience | None = None) -> None:
        self._worker = worker
        # One worker may send twice at once; what either holds is its own.
        name = f"{worker}/{secrets.token_hex(4)}"
        self._holder = Holder(name, database, patience or Patience())
        self._seats: dict[str, HeldSeats] = {}

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """With signs of life. What is held is given back at the end, or lapses."""
        beating = asyncio.create_task(self._beat_on())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])
            with suppress(StoreError):
                await self._holder.database.beside(give_back, self._holder.name)
            await self._holder.database.close()

    async def reserve(self, key: str, rate: float, most: int) -> Turns:
        """A row of `throttles` says when the first turn comes that nobody has."""
        return await self._holder.database.beside(_reserve, key, rate, most)

    def seats(self, key: str) -> HeldSeats:
        """The same for everybody who asks."""
        if key not in self._seats:
            self._seats[key] = HeldSeats(key, self._holder)
        return self._seats[key]

    async def beat(self) -> None:
        """A sign of life; seats are renewed, or given back where nobody uses them or others wait. Raises
        StoreError."""
        holder, begun = self._holder, loop_time()
        idle = [key for key, seats in holder.seats.items() if seats.close_if_idle()]
        for key in idle:
            del holder.seats[key]
        known = await holder.database.beside(_beat, self._worker, holder.name, idle, holder.patience.leases)
        for key, seats in list(holder.seats.items()):
            seats.renewed(known.held.get(key, ()), begun)
        for key, seats in list(holder.seats.items()):
            if seats.is_to_settle(wanted=key in known.wanted):
                await seats.settle()

    async def _beat_on(self) -> None:
        roused = self._holder.roused
        while True:
            roused.clear()
            with suppress(StoreError):  # seats lapse then; whoever records will say what is wrong
                await self.beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(roused.wait(), self._holder.patience.beat)


def _reserve(connection: sa.Connection, key: str, rate: float, most: int) -> Turns:
    row = insert(throttles).values(key=key, next=later(0))
    # Of a row that is there it changes nothing; but from then on nobody else does, until we have.
    mine = row.on_conflict_do_update(index_elements=["key"], set_={"next": throttles.c.next})
    answer = [throttles.c.next, later(0).label("now")]
    if connection.dialect.name == "postgresql":
        # Turns are not worth waiting for the disk: a crash that forgets some takes longer than they last.
        answer.append(sa.func.set_config("synchronous_commit", "off", True).label("commit"))
    following, now, *_ = connection.execute(mine.returning(*answer)).one()
    turns, ahead = reserve((following - now).total_seconds(), rate, most)
    used = sa.update(throttles).where(throttles.c.key == key)
    connection.execute(used.values(next=now + timedelta(seconds=ahead)))
    return turns


def _beat(
    connection: sa.Connection, worker: str, holder: str, idle: Collection[str], leases: Leases
) -> Renewed:
    give_sign(connection, worker)
    return renew(connection, holder, idle, leases)
