"""The known entries that some new ones may be: fetched in bulk, changed in memory, written in bulk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Connection
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.schema import entries, featured, identities, signals, titles
from newsletter.core.identity import identities as identities_of
from newsletter.core.model import Entry

__all__ = ["Shelf", "entry_from_row"]

_NEAR = timedelta(days=60)
"""A title is compared with those first seen in this time."""
_BLOCK = 20
"""Entries under one title key, so that a feed which gives everything one title costs no more than others."""
_VALUES = 1000
"""Values in one query: databases limit them."""
_FIELDS = tuple(item.name for item in fields(Entry))
_COUNTS = ("upvotes", "comments", "stars")


def entry_from_row(row: Mapping[Any, Any]) -> Entry:
    """JSON has lists where the entry has tuples."""
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    return Entry(**values)


@dataclass
class _Pending:
    """What is still to be written."""

    entries: dict[str, Entry] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    titles: list[tuple[str, str]] = field(default_factory=list)
    counted: dict[str, Entry] = field(default_factory=dict)
    """Those whose votes, comments or stars are not what they were."""


class Shelf:
    """Entries by identity and by title, within one transaction."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._entries: dict[str, Entry] = {}
        self._owners: dict[str, str] = {}
        self._titles: dict[str, list[str]] = {}
        self._pending = _Pending()

    def owners(self, keys: Iterable[str]) -> list[tuple[str, Entry]]:
        """Who is known under which of these identities."""
        return [(key, self._entries[self._owners[key]]) for key in keys if key in self._owners]

    def titled(self, keys: Iterable[str]) -> list[Entry]:
        """Who has one of these title keys."""
        return [self._entries[id_] for id_ in {id_ for key in keys for id_ in self._titles.get(key, ())}]

    async def fetch_by_identity(self, keys: Collection[str]) -> None:
        """Make `owners` answer for these."""
        found = await self._select(sa.select(identities), identities.c.key, keys)
        self._owners |= {row["key"]: row["entry_id"] for row in found}
        await self._fetch(self._owners.values())

    async def fetch_by_title(self, keys: Collection[str]) -> None:
        """Make `titled` answer for these, as far as the entries are young enough."""
        query = sa.select(titles).join(entries).where(entries.c.first_seen >= self._now - _NEAR)
        for row in await self._select(query, titles.c.key, keys):
            self._titles.setdefault(row["key"], []).append(row["entry_id"])
        await self._fetch(id_ for block in self._titles.values() for id_ in block)

    def add(self, entry: Entry) -> None:
        """A new one. Its id is its own, even where that was another's page before."""
        self._owners.pop(entry.id, None)
        self._set(entry, (None,) * len(_COUNTS))

    def change(self, known: Entry, entry: Entry) -> None:
        """What is known of one now; where its votes have changed, they get a snapshot."""
        if entry != known:
            self._set(entry, _counts(known))

    def own(self, entry_id: str, keys: Iterable[str]) -> None:
        """Further identities; those that are taken stay where they are."""
        for key in keys:
            if key not in self._owners:
                self._owners[key] = self._pending.keys[key] = entry_id

    def file(self, entry_id: str, keys: Iterable[str]) -> None:
        """Further title keys."""
        for key in keys:
            block = self._titles.setdefault(key, [])
            if entry_id not in block and len(block) < _BLOCK:
                block.append(entry_id)
                self._pending.titles.append((key, entry_id))

    async def unite(self, known: Entry, other: Entry) -> None:
        """Give `known` everything that hangs on `other`, and drop that: its identities, its snapshots, and
        that it was featured."""
        await self.write()
        for table in (featured, titles, signals):
            await self._hand_over(table, known.id, other.id)
        theirs = identities.c.entry_id == other.id
        await self._connection.execute(sa.update(identities).where(theirs).values(entry_id=known.id))
        await self._connection.execute(sa.delete(entries).where(entries.c.id == other.id))
        self._owners = {key: known.id if id_ == other.id else id_ for key, id_ in self._owners.items()}
        for block in self._titles.values():
            block[:] = dict.fromkeys(known.id if id_ == other.id else id_ for id_ in block)
        del self._entries[other.id]

    async def write(self) -> None:
        """Everything that has changed."""
        pending, self._pending = self._pending, _Pending()
        for table, rows in (
            (
                entries,
                [{name: getattr(entry, name) for name in _FIELDS} for entry in pending.entries.values()],
            ),
            (identities, [{"key": key, "entry_id": id_} for key, id_ in pending.keys.items()]),
            (titles, [{"key": key, "entry_id": id_} for key, id_ in pending.titles]),
            (signals, [self._snapshot(entry) for entry in pending.counted.values()]),
        ):
            if rows:
                await self._connection.execute(_upsert(table), rows)

    async def _fetch(self, ids: Iterable[str]) -> None:
        rows = await self._select(sa.select(entries), entries.c.id, set(ids) - self._entries.keys())
        self._entries |= {row["id"]: entry_from_row(row) for row in rows}

    async def _select(
        self, query: sa.Select[Any], column: sa.ColumnElement[str], values: Collection[str]
    ) -> Sequence[sa.RowMapping]:
        wanted = sorted(values)
        rows: list[sa.RowMapping] = []
        for start in range(0, len(wanted), _VALUES):
            part = query.where(column.in_(wanted[start : start + _VALUES]))
            rows += (await self._connection.execute(part)).mappings().all()
        return rows

    async def _hand_over(self, table: sa.Table, to: str, entry_id: str) -> None:
        rest = [column for column in table.c if column.name != "entry_id"]
        theirs = sa.select(sa.literal(to), *rest).where(table.c.entry_id == entry_id)
        columns = ["entry_id", *(column.name for column in rest)]
        await self._connection.execute(insert(table).from_select(columns, theirs).on_conflict_do_nothing())
        await self._connection.execute(sa.delete(table).where(table.c.entry_id == entry_id))

    def _set(self, entry: Entry, counts_before: tuple[int | None, ...]) -> None:
        self._entries[entry.id] = self._pending.entries[entry.id] = entry
        self.own(entry.id, identities_of(entry))
        if _counts(entry) != counts_before:
            self._pending.counted[entry.id] = entry

    def _snapshot(self, entry: Entry) -> dict[str, object]:
        return {"entry_id": entry.id, "at": self._now, **dict(zip(_COUNTS, _counts(entry), strict=True))}


def _upsert(table: sa.Table) -> sa.Insert:
    statement = insert(table)
    keys = list(table.primary_key.columns)
    values = {column.name: statement.excluded[column.name] for column in table.c if column not in set(keys)}
    if not values:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def _counts(entry: Entry) -> tuple[int | None, ...]:
    return entry.upvotes, entry.comments, entry.stars
