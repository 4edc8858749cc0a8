"""Opening: how SQLite is told to keep its file, and the upgrade of what an earlier version left.

    an older schema ──▶ lock ──▶ a copy beside the file, *.before-0009 ──▶ every migration ──▶ COMMIT

An upgrade is one transaction: who is killed in it leaves the old schema.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
import structlog

from newsletter.adapters.stores.copying import copy_database
from newsletter.adapters.stores.schema import REVISION
from newsletter.errors import StoreError

__all__ = ["READ", "WRITE", "driver_of", "make_engine", "migrate", "upgrade"]

log = structlog.get_logger()

READ = "BEGIN"
WRITE = "BEGIN IMMEDIATE"
"""Whoever will write takes the lock at once: upgrading a read lock later can fail."""


def make_engine(path: Path, busy: float) -> sa.Engine:
    """For connections to this file that wait `busy` seconds for another process."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=sa.NullPool,
        connect_args={"timeout": busy},
    )
    sa.event.listen(engine, "connect", _set_pragmas)
    return engine


def driver_of(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection, which begins and ends transactions: for SQLAlchemy everything happens in
    one that never ends."""
    driver: Any = connection.connection.driver_connection
    return cast("sqlite3.Connection", driver)


def migrate(connection: sa.Connection, path: Path | None) -> None:
    """`upgrade` of the file at `path`, beside which is kept what was there before."""

    def keep() -> Path | None:
        return _keep(path) if path is not None else None

    driver = driver_of(connection)
    upgrade(connection, lambda: driver.execute(WRITE), driver.commit, keep)


def upgrade(
    connection: sa.Connection,
    begin: Callable[[], object],
    commit: Callable[[], object],
    keep: Callable[[], Path | None] = lambda: None,
) -> None:
    """Bring it to this version's schema, which most starts find it in; `keep` copies what an earlier version
    left. Raises StoreError where it was made by a newer version."""
    if _revision(connection) == REVISION:
        return
    begin()
    found = _revision(connection)  # once more: another process may have upgraded it meanwhile
    is_older = found is not None and found < REVISION
    kept = keep() if is_older else None
    _upgrade(connection)
    _sort_by_bytes(connection)
    commit()
    if is_older:
        log.info("database upgraded", before=found, now=REVISION, kept=str(kept or ""))


def _keep(path: Path) -> Path:
    """What is in the file, under a name of its own, which this answers."""
    kept = path.with_name(f"{path.name}.before-{REVISION}")
    try:
        copy_database(path, kept)
    except OSError as error:
        raise StoreError(
            f"{kept}: cannot be written ({error.strerror}), and without this copy nothing is upgraded. "
            "Make room, or name another folder in [store] url."
        ) from error
    return kept


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


def _sort_by_bytes(connection: sa.Connection) -> None:
    """PostgreSQL sorts texts by the rules of some language, SQLite as their bytes are; what is read a page at
    a time counts on the latter."""
    if connection.dialect.name != "postgresql":
        return
    others = sa.text(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND data_type = 'text'"
        " AND collation_name IS DISTINCT FROM 'C'"
    )
    quote = connection.dialect.identifier_preparer.quote
    for table, column in connection.execute(others).all():
        change = f'ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} TYPE text COLLATE "C"'
        connection.execute(sa.text(change))
