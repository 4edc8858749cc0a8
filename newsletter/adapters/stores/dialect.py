"""What SQLite and PostgreSQL say differently, so that every statement is written once."""

import json
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from newsletter.adapters.stores.schema.base import Instant

__all__ = ["elements", "insert", "json_text", "later", "listed", "stored", "without_nul"]

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# SQLite has taken over PostgreSQL's ON CONFLICT, so this `insert` is understood by both.


class later(FunctionElement[Any]):  # noqa: N801
    """The time by the database's own clock, and so many seconds more: `later(30)`, `later(0)`."""

    name = "later"
    type = Instant()
    inherit_cache = True


@compiles(later, "sqlite")
def _later_sqlite(element: later, compiler: SQLCompiler, **how: Any) -> str:
    seconds = compiler.process(element.clauses, **how)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', ({seconds}) || ' seconds')"


@compiles(later, "postgresql")
def _later_postgresql(element: later, compiler: SQLCompiler, **how: Any) -> str:
    seconds = compiler.process(element.clauses, **how)
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


class _elements(FunctionElement[Any]):  # noqa: N801
    """The elements of a JSON list, each as text."""

    name = "elements"
    inherit_cache = True


@compiles(_elements, "sqlite")
def _elements_sqlite(element: _elements, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(_elements, "postgresql")
def _elements_postgresql(element: _elements, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **how)} AS JSON))"


def elements(of: sa.ColumnElement[Any]) -> sa.TableValuedAlias:
    """A JSON list as a table with one column, `value`."""
    return _elements(of).table_valued("value")


class listed(FunctionElement[Any]):  # noqa: N801
    """The column is among the elements of a JSON list, which is given as text: any number of values, and one
    statement to compile."""

    name = "listed"
    type = sa.types.NullType()  # a Boolean would be compared with 1 in SQLite, which finds no index for that
    inherit_cache = True

    def __init__(self, column: sa.Column[Any], of: sa.ColumnElement[Any]) -> None:
        super().__init__(column, of)


@compiles(listed, "sqlite")
def _listed_sqlite(element: listed, compiler: SQLCompiler, **how: Any) -> str:
    column, of, kind = _parts(element, compiler, how)
    return f"{column} IN (SELECT CAST(value AS {kind}) FROM json_each({of}))"  # noqa: S608


@compiles(listed, "postgresql")
def _listed_postgresql(element: listed, compiler: SQLCompiler, **how: Any) -> str:
    # An array and not a table, for which the planner would choose a join that reads all open rows.
    column, of, kind = _parts(element, compiler, how)
    return f"{column} = ANY(ARRAY(SELECT CAST(json_array_elements_text(CAST({of} AS JSON)) AS {kind})))"


def _parts(element: listed, compiler: SQLCompiler, how: dict[str, Any]) -> tuple[str, str, str]:
    column, of = element.clauses
    kind = compiler.dialect.type_compiler_instance.process(column.type)
    return compiler.process(column, **how), compiler.process(of, **how), kind


def json_text(value: object) -> str:
    """As JSON that both can read."""
    return without_nul(json.dumps(value))


def without_nul(text: str) -> str:
    """Of JSON: PostgreSQL takes NUL in there, but never gives it out again."""
    return _NUL.sub(r"\1\\ufffd", text)


class stored(FunctionElement[Any]):  # noqa: N801
    """A text as SQLite keeps a value of this type, for a column of it: lists as JSON, dates as ISO 8601."""

    name = "stored"
    inherit_cache = False

    def __init__(self, text: sa.ColumnElement[Any], kind: sa.types.TypeEngine[Any]) -> None:
        super().__init__(text)
        self.type = kind


@compiles(stored, "sqlite")
def _stored_sqlite(element: stored, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.clauses, **how)


@compiles(stored, "postgresql")
def _stored_postgresql(element: stored, compiler: SQLCompiler, **how: Any) -> str:
    kind = compiler.dialect.type_compiler_instance.process(element.type)
    return f"CAST({compiler.process(element.clauses, **how)} AS {kind})"
