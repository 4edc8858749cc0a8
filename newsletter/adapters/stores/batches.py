"""Batches: ranges of the outbox rows of one edition, which one worker at a time may send; functions for the
database's thread.

    make_batches ──▶ due ──claim──▶ held until a time ──release──▶ due again, or nothing left
                      ▲               │    ▲  └ renew
                      └────lapsed─────┘    └──┘

A lease goes by the database's clock, so that nobody else's matters; what is due for readers goes by the `now`
of whoever asks. `fence` counts who had a batch: with an earlier number nothing can be recorded any more.
Not in here: which worker holds what (`leased`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from newsletter.adapters.stores.dialect import later
from newsletter.adapters.stores.pauses import PAUSED_EDITIONS, unfinished
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import DUE_BATCHES, OPEN_ROWS, batches, outbox

__all__ = [
    "SIZE",
    "Claimed",
    "claim",
    "claim_next",
    "due_batches",
    "leases_of_others",
    "make_batches",
    "release",
    "renew",
    "reopen",
    "safely_held",
]

SIZE = 500
"""Rows: enough that claims cost nothing, few enough that a worker that dies keeps little from the others."""

_AT_ONCE: sa.ColumnElement[Any] = sa.literal_column("'1970-01-01 00:00:00.000000'")
"""When a row is due that waits for no time: a moment that is past by anybody's clock."""


class Claimed(NamedTuple):
    """A batch with its lease."""

    id: int
    edition_id: int
    first: int
    last: int
    fence: int


_NOW = sa.bindparam("now", type_=batches.c.due.type)
_TTL = sa.bindparam("ttl", type_=sa.Float)
_FREE = sa.or_(batches.c.until.is_(None), batches.c.until < later(0))
_LEFT_BEHIND = sa.and_(batches.c.holder != "", batches.c.until < later(0))
"""Whoever had it has died: what it was sending is settled, also where the edition is paused."""
_IS_DUE = sa.and_(batches.c.due <= _NOW, batches.c.edition_id.not_in(PAUSED_EDITIONS))
_CLAIMABLE = sa.and_(DUE_BATCHES, _FREE, sa.or_(_IS_DUE, _LEFT_BEHIND))
_MINE = sa.and_(
    batches.c.id == sa.bindparam("batch"), batches.c.fence == sa.bindparam("fence"), batches.c.holder != ""
)

_DUE = Prepared(sa.select(batches.c.id).where(_CLAIMABLE).order_by(batches.c.id).limit(sa.bindparam("limit")))


def _claiming(which: sa.ColumnElement[bool]) -> Prepared:
    return Prepared(
        sa.update(batches)
        .where(which)
        .values(holder=sa.bindparam("worker"), until=later(_TTL), fence=batches.c.fence + 1)
        .returning(*(batches.c[name] for name in Claimed._fields))
    )


