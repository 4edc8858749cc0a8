"""The list."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.clicks import forget_clicks
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.person import PERSON, subscriber_from_row
from newsletter.adapters.stores.schema import OPEN_ROWS, history, outbox, subscribers
from newsletter.adapters.stores.wishes import WISHES, likes_to_json, wishes_from_row
from newsletter.core.address import address_key
from newsletter.core.consent import Event, move
from newsletter.core.listfile import LISTS, NewSubscriber
from newsletter.core.model import DeliveryState, Subscriber, SubscriberStatus
from newsletter.core.wishes import Like, Wishes, with_like
from newsletter.errors import NotFound
from newsletter.ports import Imported

__all__ = ["SqlSubscribers"]

_PAGE = 1000
_REFRESHED = ("name", *LISTS)
"""What a later mention of somebody changes."""
_NO_NEWS = NewSubscriber("")
_NOBODY = "there is no such subscriber."


class SqlSubscribers:
    """`ports.Subscribers` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, people: Iterable[NewSubscriber], now: datetime) -> Imported:
        """A later mention of the same person refreshes the earlier one."""
        unique = {address_key(person.email): person for person in people}
        async with self._database.begin() as connection:
            known = await self._known(connection, list(unique))
            fates = {key: _fate(person, known.get(key)) for key, person in unique.items()}
            added = [_row(key, unique[key], now) for key, fate in fates.items() if fate == "added"]
            if added:
                await connection.execute(sa.insert(subscribers), added)
            updated = [_changes(known[key], unique[key]) for key, fate in fates.items() if fate == "updated"]
            if updated:
                await connection.execute(_update(now), updated)
        return Imported(**Counter(fates.values()))

    async def move(self, subscriber_id: int, event: Event, now: datetime, source: str) -> SubscriberStatus:
        """Whoever is not active any more has their unsent copies suppressed in the same commit, and their
        likes forgotten, there too."""
        one = subscribers.c.id == subscriber_id
        async with self._database.begin() as connection:
            before = await connection.scalar(sa.select(subscribers.c.status).where(one))
            if before is None:
                raise NotFound(_NOBODY)
            after = move(SubscriberStatus(before), event)
            if after != before:
                await connection.execute(
                    sa.update(subscribers).where(one).values(status=after.value, changed=now)
                )
                await connection.execute(happened(subscriber_id, event, now, source))
            if after is not SubscriberStatus.ACTIVE:
                await connection.execute(_suppress(subscriber_id, after, now))
                await connection.execute(sa.update(subscribers).where(one).values(likes=[]))
                await connection.execute(_forget_likes(subscriber_id))
                await connection.execute(forget_clicks(subscriber_id))
        return after

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
        lists = {name: list(getattr(wishes, name)) for name in LISTS}
        one = sa.update(subscribers).where(subscribers.c.id == subscriber_id)
        async with self._database.begin() as connection:
            if not await connection.change(one.values(**lists, changed=now)):
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

    async def all(self, status: SubscriberStatus | None = None) -> AsyncIterator[Subscriber]:
        """By address, a page at a time."""
        after = ""
        while True:
            query = sa.select(*PERSON, subscribers.c.email_key).where(subscribers.c.email_key > after)
            if status is not None:
                query = query.where(subscribers.c.status == status.value)
            async with self._database.read() as connection:
                rows = await connection.execute(query.order_by(subscribers.c.email_key).limit(_PAGE))
                page = rows.mappings().all()
            for row in page:
                yield subscriber_from_row(row)
            if len(page) < _PAGE:
                return
            after = page[-1]["email_key"]

    async def counts(self) -> dict[SubscriberStatus, int]:
        """Only those statuses that somebody has."""
        query = sa.select(subscribers.c.status, sa.func.count()).group_by(subscribers.c.status)
        async with self._database.read() as connection:
            return {SubscriberStatus(status): count for status, count in await connection.execute(query)}

    async def _known(self, connection: Any, keys: list[str]) -> dict[str, sa.RowMapping]:
        found: dict[str, sa.RowMapping] = {}
        for start in range(0, len(keys), _PAGE):
            query = sa.select(subscribers).where(subscribers.c.email_key.in_(keys[start : start + _PAGE]))
            found |= {row["email_key"]: row for row in (await connection.execute(query)).mappings()}
        return found

    async def _one(self, where: Any, who: str) -> Subscriber:
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(*PERSON).where(where))).mappings().one_or_none()
        if row is None:
            raise NotFound(f"{who} is not on the list; `newsletter subscribers list` shows who is.")
        return subscriber_from_row(row)


def _fate(person: NewSubscriber, known: sa.RowMapping | None) -> str:
    """Which count of Imported this person belongs to."""
    if known is None:
        return "added"
    if known["status"] not in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING):
        return "suppressed"
    return "unchanged" if _refreshed(known, person) == _refreshed(known, _NO_NEWS) else "updated"


def _row(key: str, person: NewSubscriber, now: datetime) -> dict[str, Any]:
    return {
        "email": person.email,
        "email_key": key,
        "name": person.name or "",
        **{name: list(getattr(person, name) or ()) for name in LISTS},
        "status": SubscriberStatus.ACTIVE.value,
        "created": now,
        "changed": now,
    }


def _update(now: datetime) -> sa.Update:
    return (
        sa.update(subscribers)
        .where(subscribers.c.email_key == sa.bindparam("key"))
        .values(**{name: sa.bindparam(f"new_{name}") for name in _REFRESHED}, changed=now)
    )


def _changes(known: sa.RowMapping, person: NewSubscriber) -> dict[str, Any]:
    new = {f"new_{name}": value for name, value in _refreshed(known, person).items()}
    return {"key": known["email_key"], **new}


def _refreshed(known: sa.RowMapping, person: NewSubscriber) -> dict[str, Any]:
    """What is known of somebody after this mention of them; None in it leaves a field as it is."""
    said = {name: getattr(person, name) for name in _REFRESHED}
    return {
        name: known[name] if value is None else value if name == "name" else list(value)
        for name, value in said.items()
    }


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
