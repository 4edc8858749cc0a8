"""Clicks: figures for each link, and where it is wanted who followed which."""

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.database import Connection, Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.schema import clicks, clicks_by_reader, outbox, subscribers
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.ports import Followed, LinkClicks, LinkName, Tally

__all__ = ["SqlClicks", "forget_clicks"]

_KEY = [clicks.c.edition_id, clicks.c.place, clicks.c.link]


class SqlClicks:
    """`ports.Clicks` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, counts: Mapping[LinkName, Tally], followed: Mapping[Followed, datetime]
    ) -> tuple[Followed, ...]:
        """One statement for each kind."""
        async with self._database.begin() as connection:
            if counts:
                rows = [
                    {"edition_id": name.edition, "place": name.place, "link": name.link, **tally._asdict()}
                    for name, tally in counts.items()
                ]
                await connection.execute(_add(), rows)
            new = await _unknown(connection, followed)
            if new:
                seen = [
                    {"subscriber_id": one.reader, "edition_id": one.edition, "place": one.place, "at": at}
                    for one, at in new.items()
                ]
                await connection.execute(sa.insert(clicks_by_reader), seen)
        return tuple(new)

    async def of(self, edition_id: int) -> tuple[LinkClicks, ...]:
        """By place and link."""
        query = sa.select(clicks).where(clicks.c.edition_id == edition_id).order_by(*_KEY)
        async with self._database.read() as connection:
            return tuple(
                LinkClicks(row["place"], row["link"], Tally(row["people"], row["machines"]))
                for row in (await connection.execute(query)).mappings()
            )

    async def sent(self, copies: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], datetime]:
        """An accepted row does not change any more, so its last change was that."""
        found: dict[tuple[int, int], datetime] = {}
        async with self._database.read() as connection:
            for edition_id, reader in copies:
                query = sa.select(outbox.c.changed).where(
                    outbox.c.edition_id == edition_id,
                    outbox.c.subscriber_id == reader,
                    outbox.c.state == DeliveryState.ACCEPTED.value,
                )
                if at := await connection.scalar(query):
                    found[edition_id, reader] = at
        return found


def forget_clicks(subscriber_id: int) -> sa.Delete:
    """What this person has followed."""
    return sa.delete(clicks_by_reader).where(clicks_by_reader.c.subscriber_id == subscriber_id)


def _add() -> sa.Executable:
    new = insert(clicks)
    return new.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: clicks.c[name] + new.excluded[name] for name in ("people", "machines")},
    )


async def _unknown(connection: Connection, followed: Mapping[Followed, datetime]) -> dict[Followed, datetime]:
    """Those by people who are active that are not kept yet."""
    readers = {one.reader for one in followed}
    if not readers:
        return {}
    active = sa.select(subscribers.c.id).where(
        subscribers.c.id.in_(readers), subscribers.c.status == SubscriberStatus.ACTIVE.value
    )
    ours = frozenset(await connection.scalars(active))
    columns = (clicks_by_reader.c.subscriber_id, clicks_by_reader.c.edition_id, clicks_by_reader.c.place)
    editions = {one.edition for one in followed}
    kept = await connection.execute(
        sa.select(*columns).where(columns[0].in_(readers), columns[1].in_(editions))
    )
    known = {Followed(*row) for row in kept}
    return {one: at for one, at in followed.items() if one.reader in ours and one not in known}
