"""Editions, frozen: publishing one is a single transaction that marks, plans and closes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.drafts import is_free, next_number, same_draft
from newsletter.adapters.stores.plan import has_readers, languages, plan
from newsletter.adapters.stores.schema import PAUSED, drafts, editions, featured, renderings, slots
from newsletter.adapters.stores.slots import slot_row
from newsletter.core.archive import edition_from_json, edition_to_json
from newsletter.core.audience import EVERYBODY, Audience
from newsletter.core.model import Edition
from newsletter.core.series import name_in
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.errors import NotFound
from newsletter.ports import Headline, Planning, PublishedEdition, Rendering, WaitingEdition

__all__ = ["SqlEditions", "read_edition", "read_rendering"]

_KEPT = ("id", "html", "text", "nonce", "created", "paused", "resumed")


class SqlEditions:
    """`ports.Editions` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_number(self, newsletter: str) -> int:
        """From 1; those of editions that wait for a person's word are taken."""
        return await self._database.ask(next_number, newsletter)

    async def newest_number(self, newsletter: str) -> int:
        """0 before the first."""
        query = sa.select(sa.func.max(editions.c.number)).where(editions.c.newsletter == newsletter)
        return await self._database.ask(sa.Connection.scalar, query) or 0

    async def count(self, newsletter: str) -> int:
        """Of the published ones."""
        query = sa.select(sa.func.count()).where(editions.c.newsletter == newsletter)
        return await self._database.ask(sa.Connection.scalar, query) or 0

    async def beside(self, newsletter: str, number: int) -> tuple[int | None, int | None]:
        """None where there is none."""
        other = editions.c.number
        least, most = (sa.select(least_or_most(other)) for least_or_most in (sa.func.min, sa.func.max))
        series = editions.c.newsletter == newsletter
        async with self._database.read() as connection:
            before = await connection.scalar(most.where(series, other < number))
            return before, await connection.scalar(least.where(series, other > number))

    async def publish(
        self,
        edition: Edition,
        html: str,
        text: str,
        nonce: str,
        now: datetime,
        audience: Audience = EVERYBODY,
        renderings: Sequence[Rendering] = (),
        approved: WaitingEdition | None = None,
    ) -> PublishedEdition | None:
        """None where another process has taken the slot, the number or one of the entries, or has changed
        what was approved."""
        rendered = {"html": html, "text": text, "nonce": nonce}
        try:
            edition_id = await self._database.write(
                _publish, edition, rendered, now, audience, renderings, approved
            )
        except (IntegrityError, _Taken):
            return None
        return PublishedEdition(edition_id, edition, html, text, nonce, now)

    async def has_readers(self, audience: Audience, slot: datetime) -> bool:
        """Asked in the way in which an edition is planned."""
        return await self._database.ask(has_readers, audience, slot)

    async def languages(self, audience: Audience, slot: datetime) -> tuple[str, ...]:
        """Asked likewise."""
        return await self._database.ask(languages, audience, slot)

    async def get(self, newsletter: str, number: int) -> PublishedEdition:
        """Raises NotFound."""
        where = sa.and_(editions.c.newsletter == newsletter, editions.c.number == number)
        return await read_edition(self._database, where, name_in(newsletter, number))

    async def newest(self, newsletter: str) -> PublishedEdition | None:
        """None where nothing was published yet."""
        found = await self._read(_newest_first(newsletter).limit(1))
        return found[0] if found else None

    async def list(self, newsletter: str, newest: int | None = None) -> tuple[PublishedEdition, ...]:
        """The newest first."""
        return await self._read(_newest_first(newsletter).limit(newest))

    async def paused(self, newsletter: str) -> tuple[PublishedEdition, ...]:
        """The newest first."""
        return await self._read(_newest_first(newsletter).where(PAUSED))

    async def headlines(
        self, newsletter: str, before: int | None = None, most: int | None = None
    ) -> tuple[Headline, ...]:
        """The subject is taken out of the content by the database, which need not hand over the rest."""
        subject = editions.c.content["subject"].as_string()
        query = _newest_first(newsletter).with_only_columns(editions.c.number, editions.c.slot, subject)
        query = (query if before is None else query.where(editions.c.number < before)).limit(most)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return tuple(Headline(number, datetime.fromisoformat(slot), text) for number, slot, text in rows)

    async def plannings(self, newsletter: str, newest: int) -> tuple[Planning, ...]:
        """What is known of its slot says for whom it was."""
        slot = sa.and_(slots.c.newsletter == editions.c.newsletter, slots.c.slot == editions.c.slot)
        query = (
            _newest_first(newsletter)
            .with_only_columns(editions.c.number, editions.c.slot, editions.c.created, slots.c.reason)
            .select_from(editions.outerjoin(slots, slot))
            .limit(newest)
        )
        async with self._database.read() as connection:
            return tuple(
                Planning(newsletter, number, datetime.fromisoformat(slot), at, reason or "")
                for number, slot, at, reason in await connection.execute(query)
            )

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


