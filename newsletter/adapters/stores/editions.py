"""Editions, frozen: publishing one is a single transaction that marks, plans and closes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from newsletter.adapters.stores.database import Connection, Database
from newsletter.adapters.stores.schema import PAUSED, editions, featured, outbox, slots, subscribers
from newsletter.adapters.stores.wishes import WISHES
from newsletter.core.archive import edition_from_json, edition_to_json
from newsletter.core.model import DeliveryState, Edition, SubscriberStatus
from newsletter.core.slots import Outcome
from newsletter.errors import NotFound
from newsletter.ports import Headline, PublishedEdition

__all__ = ["SqlEditions", "read_edition"]

_KEPT = ("id", "html", "text", "nonce", "created", "paused", "resumed")


class SqlEditions:
    """`ports.Editions` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_number(self, newsletter: str) -> int:
        """From 1."""
        query = sa.select(sa.func.max(editions.c.number)).where(editions.c.newsletter == newsletter)
        async with self._database.read() as connection:
            return (await connection.scalar(query) or 0) + 1

    async def publish(
        self, edition: Edition, html: str, text: str, nonce: str, now: datetime
    ) -> PublishedEdition | None:
        """None where another process has taken the slot, the number or one of the entries."""
        values = {
            "newsletter": edition.newsletter,
            "number": edition.number,
            "slot": edition.slot.isoformat(),
            "content": edition_to_json(edition),
            "html": html,
            "text": text,
            "nonce": nonce,
            "created": now,
        }
        insert = sa.insert(editions).values(values).returning(editions.c.id)
        try:
            async with self._database.begin() as connection:
                edition_id = (await connection.execute(insert)).scalar_one()
                await _mark_featured(connection, edition, edition_id)
                await _plan(connection, edition_id, now)
                await _close_slot(connection, edition, now)
        except IntegrityError:
            return None
        return PublishedEdition(edition_id, edition, html, text, nonce, now)

    async def get(self, newsletter: str, number: int) -> PublishedEdition:
        """Raises NotFound."""
        where = sa.and_(editions.c.newsletter == newsletter, editions.c.number == number)
        return await read_edition(self._database, where, str(number))

    async def newest(self, newsletter: str) -> PublishedEdition | None:
        """None where nothing was published yet."""
        found = await self._read(_newest_first(newsletter).limit(1))
        return found[0] if found else None

    async def list(self, newsletter: str) -> tuple[PublishedEdition, ...]:
        """All, the newest first."""
        return await self._read(_newest_first(newsletter))

    async def paused(self, newsletter: str) -> tuple[PublishedEdition, ...]:
        """The newest first."""
        return await self._read(_newest_first(newsletter).where(PAUSED))

    async def headlines(self, newsletter: str) -> tuple[Headline, ...]:
        """The subject is taken out of the content by the database, which need not hand over the rest."""
        subject = editions.c.content["subject"].as_string()
        query = _newest_first(newsletter).with_only_columns(editions.c.number, editions.c.slot, subject)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return tuple(Headline(number, datetime.fromisoformat(slot), text) for number, slot, text in rows)

    async def topics(self, newsletter: str, newest: int) -> tuple[tuple[str, ...], ...]:
        """Without the sections of what fits no topic."""
        query = _newest_first(newsletter).with_only_columns(editions.c.content).limit(newest)
        async with self._database.read() as connection:
            found = [edition_from_json(content) for content in await connection.scalars(query)]
        return tuple(
            tuple(section.topic for section in edition.sections if not section.catch_all) for edition in found
        )

    async def _read(self, query: sa.Select[Any]) -> tuple[PublishedEdition, ...]:
        async with self._database.read() as connection:
            return tuple(_published(row) for row in (await connection.execute(query)).mappings())


def _newest_first(newsletter: str) -> sa.Select[Any]:
    return sa.select(editions).where(editions.c.newsletter == newsletter).order_by(editions.c.number.desc())


async def read_edition(database: Database, where: sa.ColumnElement[bool], which: str) -> PublishedEdition:
    """The one edition of which this is true. Raises NotFound."""
    async with database.read() as connection:
        row = (await connection.execute(sa.select(editions).where(where))).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no edition {which}; `newsletter editions list` shows those there are.")
    return _published(row)


def _published(row: sa.RowMapping) -> PublishedEdition:
    values = {name: row[name] for name in _KEPT}
    return PublishedEdition(edition=edition_from_json(row["content"]), **values)


async def _mark_featured(connection: Connection, edition: Edition, edition_id: int) -> None:
    """No entry is told of twice: the primary key of `featured` refuses."""
    rows = [
        {"newsletter": edition.newsletter, "entry_id": item.entry.id, "edition_id": edition_id}
        for item in (*edition.featured, *edition.also)
    ]
    await connection.execute(sa.insert(featured), rows)


async def _plan(connection: Connection, edition_id: int, now: datetime) -> None:
    """One pending row for each active subscriber, with what we know of them now."""
    people = sa.select(
        sa.literal(edition_id),
        subscribers.c.id,
        subscribers.c.email,
        subscribers.c.name,
        *(subscribers.c[name] for name in WISHES),
        sa.literal(DeliveryState.PENDING.value),
        sa.literal(0),
        sa.literal(""),
        sa.literal(now, outbox.c.changed.type),
    ).where(subscribers.c.status == SubscriberStatus.ACTIVE.value)
    columns = (
        "edition_id",
        "subscriber_id",
        "email",
        "name",
        *WISHES,
        "state",
        "attempts",
        "reason",
        "changed",
    )
    await connection.execute(sa.insert(outbox).from_select(columns, people.order_by(subscribers.c.id)))


async def _close_slot(connection: Connection, edition: Edition, now: datetime) -> None:
    await connection.execute(
        sa.insert(slots).values(
            newsletter=edition.newsletter,
            slot=edition.slot.isoformat(),
            outcome=Outcome.SENT.value,
            reason="",
            edition=edition.number,
            closed=now,
        )
    )
