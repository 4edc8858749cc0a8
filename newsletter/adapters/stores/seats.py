"""Seats for connections as rows: a worker holds (server or domain, number) until its lease ends, by the
database's clock. Numbers from a million on are places in the queue.

Not in here: who may have how many (`core.seats`), and what a worker does with them (`throttles`).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.adapters.stores.dialect import insert, later, listed
from newsletter.adapters.stores.schema import seats
from newsletter.core.seats import Plan, Wish, arrange

__all__ = ["Leases", "Renewed", "give_back", "renew", "settle"]

_QUEUE = 1_000_000
_LOCK = 0x5EA7
"""Names our locks among those that PostgreSQL gives by number."""


@dataclass(frozen=True, slots=True)
class Leases:
    """How long they last, in seconds."""

    seat: float = 30.0
    waiting: float = 6.0
    """A place in the queue: whoever still waits asks again sooner."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a worker still has."""

    held: dict[str, tuple[int, ...]]
    """Its seats."""
    wanted: frozenset[str]
    """The servers and domains at which others wait."""


def settle(connection: sa.Connection, key: str, me: str, wish: Wish, leases: Leases) -> Plan:
    """Get and give back what `arrange` says."""
    if connection.dialect.name == "postgresql":
        # One after the other, for each key. Seats that a crash of the server forgets are missed at the next
        # renewal, so they are not worth waiting for its disk.
        in_turn = sa.func.pg_advisory_xact_lock(_LOCK, sa.func.hashtext(key))
        connection.execute(sa.select(in_turn, sa.func.set_config("synchronous_commit", "off", True)))
    connection.execute(sa.delete(seats).where(seats.c.key == key, seats.c.until <= later(0)))
    query = sa.select(seats.c.number, seats.c.holder).where(seats.c.key == key).order_by(seats.c.number)
    rows = [(int(number), str(holder)) for number, holder in connection.execute(query)]
    taken = {number: holder for number, holder in rows if number < _QUEUE}
    queue = {number: holder for number, holder in rows if number >= _QUEUE}
    plan = arrange(me, taken, tuple(queue.values()), wish)

    place = next((number for number, holder in queue.items() if holder == me), None)
    if plan.waits and place is None:
        place = max(queue, default=_QUEUE - 1) + 1
    waiting = {place} if plan.waits and place is not None else set()
    before = {number for number, holder in rows if holder == me}
    _delete(connection, key, me, before.difference(plan.held, waiting))
    _lease(connection, key, me, plan.held, leases.seat)
    _lease(connection, key, me, waiting, leases.waiting)
    return plan


def renew(connection: sa.Connection, me: str, idle: Collection[str], leases: Leases) -> Renewed:
    """Keep all seats for some more time but those of the `idle` keys, which are given back."""
    if idle:
        unused = sa.literal(json.dumps(sorted(idle)))
        connection.execute(sa.delete(seats).where(seats.c.holder == me, listed(seats.c.key, unused)))
    alive = seats.c.until > later(0)
    kept = sa.update(seats).where(seats.c.holder == me, seats.c.number < _QUEUE, alive)
    held: dict[str, list[int]] = {}
    for key, number in connection.execute(
        kept.values(until=later(leases.seat)).returning(seats.c.key, seats.c.number)
    ):
        held.setdefault(key, []).append(number)
    if not held:
        return Renewed({}, frozenset())
    ours = sa.select(seats.c.key).where(seats.c.holder == me)
    others = sa.select(seats.c.key).where(seats.c.number >= _QUEUE, seats.c.holder != me, alive)
    waited_for = connection.scalars(others.where(seats.c.key.in_(ours)).distinct())
    return Renewed({key: tuple(sorted(numbers)) for key, numbers in held.items()}, frozenset(waited_for))


def give_back(connection: sa.Connection, me: str) -> None:
    """All of them, and the places in queues."""
    connection.execute(sa.delete(seats).where(seats.c.holder == me))


def _delete(connection: sa.Connection, key: str, me: str, numbers: Iterable[int]) -> None:
    if gone := list(numbers):
        mine = sa.delete(seats).where(seats.c.key == key, seats.c.holder == me)
        connection.execute(mine.where(seats.c.number.in_(gone)))


def _lease(connection: sa.Connection, key: str, me: str, numbers: Iterable[int], seconds: float) -> None:
    rows = [{"key": key, "number": number, "holder": me} for number in numbers]
    if rows:
        row = insert(seats).values(until=later(seconds))
        again = row.on_conflict_do_update(
            index_elements=["key", "number"], set_={"until": row.excluded.until}, where=seats.c.holder == me
        )
        connection.execute(again, rows)