async def read_rendering(database: Database, published: PublishedEdition, language: str) -> PublishedEdition:
    """The edition in this language. Raises NotFound."""
    where = sa.and_(renderings.c.edition_id == published.id, renderings.c.language == language)
    async with database.read() as connection:
        row = (await connection.execute(sa.select(renderings).where(where))).mappings().one_or_none()
    if row is None:
        raise NotFound(f"edition row {published.id} was not rendered in {language!r}.")
    return replace(
        published,
        edition=edition_from_json(row["content"]),
        html=row["html"],
        text=row["text"],
        language=language,
    )


def _published(row: sa.RowMapping) -> PublishedEdition:
    values = {name: row[name] for name in _KEPT}
    return PublishedEdition(edition=edition_from_json(row["content"]), **values)


class _Taken(Exception):
    """What waited is no longer as it was approved, or what is to be published has the slot or the number of
    one that waits."""


def _publish(
    connection: sa.Connection,
    edition: Edition,
    rendered: Mapping[str, str],
    now: datetime,
    audience: Audience,
    translated: Sequence[Rendering],
    approved: WaitingEdition | None,
) -> int:
    _take(connection, edition, approved, extra=audience.extra)
    values = {
        "newsletter": edition.newsletter,
        "number": edition.number,
        "slot": edition.slot.isoformat(),
        "content": edition_to_json(edition),
        "created": now,
        **rendered,
    }
    new = sa.insert(editions).values(values).returning(editions.c.id)
    edition_id: int = connection.execute(new).scalar_one()
    if not audience.aside:
        _mark_featured(connection, edition, edition_id, approved.dropped if approved else ())
    for rendering in translated:
        connection.execute(sa.insert(renderings).values(_rendering_row(edition_id, rendering)))
    spoken = [rendering.language for rendering in translated]
    plan(connection, edition_id, edition.slot, audience, now, spoken)
    sent = SlotOutcome(
        edition.slot, Outcome.SENT, audience.aside_reason, edition.number, extra=audience.extra
    )
    connection.execute(sa.insert(slots).values(slot_row(edition.newsletter, sent, now)))
    return edition_id


def _rendering_row(edition_id: int, rendering: Rendering) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "language": rendering.language,
        "content": edition_to_json(rendering.edition),
        "html": rendering.html,
        "text": rendering.text,
    }


def _take(
    connection: sa.Connection, edition: Edition, approved: WaitingEdition | None, *, extra: bool
) -> None:
    """Nobody waits for a word on it any more."""
    if approved is None:
        mine = is_free(connection, edition, extra=extra)
    else:
        mine = connection.execute(sa.delete(drafts).where(same_draft(approved))).rowcount == 1
    if not mine:
        raise _Taken


def _mark_featured(
    connection: sa.Connection, edition: Edition, edition_id: int, dropped: Sequence[str]
) -> None:
    """No entry is told of twice: the primary key of `featured` refuses. What a person has left out is not
    proposed again either; another edition may have told of that by now."""
    told = [item.entry.id for item in (*edition.featured, *edition.also)]
    row = {"newsletter": edition.newsletter, "edition_id": edition_id}
    connection.execute(sa.insert(featured), [row | {"entry_id": id_} for id_ in told])
    if dropped:
        rows = [row | {"entry_id": id_} for id_ in dropped]
        connection.execute(insert(featured).on_conflict_do_nothing(), rows)
