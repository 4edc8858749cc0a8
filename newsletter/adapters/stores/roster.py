"""The list a page at a time, and changes to one person."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.person import PERSON, has_tag, rhythm_to_row, subscriber_from_row
from newsletter.adapters.stores.schema import subscribers
from newsletter.core.address import address_key
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import NotFound
from newsletter.ports import Changes

__all__ = ["SqlRoster"]


class SqlRoster:
    """`ports.Roster` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, *, after: str = "", limit: int, status: SubscriberStatus | None = None, tag: str | None = None
    ) -> tuple[Subscriber, ...]:
        """By the key of the address, which has an index: a page far behind costs what the first one does."""
        query = sa.select(*PERSON).where(
            subscribers.c.email_key > address_key(after),
            subscribers.c.status != SubscriberStatus.ERASED.value,
        )
        if status is not None:
            query = query.where(subscribers.c.status == status.value)
        if tag is not None:
            query = query.where(has_tag(tag))
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(subscribers.c.email_key).limit(limit))
            return tuple(map(subscriber_from_row, rows.mappings()))

    async def change(self, subscriber_id: int, changes: Changes, now: datetime) -> Subscriber:
        """In one transaction."""
        one = subscribers.c.id == subscriber_id
        async with self._database.begin() as connection:
            if columns := _columns(changes):
                await connection.execute(sa.update(subscribers).where(one).values(**columns, changed=now))
            row = (await connection.execute(sa.select(*PERSON).where(one))).mappings().one_or_none()
        if row is None:
            raise NotFound("there is no such subscriber.")
        return subscriber_from_row(row)


def _columns(changes: Changes) -> dict[str, Any]:
    said = {field.name: getattr(changes, field.name) for field in fields(changes)}
    rhythm = said.pop("rhythm")
    columns = {name: _plain(value) for name, value in said.items() if value is not None}
    return columns if rhythm is None else columns | rhythm_to_row(rhythm)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return value if isinstance(value, str) else list(value) if isinstance(value, tuple) else dict(value)
