"""What the operator was told."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.schema import drafts, slots, tellings
from newsletter.adapters.stores.slots import outcome_of
from newsletter.ports import EndedSlot, PublishedEdition

__all__ = ["SqlTellings"]


class SqlTellings:
    """`ports.Tellings` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Through a lock of the operating system."""
        return self._database.only_one("telling")

    async def untold(self, series: Sequence[str]) -> tuple[EndedSlot, ...]:
        """In the order of their times."""
        query = sa.select(slots).where(slots.c.newsletter.in_(series), slots.c.told.is_(None))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        found = [EndedSlot(row["newsletter"], outcome_of(row), row["closed"]) for row in rows]
        return tuple(sorted(found, key=lambda ended: ended.outcome.slot))

    async def settle(self, slot: EndedSlot, now: datetime) -> None:
        """The first time stays."""
        one = sa.update(slots).where(
            slots.c.newsletter == slot.series,
            slots.c.slot == slot.outcome.slot.isoformat(),
            slots.c.told.is_(None),
        )
        async with self._database.begin() as connection:
            await connection.change(one.values(told=now))

    async def paused(self, series: Sequence[str]) -> tuple[PublishedEdition, ...]:
        """Series by series, the newest first."""
        editions = SqlEditions(self._database)
        return tuple([edition for name in series for edition in await editions.paused(name)])

    async def waiting(self, series: str, since: datetime) -> tuple[datetime, ...]:
        """In no order."""
        query = sa.select(drafts.c.slot).where(drafts.c.newsletter == series, drafts.c.deadline > since)
        async with self._database.read() as connection:
            return tuple(map(datetime.fromisoformat, await connection.scalars(query)))

    async def told_by(self, notice: str) -> frozenset[str]:
        """Their names."""
        query = sa.select(tellings.c.channel).where(tellings.c.notice == notice)
        async with self._database.read() as connection:
            return frozenset(await connection.scalars(query))

    async def record(self, notice: str, channel: str, now: datetime) -> None:
        """The first time stays."""
        row = insert(tellings).values(notice=notice, channel=channel, at=now).on_conflict_do_nothing()
        async with self._database.begin() as connection:
            await connection.change(row)
