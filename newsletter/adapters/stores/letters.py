"""The ledger of letters. Whoever sends claims one at a time, so a crash leaves one in doubt and no more."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.person import PERSON, subscriber_from_row
from newsletter.adapters.stores.schema import OPEN_LETTERS, letters, subscribers
from newsletter.core.delivery import MOVES, Decision, Policy, after_interruption
from newsletter.core.letters import FOR, RETRIES, SPACING, STALE, LetterKind
from newsletter.core.model import DeliveryState as State
from newsletter.errors import IllegalMove
from newsletter.ports import ClaimedLetter

__all__ = ["SqlLetters", "plan_letter"]

_WAITS = sa.and_(OPEN_LETTERS, letters.c.state.in_([State.PENDING.value, State.DEFERRED.value]))
_SENDING = sa.and_(OPEN_LETTERS, letters.c.state == State.SENDING.value)
_STATUS = sa.select(subscribers.c.status).where(subscribers.c.id == letters.c.subscriber_id).scalar_subquery()
_FITS = sa.case({kind.value: status.value for kind, status in FOR.items()}, value=letters.c.kind)
_WANTED = _FITS == _STATUS
_LETTER = [letters.c[name] for name in ("id", "kind", "created", "attempts")]


class SqlLetters:
    """`ports.Letters` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime) -> ClaimedLetter | None:
        """Most times there is none, which keeps nobody from writing."""
        if not await self._database.ask(_count, _due(now)):
            return None
        return await self._database.write(_claim, now)

    async def decide(self, letter: ClaimedLetter, decision: Decision, now: datetime) -> bool:
        """By the number of its attempts a claim knows whether it is still the latest."""
        if decision.state not in MOVES[State.SENDING]:
            raise IllegalMove(f"a letter that is sending cannot become {decision.state}")
        ours = sa.and_(letters.c.id == letter.id, letters.c.attempts == letter.attempts, _SENDING)
        return await self._database.write(_move, ours, decision, now) > 0

    async def waiting(self) -> int:
        """In whatever open state."""
        return await self._database.ask(_count, OPEN_LETTERS)


def plan_letter(connection: sa.Connection, subscriber_id: int, kind: LetterKind, now: datetime) -> bool:
    """In the transaction of whatever is the occasion; False where they had one of this kind lately."""
    lately = sa.select(letters.c.id).where(
        letters.c.subscriber_id == subscriber_id,
        letters.c.kind == kind.value,
        letters.c.created > now - SPACING,
    )
    if connection.execute(lately.limit(1)).first():
        return False
    connection.execute(
        sa.insert(letters).values(
            subscriber_id=subscriber_id,
            kind=kind.value,
            created=now,
            state=State.PENDING.value,
            attempts=0,
            reason="",
            changed=now,
        )
    )
    return True


def _due(now: datetime) -> sa.ColumnElement[bool]:
    ready = sa.or_(letters.c.state == State.PENDING.value, letters.c.next_attempt <= now)
    return sa.or_(sa.and_(_WAITS, ready), _stale(now))


def _stale(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_SENDING, letters.c.changed <= now - STALE)


def _claim(connection: sa.Connection, now: datetime) -> ClaimedLetter | None:
    _take_back(connection, now)
    _give_up(connection, now)
    query = sa.select(*_LETTER, letters.c.subscriber_id).where(_due(now)).order_by(letters.c.id).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    attempts = row["attempts"] + 1
    _move(connection, letters.c.id == row["id"], Decision(State.SENDING, attempts), now)
    whose = sa.select(*PERSON).where(subscribers.c.id == row["subscriber_id"])
    person = subscriber_from_row(connection.execute(whose).mappings().one())
    return ClaimedLetter(row["id"], LetterKind(row["kind"]), person, row["created"], attempts)


def _take_back(connection: sa.Connection, now: datetime) -> None:
    """A letter held for a person's word would be of no use to anybody, so it is sent again."""
    for row in connection.execute(sa.select(letters.c.id, letters.c.attempts).where(_stale(now))).all():
        again = after_interruption(row.attempts, policy=Policy.RESEND)
        _move(connection, letters.c.id == row.id, again, now)


def _give_up(connection: sa.Connection, now: datetime) -> None:
    too_old = letters.c.created < now - RETRIES.lifetime
    for where, state, reason in (
        (sa.not_(_WANTED), State.SUPPRESSED, "the subscriber has moved on"),
        (too_old, State.EXPIRED, "nobody waits for it any more"),
    ):
        values: dict[str, Any] = {"state": state.value, "reason": reason, "next_attempt": None}
        connection.execute(sa.update(letters).where(_WAITS, where).values(**values, changed=now))


def _move(connection: sa.Connection, where: sa.ColumnElement[bool], decision: Decision, now: datetime) -> int:
    values = {
        "state": decision.state.value,
        "attempts": decision.attempts,
        "reason": decision.reason,
        "next_attempt": decision.next_attempt,
    }
    return connection.execute(sa.update(letters).where(where).values(**values, changed=now)).rowcount


def _count(connection: sa.Connection, where: sa.ColumnElement[bool] | sa.TextClause) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(letters).where(where)) or 0
