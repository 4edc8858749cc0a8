"""The list."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores import erasure, imports
from newsletter.adapters.stores.clicks import forget_clicks
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.imports import Tombstones
from newsletter.adapters.stores.person import (
    PERSON,
    as_stored,
    has_tag,
    rhythm_to_row,
    subscriber_as_stored,
    subscriber_from_row,
)
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.records import read_record
from newsletter.adapters.stores.schema import OPEN_ROWS, history, outbox, subscribers
from newsletter.adapters.stores.wishes import WISHES, likes_to_json, wishes_from_row
from newsletter.core.address import address_key
from newsletter.core.consent import Event, move
from newsletter.core.listfile import LISTS, NewSubscriber
from newsletter.core.model import DeliveryState, Subscriber, SubscriberStatus
from newsletter.core.rhythm import Rhythm
from newsletter.core.wishes import Like, Wishes, with_like
from newsletter.errors import ConfigError, NotFound
from newsletter.ports import Erased, Imported
from newsletter.ports.records import PersonRecord

__all__ = ["SqlSubscribers", "moved"]

_PAGE = 1000
_ERASED = SubscriberStatus.ERASED.value
_NOBODY = "there is no such subscriber."


def _no_secret(key: str) -> tuple[str, ...]:
    raise ConfigError("the newsletter's secret is needed to know again who was erased.")


class SqlSubscribers:
    """`ports.Subscribers` in the database. `tombstones` is asked where somebody was erased or is to be: most
    commands then need no secret."""

    def __init__(self, database: Database, tombstones: Tombstones = _no_secret) -> None:
        self._database = database
        self._tombstones = tombstones

    async def add(
        self,
        people: Iterable[NewSubscriber],
        now: datetime,
        source: str = "import",
        *,
        rehearse: bool = False,
    ) -> Imported:
        """A later mention of the same person takes the place of the earlier one."""
        unique = {address_key(person.email): person for person in people}
        change = self._database.ask if rehearse else self._database.write
        return await change(imports.add, unique, now, source, self._tombstones, rehearse=rehearse)

    async def tag(
        self, emails: Collection[str], add: Collection[str], remove: Collection[str], now: datetime
    ) -> int:
        """In the order in which they were put on."""
        tags, changed = subscribers.c.tags, 0
        async with self._database.begin() as connection:
            for email in emails:
                one = subscribers.c.email_key == address_key(email)
                row = (await connection.execute(sa.select(tags).where(one))).one_or_none()
                if row is None:
                    raise NotFound(_not_on_the_list(email))
                after = [tag for tag in dict.fromkeys((*row.tags, *add)) if tag not in remove]
                if after != row.tags:
                    changed += 1
                    await connection.execute(
                        sa.update(subscribers).where(one).values(tags=after, changed=now)
                    )
        return changed

    async def move(self, subscriber_id: int, event: Event, now: datetime, source: str) -> SubscriberStatus:
        """In one transaction."""
        if event is Event.ERASE:
            await self.erase((await self.get(subscriber_id)).email, now, source)
            return SubscriberStatus.ERASED
        return await self._database.write(moved, subscriber_id, event, now, source)

    async def erase(self, email: str, now: datetime, source: str) -> Erased:
        """Deleted content is overwritten, in the file and its journal."""
        if not email:
            return Erased(known=False, cleared=True)
        known = await self._database.write(erasure.erase, address_key(email), self._tombstones, now, source)
        return Erased(known, await self._database.empty_journal())

    async def is_erased(self, email: str) -> bool:
        """By any of the keys that there have been."""
        return await self._database.ask(erasure.is_erased, address_key(email), self._tombstones)

    async def record(self, subscriber_id: int) -> PersonRecord:
        """In one state of the data."""
        found = await self._database.ask(read_record, subscriber_id)
        if found is None:
            raise NotFound(_NOBODY)
        return found

    async def like(self, subscriber_id: int, like: Like, now: datetime) -> None:
        """The newest last, and no more than there is room for."""
        await self._change_likes(subscriber_id, partial(with_like, like=like), now)

    async def unlike(self, subscriber_id: int, entry_id: str, now: datetime) -> None:
        """The others stay in their order."""

        def changed(likes: tuple[Like, ...]) -> tuple[Like, ...]:
            return tuple(known for known in likes if known.entry != entry_id)

        await self._change_likes(subscriber_id, changed, now)

    async def wish(self, subscriber_id: int, wishes: Wishes, now: datetime) -> None:
        """All lists at once."""
        await self._set(subscriber_id, _lists(wishes), now)

    async def settle(
        self,
        subscriber_id: int,
        rhythm: Rhythm,
        language: str,
        now: datetime,
        wishes: Wishes | None = None,
    ) -> None:
        """All columns at once."""
        values = {**rhythm_to_row(rhythm), "language": language, **(_lists(wishes) if wishes else {})}
        await self._set(subscriber_id, values, now)

    async def _set(self, subscriber_id: int, values: dict[str, Any], now: datetime) -> None:
        one = sa.update(subscribers).where(subscribers.c.id == subscriber_id)
        async with self._database.begin() as connection:
            if not await connection.change(one.values(**values, changed=now)):
                raise NotFound(_NOBODY)

    async def _change_likes(
        self, subscriber_id: int, change: Callable[[tuple[Like, ...]], tuple[Like, ...]], now: datetime
    ) -> None:
        one = subscribers.c.id == subscriber_id
        wishes = (subscribers.c[name] for name in WISHES)
        async with self._database.begin() as connection:
            row = (await connection.execute(sa.select(*wishes).where(one))).mappings().one_or_none()
            if row is None:
                raise NotFound(_NOBODY)
            likes = likes_to_json(change(wishes_from_row(row).likes))
            await connection.execute(sa.update(subscribers).where(one).values(likes=likes, changed=now))

    async def get(self, subscriber_id: int) -> Subscriber:
        """Raises NotFound."""
        return await self._one(subscribers.c.id == subscriber_id, f"number {subscriber_id}")

    async def find(self, email: str) -> Subscriber:
        """Raises NotFound."""
        return await self._one(subscribers.c.email_key == address_key(email), email)

    async def all(
        self, status: SubscriberStatus | None = None, tag: str | None = None
    ) -> AsyncIterator[Subscriber]:
        """By address, a page at a time."""
        # As an expression: by the index of statuses SQLite would sort the whole list for every page.
        theirs = subscribers.c.status.concat("")
        chosen = [theirs != _ERASED, *([theirs == status.value] if status else [])]
        query = _people(*chosen, *_tagged(tag))
        after: str | None = ""
        while after is not None:
            page, after = await self._database.ask(_read_page, query, after)
            for person in page:
                yield person

    async def counts(self, tag: str | None = None) -> dict[SubscriberStatus, int]:
        """Only those statuses that somebody has."""
        query = sa.select(subscribers.c.status, sa.func.count()).where(*_tagged(tag))
        async with self._database.read() as connection:
            found = await connection.execute(query.group_by(subscribers.c.status))
            return {SubscriberStatus(status): count for status, count in found}

    async def attribute_names(self) -> tuple[str, ...]:
        """Without reading anything but these."""
        named = sa.func.json_each(subscribers.c.attributes).table_valued("key")
        query = sa.select(named.c.key).select_from(subscribers.join(named, sa.true())).distinct()
        async with self._database.read() as connection:
            return tuple(sorted(await connection.scalars(query)))

    async def _one(self, where: Any, who: str) -> Subscriber:
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(*PERSON).where(where))).mappings().one_or_none()
        if row is None:
            raise NotFound(_not_on_the_list(who))
        return subscriber_from_row(row)


def _not_on_the_list(who: str) -> str:
    return f"{who} is not on the list; `newsletter subscribers list` shows who is."


def _people(*conditions: sa.ColumnElement[bool]) -> Prepared:
    """A page of those for whom these hold, by address, with the key of each in the last column."""
    after = subscribers.c.email_key > sa.bindparam("after")
    query = sa.select(*as_stored(PERSON), subscribers.c.email_key).where(after, *conditions)
    return Prepared(query.order_by(subscribers.c.email_key).limit(_PAGE))


def _read_page(connection: sa.Connection, query: Prepared, after: str) -> tuple[list[Subscriber], str | None]:
    """A page, and the key after which the next one begins, if there is one."""
    rows = query.rows(connection, after=after)
    return [subscriber_as_stored(row[:-1]) for row in rows], rows[-1][-1] if len(rows) == _PAGE else None


def _lists(wishes: Wishes) -> dict[str, Any]:
    return {name: list(getattr(wishes, name)) for name in LISTS}


def _tagged(tag: str | None) -> list[sa.ColumnElement[bool]]:
    """No condition where no tag is asked for."""
    return [] if tag is None else [has_tag(tag)]


def moved(
    connection: sa.Connection, subscriber_id: int, event: Event, now: datetime, source: str, reason: str = ""
) -> SubscriberStatus:
    """Whoever is not active any more has their unsent copies suppressed in the same commit, and their likes
    forgotten, there too. `reason` goes into the history behind the event. Raises NotFound or IllegalMove."""
    one = subscribers.c.id == subscriber_id
    before = connection.scalar(sa.select(subscribers.c.status).where(one))
    if before is None:
        raise NotFound(_NOBODY)
    after = move(SubscriberStatus(before), event)
    if after != before:
        connection.execute(sa.update(subscribers).where(one).values(status=after.value, changed=now))
        what = f"{event}: {reason}" if reason else event
        connection.execute(happened(subscriber_id, what, now, source))
    if after is not SubscriberStatus.ACTIVE:
        connection.execute(_suppress(subscriber_id, after, now))
        connection.execute(sa.update(subscribers).where(one).values(likes=[]))
        connection.execute(_forget_likes(subscriber_id))
        connection.execute(forget_clicks(subscriber_id))
    return after


def happened(subscriber_id: int, event: str, now: datetime, source: str) -> sa.Insert:
    """For the history of this person."""
    return sa.insert(history).values(subscriber_id=subscriber_id, at=now, event=str(event), source=source)


def _suppress(subscriber_id: int, status: SubscriberStatus, now: datetime) -> sa.Update:
    waiting = (DeliveryState.PENDING.value, DeliveryState.DEFERRED.value)
    return (
        sa.update(outbox)
        .where(OPEN_ROWS, outbox.c.subscriber_id == subscriber_id, outbox.c.state.in_(waiting))
        .values(
            state=DeliveryState.SUPPRESSED.value,
            reason=f"the subscriber is {status}",
            next_attempt=None,
            changed=now,
        )
    )


def _forget_likes(subscriber_id: int) -> sa.Update:
    return sa.update(outbox).where(outbox.c.subscriber_id == subscriber_id).values(likes=[])
