"""What replies taught of the pace of servers and domains, kept from one run to the next."""

from collections.abc import Mapping
from dataclasses import asdict

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import paces
from newsletter.core.pace import Learned

__all__ = ["SqlPaces"]


class SqlPaces:
    """`ports.Paces` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, Learned]:
        """By server or domain."""
        query = sa.select(paces.c.key, paces.c.rate, paces.c.connections, paces.c.changed)
        async with self._database.read() as connection:
            return {key: Learned(*values) for key, *values in await connection.execute(query)}

    async def save(self, learned: Mapping[str, Learned]) -> None:
        """In place of all that was known."""
        rows = [{"key": key, **asdict(pace)} for key, pace in learned.items()]
        async with self._database.begin() as connection:
            await connection.execute(sa.delete(paces))
            if rows:
                await connection.execute(sa.insert(paces), rows)
