"""Editions that wait for a person's word."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import drafts, editions, slots
from newsletter.adapters.stores.slots import slot_row, waits_on_day
from newsletter.core.archive import edition_from_json, edition_to_json
from newsletter.core.model import Edition
from newsletter.core.series import name_in
from newsletter.core.slots import SlotOutcome
from newsletter.errors import NotFound
from newsletter.ports import WaitingEdition

__all__ = ["SqlDrafts", "is_free", "next_number", "same_draft"]

_DROPPED = "dropped"
"""Stands in the content beside what an edition has."""


class SqlDrafts:
    """`ports.Drafts` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, edition: Edition, now: datetime, deadline: datetime) -> WaitingEdition | None:
        """None where its slot or number is taken."""
        kept = await self._database.write(_keep, edition, now, deadline)
        return WaitingEdition(edition, 1, (), deadline) if kept else None

    async def waiting(self, newsletter: str) -> tuple[WaitingEdition, ...]:
        """By their numbers."""
        return await self._read(drafts.c.newsletter == newsletter)

    async def get(self, newsletter: str, number: int) -> WaitingEdition:
        """Raises NotFound."""
        found = await self._read(drafts.c.newsletter == newsletter, drafts.c.number == number)
        if not found:
            raise NotFound(
                f"no edition {name_in(newsletter, number)} waits for a word: "
                "`newsletter editions list` shows those that do."
            )
        return found[0]

    async def change(self, waiting: WaitingEdition, edition: Edition, dropped: tuple[str, ...]) -> bool:
        """False where it is no longer as it is given."""
        values = {"content": _content(edition, dropped), "version": waiting.version + 1}
        async with self._database.begin() as connection:
            return await connection.change(sa.update(drafts).where(same_draft(waiting)).values(values)) == 1

    async def end(self, waiting: WaitingEdition, outcome: SlotOutcome, now: datetime) -> bool:
        """False where it is no longer as it is given."""
        async with self._database.begin() as connection:
            if not await connection.change(sa.delete(drafts).where(same_draft(waiting))):
                return False
            row = slot_row(waiting.edition.newsletter, outcome, now)
            await connection.execute(sa.insert(slots).values(row))
            return True

    async def tell(self, waiting: WaitingEdition, now: datetime) -> None:
        """Whatever was changed in it since."""
        one = sa.update(drafts).where(_draft_of(waiting.edition.newsletter, waiting.edition.slot))
        async with self._database.begin() as connection:
            await connection.execute(one.values(told=now))

    async def _read(self, *where: sa.ColumnElement[bool]) -> tuple[WaitingEdition, ...]:
        query = sa.select(drafts).where(*where).order_by(drafts.c.number)
        async with self._database.read() as connection:
            return tuple(_waiting(row) for row in (await connection.execute(query)).mappings())


def next_number(connection: sa.Connection, newsletter: str) -> int:
    """That of the next edition, from 1."""
    highest = [
        connection.scalar(sa.select(sa.func.max(table.c.number)).where(table.c.newsletter == newsletter))
        for table in (editions, drafts)
    ]
    return max(number or 0 for number in highest) + 1


def is_free(connection: sa.Connection, edition: Edition, *, extra: bool = False) -> bool:
    """Whether no edition waits that has its number, nor one for its date unless it is off the schedule."""
    series = edition.newsletter
    taken = sa.and_(drafts.c.newsletter == series, drafts.c.number == edition.number)
    return not _is_there(connection, taken if extra else sa.or_(taken, waits_on_day(series, edition.slot)))


def same_draft(waiting: WaitingEdition) -> sa.ColumnElement[bool]:
    """It is there, and as it is given."""
    edition = waiting.edition
    return sa.and_(
        _draft_of(edition.newsletter, edition.slot),
        drafts.c.number == edition.number,
        drafts.c.version == waiting.version,
    )


def _draft_of(newsletter: str, slot: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(drafts.c.newsletter == newsletter, drafts.c.slot == slot.isoformat())


def _keep(connection: sa.Connection, edition: Edition, now: datetime, deadline: datetime) -> bool:
    series, slot = edition.newsletter, edition.slot
    same = sa.or_(slots.c.slot == slot.isoformat(), slots.c.day == slot.date())
    ended = sa.and_(slots.c.newsletter == series, same)
    if _is_there(connection, ended) or not is_free(connection, edition):
        return False
    if edition.number != next_number(connection, series):
        return False
    values = {
        "newsletter": series,
        "slot": slot.isoformat(),
        "number": edition.number,
        "content": _content(edition, ()),
        "version": 1,
        "created": now,
        "deadline": deadline,
    }
    connection.execute(sa.insert(drafts).values(values))
    return True


def _is_there(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> bool:
    return connection.scalar(sa.select(sa.literal(1)).where(*where).limit(1)) is not None


def _content(edition: Edition, dropped: tuple[str, ...]) -> dict[str, object]:
    return edition_to_json(edition) | {_DROPPED: list(dropped)}


def _waiting(row: sa.RowMapping) -> WaitingEdition:
    return WaitingEdition(
        edition=edition_from_json(row["content"]),
        version=row["version"],
        dropped=tuple(row["content"][_DROPPED]),
        deadline=row["deadline"],
        told=row["told"],
    )
