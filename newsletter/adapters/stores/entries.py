"""Every entry that was ever seen."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import TypeVar

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.intake import take_in
from newsletter.adapters.stores.schema import entries, featured, identities, signals
from newsletter.adapters.stores.shelf import entry_from_row
from newsletter.core.model import Entry, Signals

__all__ = ["SqlEntries"]

_T = TypeVar("_T")
_CHUNK = 500
"""Entries or ids at a time: databases limit how many values a query may have."""


class SqlEntries:
    """`ports.Entries` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Iterable[Entry], now: datetime) -> int:
        """All in one transaction, in bounded memory; answers how many papers were new."""
        parts = _parts(new)
        first = next(parts, None)
        if first is None:
            return 0
        async with self._database.begin() as connection:
            unknown: set[str] = set()
            for part in chain([first], parts):
                await take_in(connection, part, now, unknown)
            return len(unknown)

    async def candidates(self, newsletter: str, since: datetime) -> tuple[Entry, ...]:
        """Seen since then and not featured, oldest first."""
        told = sa.select(featured.c.entry_id).where(featured.c.newsletter == newsletter)
        query = (
            sa.select(entries)
            .where(entries.c.first_seen >= since, entries.c.id.not_in(told))
            .order_by(entries.c.first_seen, entries.c.position, entries.c.id)
        )
        return await self._read(query)

    async def present_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """By any of their identities."""
        found: dict[str, str] = {}
        query = sa.select(identities.c.key, identities.c.entry_id)
        async with self._database.read() as connection:
            for part in _parts(ids):
                rows = await connection.execute(query.where(identities.c.key.in_(part)))
                found.update((row.key, row.entry_id) for row in rows)
        return found

    async def told(self, newsletter: str, ids: Sequence[str]) -> frozenset[str]:
        """Asked by their own ids."""
        found: set[str] = set()
        query = sa.select(featured.c.entry_id).where(featured.c.newsletter == newsletter)
        async with self._database.read() as connection:
            for part in _parts(ids):
                found.update(await connection.scalars(query.where(featured.c.entry_id.in_(part))))
        return frozenset(found)

    async def list(self, limit: int | None = None) -> tuple[Entry, ...]:
        """The newest first."""
        query = sa.select(entries).order_by(entries.c.first_seen.desc(), entries.c.position, entries.c.id)
        return await self._read(query.limit(limit))

    async def get_many(self, ids: Sequence[str]) -> tuple[Entry, ...]:
        """In the order of `ids`; an entry is found by any of its identities."""
        found: dict[str, Entry] = {}
        query = sa.select(identities.c.key, entries).join(entries)
        async with self._database.read() as connection:
            for part in _parts(ids):
                rows = await connection.execute(query.where(identities.c.key.in_(part)))
                for row in map(dict, rows.mappings()):
                    key = row.pop("key")
                    found[key] = entry_from_row(row)
        return tuple(found[id_] for id_ in ids if id_ in found)

    async def history(self, ids: Sequence[str]) -> dict[str, tuple[Signals, ...]]:
        """By the ids that were asked for; those without a snapshot are left out."""
        found: dict[str, list[Signals]] = {}
        columns = (signals.c[name] for name in Signals.__dataclass_fields__)
        of_key = signals.c.entry_id == identities.c.entry_id
        query = sa.select(identities.c.key, *columns).join(signals, of_key).order_by(signals.c.at)
        async with self._database.read() as connection:
            for part in _parts(ids):
                rows = await connection.execute(query.where(identities.c.key.in_(part)))
                for row in map(dict, rows.mappings()):
                    found.setdefault(row.pop("key"), []).append(Signals(**row))
        return {id_: tuple(found[id_]) for id_ in ids if id_ in found}

    async def _read(self, query: sa.Select[tuple[object, ...]]) -> tuple[Entry, ...]:
        async with self._database.read() as connection:
            return tuple(entry_from_row(row) for row in (await connection.execute(query)).mappings())


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(values)
    while part := list(islice(iterator, _CHUNK)):
        yield part
