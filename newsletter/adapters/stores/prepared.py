"""Statements for the hot path: compiled once, then run at the driver's own speed.

SQLAlchemy looks a statement's SQL up and treats every value by its type at each execution, which costs
about 20 µs a row, several times what SQLite needs for it. Rows come back as the driver gives them, so ask
for numbers and texts only; errors are the driver's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

__all__ = ["Prepared"]


class Prepared:
    """A statement whose `bindparam`s get their values by name when it is run."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement

    def rows(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return list(self._execute(connection, values).fetchall())

    def run(self, connection: sa.Connection, **values: Any) -> int:
        """Answers how many rows of the table were changed."""
        return self._execute(connection, values).rowcount

    def run_many(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]], **same: Any) -> int:
        """The same once for the values of each row; `same` are those that do not differ."""
        compiled = _compiled(self._statement, connection.dialect)
        common = compiled.stored(same)
        cursor = connection.connection.cursor()
        cursor.executemany(
            compiled.sql, [compiled.arguments({**common, **compiled.stored(row)}) for row in rows]
        )
        return cursor.rowcount

    def run_rows(
        self, connection: sa.Connection, names: Sequence[str], rows: Iterable[Sequence[Any]], **same: Any
    ) -> None:
        """The same for very many, with values as they are stored and in the order of `names`."""
        compiled = _compiled(self._statement, connection.dialect)
        compiled_rows = compiled.rows(names, rows, compiled.stored(same))
        connection.connection.cursor().executemany(compiled.sql, compiled_rows)

    def _execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> DBAPICursor:
        compiled = _compiled(self._statement, connection.dialect)
        cursor = connection.connection.cursor()
        cursor.execute(compiled.sql, compiled.arguments(compiled.stored(values)))
        return cursor


class _Compiled:
    """Its SQL, and how the driver wants values: as they are stored, in the order of the placeholders."""

    def __init__(self, statement: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled = dialect.statement_compiler(dialect, statement)
        self.sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        binds = {name: compiled.binds[name] for name in self._names}
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        types = {name: bind.type.dialect_impl(dialect) for name, bind in binds.items()}
        processors = {name: type_.bind_processor(dialect) for name, type_ in types.items()}
        self._processors = {name: process for name, process in processors.items() if process}

    def stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the driver stores them."""
        known = self._processors
        return {name: known[name](value) if name in known else value for name, value in values.items()}

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """All that the SQL has places for."""
        fixed = self._fixed
        return tuple([values[name] if name in values else fixed[name] for name in self._names])

    def rows(
        self, names: Sequence[str], rows: Iterable[Sequence[Any]], same: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """What the SQL has places for, of each row."""
        rest = {**self._fixed, **same}
        everything = (*names, *rest)
        common = tuple(rest.values())
        pick = itemgetter(*map(everything.index, self._names))
        return [pick((*row, *common)) for row in rows]


@lru_cache(maxsize=128)
def _compiled(statement: sa.ClauseElement, dialect: sa.Dialect) -> _Compiled:
    return _Compiled(statement, dialect)
