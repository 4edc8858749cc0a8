"""The thread that owns the one connection: everything that SQLite is asked is asked in there.

    event loop ── a function ──▶ thread: open, BEGIN, function, COMMIT ──▶ the file

A hop there and back costs about as much as a dozen statements, so whatever can goes as a whole function.
Not in here: whose turn it is, and what errors mean to people (`database`).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from newsletter.adapters.stores.schema import REVISION
from newsletter.errors import StoreError

__all__ = ["READ", "WRITE", "Connection", "DatabaseThread"]

READ = "BEGIN"
WRITE = "BEGIN IMMEDIATE"
"""Whoever will write takes the lock at once: upgrading a read lock later can fail."""

T = TypeVar("T")


class DatabaseThread:
    """A thread with one connection, opened and migrated when first needed. `busy` is how many seconds
    SQLite waits for another process. One caller at a time."""

    def __init__(self, path: Path, busy: float) -> None:
        self._path = path
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=sa.NullPool,
            connect_args={"timeout": busy},
        )
        sa.event.listen(self._engine, "connect", _set_pragmas)
        self._executor = _one_thread()
        self._connection: sa.Connection | None = None
        self._abandoned = False

    async def run(self, function: Callable[[sa.Connection], T]) -> T:
        """What the function answers. Who is cancelled gets away only when the function has ended, so that
        nobody meets it half done."""
        return await self._finished(self._executor.submit(self._call, function))

    async def transact(self, begin: str, function: Callable[[sa.Connection], T]) -> T:
        """The same as a transaction, rolled back where the function raises, and where the caller is
        cancelled before the commit."""
        self._abandoned = False
        return await self._finished(self._executor.submit(self._transact, begin, function))

    async def begin(self, begin: str) -> None:
        """Start a transaction of several steps."""
        await self.run(lambda connection: _driver(connection).execute(begin))

    async def commit(self) -> None:
        """Everything since `begin` is on the disk."""
        await self.run(lambda connection: _driver(connection).commit())

    async def roll_back(self) -> None:
        """Nothing since `begin` has happened; also where we are cancelled once more meanwhile."""
        job = self._executor.submit(self._roll_back)
        await _end(job)
        job.result()

    async def empty_journal(self) -> bool:
        """Whether it is empty now; between transactions only."""

        def checkpoint(connection: sa.Connection) -> bool:
            busy, *_ = _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

        return await self.run(checkpoint)

    async def close(self) -> None:
        """Give the file back, and end; whoever asks for more opens it again."""
        await self._finished(self._executor.submit(self._close))
        self._executor.shutdown()
        self._executor = _one_thread()

    async def _finished(self, job: Future[T]) -> T:
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            self._abandoned = True
            await _end(job)
            raise

    def _call(self, function: Callable[[sa.Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._open()
        return function(self._connection)

    def _transact(self, begin: str, function: Callable[[sa.Connection], T]) -> T:
        def whole(connection: sa.Connection) -> T:
            _driver(connection).execute(begin)
            answer = function(connection)
            if self._abandoned:
                raise asyncio.CancelledError
            _driver(connection).commit()
            return answer

        try:
            return self._call(whole)
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection is not None:
            _driver(self._connection).rollback()

    def _open(self) -> sa.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._engine.connect()
        try:
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Connection:
    """A transaction as the event loop sees it: when a statement returns, what it found is there."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread

    async def execute(
        self, statement: sa.Executable, parameters: Sequence[Mapping[str, Any]] | None = None
    ) -> "sa.Result[*tuple[Any, ...]]":
        """The rows of a query."""
        return await self._thread.run(lambda connection: _fetched(connection.execute(statement, parameters)))

    async def change(self, statement: sa.Executable) -> int:
        """How many rows were changed."""
        return await self._thread.run(lambda connection: connection.execute(statement).rowcount)

    async def scalar(self, statement: sa.Executable) -> Any:
        """The first column of the first row; None where there is none."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: sa.Executable) -> sa.ScalarResult[Any]:
        """The first column of each row."""
        return (await self.execute(statement)).scalars()


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection, which begins and ends transactions: for SQLAlchemy everything happens in
    one that never ends."""
    driver: Any = connection.connection.driver_connection
    return cast("sqlite3.Connection", driver)


async def _end(job: Future[Any]) -> None:
    """Wait until it has ended, and raise only then if we are cancelled meanwhile."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    job.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
    cancelled: asyncio.CancelledError | None = None
    while not ended.is_set():
        try:
            await ended.wait()
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled


def _fetched(result: "sa.CursorResult[*tuple[Any, ...]]") -> "sa.Result[*tuple[Any, ...]]":
    # In the thread, since the event loop must not touch the connection.
    return result.freeze()() if result.returns_rows else result


def _set_pragmas(connection: Any, record: object) -> None:
    # Transactions are begun by name and not by the driver, which would begin them too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # A delivery's state must be on the disk, not on its way there, before DATA starts.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted or changed leaves no copy behind: people can ask to be erased.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _migrate(connection: sa.Connection) -> None:
    """Bring it to this version's schema, which most starts find it in."""
    if _revision(connection) != REVISION:
        _driver(connection).execute(WRITE)
        _upgrade(connection)
        _driver(connection).commit()


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: sa.Connection) -> None:
    # Alembic takes a third of a second to load.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "newsletter.adapters.stores:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"the database is of a schema ({_revision(connection)}) that this version does not know: "
            "it was made by a newer version. Install that one again."
        ) from error
