"""A database on a PostgreSQL server, for processes of one machine or many.

    WRITE   BEGIN, the writers' lock ──▶ ... ──▶ COMMIT      one at a time, as in a file
    BESIDE  BEGIN ──▶ ... ──▶ COMMIT                         what many do at once: rows keep them apart

Whoever freezes in the middle of a transaction is cut off by the server after some seconds, since others may
wait for what it has locked; who really writes, as one who plans a million copies, is waited for. Where the
answer to a COMMIT is lost, the server is asked what became of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumperUnknown
from sqlalchemy.exc import DBAPIError

from newsletter.adapters.stores.dialect import json_text
from newsletter.adapters.stores.home import Mode, Question
from newsletter.adapters.stores.opening import upgrade

__all__ = ["PostgresServer", "address_of", "shown"]

_LOCKS = 0x6E6C
"""The space of our advisory locks."""
_WRITERS = 1
_MARK = "SELECT pg_current_xact_id()::text"
_CHANGE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""Each statement sees what others have committed before it: what it has waited for, too."""
_BEGIN = {
    Mode.READ: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    Mode.WRITE: f"{_CHANGE}; SELECT pg_advisory_xact_lock({_LOCKS}, {_WRITERS}); {_MARK}",
    Mode.BESIDE: f"{_CHANGE}; {_MARK}",
}
_PASSING = ("40001", "40P01", "25P03", "57P01", "57P02", "57P03")
"""Two that waited for each other; cut off; shutting down, crashed, starting up."""
_FIRST_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
_SILENCE = 30.0
"""Seconds."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds: a server that has gone without a word is missed after so long."""


class PostgresServer:
    """`Home` in the database of this address. `path` is where files lie that belong to it on this machine."""

    kind = "postgresql"
    errors: tuple[type[Exception], ...] = (psycopg.Error, DBAPIError)

    def __init__(self, url: sa.URL, path: Path, busy: float) -> None:
        self.path, self.busy = path, busy
        self.name = shown(url)
        self._silence = min(busy, _SILENCE)
        milliseconds = int(self._silence * 1000)
        settings = {
            "timezone": "UTC",
            "datestyle": "ISO",
            "lock_timeout": int(busy * 1000),
            "idle_in_transaction_session_timeout": milliseconds // 2,
            "synchronous_commit": "on",
        }
        arguments: dict[str, Any] = {
            "connect_timeout": 10,
            "tcp_user_timeout": milliseconds,
            "application_name": "newsletter",
            **_ALIVE,
        }
        asked = {name: value for name, value in arguments.items() if name not in url.query}
        options = [f"-c {name}={value}" for name, value in settings.items()]
        if "options" in url.query:
            options.insert(0, str(url.query["options"]))
        self._engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",  # transactions are begun by name
            paramstyle="format",
            json_serializer=json_text,
            execution_options={"preserve_rowcount": True},  # of INSERT as well
            connect_args={**asked, "client_encoding": "utf8", "options": " ".join(options)},
        )
        self._was_there = False

    def connect(self) -> sa.Connection:
        """What an earlier version left is upgraded."""
        connection = self._engine.connect()
        _driver(connection).adapters.register_dumper(str, _Text)
        try:
            upgrade(connection, lambda: self.begin(connection, Mode.WRITE), lambda: self.commit(connection))
        except BaseException:
            with suppress(Exception):
                connection.close()
            raise
        self._was_there = True
        return connection

    def begin(self, connection: sa.Connection, mode: Mode) -> Question | None:
        """All in one round trip."""
        cursor = _driver(connection).execute(_BEGIN[mode])
        if mode is Mode.READ:
            return None
        while cursor.nextset():
            pass
        return partial(_was_committed, mark=cursor.fetchone()[0])  # type: ignore[index]

    def commit(self, connection: sa.Connection) -> None:
        """On the server's disk, and on that of its standby where that is synchronous."""
        done = _driver(connection).execute("COMMIT")
        if done.statusmessage != "COMMIT":  # the transaction had failed before
            raise errors.InFailedSqlTransaction("the transaction was rolled back")

    def roll_back(self, connection: sa.Connection) -> None:
        """Raises where the connection is gone, with which the transaction ends as well."""
        if _driver(connection).info.transaction_status is not TransactionStatus.IDLE:
            _driver(connection).execute("ROLLBACK")

    def is_lost(self, error: BaseException) -> bool:
        """Also where the server says goodbye."""
        cause = _cause(error)
        return isinstance(cause, psycopg.Error) and (
            (isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None)
            or (cause.sqlstate or "").startswith("08")
            or cause.sqlstate in _PASSING[2:]
        )

    def may_pass(self, error: BaseException) -> bool:
        """Not where the server was never there: a wrong address would only be told later."""
        cause = _cause(error)
        passing = isinstance(cause, psycopg.Error) and cause.sqlstate in _PASSING
        return self._was_there and (passing or self.is_lost(error))

    def waits(self) -> Iterator[float]:
        """For as long as a server may take to start again."""
        seconds = max(self._silence - sum(_FIRST_WAITS), 1.0)
        return chain(_FIRST_WAITS, repeat(1.0, int(seconds)))

    def empty_journal(self, connection: sa.Connection) -> bool:
        """When its dead rows and journals go is the server's affair."""
        return True

    @contextmanager
    def only_one(self, name: str) -> Iterator[bool]:
        """By a lock of the server, over a connection of its own."""
        query = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
        with self._engine.connect() as holder:
            row = _driver(holder).execute(query, (_LOCKS, name)).fetchone()
            yield bool(row and row[0])

    def explain(self, error: BaseException) -> str:
        """By what PostgreSQL says."""
        cause = _cause(error)
        said = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None  # without any values
        text = " ".join((said or str(cause)).split()) or type(cause).__name__
        return f"{text}; {self._mend(cause)}"

    def _mend(self, cause: BaseException) -> str:
        state = getattr(cause, "sqlstate", None)
        if state == errors.LockNotAvailable.sqlstate:
            return f"another process has been writing for {self.busy:g} s; try again when it has ended"
        if state == errors.InsufficientPrivilege.sqlstate:
            return "let its user make tables there: GRANT CREATE, USAGE ON SCHEMA public TO that user"
        if state == errors.DiskFull.sqlstate:
            return "make room on the server's disk; nothing is sent meanwhile"
        if state is None and isinstance(cause, psycopg.OperationalError):
            return "check that PostgreSQL runs, and the address, database, user and password in [store] url"
        return "see the server's log"


