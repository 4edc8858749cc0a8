"""One database: whose turn it is, who may send from it, and errors that a person understands.

Tables are in `schema`, the connection in `thread`, what the two kinds do differently in `sqlite` and
`postgres`, what rows mean in the other modules.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError

from newsletter.adapters.stores.home import Home, Mode
from newsletter.adapters.stores.sqlite import SqliteFile
from newsletter.adapters.stores.thread import Connection, DatabaseThread
from newsletter.errors import AlreadyRunning, ConfigError, StoreError

__all__ = ["Connection", "Database"]

_BUSY = "30"
"""Seconds to wait for another process that writes; a `?timeout=` in the address says otherwise."""
_BUSY_SERVER = "300"
"""Planning a million copies takes a minute or so."""
_LONGEST = 86_400.0
_POSTGRES = ("postgresql", "postgres")

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """What is behind `[store] url`: a SQLite file, or a database of a PostgreSQL server. Its tables are made
    on first use.

    One connection a process that writes, so that reads and writes never wait for each other's locks; keep
    transactions short.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._home = _home(url, folder)
        self._thread = DatabaseThread(self._home)
        self._turn = asyncio.Lock()

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._home.kind

    @property
    def name(self) -> str:
        """For messages: the file, or the address without its password."""
        return self._home.name

    @property
    def path(self) -> Path:
        """The file, or what the names of files that belong to the database on this machine begin with."""
        return self._home.path

    def again(self) -> "Database":
        """The same database over a connection of its own, for what may take its time to read."""
        return Database(self._url, self._folder)

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that writes nothing: it sees one state of the data and keeps nobody from writing."""
        return self._transaction(Mode.READ)

    def begin(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that writes: committed at the end, rolled back where something raises."""
        return self._transaction(Mode.WRITE)

    async def ask(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers that only reads: a transaction in one hop to the thread and back."""
        async with self._my_turn():
            return await self._thread.transact(
                Mode.READ, lambda connection: function(connection, *args, **kwargs)
            )

    async def write(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, once all that it wrote is on the disk. Rolled back where it raises, and
        where the caller is cancelled before the commit."""
        async with self._my_turn():
            return await self._thread.transact(
                Mode.WRITE, lambda connection: function(connection, *args, **kwargs)
            )

    async def beside(
        self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same while others write as well, where the database allows it: for what many workers do at
        once. What keeps them apart are the conditions of the function's own statements."""
        async with self._my_turn():
            return await self._thread.transact(
                Mode.BESIDE, lambda connection: function(connection, *args, **kwargs)
            )

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """The right to send, which ends with this process, however that dies. Raises AlreadyRunning."""
        async with self.only_one("lock") as alone:
            if not alone:
                raise AlreadyRunning(
                    f"another process is sending from {self.name}. Wait until it ends, or stop it; "
                    "nothing is lost by waiting."
                )
            yield

    @asynccontextmanager
    async def only_one(self, name: str) -> AsyncIterator[bool]:
        """False where another process is doing what goes by this name, held likewise."""
        with ExitStack() as stack:
            async with self._my_turn():  # in the thread, since a server may take its time
                alone = await self._thread.aside(lambda: stack.enter_context(self._home.only_one(name)))
            yield alone

    async def empty_journal(self) -> bool:
        """Bring everything into the file itself, so that what was deleted is in no other; False where another
        process does not let go of the journal in time."""
        async with self._my_turn():
            return await self._thread.run(self._home.empty_journal)

    async def close(self) -> None:
        """Give it back."""
        await self._thread.close()

    @asynccontextmanager
    async def _transaction(self, mode: Mode) -> AsyncIterator[Connection]:
        async with self._my_turn():
            try:
                await self._thread.begin(mode)
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
        except DataError as error:
            # A number that no column holds, which SQLite's driver tells in this way itself.
            raise OverflowError(str(error.orig)) from error
        except OSError as error:
            raise StoreError(f"{self.name}: cannot be made ({error.strerror}).") from error
        except self._home.errors as error:
            raise StoreError(f"{self.name}: {self._home.explain(error)}.") from error
        finally:
            self._turn.release()

    async def _take_turn(self) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(2 * self._home.busy):
                await self._turn.acquire()
        except TimeoutError:
            raise StoreError(
                f"{self.name}: locked; this process has been writing for {2 * self._home.busy:g} s."
            ) from None


def _home(url: str, folder: Path) -> Home:
    """Raises ConfigError."""
    try:
        parsed = sa.make_url(url)
        usual = _BUSY_SERVER if parsed.drivername in _POSTGRES else _BUSY
        busy = float(str(parsed.query.get("timeout", usual)))
        if not 0 < busy < _LONGEST:
            raise ValueError
    except (ArgumentError, ValueError):
        raise ConfigError(
            '[store] url: write "sqlite:///newsletter.db", or "postgresql://user@host/database".'
        ) from None
    if parsed.drivername in _POSTGRES:
        return _server(parsed, folder, busy)
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError(
            '[store] url: data are kept in a file, "sqlite:///newsletter.db", or by a PostgreSQL server, '
            '"postgresql://user@host/database".'
        )
    return SqliteFile(folder / parsed.database, busy)


def _server(url: sa.URL, folder: Path, busy: float) -> Home:
    if not url.database:
        raise ConfigError('[store] url: name the database, "postgresql://user@host/database".')
    if "@" in (url.host or ""):  # the rest of a password, which nobody should see
        raise ConfigError("[store] url: in a password, write @ as %40.")
    try:
        from newsletter.adapters.stores.postgres import PostgresServer, address_of  # a driver of its own
    except ImportError:
        raise ConfigError(
            "[store] url: PostgreSQL needs a driver that is not installed: "
            'pip install "newsletter[postgresql]".'
        ) from None
    return PostgresServer(address_of(url), folder / url.database, busy)
