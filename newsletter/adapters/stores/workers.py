"""Who sends from this database, by their signs of life."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert, later
from newsletter.adapters.stores.schema import workers

__all__ = ["SqlWorkers", "give_sign"]

_FORGOTTEN = timedelta(days=1)
"""After so long without a sign nobody asks what became of one."""


class SqlWorkers:
    """In the database, by its clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def alive(self, name: str) -> None:
        """The first sign is when it started."""
        await self._database.beside(give_sign, name)

    async def living(self, within: timedelta) -> tuple[str, ...]:
        """The eldest first."""
        since = later(-within.total_seconds())
        query = sa.select(workers.c.name).where(workers.c.seen >= since)
        return tuple(await self._database.ask(_names, query.order_by(workers.c.started, workers.c.name)))

    async def gone(self, name: str) -> None:
        """Leaves nothing behind."""
        await self._database.beside(sa.Connection.execute, sa.delete(workers).where(workers.c.name == name))


def give_sign(connection: sa.Connection, name: str) -> None:
    """Part of a transaction; who was not seen for long is forgotten."""
    row = insert(workers).values(name=name, started=later(0), seen=later(0))
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"seen": later(0)}))
    connection.execute(sa.delete(workers).where(workers.c.seen < later(-_FORGOTTEN.total_seconds())))


def _names(connection: sa.Connection, query: sa.Select[str]) -> list[str]:
    return list(connection.scalars(query))