def address_of(url: str | sa.URL) -> sa.URL:
    """That of `[store] url`, without what is meant for us."""
    return sa.make_url(url).difference_update_query(["timeout"])


def shown(url: sa.URL) -> str:
    """An address as people may see it: a password may stand in its query as well."""
    where = {name: value for name, value in url.query.items() if name in ("host", "port")}
    return url.set(query=where).render_as_string(hide_password=True)


class _Text(StrDumperUnknown):
    """What comes from outside may have NUL in it, which PostgreSQL cannot keep."""

    def dump(self, obj: str) -> Any:
        """With the sign for what cannot be read in its place."""
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in obj else obj)


def _was_committed(connection: sa.Connection, mark: str) -> bool | None:
    """What the server knows of it. A standby that took over without it knows nothing, and has not."""
    query = "SELECT pg_xact_status(%s::text::xid8)"
    try:
        row = _driver(connection).execute(query, (mark,)).fetchone()
    except errors.InvalidParameterValue:  # in the future of this server
        return False
    status = row[0] if row else None
    return None if status == "in progress" else status == "committed"


def _driver(connection: sa.Connection) -> "psycopg.Connection[tuple[Any, ...]]":
    if connection.invalidated:  # SQLAlchemy has seen it end, and would only say so in its own way
        raise psycopg.OperationalError("the connection is lost")
    driver: Any = connection.connection.driver_connection
    return cast("psycopg.Connection[tuple[Any, ...]]", driver)


def _cause(error: BaseException) -> BaseException:
    """The driver's own error."""
    cause = getattr(error, "orig", None)
    return cause if isinstance(cause, BaseException) else error
