"""Moves of outbox rows, many in one transaction; functions for the database's thread.

Each costs a few microseconds a row, however many rows are finished: open rows have an index of their own.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.batches import reopen
from newsletter.adapters.stores.dialect import listed
from newsletter.adapters.stores.pauses import PAUSED_EDITIONS
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import editions, outbox, spelt_out, subscribers
from newsletter.core.address import address_key
from newsletter.core.delivery import MOVES, Decision
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import SubscriberStatus
from newsletter.errors import IllegalMove

__all__ = ["SomeLeft", "record", "record_startable", "resolve", "wanted"]

Moves = Sequence[tuple[int, Decision]]

_WILLING = (
    sa.select(subscribers.c.id)
    .where(subscribers.c.id == outbox.c.subscriber_id, subscribers.c.status == SubscriberStatus.ACTIVE.value)
    .exists()
)
"""The row's subscriber has not left in the meantime."""

_LISTED = listed(outbox.c.id, sa.bindparam("ids", type_=sa.Text))


_NOTHING: sa.ColumnElement[str] = sa.literal_column("''", sa.Text)


def _may_become(state: State) -> sa.ColumnElement[bool]:
    """The row is in a state from which the table leads here. Said so that no index is used for it: rows are
    looked up by their ids here, and PostgreSQL might take all open rows for few."""
    return sa.or_(
        sa.false(),
        *(
            outbox.c.state + _NOTHING == spelt_out(before)
            for before, after in MOVES.items()
            if state in after
        ),
    )


_STARTABLE = sa.and_(
    _LISTED, _may_become(State.SENDING), outbox.c.edition_id.not_in(PAUSED_EDITIONS), _WILLING
)
_ASK_STARTABLE = Prepared(sa.select(outbox.c.id).where(_STARTABLE))
_BEGIN = Prepared(
    sa.update(outbox)
    .where(_STARTABLE)
    .values(state=State.SENDING.value, attempts=outbox.c.attempts + 1, changed=sa.bindparam("now"))
)
_DECIDE = {
    state: Prepared(
        sa.update(outbox)
        .where(outbox.c.id == sa.bindparam("row"), _may_become(state))
        .values(
            state=state.value,
            attempts=sa.bindparam("attempts"),
            # What a server says names the address, which nobody keeps of those who were erased.
            reason=sa.case((outbox.c.email == "", ""), else_=sa.bindparam("reason")),
            next_attempt=sa.bindparam("next_attempt"),
            changed=sa.bindparam("now"),
        )
    )
    for state in State
}
_SUPPRESS_UNWILLING = Prepared(
    sa.update(outbox)
    .where(_LISTED, ~_WILLING)
    .values(
        state=State.SUPPRESSED.value,
        reason="the subscriber left while it was on its way",
        next_attempt=sa.null(),
        changed=sa.bindparam("now"),
    )
)
_WANTED = Prepared(sa.select(outbox.c.id).where(_LISTED, _WILLING))


class SomeLeft(Exception):
    """Not all that were to begin can."""


def record(connection: sa.Connection, begun: frozenset[int], decided: Moves, now: datetime) -> None:
    """`ports.Outbox.record` where all of `begun` can be begun; raises SomeLeft where they cannot, which has
    to undo all of it. Not told by RETURNING, for which SQLite keeps a journal of its own: 0.1 ms each."""
    _decide(connection, decided, now)
    if begun and _BEGIN.run(connection, ids=_listed(begun), now=now) != len(begun):
        raise SomeLeft


def record_startable(
    connection: sa.Connection, begun: frozenset[int], decided: Moves, now: datetime
) -> frozenset[int]:
    """`ports.Outbox.record`, for twice the cost."""
    _decide(connection, decided, now)
    startable = _ids(_ASK_STARTABLE, connection, begun)
    _BEGIN.run(connection, ids=_listed(startable), now=now)
    return startable


def wanted(connection: sa.Connection, ids: Collection[int]) -> frozenset[int]:
    """Those whose subscriber has not left."""
    return _ids(_WANTED, connection, ids)


def resolve(
    connection: sa.Connection, edition_id: int, state: State, now: datetime, emails: Collection[str] | None
) -> int:
    """`ports.Outbox.resolve`."""
    query = sa.select(outbox.c.id, outbox.c.email, outbox.c.attempts).where(
        outbox.c.edition_id == edition_id, outbox.c.state == State.UNKNOWN.value
    )
    keys = None if emails is None else set(map(address_key, emails))
    decided = [
        (row.id, Decision(state, row.attempts, f"{state} by the word of the operator"))
        for row in connection.execute(query)
        if keys is None or address_key(row.email) in keys
    ]
    _decide(connection, decided, now)
    if decided and state is State.PENDING:
        # Else an old edition's copies would expire instead.
        connection.execute(sa.update(editions).where(editions.c.id == edition_id).values(resumed=now))
        reopen(connection, edition_id, (row for row, _ in decided))
    return len(decided)


def _decide(connection: sa.Connection, decided: Moves, now: datetime) -> None:
    by_state: dict[State, list[dict[str, object]]] = defaultdict(list)
    for row, to in decided:
        by_state[to.state].append(
            {"row": row, "attempts": to.attempts, "reason": to.reason, "next_attempt": to.next_attempt}
        )
    for state, rows in by_state.items():
        moved = _DECIDE[state].run_many(connection, rows, now=now)
        if moved != len(rows):
            raise IllegalMove(f"of {len(rows)} deliveries, {len(rows) - moved} cannot go to {state}")
    waiting = [row for row, to in decided if to.state in (State.PENDING, State.DEFERRED)]
    if waiting:
        # Who left while their copy was on its way gets no further attempt.
        _SUPPRESS_UNWILLING.run(connection, ids=_listed(waiting), now=now)


def _ids(query: Prepared, connection: sa.Connection, asked: Collection[int]) -> frozenset[int]:
    return frozenset(row for (row,) in query.rows(connection, ids=_listed(asked)))


def _listed(ids: Collection[int]) -> str:
    return json.dumps(list(ids))
