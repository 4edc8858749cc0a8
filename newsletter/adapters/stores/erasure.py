"""Forgetting one person; functions for the database's thread.

What stays is the number of the row and a keyed hash where the address was, so that no file brings the person
back, and what became of each copy, so that the counts of an edition stay true. Reasons go as well: servers
name the address in them. A copy that is on its way keeps its state, and the ledger writes no reason into a
row without an address.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.imports import Tombstones
from newsletter.adapters.stores.schema import (
    bounces,
    clicks_by_reader,
    history,
    in_state,
    letters,
    outbox,
    subscribers,
)
from newsletter.core.consent import Event
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.core.rhythm import Frequency

__all__ = ["erase", "is_erased"]

_NO_WISHES: dict[str, list[str]] = {name: [] for name in ("topics", "keywords", "authors", "muted", "likes")}
_NOBODY: dict[str, Any] = {
    "email": "",
    "name": "",
    **_NO_WISHES,
    "tags": [],
    "attributes": {},
    "frequency": Frequency.DAILY.value,
    "weekdays": 0,
    "hour": None,
    "zone": "",
    "paused_until": None,
    "language": "",
    "status": SubscriberStatus.ERASED.value,
    "score": 0.0,
    "scored": None,
}
_NO_COPY: dict[str, Any] = {"email": "", "name": "", **_NO_WISHES, "language": "", "reason": ""}


def erase(connection: sa.Connection, key: str, tombstones: Tombstones, now: datetime, source: str) -> bool:
    """Whether this key of an address was on the list."""
    stones = tombstones(key)
    number = known = connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.email_key == key))
    if number is not None:
        _free(connection, stones)
        _forget(connection, number, stones[0], now)
    elif _stand(connection, stones):
        return False
    else:
        row = {**_NOBODY, "email_key": stones[0], "created": now, "changed": now}
        connection.execute(sa.insert(subscribers).values(row))
        number = connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.email_key == stones[0]))
    erased = {"subscriber_id": number, "at": now, "event": Event.ERASE.value, "source": source}
    connection.execute(sa.insert(history).values(erased))
    return known is not None


def is_erased(connection: sa.Connection, key: str, tombstones: Tombstones) -> bool:
    """Whether all that stands for this key of an address is that it was erased."""
    known = connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.email_key == key))
    return known is None and _stand(connection, tombstones(key))


def _stand(connection: sa.Connection, stones: tuple[str, ...]) -> bool:
    one = sa.select(subscribers.c.id).where(subscribers.c.email_key.in_(stones))
    return connection.scalar(one) is not None


def _free(connection: sa.Connection, stones: tuple[str, ...]) -> None:
    """Somebody who came back and is erased again: the row of the first time gives its key away."""
    older = subscribers.c.email_key + ":" + sa.cast(subscribers.c.id, sa.Text)
    one = sa.update(subscribers).where(subscribers.c.email_key.in_(stones))
    connection.execute(one.values(email_key=older))


def _forget(connection: sa.Connection, number: int, stone: str, now: datetime) -> None:
    theirs = sa.select(outbox.c.id).where(outbox.c.subscriber_id == number)
    connection.execute(
        sa.delete(bounces).where(sa.or_(bounces.c.subscriber_id == number, bounces.c.outbox_id.in_(theirs)))
    )
    for table in (letters, history, clicks_by_reader):
        connection.execute(sa.delete(table).where(table.c.subscriber_id == number))
    copies = sa.update(outbox).where(outbox.c.subscriber_id == number)
    connection.execute(copies.values(_NO_COPY))
    waiting = in_state(DeliveryState.PENDING, DeliveryState.DEFERRED)
    suppressed = {"state": DeliveryState.SUPPRESSED.value, "next_attempt": None, "changed": now}
    connection.execute(copies.where(waiting).values(suppressed))
    connection.execute(
        sa.update(subscribers)
        .where(subscribers.c.id == number)
        .values({**_NOBODY, "email_key": stone, "changed": now})
    )
