"""What came back: each once, with the score of whom it is about. Functions are for the database's thread."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import (
    REJECTED_ROWS,
    bounces,
    editions,
    history,
    letters,
    outbox,
    spelt_out,
    subscribers,
)
from newsletter.adapters.stores.schema.base import Instant
from newsletter.adapters.stores.subscribers import moved
from newsletter.core.address import address_key
from newsletter.core.bounces import Cause, Kind
from newsletter.core.consent import Event
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.core.scores import MEMORY, consequence, score, weight
from newsletter.core.series import name_in
from newsletter.ports import Bounce, Fate, Rejection, SentCopy, TakenBounce

__all__ = ["SqlBounces"]

_MOST_COPIES = 100
"""Looked at for one address: more than go to anybody in two weeks."""
_AGAIN = (Event.SUBSCRIBE, Event.CONFIRM)
"""Whoever comes back begins anew."""
_COPY = sa.select(
    outbox.c.subscriber_id,
    outbox.c.changed,
    outbox.c.id,
    editions.c.newsletter,
    editions.c.number,
    outbox.c.email,
).join(editions, editions.c.id == outbox.c.edition_id)
# No token is in its envelope, so it tells only of those who have nothing to lose yet.
_LETTER = (
    sa.select(letters.c.subscriber_id, letters.c.changed)
    .join(subscribers, subscribers.c.id == letters.c.subscriber_id)
    .where(subscribers.c.status == SubscriberStatus.PENDING.value)
)
_OF_COPY = sa.literal("outbox:") + sa.cast(outbox.c.id, sa.Text)
_OF_LETTER = sa.literal("letter:") + sa.cast(letters.c.id, sa.Text)
"""By these, rejections are known."""

_KEPT = ("key", "subscriber_id", "outbox_id", "at", "source", "kind", "cause", "status", "detail")
# After an edition there may be thousands of rejections at once.
_INSERT = Prepared(
    insert(bounces).values({name: sa.bindparam(name) for name in _KEPT}).on_conflict_do_nothing()
)
_PERSON: sa.BindParameter[int] = sa.bindparam("person")
_STATUS = Prepared(sa.select(subscribers.c.status).where(subscribers.c.id == _PERSON))
_SINCE = sa.bindparam("since", type_=Instant)
_CAME_BACK = sa.select(sa.func.max(history.c.at)).where(
    history.c.subscriber_id == _PERSON,
    sa.or_(*(history.c.event == spelt_out(event) for event in _AGAIN)),
    history.c.at >= _SINCE,
)
_MARKS = Prepared(
    sa.select(sa.cast(bounces.c.at, sa.Text), bounces.c.kind, bounces.c.cause).where(
        bounces.c.subscriber_id == _PERSON,
        bounces.c.at >= sa.func.coalesce(_CAME_BACK.scalar_subquery(), _SINCE),
    )
)
_SCORE = Prepared(
    sa.update(subscribers)
    .where(subscribers.c.id == _PERSON)
    .values(score=sa.bindparam("reached"), scored=sa.bindparam("on"))
)


class SqlBounces:
    """`ports.Bounces` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, bounces: Sequence[Bounce], limit: float, now: datetime) -> tuple[Fate, ...]:
        """One commit for all of them."""
        return await self._database.write(_record, bounces, limit, now)

    async def sent(self, row: int) -> SentCopy | None:
        """Whose row it is, if anything was sent."""
        found = await self._database.ask(_copies, outbox.c.id == row)
        return _copy(found[0]) if found else None

    async def sent_letter(self, row: int) -> SentCopy | None:
        """The same of a letter."""
        return await self._database.ask(_sent_letter, row)

    async def sent_to(self, email: str, since: datetime) -> tuple[SentCopy, ...]:
        """Copies of editions, and letters to who has not confirmed."""
        return await self._database.ask(_sent_to, email, since)

    async def rejections(self, since: datetime, limit: int) -> tuple[Rejection, ...]:
        """Found in an index of their own, however many copies were accepted."""
        return await self._database.ask(_rejections, since, limit)

    async def recent(self, limit: int) -> tuple[TakenBounce, ...]:
        """With the addresses as they are on the list now."""
        names = ("at", "kind", "cause", "status", "detail", "source")
        query = sa.select(*(bounces.c[name] for name in names), subscribers.c.email).select_from(
            bounces.outerjoin(subscribers)
        )
        newest = query.order_by(bounces.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return tuple(TakenBounce(*row) for row in await connection.execute(newest))

    async def forget(self, before: datetime) -> int:
        """In one statement."""
        async with self._database.begin() as connection:
            return await connection.change(sa.delete(bounces).where(bounces.c.at < before))


def _record(
    connection: sa.Connection, came_back: Sequence[Bounce], limit: float, now: datetime
) -> tuple[Fate, ...]:
    return tuple(_record_one(connection, bounce, limit, now) for bounce in came_back)


def _record_one(connection: sa.Connection, bounce: Bounce, limit: float, now: datetime) -> Fate:
    status = _status(connection, bounce.subscriber_id)
    person = None if status in (None, SubscriberStatus.ERASED) else bounce.subscriber_id
    is_new = _INSERT.run(
        connection,
        key=bounce.key,
        subscriber_id=person,
        outbox_id=None if person is None else bounce.row,
        at=bounce.at,
        source=bounce.source,
        kind=bounce.kind.value,
        cause=bounce.cause.value if bounce.cause else "",
        status=bounce.status or "",
        # What a server says may have the address in it: nothing is kept of whoever was erased.
        detail="" if status is SubscriberStatus.ERASED else bounce.detail,
    )
    if not is_new:
        return Fate.REPEATED
    if person is None or status is None:
        return Fate.NOBODY
    return _follow(connection, bounce, person, status, limit, now)


def _follow(
    connection: sa.Connection,
    bounce: Bounce,
    person: int,
    status: SubscriberStatus,
    limit: float,
    now: datetime,
) -> Fate:
    """Count it, and draw the consequence."""
    reached = _scored(connection, person, now) if weight(bounce.kind, bounce.cause) else 0.0
    event = consequence(status, bounce.kind, bounce.cause, reached, limit)
    if event is None:
        return Fate.NOTED
    reason = " ".join(filter(None, [bounce.status, bounce.cause]))
    after = moved(connection, person, event, now, bounce.source, reason)
    return Fate.NOTED if after is status else Fate.LEFT


def _scored(connection: sa.Connection, person: int, now: datetime) -> float:
    """The score as of the last day that counts, which may not be that of what came last."""
    found = _MARKS.rows(connection, person=person, since=now - MEMORY)
    marks = [
        (date.fromisoformat(at[:10]), weight(Kind(kind), Cause(cause) if cause else None))
        for at, kind, cause in found
    ]
    counted = [day for day, counts in marks if counts]
    if not counted:
        return 0.0
    reached = score(marks, max(counted))
    _SCORE.run(connection, person=person, reached=reached, on=max(counted))
    return reached


def _status(connection: sa.Connection, person: int | None) -> SubscriberStatus | None:
    found = [] if person is None else _STATUS.rows(connection, person=person)
    return SubscriberStatus(found[0][0]) if found else None


def _copies(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Any]:
    newest = _COPY.where(outbox.c.attempts > 0, *where).order_by(outbox.c.id.desc())
    return list(connection.execute(newest.limit(_MOST_COPIES)))


def _copy(row: sa.Row[Any]) -> SentCopy:
    return SentCopy(row.subscriber_id, row.changed, row.id, name_in(row.newsletter, row.number))


def _sent_letter(connection: sa.Connection, row: int) -> SentCopy | None:
    one = sa.select(letters.c.subscriber_id, letters.c.changed).where(
        letters.c.id == row, letters.c.attempts > 0
    )
    found = connection.execute(one).one_or_none()
    return SentCopy(*found) if found else None


def _sent_to(connection: sa.Connection, email: str, since: datetime) -> tuple[SentCopy, ...]:
    key = address_key(email)
    person = sa.select(subscribers.c.id).where(subscribers.c.email_key == key).scalar_subquery()
    copies = _copies(connection, outbox.c.subscriber_id == person, outbox.c.changed >= since)
    found = [_copy(row) for row in copies if address_key(row.email) == key]
    written = _LETTER.where(
        subscribers.c.email_key == key, letters.c.attempts > 0, letters.c.changed >= since
    ).limit(_MOST_COPIES)
    found += [SentCopy(*row) for row in connection.execute(written)]
    return tuple(sorted(found, key=lambda copy: copy.sent, reverse=True))


def _rejections(connection: sa.Connection, since: datetime, limit: int) -> tuple[Rejection, ...]:
    refused = (outbox.c.reason, outbox.c.changed)
    copies = sa.select(_OF_COPY, outbox.c.subscriber_id, outbox.c.id, *refused).where(
        REJECTED_ROWS, outbox.c.changed >= since, ~sa.exists().where(bounces.c.key == _OF_COPY)
    )
    written = (letters.c.reason, letters.c.changed)
    others = sa.select(_OF_LETTER, letters.c.subscriber_id, sa.null(), *written).where(
        letters.c.state == DeliveryState.REJECTED.value,
        letters.c.changed >= since,
        ~sa.exists().where(bounces.c.key == _OF_LETTER),
    )
    found = [Rejection(*row) for query in (copies, others) for row in connection.execute(query.limit(limit))]
    return tuple(found[:limit])
