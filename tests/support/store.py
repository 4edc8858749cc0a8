"""Where the newsletters of tests have their data: a SQLite file in their folder, or with `--store postgresql`
a database of their own on a server. Either is read and changed past the program, and copied with its
folder."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from support.postgres import Cluster

__all__ = [
    "busy",
    "change",
    "copy",
    "database",
    "drop_all",
    "dump",
    "grown",
    "kind",
    "let_lapse",
    "on_server",
    "put_back",
    "sends",
    "shown",
    "table",
    "take_copy",
    "url",
]

_SERVER = "NEWSLETTER_TESTS_POSTGRESQL"
"""The variable with the address of a database that has our tables and that nobody uses."""
_NAME = ".database"
"""The file of a folder with the name of its database."""
_FILE = "newsletter.db"
_made: list[str] = []


def kind() -> str:
    """`sqlite` or `postgresql`."""
    return "postgresql" if _SERVER in os.environ else "sqlite"


@contextmanager
def on_server(cluster: Cluster, template: str) -> Iterator[None]:
    """From now on there are databases of this server instead of files; for scripts as well."""
    os.environ[_SERVER] = cluster.url(template)
    try:
        yield
    finally:
        del os.environ[_SERVER]


def drop_all() -> None:
    """Databases that this process has made."""
    with _admin() as admin:
        while _made:
            admin.execute(f'DROP DATABASE IF EXISTS "{_made.pop()}" WITH (FORCE)')


def url(folder: Path, timeout: float | None = None) -> str:
    """`[store] url` for this folder; its database is made when it is first asked for. Who waits for another
    writer waits for `timeout` seconds."""
    tail = f"?timeout={timeout:g}" if timeout is not None else ""
    return (f"sqlite:///{_FILE}" if kind() == "sqlite" else _address(_name(folder))) + tail


def table(folder: Path, timeout: float | None = None) -> str:
    """The same as a table of newsletter.toml; nothing where it can be left out."""
    left_out = kind() == "sqlite" and timeout is None
    return "" if left_out else f'\n[store]\nurl = "{url(folder, timeout)}"\n'


def copy(source: Path, target: Path) -> Path:
    """The folder with its data, and a newsletter.toml that names the copy."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    if (source / _NAME).exists():
        old = _name(source)
        new = _create(target, old)
        for file in target.glob(f"{old}*"):
            file.rename(target / file.name.replace(old, new))
        config = target / "newsletter.toml"
        config.write_text(config.read_text().replace(_address(old), _address(new)))
    return target


# Looking into it


@contextmanager
def database(folder: Path) -> Iterator[Any]:
    """A connection with `execute`. Of a file it is to a copy, while nobody writes: whatever a dead process
    left is left for the next one to find."""
    if (folder / _NAME).exists():
        with psycopg.connect(_address(_name(folder)), autocommit=True) as server:
            yield server
        return
    with tempfile.TemporaryDirectory() as name:
        for file in folder.glob(f"{_FILE}*"):
            shutil.copy(file, name)
        with closing(sqlite3.connect(Path(name) / _FILE)) as connection:
            yield connection


def change(folder: Path, *statements: str) -> None:
    """Change the data past the program."""
    if (folder / _NAME).exists():
        with psycopg.connect(_address(_name(folder))) as server:
            for statement in statements:
                server.execute(sql.SQL(statement))  # type: ignore[arg-type]
        return
    with closing(sqlite3.connect(folder / _FILE)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def dump(folder: Path) -> list[str]:
    """All data as text, in an order that depends on nothing else."""
    with database(folder) as connection:
        if isinstance(connection, sqlite3.Connection):
            return list(connection.iterdump())
        named = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        return sorted(
            f'INSERT INTO "{name}" VALUES {row}'  # noqa: S608
            for (name,) in connection.execute(named).fetchall()
            for (row,) in connection.execute(f'SELECT "{name}"::text FROM "{name}"').fetchall()  # noqa: S608
        )


# Disturbing it


@contextmanager
def busy(folder: Path) -> Iterator[None]:
    """Another process's write that does not end."""
    if (folder / _NAME).exists():
        with psycopg.connect(_address(_name(folder)), autocommit=True) as other:
            other.execute("BEGIN")
            _wait_for_writers(other)
            yield
            other.execute("ROLLBACK")
        return
    with closing(sqlite3.connect(folder / _FILE, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def let_lapse(folder: Path) -> None:
    """Whoever held rows has died, and the time has passed for which they were kept for them."""
    if (folder / _NAME).exists():
        past = "now() - interval '1 hour'"
        change(
            folder,
            f"UPDATE batches SET until = {past} WHERE until > now()",  # noqa: S608
            f"UPDATE seats SET until = {past}",  # noqa: S608
            f"UPDATE workers SET seen = {past}",  # noqa: S608
        )


def take_copy(folder: Path) -> object:
    """A backup of the data while nobody uses them, as whoever runs the machine would make it."""
    if (folder / _NAME).exists():
        return _create(None, _name(folder))
    return (folder / _FILE).read_bytes()


def put_back(folder: Path, backup: Any) -> None:
    """Have them as they were in the backup."""
    if (folder / _NAME).exists():
        name = _name(folder)
        with _admin() as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{backup}" STRATEGY file_copy')
    else:
        (folder / _FILE).write_bytes(backup)


def shown(folder: Path) -> str:
    """What messages call it, or end their name of it with."""
    return _name(folder) if (folder / _NAME).exists() else _FILE


def grown(folder: Path) -> int:
    """Bytes of the outbox that are written and not committed: of the whole journal of a file."""
    if (folder / _NAME).exists():
        with database(folder) as connection:
            size: int = connection.execute("SELECT pg_relation_size('outbox')").fetchone()[0]
            return size
    journal = folder / f"{_FILE}-wal"
    return journal.stat().st_size if journal.exists() else -1


def sends(folder: Path) -> Path:
    """The file beside the data that counts sends."""
    return folder / f"{shown(folder)}.sends"


def _wait_for_writers(other: "psycopg.Connection[Any]") -> None:
    """Nobody writes any row of the outbox, begins an edition or claims a batch, from here on."""
    other.execute("LOCK TABLE outbox, editions, batches IN EXCLUSIVE MODE")


def _name(folder: Path) -> str:
    named = folder / _NAME
    if not named.exists():
        return _create(folder, urlsplit(os.environ[_SERVER]).path.removeprefix("/"))
    return named.read_text()


def _create(folder: Path | None, template: str) -> str:
    name = f"t_{os.urandom(6).hex()}"
    with _admin() as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    _made.append(name)
    if folder:
        (folder / _NAME).write_text(name)
    return name


def _address(name: str) -> str:
    return f"{os.environ[_SERVER].rpartition('/')[0]}/{name}"


def _admin() -> "psycopg.Connection[Any]":
    return psycopg.connect(_address("postgres"), autocommit=True)
