"""The ledger of deliveries: one row per (edition, subscriber), each in exactly one state."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import lru_cache
from json import loads
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores import ledger, pauses
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import read_edition, read_rendering
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import ATTEMPTED_ROWS, OPEN_ROWS, editions, in_state, outbox
from newsletter.adapters.stores.sends import SendCounter
from newsletter.adapters.stores.wishes import WISHES, wishes_from_row
from newsletter.core.delivery import Decision
from newsletter.core.model import Accounting, DeliveryState
from newsletter.core.wishes import Wishes
from newsletter.ports import DueCopy, Failure, PublishedEdition

__all__ = ["SqlOutbox", "due_in", "interrupted_in"]

_UNTOLD = (DeliveryState.PENDING.value, DeliveryState.ACCEPTED.value, DeliveryState.SENDING.value)
_OF_EDITION = sa.and_(OPEN_ROWS, outbox.c.edition_id == sa.bindparam("edition"))
_SENDING = in_state(DeliveryState.SENDING)
_TO_SEND = in_state(DeliveryState.PENDING, DeliveryState.DEFERRED)
_NOW = sa.bindparam("now", type_=outbox.c.next_attempt.type)
_IS_DUE = sa.and_(_TO_SEND, sa.or_(outbox.c.next_attempt.is_(None), outbox.c.next_attempt <= _NOW))
_COPIES = sa.select(
    *(
        outbox.c[name]
        for name in ("id", "edition_id", "subscriber_id", "email", "name", "attempts", "language")
    ),
    *(sa.cast(outbox.c[name], sa.Text) for name in WISHES),
).where(_OF_EDITION)
_INTERRUPTED = Prepared(_COPIES.where(_SENDING).order_by(outbox.c.id))
_DUE = Prepared(
    _COPIES.where(_IS_DUE, outbox.c.id > sa.bindparam("after"))
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit"))
)
_TO_LAST = outbox.c.id <= sa.bindparam("last")
_INTERRUPTED_IN = Prepared(
    _COPIES.where(_SENDING, outbox.c.id >= sa.bindparam("first"), _TO_LAST).order_by(outbox.c.id)
)
_DUE_IN = Prepared(
    _COPIES.where(
        _IS_DUE,
        outbox.c.id > sa.bindparam("after"),
        _TO_LAST,
        outbox.c.edition_id.not_in(pauses.PAUSED_EDITIONS),
    )
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit"))
)
_COUNT_DUE = Prepared(sa.select(sa.func.count()).where(_OF_EDITION, sa.or_(_IS_DUE, _SENDING)))
_COUNT_WAITING = Prepared(
    sa.select(sa.func.count()).where(
        _OF_EDITION, in_state(DeliveryState.PENDING), outbox.c.next_attempt > _NOW
    )
)
_NEXT_ATTEMPT = sa.select(sa.func.min(outbox.c.next_attempt)).where(_OF_EDITION, _TO_SEND)
_BEGUN = sa.select(sa.func.count()).select_from(outbox).where(ATTEMPTED_ROWS)


class SqlOutbox:
    """`ports.Outbox` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sends = SendCounter(database)

    def exclusive(self, *, alone: bool = False) -> AbstractAsyncContextManager[None]:
        """The right to send, which nobody else has here. Raises AlreadyRunning."""
        return self._sends.exclusive()

    async def hold_stale(self, now: datetime, idle: timedelta) -> tuple[int, ...]:
        """What `exclusive` found to be of an older database, and what nobody has touched for so long."""
        return (*self._sends.held, *await self._database.write(pauses.pause_idle, now, idle))

    async def claim(self, now: datetime) -> bool:
        """Whoever may send has everything."""
        return False

    async def give_back(self, rows: Collection[int]) -> None:
        """When the right to send is."""

    async def interrupted(self) -> tuple[DueCopy, ...]:
        """Rows that nobody is sending although they say so."""
        return await self._database.ask(_interrupted)

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        """`after` makes each claim start where the last one ended, not at finished rows."""
        return await self._database.ask(_due, now, after, limit)

    async def count_due(self, now: datetime) -> int:
        """Without reading them."""
        return await self._database.ask(_count, _COUNT_DUE, now)

    async def count_waiting(self, now: datetime) -> int:
        """Likewise."""
        return await self._database.ask(_count, _COUNT_WAITING, now)

    async def record(
        self, begun: Collection[int], decided: Sequence[tuple[int, Decision]], now: datetime
    ) -> frozenset[int]:
        """One commit for both."""
        wanted = frozenset(begun)
        try:
            await self._database.write(ledger.record, wanted, decided, now)
        except ledger.SomeLeft:
            return await self._database.write(ledger.record_startable, wanted, decided, now)
        return wanted

    async def wanted(self, ids: Collection[int]) -> frozenset[int]:
        """Of these rows, those whose subscriber has not left."""
        return await self._database.ask(ledger.wanted, ids)

    async def resolve(
        self, edition_id: int, state: DeliveryState, now: datetime, emails: Collection[str] | None = None
    ) -> int:
        """A person's word about rows that are `unknown`. Raises IllegalMove."""
        return await self._database.write(ledger.resolve, edition_id, state, now, emails)

    async def expire(self, now: datetime, lifetime: timedelta) -> int:
        """Give up what nobody wants to read any more."""
        return await self._database.write(pauses.expire, now, lifetime)

    async def supersede(self, now: datetime) -> int:
        """Give up what a newer edition has made yesterday's."""
        return await self._database.write(pauses.supersede, now)

    async def pause(self, edition_id: int, reason: str) -> None:
        """Raises NotFound."""
        await self._database.write(pauses.pause, edition_id, reason)

    async def resume(self, edition_id: int, now: datetime) -> None:
        """Raises NotFound."""
        await self._database.write(pauses.resume, edition_id, now)

    async def unfinished(self) -> tuple[int, ...]:
        """The oldest first."""
        return tuple(await self._database.ask(pauses.unfinished))

    async def begun_since(self, instant: datetime) -> int:
        """Counted in an index of its own."""
        async with self._database.read() as connection:
            return await connection.scalar(_BEGUN.where(outbox.c.changed >= instant)) or 0

    async def edition(self, edition_id: int) -> PublishedEdition:
        """Raises NotFound."""
        return await read_edition(self._database, editions.c.id == edition_id, f"row {edition_id}")

    async def rendering(self, edition_id: int, language: str) -> PublishedEdition:
        """Raises NotFound."""
        return await read_rendering(self._database, await self.edition(edition_id), language)

    async def accounting(self, edition_id: int) -> Accounting:
        """Counted in the rows themselves."""
        query = (
            sa.select(outbox.c.state, sa.func.count())
            .where(outbox.c.edition_id == edition_id)
            .group_by(outbox.c.state)
        )
        async with self._database.read() as connection:
            counts = {DeliveryState(state): count for state, count in await connection.execute(query)}
        return Accounting(counts=counts)

    async def languages(self, edition_id: int) -> dict[str, int]:
        """Those of most rows first."""
        count = sa.func.count()
        query = sa.select(outbox.c.language, count).where(outbox.c.edition_id == edition_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(outbox.c.language).order_by(count.desc()))
            return dict(map(tuple, rows))

    async def next_attempt(self) -> datetime | None:
        """The earliest of all rows that wait for a time."""
        return await self._database.ask(_next_attempt)

    async def failures(self, edition_id: int, limit: int = 50) -> tuple[Failure, ...]:
        """In the order of the plan."""
        query = sa.select(
            outbox.c.email, outbox.c.state, outbox.c.attempts, outbox.c.reason, outbox.c.next_attempt
        ).where(outbox.c.edition_id == edition_id, outbox.c.state.not_in(_UNTOLD))
        async with self._database.read() as connection:
            return tuple(Failure(*row) for row in await connection.execute(query.order_by("id").limit(limit)))


