"""What replies taught of the pace of servers and domains, kept from one run to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
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
        """Beside what others have saved; what was learned last holds."""
        # In one order, so that two who save do not wait for each other.
        rows = [{"key": key, **asdict(pace)} for key, pace in sorted(learned.items())]
        if rows:
            await self._database.beside(_merge, rows)


def _merge(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    row = insert(paces)
    said = {name: row.excluded[name] for name in ("rate", "connections", "changed")}
    is_news = sa.or_(paces.c.changed.is_(None), row.excluded.changed > paces.c.changed)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=said, where=is_news), rows)
