"""The thread that owns the one connection: everything that the database is asked is asked in there.

    event loop ── a function ──▶ thread: open, BEGIN, function, COMMIT ──▶ the database

A hop there and back costs about as much as a dozen statements, so whatever can goes as a whole function.
A function is called again where its connection got lost: it changes nothing but the database.
Not in here: where the data lives (`home`), whose turn it is, what errors mean to people (`database`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import sleep
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.adapters.stores.home import Home, Mode, Question
from newsletter.errors import StoreError

__all__ = ["Connection", "DatabaseThread"]

T = TypeVar("T")


class DatabaseThread:
    """A thread with one connection, opened when first needed. One caller at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._executor = _one_thread()
        self._connection: sa.Connection | None = None
        self._ask: Question | None = None
        self._abandoned = False

    async def run(self, function: Callable[[sa.Connection], T]) -> T:
        """What the function answers. Who is cancelled gets away only when the function has ended, so that
        nobody meets it half done."""
        return await self._finished(self._executor.submit(self._call, function))

    async def aside(self, function: Callable[[], T]) -> T:
        """The same of a function that needs no connection."""
        return await self._finished(self._executor.submit(function))

    async def transact(self, mode: Mode, function: Callable[[sa.Connection], T]) -> T:
        """The same as a transaction, rolled back where the function raises, and where the caller is
        cancelled before the commit."""
        self._abandoned = False
        return await self._finished(self._executor.submit(self._transact, mode, function))

    async def begin(self, mode: Mode) -> None:
        """Start a transaction of several steps."""
        self._abandoned = False
        await self._finished(self._executor.submit(self._transact, None, lambda _: self._begin(mode)))

    async def commit(self) -> None:
        """Everything since `begin` is on the disk."""
        await self.run(lambda _: self._commit())

    async def roll_back(self) -> None:
        """Nothing since `begin` has happened; also where we are cancelled once more meanwhile."""
        job = self._executor.submit(self._roll_back)
        await _end(job)
        job.result()

    async def close(self) -> None:
        """Give the database back, and end; whoever asks for more opens it again."""
        await self._finished(self._executor.submit(self._drop))
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
            self._connection = self._home.connect()
        return function(self._connection)

    def _transact(self, mode: Mode | None, function: Callable[[sa.Connection], T]) -> T:
        """Tried anew where what went wrong may pass; a `mode` begins and commits around the function."""
        waits = self._home.waits()
        while True:
            try:
                return self._call(function) if mode is None else self._once(mode, function)
            except BaseException as error:
                self._roll_back()
                wait = next(waits, None) if self._home.may_pass(error) else None
                if wait is None or self._abandoned:
                    raise
                sleep(wait)

    def _once(self, mode: Mode, function: Callable[[sa.Connection], T]) -> T:
        self._begin(mode)
        answer = self._call(function)
        if self._abandoned:
            raise asyncio.CancelledError
        self._commit()
        return answer

    def _begin(self, mode: Mode) -> None:
        self._ask = self._call(lambda connection: self._home.begin(connection, mode))

    def _commit(self) -> None:
        try:
            self._call(self._home.commit)
        except self._home.errors as error:
            if self._ask is None or not self._home.is_lost(error):
                raise
            self._drop()
            if not self._was_committed(self._ask):
                raise

    def _was_committed(self, ask: Question) -> bool:
        """Asked over a new connection. Raises StoreError where nobody answers, so that it is not done twice
        by whoever tries anew."""
        waits = self._home.waits()
        while True:
            why = "the server is still at it"
            try:
                done = self._call(ask)
                if done is not None:
                    return done
                wait = next(waits, None)
            except self._home.errors as error:
                self._drop()
                why = self._home.explain(error)
                wait = next(waits, None) if self._home.may_pass(error) else None
            if wait is None:
                raise StoreError(f"{self._home.name}: nobody knows whether it was kept: {why}.")
            sleep(wait)

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self._home.roll_back(self._connection)
        except Exception:  # SQLAlchemy has several ways to say that a connection is gone
            # With its connection the transaction ends as well.
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be gone already
                connection.close()


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
