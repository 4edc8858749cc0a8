"""The ledger of deliveries: one row per (edition, subscriber), each in exactly one state."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import read_edition
from newsletter.adapters.stores.schema import OPEN_ROWS, editions, outbox, subscribers
from newsletter.adapters.stores.wishes import WISHES, wishes_from_row
from newsletter.core.delivery import MOVES, Decision
from newsletter.core.model import Accounting, DeliveryState, SubscriberStatus
from newsletter.errors import IllegalMove
from newsletter.ports import DueCopy, Failure, PublishedEdition

__all__ = ["SqlOutbox"]

_WILLING = (
    sa.select(subscribers.c.id)
    .where(subscribers.c.id == outbox.c.subscriber_id, subscribers.c.status == SubscriberStatus.ACTIVE.value)
    .exists()
)
"""The row's subscriber has not left in the meantime."""
_COPY = [outbox.c[field.name] for field in fields(DueCopy) if field.name != "wishes"]
_UNTOLD = (DeliveryState.PENDING.value, DeliveryState.ACCEPTED.value, DeliveryState.SENDING.value)


class SqlOutbox:
    """`ports.Outbox` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """The right to send. Raises AlreadyRunning."""
        return self._database.exclusive()

    async def interrupted(self) -> tuple[DueCopy, ...]:
        """Rows that nobody is sending although they say so."""
        return await self._copies(outbox.c.state == DeliveryState.SENDING.value)

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        """`after` makes each claim start where the last one ended, not at finished rows."""
        return await self._copies(sa.and_(_is_due(now), outbox.c.id > after), limit)

    async def count_due(self, now: datetime) -> int:
        """Without reading them."""
        left = sa.and_(OPEN_ROWS, outbox.c.state == DeliveryState.SENDING.value)
        query = sa.select(sa.func.count()).select_from(outbox).where(sa.or_(_is_due(now), left))
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def record(
        self, begun: Collection[int], decided: Sequence[tuple[int, Decision]], now: datetime
    ) -> frozenset[int]:
        """One commit for both."""
        async with self._database.begin() as connection:
            await _decide(connection, decided, now)
            return await _begin(connection, begun, now) if begun else frozenset()

    async def edition(self, edition_id: int) -> PublishedEdition:
        """Raises NotFound."""
        return await read_edition(self._database, editions.c.id == edition_id, f"row {edition_id}")

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

    async def next_attempt(self) -> datetime | None:
        """The earliest of all deferred rows."""
        deferred = outbox.c.state == DeliveryState.DEFERRED.value
        query = sa.select(sa.func.min(outbox.c.next_attempt)).where(OPEN_ROWS, deferred)
        async with self._database.read() as connection:
            earliest: datetime | None = await connection.scalar(query)
        return earliest

    async def failures(self, edition_id: int, limit: int = 50) -> tuple[Failure, ...]:
        """In the order of the plan."""
        query = sa.select(
            outbox.c.email, outbox.c.state, outbox.c.attempts, outbox.c.reason, outbox.c.next_attempt
        ).where(outbox.c.edition_id == edition_id, outbox.c.state.not_in(_UNTOLD))
        async with self._database.read() as connection:
            return tuple(Failure(*row) for row in await connection.execute(query.order_by("id").limit(limit)))

    async def _copies(self, where: Any, limit: int | None = None) -> tuple[DueCopy, ...]:
        query = (
            sa.select(*_COPY, *(outbox.c[name] for name in WISHES))
            .where(where)
            .order_by(outbox.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return tuple(
                DueCopy(**{column.name: row[column.name] for column in _COPY}, wishes=wishes_from_row(row))
                for row in rows
            )


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    waiting = sa.and_(outbox.c.state == DeliveryState.DEFERRED.value, outbox.c.next_attempt <= now)
    return sa.and_(OPEN_ROWS, sa.or_(outbox.c.state == DeliveryState.PENDING.value, waiting))


async def _begin(connection: AsyncConnection, ids: Collection[int], now: datetime) -> frozenset[int]:
    startable = _may_become(DeliveryState.SENDING)
    result = await connection.execute(
        sa.update(outbox)
        .where(outbox.c.id.in_(ids), startable, _WILLING)
        .values(state=DeliveryState.SENDING.value, attempts=outbox.c.attempts + 1, changed=now)
        .returning(outbox.c.id)
    )
    return frozenset(result.scalars())


async def _decide(
    connection: AsyncConnection, decided: Sequence[tuple[int, Decision]], now: datetime
) -> None:
    by_state: dict[DeliveryState, list[tuple[int, Decision]]] = defaultdict(list)
    for row_id, decision in decided:
        by_state[decision.state].append((row_id, decision))
    for state, moves in by_state.items():
        update = (
            sa.update(outbox)
            .where(outbox.c.id == sa.bindparam("row"), _may_become(state))
            .values(
                state=state.value,
                attempts=sa.bindparam("attempts"),
                reason=sa.bindparam("reason"),
                next_attempt=sa.bindparam("next_attempt"),
                changed=now,
            )
        )
        result = await connection.execute(update, [_parameters(*move) for move in moves])
        if result.rowcount != len(moves):
            raise IllegalMove(
                f"of {len(moves)} deliveries, {len(moves) - result.rowcount} cannot go to {state}"
            )
    waiting = [*by_state[DeliveryState.PENDING], *by_state[DeliveryState.DEFERRED]]
    if waiting:
        await _suppress_unwilling(connection, [row_id for row_id, _ in waiting], now)


async def _suppress_unwilling(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """Who left while their copy was on its way gets no further attempt."""
    await connection.execute(
        sa.update(outbox)
        .where(outbox.c.id.in_(ids), ~_WILLING)
        .values(
            state=DeliveryState.SUPPRESSED.value,
            reason="the subscriber left while it was on its way",
            next_attempt=None,
            changed=now,
        )
    )


def _parameters(row_id: int, decision: Decision) -> dict[str, object]:
    return {
        "row": row_id,
        "attempts": decision.attempts,
        "reason": decision.reason,
        "next_attempt": decision.next_attempt,
    }


def _may_become(state: DeliveryState) -> sa.ColumnElement[bool]:
    """The row is in a state from which the table leads here. Spelt out, since IN has no place in a
    statement for many rows."""
    return sa.or_(*(outbox.c.state == before.value for before, after in MOVES.items() if state in after))