def interrupted_in(connection: sa.Connection, edition_id: int, first: int, last: int) -> tuple[DueCopy, ...]:
    """`ports.Outbox.interrupted` in a range of rows, ends included, of one edition."""
    rows = _INTERRUPTED_IN.rows(connection, edition=edition_id, first=first, last=last)
    return tuple(map(_copy, rows))


def due_in(
    connection: sa.Connection, edition_id: int, after: int, last: int, now: datetime, limit: int
) -> tuple[DueCopy, ...]:
    """`ports.Outbox.due` in such a range."""
    asked = {"edition": edition_id, "after": after, "last": last, "now": now, "limit": limit}
    return tuple(map(_copy, _DUE_IN.rows(connection, **asked)))


def _interrupted(connection: sa.Connection) -> tuple[DueCopy, ...]:
    editions_left = pauses.unfinished(connection, paused=True)
    return tuple(
        _copy(row) for edition in editions_left for row in _INTERRUPTED.rows(connection, edition=edition)
    )


def _due(connection: sa.Connection, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
    rows = [
        row
        for edition in pauses.unfinished(connection)
        for row in _DUE.rows(connection, edition=edition, now=now, after=after, limit=limit)
    ]
    return tuple(_copy(row) for row in sorted(rows, key=itemgetter(0))[:limit])


def _count(connection: sa.Connection, query: Prepared, now: datetime) -> int:
    return sum(
        count
        for edition in pauses.unfinished(connection)
        for (count,) in query.rows(connection, edition=edition, now=now)
    )


def _next_attempt(connection: sa.Connection) -> datetime | None:
    found = [
        connection.scalar(_NEXT_ATTEMPT, {"edition": edition}) for edition in pauses.unfinished(connection)
    ]
    return min(filter(None, found), default=None)


def _copy(row: Sequence[Any]) -> DueCopy:
    id_, edition, subscriber, email, name, attempts, language, *lists = row
    return DueCopy(id_, edition, subscriber, email, name, _wishes(*lists), attempts, language)


@lru_cache(maxsize=256)
def _wishes(*lists: str) -> Wishes:
    """Of the columns as they are stored: most readers have the same, none."""
    return wishes_from_row(dict(zip(WISHES, map(loads, lists), strict=True)))
