"""A look at a PostgreSQL server for the doctor: nothing is changed, and no table is made."""

import asyncio
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.postgres import PostgresServer, address_of
from newsletter.adapters.stores.schema import metadata
from newsletter.core.doctor.server import ServerState

__all__ = ["ServerLook"]

_SECONDS = 5
"""To connect, and for each question."""
_SERVER = """
SELECT current_setting('server_version_num')::int AS version,
       pg_encoding_to_char(d.encoding) AS encoding,
       pg_is_in_recovery() AS standby,
       current_setting('fsync')::bool AS fsync,
       current_setting('autovacuum')::bool AND current_setting('track_counts')::bool AS autovacuum,
       pg_database_size(d.oid) AS size,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       least(
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0)
           - (SELECT sum(numbackends) FROM pg_stat_database),
         CASE WHEN d.datconnlimit >= 0 THEN
           d.datconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE datid = d.oid) END,
         CASE WHEN r.rolconnlimit >= 0 THEN
           r.rolconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE usesysid = r.oid) END
       ) AS free
FROM pg_database d, pg_roles r
WHERE d.datname = current_database() AND r.rolname = current_user
"""
_OURS = """
SELECT coalesce(bool_and(pg_has_role(relowner, 'USAGE')), true) AS may_write,
       coalesce(bool_or(relname = 'alembic_version'), false) AS made
FROM pg_class
WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
  AND relname = ANY(:names)
"""
_OUTBOX = """
SELECT n_dead_tup AS dead, n_live_tup AS living FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND relname = 'outbox'
"""


class ServerLook:
    """`ports.StoreServer` of the address in `[store] url`."""

    def __init__(self, url: str) -> None:
        address = address_of(url)
        self._home = PostgresServer(address, Path(), _SECONDS)  # for what it says of errors
        own = str(address.query.get("options", ""))
        reading = f"-c default_transaction_read_only=on -c statement_timeout={_SECONDS}s"
        self._engine = sa.create_engine(
            address.set(drivername="postgresql+psycopg"),
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "connect_timeout": _SECONDS,
                "application_name": "newsletter doctor",
                "options": f"{own} {reading}".strip(),
            },
        )

    async def look(self) -> ServerState:
        """See `ports.StoreServer`."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> ServerState:
        try:
            with self._engine.connect() as connection:
                return _asked(connection, self._home.name)
        except self._home.errors as error:
            return ServerState(self._home.name, trouble=self._home.explain(error))


def _asked(connection: sa.Connection, name: str) -> ServerState:
    ahead = _ahead(connection)
    server = _row(connection, _SERVER)
    ours = _row(connection, _OURS, names=[*metadata.tables, "alembic_version"])
    revision = ""
    if ours.pop("made") and ours["may_write"]:
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or ""
    return ServerState(name, revision=revision, ahead=ahead, **server, **ours, **_row(connection, _OUTBOX))


def _row(connection: sa.Connection, query: str, **values: Any) -> dict[str, Any]:
    """Empty where there is none."""
    found = connection.execute(sa.text(query), values).mappings().first()
    return dict(found or {})


def _ahead(connection: sa.Connection) -> float:
    """Seconds by which its clock is certainly before this machine's, or behind it where less than 0."""
    query = sa.text("SELECT extract(epoch FROM clock_timestamp())::float8")
    before = time.time()
    theirs = float(connection.execute(query).scalar_one())
    after = time.time()
    return theirs - min(max(theirs, before), after)
