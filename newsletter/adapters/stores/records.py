"""Everything that is known of one person; a function for the database's thread."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.adapters.stores.person import PERSON, subscriber_from_row
from newsletter.adapters.stores.schema import (
    bounces,
    clicks_by_reader,
    editions,
    history,
    letters,
    outbox,
    subscribers,
)
from newsletter.core.model import DeliveryState
from newsletter.ports.records import (
    BounceRecord,
    ClickRecord,
    CopyRecord,
    HistoryRecord,
    LetterRecord,
    PersonRecord,
)

__all__ = ["read_record"]

T = TypeVar("T")

_COPY = "number slot state attempts reason changed newsletter created next_attempt"


def read_record(connection: sa.Connection, subscriber_id: int) -> PersonRecord | None:
    """None where there is nobody with this number."""
    query = sa.select(*PERSON, subscribers.c.changed, subscribers.c.score, subscribers.c.scored)
    row = connection.execute(query.where(subscribers.c.id == subscriber_id)).mappings().one_or_none()
    if row is None:
        return None

    def theirs(make: Callable[..., T], table: sa.Table, columns: str, of: Any = None) -> tuple[T, ...]:
        """The rows of this person, in the order in which they were made."""
        query = sa.select(*((table if name in table.c else editions).c[name] for name in columns.split()))
        mine = query.select_from(table if of is None else table.join(of))
        order = table.c.get("id", table.c.get("at"))
        found = connection.execute(mine.where(table.c.subscriber_id == subscriber_id).order_by(order))
        return tuple(make(*values) for values in found)

    return PersonRecord(
        person=subscriber_from_row(row),
        changed=row["changed"],
        score=row["score"],
        scored=row["scored"],
        history=theirs(HistoryRecord, history, "at event source"),
        copies=theirs(_copy, outbox, _COPY, editions),
        letters=theirs(LetterRecord, letters, "kind created state attempts reason changed"),
        bounces=theirs(BounceRecord, bounces, "at source kind cause status detail"),
        clicks=theirs(ClickRecord, clicks_by_reader, "number place at newsletter", editions),
    )


def _copy(edition: int, slot: str, state: str, *rest: Any) -> CopyRecord:
    return CopyRecord(edition, slot, DeliveryState(state), *rest)
