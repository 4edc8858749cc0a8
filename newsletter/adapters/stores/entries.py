"""Every entry that was ever seen."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import entries, featured
from newsletter.core.model import Entry

__all__ = ["SqlEntries"]

_REFRESHED = ("url", "published", "upvotes", "comments", "stars", "code", "project", "discussion", "search")
"""Columns in which a later reading wins, unless it says nothing."""

_CHUNK = 500
"""Ids in one query: databases limit how many values a query may have."""


class SqlEntries:
    """`ports.Entries` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Iterable[Entry], now: datetime) -> int:
        """Keep them; answers how many were new."""
        rows = [asdict(entry) | {"first_seen": entry.first_seen or now} for entry in new]
        if not rows:
            return 0
        statement = insert(entries)
        statement = statement.on_conflict_do_update(
            index_elements=[entries.c.id],
            set_={name: sa.func.coalesce(statement.excluded[name], entries.c[name]) for name in _REFRESHED},
        )
        count = sa.select(sa.func.count()).select_from(entries)
        async with self._database.begin() as connection:
            before = await connection.scalar(count) or 0
            await connection.execute(statement, rows)
            return (await connection.scalar(count) or 0) - before

    async def candidates(self, newsletter: str, since: datetime) -> tuple[Entry, ...]:
        """Seen since then and not featured, oldest first."""
        told = sa.select(featured.c.entry_id).where(featured.c.newsletter == newsletter)
        query = (
            sa.select(entries)
            .where(entries.c.first_seen >= since, entries.c.id.not_in(told))
            .order_by(entries.c.first_seen, entries.c.position, entries.c.id)
        )
        return await self._read(query)

    async def list(self, limit: int | None = None) -> tuple[Entry, ...]:
        """The newest first."""
        query = sa.select(entries).order_by(entries.c.first_seen.desc(), entries.c.position, entries.c.id)
        return await self._read(query.limit(limit))

    async def get_many(self, ids: Sequence[str]) -> tuple[Entry, ...]:
        """In the order of `ids`."""
        found: dict[str, Entry] = {}
        for start in range(0, len(ids), _CHUNK):
            query = sa.select(entries).where(entries.c.id.in_(ids[start : start + _CHUNK]))
            found |= {entry.id: entry for entry in await self._read(query)}
        return tuple(found[id_] for id_ in ids if id_ in found)

    async def _read(self, query: sa.Select[tuple[object, ...]]) -> tuple[Entry, ...]:
        async with self._database.read() as connection:
            return tuple(_entry(row) for row in (await connection.execute(query)).mappings())


def _entry(row: sa.RowMapping) -> Entry:
    """JSON has lists where the entry has tuples."""
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    return Entry(**values)
