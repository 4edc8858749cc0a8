"""From a SQLite file to a PostgreSQL database, all of it or nothing.

    file, locked ──rows──▶ COPY, table by table ──▶ read back ──▶ the same counts and hashes? ──▶ COMMIT
                                                                       │ no
                                                                       └──▶ nothing has happened

One transaction on either side, and rows pass through one at a time, so that any number fits.
"""

import asyncio
import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.sql import SQL, Identifier
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.adapters.stores.copying import sync_folder
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import without_nul
from newsletter.adapters.stores.schema import metadata, pulses
from newsletter.errors import InputError, StoreError

__all__ = ["Moved", "TableMoved", "move"]

Progress = Callable[[str, int, int], None]
"""Told the table, how many of its rows are done, and of how many."""

_TOLD_EVERY = 5000
_PAGE = 2000
_IDENTITY = "sends"
"""Says which database this is; every database has it, and the old one's goes on."""


@dataclass(frozen=True)
class TableMoved:
    """One table, the same on both sides."""

    name: str
    rows: int
    sha256: str
    """Of all values of all rows, in the order of the primary key."""


@dataclass(frozen=True)
class Moved:
    """What was moved, and where the file is now."""

    tables: tuple[TableMoved, ...]
    kept: Path


async def move(
    file: Path, target: Database, now: datetime, alive: float, progress: Progress = lambda *_: None
) -> Moved:
    """Move what is in the SQLite file at `file` into `target`, which must be empty or have exactly this in it
    already; the file is then called `*.moved`. Raises InputError where it is not there, is being used (by a
    scheduler that gave a sign of life in the last `alive` seconds), or the target has other things in it;
    AlreadyRunning; StoreError."""
    if not file.is_file():
        raise InputError(f"{file}: there is no such file.")
    source = Database(f"sqlite:///{file.name}", file.parent)
    kept = file.with_name(f"{file.name}.moved")
    try:
        async with source.exclusive():
            await _expect_nobody(source, now, alive)
            with _kept_from_others(file):
                tables = await target.write(_copy_all, file, progress)
            # All in one file by then, so that its new name is all that it needs.
            await source.empty_journal()
            await asyncio.to_thread(file.replace, kept)
            await asyncio.to_thread(sync_folder, file.parent)
    finally:
        await source.close()
    return Moved(tables, kept)


async def _expect_nobody(source: Database, now: datetime, alive: float) -> None:
    """Opens the file as well, which upgrades what an earlier version left."""
    seen: datetime | None = await source.ask(sa.Connection.scalar, sa.select(sa.func.max(pulses.c.at)))
    if seen is not None and abs((now - seen).total_seconds()) < alive:
        raise InputError(
            f"{source.name}: `newsletter serve` was at work in it moments ago; what readers do there "
            "meanwhile would be lost. Stop it, which says so here, and try again."
        )


