"""Backups: made while everything runs, and put back in a way that sends nothing by itself.

A backup knows nothing of what went out after it was made. What it calls pending may have been sent since, and
so may drafts and slots that were due since: all of it waits for a person's word.
"""

import asyncio
import itertools
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from newsletter.adapters.stores.copying import copy_database, new_file, open_to_read, sync_folder
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.leavers import Left, left_since
from newsletter.adapters.stores.opening import driver_of, make_engine, migrate
from newsletter.adapters.stores.pauses import pause_all
from newsletter.adapters.stores.schema import drafts, slots
from newsletter.adapters.stores.sends import SendCounter
from newsletter.core.slots import Outcome
from newsletter.errors import AlreadyRunning, InputError, StoreError

__all__ = ["PUT_BACK", "Backups", "Restored"]

PUT_BACK = "a backup was put back; its edition may have gone out before"
"""Why slots are skipped."""

_HELD = "a backup was put back, and what it calls pending may have been sent after it was made"
_OURS = frozenset({"alembic_version", "editions", "slots", "subscribers", "outbox"})
_BUSY = 30.0
"""Seconds."""


@dataclass(frozen=True)
class Restored:
    """What became of a backup that was put back."""

    revision: str
    """Of the schema that it had."""
    kept: Path | None
    """Where the database that was there is now."""


class Backups:
    """Of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, target: Path, progress: Callable[[int, int], None]) -> str:
        """A checked copy as it is at this moment, whoever writes meanwhile; answers its schema. `progress` is
        told of pages, done and in all, by another thread. Raises StoreError."""
        path = self._database.path
        given_up = threading.Event()

        def step(done: int, total: int) -> None:
            if given_up.is_set():
                raise StoreError(f"{target}: given up.")
            progress(done, total)

        try:
            return await asyncio.to_thread(_make, path, target, step)
        except asyncio.CancelledError:
            given_up.set()
            raise

    def forget(self, folder: Path, keep: int) -> list[Path]:
        """Delete all dated backups in there but the newest; answers those that are gone."""
        name = re.compile(re.escape(self._database.path.stem) + r"-\d{8}T\d{6}Z\.db")
        old = sorted(file for file in folder.iterdir() if name.fullmatch(file.name))[:-keep]
        for file in old:
            file.unlink(missing_ok=True)
        return old

    def dated(self, folder: Path, now: datetime) -> Path:
        """What a backup of this moment is called in there."""
        return folder / f"{self._database.path.stem}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.db"

    async def put_back(self, file: Path, now: datetime) -> Restored:
        """This backup takes the place of the database, which is kept beside it. Raises InputError where it is
        none, StoreError, and AlreadyRunning where a process has the database open."""
        path = self._database.path
        with _understood(path):
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        async with self._database.exclusive():
            restored = await asyncio.to_thread(_put_back, file, path, now)
        # Counts on from the last send of the database that was there, or its editions would be held again.
        async with SendCounter(self._database).exclusive():
            return restored

    async def left_since(self, kept: Path) -> tuple[Left, ...] | None:
        """Who has left by what `kept` knows, and is on the list again; None where it cannot tell."""
        return await asyncio.to_thread(left_since, kept, self._database.path)


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Errors of the system and of SQLite as one that a person understands."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}).") from error
    except (DBAPIError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot be copied ({getattr(error, 'orig', error)}).") from error


def _make(path: Path, target: Path, progress: Callable[[int, int], None]) -> str:
    if target.resolve() == path.resolve():
        raise InputError(f"{target} is the database itself; name another file for its backup.")
    if not path.exists():
        raise StoreError(f"{path}: no such file; there is nothing to back up yet.")
    with _understood(target):
        revision = _revision(path)
        copy_database(path, target, progress)
    return revision


def _revision(file: Path) -> str:
    """The schema that it has. Raises InputError where it is no database of ours, and sqlite3.Error."""
    with closing(open_to_read(file)) as reader:
        names = {name for (name,) in reader.execute("SELECT name FROM sqlite_schema")}
        if not names >= _OURS:
            raise InputError(f"{file}: a database of another program; name a backup of a newsletter.")
        (found,) = reader.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


def _put_back(file: Path, path: Path, now: datetime) -> Restored:
    if file.resolve() == path.resolve():
        raise InputError(f"{file} is the database itself; name a backup of it.")
    try:
        revision = _revision(file)
    except sqlite3.Error as error:
        why = f"cannot be read as a database ({error})" if file.is_file() else "no such file"
        raise InputError(f"{file}: {why}; name another backup.") from error
    with _understood(path), new_file(path) as new:
        copy_database(file, new)
        _make_ready(new, now)
        kept = _set_aside(path)
        _same_owner(new, kept or path.parent)
        new.replace(path)
        sync_folder(path.parent)
    return Restored(revision, kept)


def _make_ready(new: Path, now: datetime) -> None:
    """Of this version's schema, and sending nothing by itself."""
    with closing(make_engine(new, _BUSY).connect()) as connection:
        migrate(connection, None)
        driver_of(connection).execute("BEGIN")
        pause_all(connection, _HELD)
        for newsletter, slot in connection.execute(sa.select(drafts.c.newsletter, drafts.c.slot)).all():
            skipped = {"outcome": Outcome.SKIPPED.value, "reason": PUT_BACK, "closed": now, "told": now}
            ended = insert(slots).values(newsletter=newsletter, slot=slot, **skipped)
            connection.execute(ended.on_conflict_do_nothing())
        connection.execute(sa.delete(drafts))
        driver_of(connection).commit()
        driver_of(connection).execute("PRAGMA journal_mode = DELETE")


def _set_aside(path: Path) -> Path | None:
    """Give what is at `path` a second name, so that there is a database at every moment; answers that name.
    Raises AlreadyRunning where somebody has it open."""
    if not path.exists():
        return None
    kept = _free_name(path)
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            # SQLite does this for who is alone only. Then the whole database is in the one file.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise AlreadyRunning(
                f"another process has {path} open: stop `newsletter serve`, and try again."
            ) from error
        _journal_aside(path, kept)
    except sqlite3.DatabaseError:  # it is damaged
        _journal_aside(path, kept)
    os.link(path, kept)
    return kept


def _journal_aside(path: Path, kept: Path) -> None:
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{end}").replace(f"{kept}{end}")


def _free_name(path: Path) -> Path:
    first = path.with_name(f"{path.name}.before-restore")
    more = (first.with_name(f"{first.name}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([first], more) if not name.exists())


def _same_owner(new: Path, old: Path) -> None:
    """Whoever puts a backup back, the program must be able to use it."""
    owner = old.stat()
    if old.is_file():
        new.chmod(owner.st_mode & 0o777)
    with suppress(PermissionError):
        os.chown(new, owner.st_uid, owner.st_gid)
