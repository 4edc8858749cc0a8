"""Where the data lives: what the thread that owns the connection asks of SQLite and of PostgreSQL alike."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

__all__ = ["Home", "Mode", "Question"]

Question = Callable[[sa.Connection], bool | None]
"""Whether a transaction of another connection was committed; None while it goes on."""


class Mode(Enum):
    """What a transaction is for."""

    READ = "reads one state of the data"
    WRITE = "writes, and nobody else who writes does so at the same time"
    BESIDE = "writes beside others, who are kept apart by the rows that they change"


class Home(Protocol):
    """One database, as one process opens it."""

    kind: str
    """`sqlite` or `postgresql`."""
    name: str
    """For messages; without a password."""
    path: Path
    """The file, or what the names of files that belong to the database on this machine begin with."""
    busy: float
    """Seconds to wait for others that write."""
    errors: tuple[type[Exception], ...]
    """The driver's own, and what SQLAlchemy makes of them."""

    def connect(self) -> sa.Connection:
        """With this version's schema. Raises StoreError, OSError and the driver's errors."""

    def begin(self, connection: sa.Connection, mode: Mode) -> Question | None:
        """What to ask over another connection where the answer to the COMMIT is lost; nothing where it cannot
        be, or nothing is written."""

    def commit(self, connection: sa.Connection) -> None:
        """What was written is on the disk."""

    def roll_back(self, connection: sa.Connection) -> None:
        """Nothing of it has happened."""

    def is_lost(self, error: BaseException) -> bool:
        """The connection went away, so that nobody knows how a COMMIT ended."""

    def may_pass(self, error: BaseException) -> bool:
        """The same transaction may succeed over a new connection, or once others have ended theirs."""

    def waits(self) -> Iterator[float]:
        """Seconds between the tries of one transaction."""

    def empty_journal(self, connection: sa.Connection) -> bool:
        """Whether what was deleted is in no other file of this program any more. Between transactions."""

    def only_one(self, name: str) -> AbstractContextManager[bool]:
        """False where another process is doing what goes by this name, which ends with that process, however
        it dies. It may be left in another thread. Raises StoreError and the driver's errors."""

    def explain(self, error: BaseException) -> str:
        """What went wrong, and how to mend it."""