@contextmanager
def _kept_from_others(file: Path) -> Iterator[None]:
    """Nobody writes until it is moved."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def _copy_all(connection: sa.Connection, file: Path, progress: Progress) -> tuple[TableMoved, ...]:
    """Or see that it was copied already, by one that was killed before it could say so."""
    driver: Any = connection.connection.driver_connection
    in_use = _in_use(connection)
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as source:
        source.execute("BEGIN")
        try:
            return tuple(_copy(source, driver, table, progress, in_use) for table in metadata.sorted_tables)
        except StoreError as differs:
            if not in_use:
                raise
            raise InputError(
                "the database that [store] url names is not empty: there are rows in its table "
                f"{in_use}. Name another, or make it anew with dropdb and createdb."
            ) from differs


def _in_use(connection: sa.Connection) -> str:
    """A table that has rows."""
    for table in metadata.sorted_tables:
        row = connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        if row is not None and table.name != _IDENTITY:
            return table.name
    return ""


def _copy(
    source: sqlite3.Connection,
    driver: "psycopg.Connection[Any]",
    table: sa.Table,
    progress: Progress,
    in_use: str,
) -> TableMoved:
    """Where the database is `in_use`, only compare."""
    (total,) = source.execute(_as_sql(sa.select(sa.func.count()).select_from(table), sqlite)).fetchone()
    here, there = _Hash(), _Hash()
    rows = here.over(_rows(table, source.execute(_as_sql(_everything(table), sqlite))))
    if in_use:
        deque(rows, maxlen=0)
    else:
        _fill(driver, table, rows, lambda done: progress(table.name, done, total))
    with driver.cursor(name="read_back") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(_as_sql(_everything(table), postgresql).encode())
        deque(there.over(_rows(table, cursor)), maxlen=0)
    progress(table.name, total, total)
    if (here.rows, here.value) != (there.rows, there.value):
        raise StoreError(
            f"the table {table.name} would not be the same: {here.rows} rows with hash {here.value[:12]} "
            f"here, {there.rows} with {there.value[:12]} there. Nothing was moved."
        )
    return TableMoved(table.name, here.rows, here.value)


def _fill(
    driver: "psycopg.Connection[Any]",
    table: sa.Table,
    rows: Iterable[list[str | None]],
    progress: Callable[[int], None],
) -> None:
    """Put these rows in place of what the table has. `progress` is told how many are done."""
    with driver.cursor() as cursor:
        cursor.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
        columns = SQL(", ").join(Identifier(column.name) for column in table.columns)
        into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns)
        with cursor.copy(into) as copy:
            for done, row in enumerate(rows):
                if done and done % _TOLD_EVERY == 0:
                    progress(done)
                copy.write_row(row)
        _set_sequence(cursor, table)


def _everything(table: sa.Table) -> sa.Select[Any]:
    """Lists as the texts that they are kept as."""
    columns = [sa.cast(c, sa.Text) if isinstance(c.type, sa.JSON) else c for c in table.columns]
    return sa.select(*columns).order_by(*table.primary_key)


def _as_sql(statement: sa.Select[Any], dialect: Any) -> str:
    return str(statement.compile(dialect=dialect.dialect()))


def _rows(table: sa.Table, read: Iterable[Sequence[Any]]) -> Iterator[list[str | None]]:
    """The values of either side, each as one text."""
    readers = [_reader(column.type) for column in table.columns]
    for row in read:
        yield [None if value is None else reader(value) for reader, value in zip(readers, row, strict=True)]


def _set_sequence(cursor: "psycopg.Cursor[Any]", table: sa.Table) -> None:
    """Numbers go on where those of the file ended."""
    if "id" not in table.columns or not isinstance(table.columns["id"].type, sa.BigInteger):
        return
    cursor.execute(
        SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {} HAVING count(*) > 0").format(
            Identifier(table.name)
        ),
        (table.name,),
    )


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], str]:
    if isinstance(kind, (sa.types.TypeDecorator, sa.DateTime)):
        return _instant
    if isinstance(kind, sa.Float):
        return lambda value: repr(float(value))
    if isinstance(kind, sa.Date):
        return str
    if isinstance(kind, sa.JSON):
        return lambda value: without_nul(str(value))
    return lambda value: str(value).replace("\0", "")  # which PostgreSQL has no place for


def _instant(value: Any) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return at.isoformat(sep=" ", timespec="microseconds")


class _Hash:
    """Of rows, while they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()

    def over(self, rows: Iterable[list[str | None]]) -> Iterator[list[str | None]]:
        """The same rows."""
        for row in rows:
            self.rows += 1
            for value in row:
                # With its length, so that no two rows look alike that differ in where a value ends.
                self._digest.update(
                    b"-" if value is None else f"{len(value)}:{value}".encode(errors="surrogatepass")
                )
            yield row

    @property
    def value(self) -> str:
        """In hexadecimal digits."""
        return self._digest.hexdigest()
