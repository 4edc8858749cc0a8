"""Databases of every schema that there ever was, with rows in all of their tables."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from newsletter.adapters.stores.opening import driver_of, make_engine
from newsletter.adapters.stores.schema import REVISION

__all__ = ["EARLIER", "make_old", "read_rows", "shape"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By table."""


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "newsletter.adapters.stores:migrations")
    return config


EARLIER = sorted(
    script.revision
    for script in ScriptDirectory.from_config(_alembic()).walk_revisions()
    if script.revision != REVISION
)


def make_old(path: Path, revision: str, rows: Rows) -> None:
    """A database at `path` as the version with that schema left it, with the rows for which it had a table,
    and of each what it had a column for."""
    config = _alembic()
    engine = make_engine(path, 5)
    with closing(engine.connect()) as connection:
        driver_of(connection).execute("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        driver_of(connection).commit()
    with closing(sqlite3.connect(path)) as plain:
        for table, columns in columns_of(plain).items():
            plain.execute(f"DELETE FROM {table}")  # noqa: S608
            for row in rows.get(table, ()):
                known = [column for column in columns if column in row]
                places = ", ".join("?" * len(known))
                plain.execute(
                    f"INSERT INTO {table} ({', '.join(known)}) VALUES ({places})",  # noqa: S608
                    [row[column] for column in known],
                )
        if revision < "0007":  # when editions did not say yet since when their entries were new
            plain.execute("UPDATE editions SET content = json_remove(content, '$.since')")
        plain.commit()
        plain.execute("PRAGMA journal_mode = DELETE")


def columns_of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Those of each table of ours."""
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'alembic%' "
        "AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    return {
        name: [column for _, column, *_ in connection.execute(f"PRAGMA table_info({name})")]
        for (name,) in names
    }


def read_rows(path: Path, *, made_up: bool = False) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables; with `made_up`, one in each table that has none."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
            for table in columns_of(connection)
        }
        for table in (table for table, rows in found.items() if not rows and made_up):
            columns = connection.execute(f"PRAGMA table_info({table})")
            found[table] = [{name: _made_up(name, kind) for _, name, kind, *_ in columns}]
        entry = found["entries"][0]["id"]
        for rows in found.values():
            for row in rows:
                if row.get("entry_id") == "made up":
                    row["entry_id"] = entry
    return found


def _made_up(name: str, kind: str) -> object:
    kinds = {"JSON": "[]", "DATETIME": "2026-03-11 07:30:00.000000", "DATE": "2026-03-11", "TEXT": "made up"}
    return kinds.get(kind, 1)


def shape(path: Path) -> dict[str, object]:
    """Columns, keys, references and indexes of every table, in an order that does not depend on when they
    were added."""
    with closing(sqlite3.connect(path)) as connection:
        found: dict[str, object] = {}
        for table in columns_of(connection):
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            references = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            indexes = connection.execute(f"PRAGMA index_list({table})").fetchall()
            found[table] = {
                "columns": sorted((name, kind, needed, key) for _, name, kind, needed, _, key in columns),
                "references": sorted((to, here, there) for _, _, to, here, there, *_ in references),
                "indexes": sorted(
                    (name, unique, partial, tuple(connection.execute(f"PRAGMA index_xinfo({name})")))
                    for _, name, unique, _, partial in indexes
                    if not name.startswith("sqlite_autoindex")
                ),
                "unique": sorted(
                    tuple(column for _, _, column in connection.execute(f"PRAGMA index_info({name})"))
                    for _, name, unique, *_ in indexes
                    if unique
                ),
                "conditions": sorted(
                    connection.execute(
                        "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL "
                        "AND tbl_name = ?",
                        (table,),
                    ).fetchall()
                ),
            }
        return found
