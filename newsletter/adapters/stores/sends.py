"""What tells that this database is an old copy: how many sends it has seen, and how many its folder has.

    start and end of a send:  count in the database + 1, committed  ──▶  the same beside it, in `*.sends`

A backup that is put back knows of fewer than the file, also where it was made while a send was running that
has ended since. The file names the database that it belongs to, so that a new one in its place is not
taken for an old one. Without the file, as on another machine, this tells nothing.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.pauses import pause_all
from newsletter.adapters.stores.schema import sends
from newsletter.errors import StoreError

__all__ = ["SendCounter"]


@dataclass(frozen=True)
class _Count:
    """How many starts and ends of sends there were from this database."""

    database: str
    count: int


class SendCounter:
    """The right to send, which counts how often it is given and given back. `held` are the ids of the
    editions that the last holder found in an old copy; they are paused."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = database.path.with_name(f"{database.path.name}.sends")
        self.held: tuple[int, ...] = ()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Raises AlreadyRunning, or StoreError where it cannot be counted."""
        async with self._database.exclusive(), self.counted():
            yield

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """The same where others may send as well, which whoever asks has to see to."""
        self.held = await self._step()
        try:
            yield
        except BaseException:
            with suppress(StoreError):  # what went wrong first is what to tell
                await self._step()
            raise
        await self._step()

    async def _step(self) -> tuple[int, ...]:
        """One more; answers what was paused because this database is an old copy."""
        seen = await asyncio.to_thread(_read, self._file)
        count, held = await self._database.write(_count, seen)
        try:
            await asyncio.to_thread(_write, self._file, count)
        except OSError as error:
            raise StoreError(f"{self._file}: cannot be written ({error.strerror}).") from error
        return held


def _count(connection: sa.Connection, seen: _Count | None) -> tuple[_Count, tuple[int, ...]]:
    """Counts on from the higher of the two, in the same transaction that pauses: whoever dies here leaves
    both undone."""
    known = _Count(*connection.execute(sa.select(sends.c.database, sends.c.count)).one())
    ours = seen.count if seen is not None and seen.database == known.database else 0
    held = pause_all(connection) if ours > known.count else ()
    count = _Count(known.database, max(ours, known.count) + 1)
    connection.execute(sa.update(sends).values(count=count.count))
    return count, held


def _read(file: Path) -> _Count | None:
    """None where there is none that can be read."""
    try:
        database, count = file.read_text("ascii").split()
        return _Count(database, int(count))
    except (OSError, ValueError):
        return None


def _write(file: Path, count: _Count) -> None:
    """On the disk when this returns, and never half; nor less than another process has written since."""
    with FileLock(f"{file}.lock"):
        written = _read(file)
        if written is None or written.database != count.database or written.count < count.count:
            _replace(file, count)


def _replace(file: Path, count: _Count) -> None:
    new = file.with_name(f"{file.name}.new")
    with new.open("w", encoding="ascii") as stream:
        stream.write(f"{count.database} {count.count}\n")
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
