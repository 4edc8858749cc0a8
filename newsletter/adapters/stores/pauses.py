"""Which editions still have copies to send, and which of them must wait for a person's word; functions
for the database's thread.

An edition is paused by a person, or because it may have gone out before: then its database is an old copy
or looks like one, and what it calls pending was perhaps sent since.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import OPEN_ROWS, PAUSED, editions, in_state, outbox
from newsletter.core.model import DeliveryState
from newsletter.errors import NotFound

__all__ = ["PAUSED_EDITIONS", "expire", "pause", "pause_all", "pause_idle", "resume", "unfinished"]

_OLD_COPY = (
    "this database is older than the last send from it: a backup was put back. What it calls pending may "
    "have been sent since"
)
_IDLE = "nothing was recorded of it for more than {}: what it calls pending may have been sent from elsewhere"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def _open_editions() -> sa.CTE:
    """The editions of open rows. Each step looks up the next one in the index: a plain DISTINCT would
    read every open row."""
    least = sa.func.min(outbox.c.edition_id)
    found = sa.select(least.label("id")).where(OPEN_ROWS).cte("open_editions", recursive=True)
    after = sa.select(least).where(OPEN_ROWS, outbox.c.edition_id > found.c.id).scalar_subquery()
    return found.union_all(sa.select(after).where(found.c.id.is_not(None)))


_OPEN = _open_editions()
PAUSED_EDITIONS = sa.select(editions.c.id).where(PAUSED)
_UNFINISHED = sa.select(_OPEN.c.id).where(_OPEN.c.id.is_not(None)).order_by(_OPEN.c.id)
_ALL_UNFINISHED = Prepared(_UNFINISHED)
_SENT_UNFINISHED = Prepared(_UNFINISHED.where(_OPEN.c.id.not_in(PAUSED_EDITIONS)))


def unfinished(connection: sa.Connection, *, paused: bool = False) -> list[int]:
    """Ids of editions with rows in open states, the oldest first; with those that are paused, or without."""
    query = _ALL_UNFINISHED if paused else _SENT_UNFINISHED
    return [edition for (edition,) in query.rows(connection)]


def pause(connection: sa.Connection, edition_id: int, reason: str) -> None:
    """Raises NotFound."""
    _change(connection, edition_id, paused=reason)


def resume(connection: sa.Connection, edition_id: int, now: datetime) -> None:
    """From now on its age counts anew. Raises NotFound."""
    _change(connection, edition_id, paused=None, resumed=now)


def pause_all(connection: sa.Connection) -> tuple[int, ...]:
    """This database is an old copy."""
    return _pause(connection, unfinished(connection), _OLD_COPY)


def pause_idle(connection: sa.Connection, now: datetime, idle: timedelta) -> tuple[int, ...]:
    """Those published, resumed and last recorded of longer ago than `idle`, of which a row was ready then."""
    touched = (
        sa.select(outbox.c.id)
        .where(outbox.c.edition_id == editions.c.id, outbox.c.changed >= now - idle)
        .exists()
    )
    left = sa.select(outbox.c.id).where(
        outbox.c.edition_id == editions.c.id, OPEN_ROWS, _ready_since(now - idle)
    )
    old = _older(unfinished(connection), now - idle).where(~touched, left.exists())
    return _pause(connection, connection.scalars(old), _IDLE.format(_spoken(idle)))


def expire(connection: sa.Connection, now: datetime, lifetime: timedelta) -> int:
    """Pending and deferred rows of editions that were published or resumed longer ago than that; what had
    to wait for an hour has its time from then on."""
    old = list(connection.scalars(_older(unfinished(connection), now - lifetime)))
    waiting = (DeliveryState.PENDING.value, DeliveryState.DEFERRED.value)
    return connection.execute(
        sa.update(outbox)
        .where(
            OPEN_ROWS,
            outbox.c.edition_id.in_(old),
            outbox.c.state.in_(waiting),
            _ready_since(now - lifetime),
        )
        .values(
            state=DeliveryState.EXPIRED.value,
            reason=f"its edition was published more than {_spoken(lifetime)} before",
            next_attempt=None,
            changed=now,
        )
    ).rowcount


def _ready_since(instant: datetime) -> sa.ColumnElement[bool]:
    """The row's reader had not chosen an hour that was still to come then."""
    pending = in_state(DeliveryState.PENDING)
    return sa.or_(~pending, outbox.c.next_attempt.is_(None), outbox.c.next_attempt <= instant)


def _older(ids: Iterable[int], than: datetime) -> sa.Select[tuple[int]]:
    return sa.select(editions.c.id).where(
        editions.c.id.in_(ids),
        editions.c.created < than,
        sa.func.coalesce(editions.c.resumed, editions.c.created) < than,
    )


def _pause(connection: sa.Connection, ids: Iterable[int], why: str) -> tuple[int, ...]:
    paused = sorted(ids)
    connection.execute(sa.update(editions).where(editions.c.id.in_(paused)).values(paused=why))
    return tuple(paused)


def _change(connection: sa.Connection, edition_id: int, **values: object) -> None:
    one = sa.update(editions).where(editions.c.id == edition_id)
    if not connection.execute(one.values(values)).rowcount:
        raise NotFound(f"there is no edition row {edition_id}.")


def _spoken(time: timedelta) -> str:
    """ "2 days", "36 hours", "1 minute": in the largest unit in which it is a whole number, else seconds."""
    for unit, one in _UNITS:
        if time >= one and not time % one:
            return f"{time // one} {unit}{'s' if time > one else ''}"
    return f"{time.total_seconds():g} seconds"
