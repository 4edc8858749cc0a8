"""What SQLite and PostgreSQL say differently, so that every statement is written once."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from newsletter.adapters.stores.schema.base import Instant

__all__ = ["elements", "insert", "later", "listed", "stored"]
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


def listed(column: sa.Column[Any], of: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The column is among the elements of a JSON list: any number of values, and one statement to compile."""
    return column.in_(sa.select(sa.cast(elements(of).c.value, column.type)))


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
