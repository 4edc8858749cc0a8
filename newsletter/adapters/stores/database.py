"""One database: its engine, its settings, its migrations, and errors that a person understands."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from newsletter.adapters.stores.schema import REVISION
from newsletter.errors import AlreadyRunning, ConfigError, StoreError

__all__ = ["Database"]

_BUSY_SECONDS = 30
_READ_ONLY = "newsletter_read_only"


class Database:
    """The SQLite file behind `[store] url`. It and its tables are made on first use.

    One connection a process, so that reads and writes never wait for each other's locks; keep
    transactions short.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._path = _sqlite_path(url, folder)
        self._engine: AsyncEngine = create_async_engine(
            sa.URL.create("sqlite+aiosqlite", database=str(self._path)),
            pool_size=1,
            max_overflow=0,
            pool_timeout=2 * _BUSY_SECONDS,
            connect_args={"timeout": _BUSY_SECONDS},
        )
        sa.event.listen(self._engine.sync_engine, "connect", _set_pragmas)
        sa.event.listen(self._engine.sync_engine, "begin", _begin)
        self._reader = self._engine.execution_options(**{_READ_ONLY: True})
        self._migrated = False

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that writes nothing: it sees one state of the data and keeps nobody from writing."""
        return self._transaction(self._reader)

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that writes: committed at the end, rolled back where something raises."""
        return self._transaction(self._engine)

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """The right to send, held through a lock of the operating system: it ends with this process,
        however that dies. Raises AlreadyRunning."""
        lock = FileLock(f"{self._path.resolve()}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise AlreadyRunning(
                f"another process is sending from {self._path}. Wait until it ends, or stop it; "
                "nothing is lost by waiting."
            ) from None
        except OSError as error:
            raise StoreError(f"{lock.lock_file}: cannot be locked ({error.strerror}).") from error
        try:
            yield
        finally:
            lock.release()

    async def close(self) -> None:
        """Give the file back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        if not self._migrated:
            await self._migrate()
        with _explained(self._path):
            async with engine.begin() as connection:
                yield connection

    async def _migrate(self) -> None:
        with _explained(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            async with self._engine.begin() as connection:
                await connection.run_sync(_upgrade)
        self._migrated = True


def _sqlite_path(url: str, folder: Path) -> Path:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ConfigError(f'[store] url: write "sqlite:///newsletter.db" (it is {url!r}).') from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError('[store] url: this version keeps its data in a file, "sqlite:///newsletter.db".')
    return folder / parsed.database


def _set_pragmas(connection: Any, record: object) -> None:
    # Transactions are begun below and not by the driver, which would begin them too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # A delivery's state must be on the disk, not on its way there, before DATA starts.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # Whoever will write takes the lock at once: upgrading a read lock later can fail.
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _upgrade(connection: sa.Connection) -> None:
    known = sa.inspect(connection).has_table("alembic_version")
    current = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if known else None
    if current == REVISION:
        return
    # Alembic takes a third of a second to load, and most starts have nothing to migrate.
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
            f"the database is of a schema ({current}) that this version does not know: "
            "it was made by a newer version. Install that one again."
        ) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns the driver's errors into a StoreError that names the file and the mend. A broken constraint
    is left as it is: whoever writes knows what it means."""
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeout as error:
        raise StoreError(f"{path}: {_mend('locked')}.") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be made ({error.strerror}).") from error
    except DBAPIError as error:
        text = str(error.orig)
        raise StoreError(f"{path}: {text}; {_mend(text)}.") from error


def _mend(text: str) -> str:
    if "locked" in text:
        return f"another process has been writing for {_BUSY_SECONDS} s; try again when it has ended"
    if "already exists" in text:
        return "the file belongs to another program; name another in [store] url"
    if "malformed" in text or "not a database" in text:
        return "the file is damaged; put a backup in its place, nothing is sent until then"
    return "check that the folder exists, can be written to and has space"
