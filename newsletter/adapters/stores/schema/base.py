"""What all tables share: their metadata, and the types of their columns."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

__all__ = ["Instant", "Number", "metadata", "spelt_out", "wish_columns"]

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


class Instant(sa.TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite has no zones, so the zone is put back when reading; sessions of
    PostgreSQL are set to UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def wish_columns() -> tuple[sa.Column[Any], ...]:
    """What a person asked for: a column for each field of `Wishes`."""
    later = ("keywords", "authors", "muted", "likes")
    added = (sa.Column(name, sa.JSON, nullable=False, server_default="[]") for name in later)
    return (sa.Column("topics", sa.JSON, nullable=False), *added)


# INTEGER PRIMARY KEY is what SQLite counts up by itself.
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def spelt_out(word: StrEnum) -> sa.ColumnElement[str]:
    """One of our own words in the text of a statement. A bound one may or may not be that of a partial index,
    so SQLite would compile the statement anew at every execution, for 0.1 ms."""
    return sa.literal_column(f"'{word.value}'")
