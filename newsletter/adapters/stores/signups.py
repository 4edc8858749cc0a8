"""What happens at the door, each in one transaction with the letter for it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.letters import plan_letter
from newsletter.adapters.stores.schema import subscribers
from newsletter.adapters.stores.subscribers import happened
from newsletter.core.address import address_key
from newsletter.core.consent import Event, move
from newsletter.core.letters import LetterKind
from newsletter.core.model import SubscriberStatus as Status
from newsletter.errors import NotFound

__all__ = ["SqlSignups"]

_LINK = "link"
"""How the history says that we know of a confirmation."""


class SqlSignups:
    """`ports.Signups` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscribe(
        self, email: str, name: str, now: datetime, source: str = "form"
    ) -> LetterKind | None:
        """Writers come one after the other, so two requests for one address cannot both find no letter."""
        return await self._database.write(_subscribe, email, name, now, source)

    async def confirm(self, subscriber_id: int, now: datetime) -> Status:
        """Raises NotFound or IllegalMove."""
        return await self._database.write(_confirm, subscriber_id, now)

    async def say_goodbye(self, subscriber_id: int, now: datetime) -> bool:
        """Whether one was planned."""
        return await self._database.write(plan_letter, subscriber_id, LetterKind.GOODBYE, now)


def _subscribe(
    connection: sa.Connection, email: str, name: str, now: datetime, source: str
) -> LetterKind | None:
    known = sa.select(subscribers).where(subscribers.c.email_key == address_key(email))
    row = connection.execute(known).mappings().one_or_none()
    if row is None:
        number = _add(connection, email, name, now, source)
        return _ask(connection, number, now)
    before = Status(row["status"])
    if before is Status.COMPLAINED:
        return None
    if before is Status.ACTIVE:
        planned = plan_letter(connection, row["id"], LetterKind.WELCOME, now)
        return LetterKind.WELCOME if planned else None
    if before is not Status.PENDING:
        after = move(before, Event.SUBSCRIBE)
        _change(connection, row["id"], now, status=after.value, name=row["name"] or name)
        connection.execute(happened(row["id"], Event.SUBSCRIBE, now, source))
    return _ask(connection, row["id"], now)


def _ask(connection: sa.Connection, subscriber_id: int, now: datetime) -> LetterKind | None:
    return LetterKind.CONFIRM if plan_letter(connection, subscriber_id, LetterKind.CONFIRM, now) else None


def _add(connection: sa.Connection, email: str, name: str, now: datetime, source: str) -> int:
    key = address_key(email)
    row = {"email": email, "email_key": key, "name": name, "topics": [], "status": Status.PENDING.value}
    connection.execute(sa.insert(subscribers).values(**row, created=now, changed=now))
    number: int = connection.scalar(sa.select(subscribers.c.id).where(subscribers.c.email_key == key)) or 0
    connection.execute(happened(number, Event.SUBSCRIBE, now, source))
    return number


def _confirm(connection: sa.Connection, subscriber_id: int, now: datetime) -> Status:
    before = connection.scalar(sa.select(subscribers.c.status).where(subscribers.c.id == subscriber_id))
    if before is None:
        raise NotFound("there is no such subscriber.")
    after = move(Status(before), Event.CONFIRM)
    if after != before:
        # What their mailbox refused in an earlier time is no matter: this letter has arrived.
        _change(connection, subscriber_id, now, status=after.value, score=0.0, scored=None)
        connection.execute(happened(subscriber_id, Event.CONFIRM, now, _LINK))
        plan_letter(connection, subscriber_id, LetterKind.WELCOME, now)
    return after


def _change(connection: sa.Connection, subscriber_id: int, now: datetime, **values: Any) -> None:
    one = sa.update(subscribers).where(subscribers.c.id == subscriber_id)
    connection.execute(one.values(**values, changed=now))
