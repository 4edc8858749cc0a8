"""A database in a file, for the processes of one machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import DBAPIError

from newsletter.adapters.stores.home import Mode
from newsletter.adapters.stores.opening import READ, WRITE, driver_of, make_engine, migrate
from newsletter.errors import StoreError

__all__ = ["SqliteFile"]

_BEGIN = {Mode.READ: READ, Mode.WRITE: WRITE, Mode.BESIDE: WRITE}
"""Two that write at once is what SQLite never does."""


class SqliteFile:
    """`Home` in the file at `path`, made on first use."""

    kind = "sqlite"
    errors: tuple[type[Exception], ...] = (sqlite3.Error, DBAPIError)

    def __init__(self, path: Path, busy: float) -> None:
        self.path, self.busy = path, busy
        self.name = str(path)
        self._engine = make_engine(path, busy)

    def connect(self) -> sa.Connection:
        """What an earlier version left is upgraded."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._engine.connect()
        try:
            migrate(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, connection: sa.Connection, mode: Mode) -> None:
        """Nothing to ask later: a file answers."""
        driver_of(connection).execute(_BEGIN[mode])

    def commit(self, connection: sa.Connection) -> None:
        """With synchronous=FULL."""
        driver_of(connection).commit()

    def roll_back(self, connection: sa.Connection) -> None:
        """Also where nothing was begun."""
        driver_of(connection).rollback()

    def is_lost(self, error: BaseException) -> bool:
        """A file does not go away."""
        return False

    def may_pass(self, error: BaseException) -> bool:
        """SQLite has waited itself."""
        return False

    def waits(self) -> Iterator[float]:
        """None."""
        return iter(())

    def empty_journal(self, connection: sa.Connection) -> bool:
        """False where another process does not let go of the journal in time."""
        busy, *_ = driver_of(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    @contextmanager
    def only_one(self, name: str) -> Iterator[bool]:
        """By a lock of the operating system."""
        lock = FileLock(f"{self.path.resolve()}.{name}", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:
            raise StoreError(f"{lock.lock_file}: cannot be locked ({error.strerror}).") from error
        try:
            yield True
        finally:
            lock.release()

    def explain(self, error: BaseException) -> str:
        """By what SQLite says."""
        text = str(getattr(error, "orig", error))
        return f"{text}; {self._mend(text)}"

    def _mend(self, text: str) -> str:
        if "locked" in text:
            return f"another process has been writing for {self.busy:g} s; try again when it has ended"
        if "already exists" in text:
            return "the file belongs to another program; name another in [store] url"
        if "malformed" in text or "not a database" in text:
            return (
                "the file is damaged, and nothing is sent; `newsletter restore FILE` puts a backup in its "
                "place"
            )
        return "check that the folder exists, can be written to and has space"
