"""Signs of life."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.schema import pulses

__all__ = ["SqlPulses"]


class SqlPulses:
    """`ports.Pulses` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, name: str, now: datetime) -> None:
        """The newest stays alone."""
        row = insert(pulses).values(name=name, at=now)
        async with self._database.begin() as connection:
            await connection.change(
                row.on_conflict_do_update(index_elements=[pulses.c.name], set_={"at": now})
            )

    async def last(self, name: str) -> datetime | None:
        """As the clock of whoever lived said."""
        query = sa.select(pulses.c.at).where(pulses.c.name == name)
        found: datetime | None = await self._database.ask(sa.Connection.scalar, query)
        return found

    async def sign_off(self, name: str) -> None:
        """Leaves nothing behind."""
        async with self._database.begin() as connection:
            await connection.change(sa.delete(pulses).where(pulses.c.name == name))
