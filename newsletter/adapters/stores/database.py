"""One database: whose turn it is, who may send from it, and errors that a person understands.

Tables are in `schema`, the connection in `thread`, what rows mean in the other modules.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from newsletter.adapters.stores.opening import READ, WRITE
from newsletter.adapters.stores.thread import Connection, DatabaseThread
from newsletter.errors import AlreadyRunning, ConfigError, StoreError

__all__ = ["Connection", "Database"]

_BUSY = "30"
"""Seconds to wait for another process that writes; a `?timeout=` in the address says otherwise."""
_LONGEST = 86_400.0

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """The SQLite file behind `[store] url`. It and its tables are made on first use.

    One connection a process that writes, so that reads and writes never wait for each other's locks; keep
    transactions short.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        name, self._busy = _sqlite(url)
        self.path = folder / name
        self._thread = DatabaseThread(self.path, self._busy)
        self._turn = asyncio.Lock()

    def again(self) -> "Database":
        """The same file over a connection of its own, for what may take its time to read."""
        return Database(self._url, self._folder)

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that writes nothing: it sees one state of the data and keeps nobody from writing."""
        return self._transaction(READ)

    def begin(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that writes: committed at the end, rolled back where something raises."""
        return self._transaction(WRITE)

    async def ask(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers that only reads: a transaction in one hop to the thread and back."""
        async with self._my_turn():
            return await self._thread.transact(READ, lambda connection: function(connection, *args, **kwargs))

    async def write(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, once all that it wrote is on the disk. Rolled back where it raises, and
        where the caller is cancelled before the commit."""
        async with self._my_turn():
            return await self._thread.transact(
                WRITE, lambda connection: function(connection, *args, **kwargs)
            )

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """The right to send, held through a lock of the operating system: it ends with this process,
        however that dies. Raises AlreadyRunning."""
        async with self.only_one("lock") as alone:
            if not alone:
                raise AlreadyRunning(
                    f"another process is sending from {self.path}. Wait until it ends, or stop it; "
                    "nothing is lost by waiting."
                )
            yield

    @asynccontextmanager
    async def only_one(self, name: str) -> AsyncIterator[bool]:
        """False where another process is doing what goes by this name, held likewise."""
        lock = FileLock(f"{self.path.resolve()}.{name}", timeout=0)
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

    async def empty_journal(self) -> bool:
        """Bring everything into the file itself, so that what was deleted is in no other; False where another
        process does not let go of the journal in time."""
        async with self._my_turn():
            return await self._thread.empty_journal()

    async def close(self) -> None:
        """Give the file back."""
        await self._thread.close()

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Connection]:
        async with self._my_turn():
            try:
                await self._thread.begin(begin)
                yield Connection(self._thread)
                await self._thread.commit()
            except BaseException:
                await self._thread.roll_back()
                raise

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """There is one connection, so transactions take turns."""
        await self._take_turn()
        try:
            yield
        except IntegrityError:
            raise  # whoever writes knows what a broken constraint means
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be made ({error.strerror}).") from error
        except (DBAPIError, sqlite3.Error) as error:
            raise self._error(str(getattr(error, "orig", error))) from error
        finally:
            self._turn.release()

    async def _take_turn(self) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(2 * self._busy):
                await self._turn.acquire()
        except TimeoutError:
            raise self._error("locked") from None

    def _error(self, text: str) -> StoreError:
        return StoreError(f"{self.path}: {text}; {_mend(text, self._busy)}.")


def _sqlite(url: str) -> tuple[str, float]:
    """The file, and the seconds to wait for others. Raises ConfigError."""
    try:
        parsed = sa.make_url(url)
        busy = float(str(parsed.query.get("timeout", _BUSY)))
        if not 0 < busy < _LONGEST:
            raise ValueError
    except (ArgumentError, ValueError):
        raise ConfigError(f'[store] url: write "sqlite:///newsletter.db" (it is {url!r}).') from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError('[store] url: this version keeps its data in a file, "sqlite:///newsletter.db".')
    return parsed.database, busy


def _mend(text: str, busy: float) -> str:
    if "locked" in text:
        return f"another process has been writing for {busy:g} s; try again when it has ended"
    if "already exists" in text:
        return "the file belongs to another program; name another in [store] url"
    if "malformed" in text or "not a database" in text:
        return (
            "the file is damaged, and nothing is sent; `newsletter restore FILE` puts a backup in its place"
        )
    return "check that the folder exists, can be written to and has space"
