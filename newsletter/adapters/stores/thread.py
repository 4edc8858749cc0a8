"""The thread that owns the one connection: everything that SQLite is asked is asked in there.

    event loop ── a function ──▶ thread: open, BEGIN, function, COMMIT ──▶ the file

A hop there and back costs about as much as a dozen statements, so whatever can goes as a whole function.
Not in here: the file and its upgrade (`opening`), whose turn it is, what errors mean to people (`database`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.adapters.stores.opening import driver_of, make_engine, migrate

__all__ = ["Connection", "DatabaseThread"]

T = TypeVar("T")


class DatabaseThread:
    """A thread with one connection, opened and migrated when first needed. `busy` is how many seconds
    SQLite waits for another process. One caller at a time."""

    def __init__(self, path: Path, busy: float) -> None:
        self._path = path
        self._engine = make_engine(path, busy)
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
        await self.run(lambda connection: driver_of(connection).execute(begin))

    async def commit(self) -> None:
        """Everything since `begin` is on the disk."""
        await self.run(lambda connection: driver_of(connection).commit())

    async def roll_back(self) -> None:
        """Nothing since `begin` has happened; also where we are cancelled once more meanwhile."""
        job = self._executor.submit(self._roll_back)
        await _end(job)
        job.result()

    async def empty_journal(self) -> bool:
        """Whether it is empty now; between transactions only."""

        def checkpoint(connection: sa.Connection) -> bool:
            busy, *_ = driver_of(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
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
            driver_of(connection).execute(begin)
            answer = function(connection)
            if self._abandoned:
                raise asyncio.CancelledError
            driver_of(connection).commit()
            return answer

        try:
            return self._call(whole)
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection is not None:
            driver_of(self._connection).rollback()

    def _open(self) -> sa.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._engine.connect()
        try:
            migrate(connection, self._path)
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