# What lapsed and is still ours is renewed, not claimed: rows of it are on their way.
_BY_ANOTHER = sa.and_(_CLAIMABLE, batches.c.holder != sa.bindparam("worker"))
_CLAIM = _claiming(sa.and_(batches.c.id == sa.bindparam("batch"), _BY_ANOTHER))
_NEXT = (
    sa.select(batches.c.id)
    .where(_BY_ANOTHER, batches.c.id > sa.bindparam("after"))
    .order_by(batches.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CLAIM_NEXT = _claiming(batches.c.id == _NEXT.scalar_subquery())
_RENEW = Prepared(sa.update(batches).where(_MINE).values(until=later(_TTL)))
_LET_GO = Prepared(sa.update(batches).where(_MINE).values(holder="", until=sa.null()))
_HELD = Prepared(sa.select(batches.c.id).where(_MINE, batches.c.until > later(_TTL)))
_SOON = sa.case((batches.c.until < later(_TTL), 1))
_OTHERS = Prepared(
    sa.select(sa.func.count(), sa.func.count(_SOON)).where(
        DUE_BATCHES, batches.c.holder != "", batches.c.holder != sa.bindparam("worker")
    )
)


def _open_rows(*asked: Any) -> sa.Select[Any]:
    """Of the open rows of a batch."""
    return (
        sa.select(*asked)
        .where(OPEN_ROWS, outbox.c.edition_id == batches.c.edition_id)
        .where(outbox.c.id.between(batches.c.first, batches.c.last))
        .correlate(batches)
    )


_READY = sa.func.coalesce(outbox.c.next_attempt, _AT_ONCE)
_EARLIEST = _open_rows(sa.func.min(_READY)).scalar_subquery()
_SET_DUE = Prepared(sa.update(batches).where(batches.c.id == sa.bindparam("batch")).values(due=_EARLIEST))
_OF_EDITION = batches.c.edition_id == sa.bindparam("edition")
_ANY_DUE = Prepared(sa.select(batches.c.id).where(_OF_EDITION, DUE_BATCHES).limit(1))
_REOPEN = Prepared(sa.update(batches).where(_OF_EDITION).values(due=_EARLIEST))
_RANGES = Prepared(sa.select(batches.c.first, batches.c.last, batches.c.id).where(_OF_EDITION))
_COVERED = Prepared(sa.select(sa.func.max(batches.c.last)).where(_OF_EDITION))
_PLACE = sa.tuple_(outbox.c.edition_id, outbox.c.id)
# Both columns compared as one leave no choice but the index of open rows, where finished ones cost nothing.
_NEXT_OPEN = Prepared(
    sa.select(outbox.c.edition_id)
    .where(OPEN_ROWS, _PLACE > sa.tuple_(sa.bindparam("edition"), sa.bindparam("covered")))  # noqa: SIM300
    .order_by(outbox.c.edition_id, outbox.c.id)
    .limit(1)
)


def _make() -> Prepared:
    """Batches for the open rows above those that are in one. Each begins where the one before ends, so that
    every row of an edition is in one, whatever state it was in."""
    edition, covered = sa.bindparam("edition", type_=sa.Integer), sa.bindparam("covered", type_=sa.Integer)
    number = sa.func.row_number().over(order_by=outbox.c.id) - 1
    rows = (
        sa.select(outbox.c.id, _READY.label("due"), (number // sa.bindparam("size")).label("part"))
        .where(OPEN_ROWS, outbox.c.edition_id == edition, outbox.c.id > covered)
        .subquery()
    )
    last = sa.func.max(rows.c.id)
    first = sa.func.coalesce(sa.func.lag(last).over(order_by=last), covered) + 1
    parts = sa.select(edition, first, last, sa.func.min(rows.c.due)).group_by(rows.c.part).order_by(last)
    return Prepared(sa.insert(batches).from_select(["edition_id", "first", "last", "due"], parts))


_MAKE = _make()


def make_batches(connection: sa.Connection, size: int = SIZE) -> None:
    """Every open row is in a batch that will be due when the row is; asked again it costs next to nothing.
    Under the writers' lock, or two would make the same."""
    for edition in unfinished(connection, paused=True):
        [(last,)] = _COVERED.rows(connection, edition=edition)
        asked = {"edition": edition, "covered": last or 0}
        if (edition,) in _NEXT_OPEN.rows(connection, **asked):
            _MAKE.run(connection, **asked, size=size)
        elif not _ANY_DUE.rows(connection, edition=edition):
            _REOPEN.run(connection, edition=edition)  # something is left that no batch tells of


def reopen(connection: sa.Connection, edition_id: int, rows: Iterable[int]) -> None:
    """These rows of an edition are to be sent after all. Whoever is just releasing a batch is waited for."""
    ordered = sorted(rows)
    for first, last, batch in sorted(_RANGES.rows(connection, edition=edition_id)):
        if bisect_left(ordered, first) < bisect_right(ordered, last):
            _SET_DUE.run(connection, batch=batch)


def due_batches(connection: sa.Connection, now: datetime, limit: int) -> list[int]:
    """The ids of those that can be claimed, the oldest first."""
    return [batch for (batch,) in _DUE.rows(connection, now=now, limit=limit)]


def claim(connection: sa.Connection, batch: int, now: datetime, worker: str, ttl: float) -> Claimed | None:
    """This one, for `ttl` seconds; None where there is nothing to do in it, or another worker has it."""
    return _first(_CLAIM.rows(connection, batch=batch, now=now, worker=worker, ttl=ttl))


def claim_next(
    connection: sa.Connection, after: int, now: datetime, worker: str, ttl: float
) -> Claimed | None:
    """Likewise, the first whose id is above `after`. Whoever starts where the last claim ended does not look
    at what is through."""
    return _first(_CLAIM_NEXT.rows(connection, after=after, now=now, worker=worker, ttl=ttl))


def renew(connection: sa.Connection, leases: Mapping[int, int], ttl: float) -> frozenset[int]:
    """Of these batches with their fences, those that are still held, now for `ttl` seconds more. Nobody can
    claim them until this transaction ends."""
    return frozenset(
        batch
        for batch, fence in sorted(leases.items())  # or two might wait for each other
        if _RENEW.run(connection, batch=batch, fence=fence, ttl=ttl)
    )


def safely_held(connection: sa.Connection, leases: Mapping[int, int], seconds: float) -> frozenset[int]:
    """Those that are held for so much longer, without a change."""
    return frozenset(
        batch
        for batch, fence in leases.items()
        if _HELD.rows(connection, batch=batch, fence=fence, ttl=seconds)
    )


def leases_of_others(connection: sa.Connection, worker: str, seconds: float) -> tuple[int, int]:
    """How many there are, and how many of them end within so many seconds, or have ended."""
    [(count, soon)] = _OTHERS.rows(connection, worker=worker, ttl=seconds)
    return count, soon


def release(connection: sa.Connection, batch: int, fence: int) -> bool:
    """It is due when the first of its open rows is; not at all where there is none. False where it was lost
    before."""
    if not _LET_GO.run(connection, batch=batch, fence=fence):
        return False
    # A statement of its own: it sees what others have written while the first one waited for the batch.
    _SET_DUE.run(connection, batch=batch)
    return True


def _first(rows: list[tuple[Any, ...]]) -> Claimed | None:
    return Claimed(*rows[0]) if rows else None
