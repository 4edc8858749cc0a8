"""What is known of each source from earlier runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.schema import sources, validators
from newsletter.ports import SourceState, Validator

__all__ = ["SqlSourceMemory"]

_KEPT = timedelta(days=90)
"""Addresses with a date in them are never asked for again. One that is still in use is read anew after this
time even if it has not changed."""


class SqlSourceMemory:
    """`ports.SourceMemory` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def validators(self, source: str) -> dict[str, Validator]:
        """By address."""
        query = sa.select(validators).where(validators.c.source == source).order_by(validators.c.url)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return {row["url"]: Validator(row["url"], row["etag"], row["modified"]) for row in rows}

    async def succeeded(self, source: str, given: Sequence[Validator], now: datetime) -> None:
        """An address that came without anything to remember is forgotten."""
        latest = {validator.url: validator for validator in given}
        rows = [
            {
                "source": source,
                "url": item.url,
                "etag": item.etag,
                "modified": item.modified,
                "remembered": now,
            }
            for item in latest.values()
            if item.etag or item.modified
        ]
        gone = sa.delete(validators).where(validators.c.source == source)
        async with self._database.begin() as connection:
            await connection.execute(gone.where(validators.c.remembered < now - _KEPT))
            if latest:
                replaced = gone.where(validators.c.url == sa.bindparam("asked"))
                await connection.execute(replaced, [{"asked": url} for url in latest])
            if rows:
                await connection.execute(sa.insert(validators), rows)
            await connection.execute(_checked(source, now, succeeded=now, error=None))

    async def failed(self, source: str, error: str, now: datetime) -> None:
        """The last success and the validators stay."""
        async with self._database.begin() as connection:
            await connection.execute(_checked(source, now, error=error))

    async def states(self) -> tuple[SourceState, ...]:
        """By name."""
        async with self._database.read() as connection:
            rows = (await connection.execute(sa.select(sources).order_by(sources.c.name))).mappings()
            return tuple(SourceState(**row) for row in rows)


def _checked(source: str, now: datetime, **values: object) -> sa.Insert:
    values["checked"] = now
    return (
        insert(sources)
        .values(name=source, **values)
        .on_conflict_do_update(index_elements=[sources.c.name], set_=values)
    )
