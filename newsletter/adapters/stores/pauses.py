"""Which editions still have copies to send, and which of them must wait for a person's word; functions
for the database's thread.

An edition is paused by a person, or because it may have gone out before: then its database is an old copy
or looks like one, and what it calls pending was perhaps sent since.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import OPEN_ROWS, PAUSED, editions, in_state, outbox, slots
from newsletter.core.model import DeliveryState
from newsletter.errors import NotFound

__all__ = [
    "PAUSED_EDITIONS",
    "expire",
    "pause",
    "pause_all",
    "pause_idle",
    "resume",
    "supersede",
    "unfinished",
]

_BEGUN = (DeliveryState.SENDING.value, DeliveryState.ACCEPTED.value, DeliveryState.UNKNOWN.value)
_OLD_COPY = (
    "this database is older than the last send from it: a backup was put back. What it calls pending may "
    "have been sent since"
)
_IDLE = "nothing was recorded of it for more than {}: what it calls pending may have been sent from elsewhere"
_NEWER = "a newer edition was due for its reader"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def _open_editions() -> sa.CTE:
    """The editions of open rows. Each step looks up the next one in the index: a plain DISTINCT would
    read every open row, and so would PostgreSQL for min() where it thinks that there are few."""
    least = sa.select(outbox.c.edition_id).where(OPEN_ROWS).order_by(outbox.c.edition_id).limit(1)
    found = sa.select(least.scalar_subquery().label("id")).cte("open_editions", recursive=True)
    after = least.where(outbox.c.edition_id > found.c.id).scalar_subquery()
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


def pause_all(connection: sa.Connection, why: str = _OLD_COPY) -> tuple[int, ...]:
    """This database is an old copy."""
    return _pause(connection, unfinished(connection), why)


def pause_idle(connection: sa.Connection, now: datetime, idle: timedelta) -> tuple[int, ...]:
    """Those published, resumed and last recorded of longer ago than `idle`, of which a row was ready then."""
    old = list(connection.scalars(_older(unfinished(connection), now - idle)))
    if not old:
        return ()
    touched = (
        sa.select(outbox.c.id)
        .where(
            outbox.c.edition_id == editions.c.id,
            outbox.c.changed >= now - idle,
            outbox.c.state != DeliveryState.EXPIRED.value,  # to give up is not to send
        )
        .exists()
    )
    left = sa.select(outbox.c.id).where(
        outbox.c.edition_id == editions.c.id, OPEN_ROWS, _ready_since(now - idle)
    )
    idle_ones = sa.select(editions.c.id).where(editions.c.id.in_(old), ~touched, left.exists())
    return _pause(connection, connection.scalars(idle_ones), _IDLE.format(_spoken(idle)))


def expire(connection: sa.Connection, now: datetime, lifetime: timedelta) -> int:
    """Pending and deferred rows of editions that were published or resumed longer ago than that; what had
    to wait for an hour has its time from then on."""
    old = list(connection.scalars(_older(unfinished(connection), now - lifetime)))
    reason = f"its edition was published more than {_spoken(lifetime)} before"
    given_up = sa.and_(outbox.c.edition_id.in_(old), _ready_since(now - lifetime))
    return _give_up(connection, given_up, reason, now)


def supersede(connection: sa.Connection, now: datetime) -> int:
    """Pending and deferred rows whose reader has a row of a newer edition of the same series that is due or
    was begun. Editions off the schedule neither end others nor are ended, and a person's word to go on with
    one counts for more than what was published before it."""
    left = unfinished(connection)
    if not left:
        return 0
    older = sa.and_(outbox.c.edition_id.in_(left), sa.exists(_newer_copy(left, now)))
    return _give_up(connection, older, _NEWER, now)


def _newer_copy(left: Sequence[int], now: datetime) -> sa.Select[tuple[int]]:
    """Of the reader of a row of these editions."""
    old, new, copy = editions.alias("old"), editions.alias("new"), outbox.alias("copy")
    pairs = (
        sa.select(old.c.id.label("old"), new.c.id.label("new"))
        .join(new, sa.and_(new.c.newsletter == old.c.newsletter, new.c.number > old.c.number))
        .where(
            old.c.id.in_(left),
            new.c.paused.is_(None),
            new.c.created > sa.func.coalesce(old.c.resumed, old.c.created),
            *(_is_regular(edition) for edition in (old, new)),
        )
        .subquery("pairs")
    )
    open_ = copy.c.state.in_((DeliveryState.PENDING.value, DeliveryState.DEFERRED.value))
    due = sa.or_(copy.c.next_attempt.is_(None), copy.c.next_attempt <= now)
    begun = copy.c.state.in_(_BEGUN)
    return (
        sa.select(copy.c.id)
        .join(pairs, copy.c.edition_id == pairs.c.new)
        .where(
            pairs.c.old == outbox.c.edition_id,
            copy.c.subscriber_id == outbox.c.subscriber_id,
            sa.or_(begun, sa.and_(open_, due)),
        )
    )


def _is_regular(edition: sa.FromClause) -> sa.ColumnElement[bool]:
    """Of the schedule."""
    return sa.exists().where(
        slots.c.newsletter == edition.c.newsletter,
        slots.c.slot == edition.c.slot,
        slots.c.day.is_not(None),
    )


def _give_up(connection: sa.Connection, which: sa.ColumnElement[bool], why: str, now: datetime) -> int:
    waiting = (DeliveryState.PENDING.value, DeliveryState.DEFERRED.value)
    values = {"state": DeliveryState.EXPIRED.value, "reason": why, "next_attempt": None, "changed": now}
    open_rows = sa.update(outbox).where(OPEN_ROWS, outbox.c.state.in_(waiting), which)
    return connection.execute(open_rows.values(values)).rowcount


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
