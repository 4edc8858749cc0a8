"""What a worker does in one transaction: claim a batch with what is left in it, record what it still has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores import batches, ledger
from newsletter.adapters.stores.outbox import interrupted_in
from newsletter.core.delivery import Decision
from newsletter.ports import DueCopy

__all__ = ["Done", "Found", "Moves", "claim_any", "claim_one", "record"]


@dataclass(frozen=True)
class Found:
    """A batch that was claimed, and what is left in it in `sending`."""

    lease: batches.Claimed
    left: tuple[DueCopy, ...]


@dataclass(frozen=True)
class Moves:
    """What is to be recorded, by batch."""

    leases: Mapping[int, int]
    begun: Mapping[int, set[int]]
    rows: Mapping[int, set[int]]
    """Those that are decided."""
    decided: Sequence[tuple[int, Decision]]
    ending: Mapping[int, int]
    """Leases of batches that are through with it."""


@dataclass(frozen=True)
class Done:
    """What was recorded."""

    held: frozenset[int]
    begun: frozenset[int]
    released: frozenset[int]


def claim_any(connection: sa.Connection, after: int, now: datetime, worker: str, ttl: float) -> Found | None:
    """The next batch that is due, whose id is above `after`."""
    return _found(connection, batches.claim_next(connection, after, now, worker, ttl))


def claim_one(connection: sa.Connection, batch: int, now: datetime, worker: str, ttl: float) -> Found | None:
    """This one."""
    return _found(connection, batches.claim(connection, batch, now, worker, ttl))


def _found(connection: sa.Connection, lease: batches.Claimed | None) -> Found | None:
    if lease is None:
        return None
    return Found(lease, interrupted_in(connection, lease.edition_id, lease.first, lease.last))


def record(
    connection: sa.Connection, moves: Moves, ttl: float, now: datetime, *, strictly: bool = True
) -> Done:
    """Of these moves those whose batches are still held, and what was. `strictly`: raises SomeLeft where not
    all can be begun, which has to undo all of it."""
    held = batches.renew(connection, moves.leases, ttl)
    begun = frozenset(row for batch in held & moves.begun.keys() for row in moves.begun[batch])
    ours = {row for batch in held & moves.rows.keys() for row in moves.rows[batch]}
    decided = [(row, decision) for row, decision in moves.decided if row in ours]
    if strictly:
        ledger.record(connection, begun, decided, now)
    else:
        begun = ledger.record_startable(connection, begun, decided, now)
    ending = {batch: fence for batch, fence in moves.ending.items() if batch in held}
    for batch, fence in ending.items():
        batches.release(connection, batch, fence)
    return Done(held, begun, frozenset(ending))
