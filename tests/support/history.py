"""Weeks in the life of a newsletter, with its troubles; the same every time."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.adapters.stores.schema import pulses
from newsletter.bootstrap import App
from newsletter.core.bounces import Cause, Kind
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import Outcome, SlotOutcome, slots_between
from newsletter.ports import Bounce
from support.samples import edition, entry

__all__ = ["live"]

_DOMAINS = ("mail.example", "post.example", "inbox.example", "uni.example.edu", "lab.example.org")
_SUBJECTS = (
    "Robots that fold laundry they have never seen, and 28 more",
    "Speech models that listen while they speak, and 24 more",
    "A million tokens of context on one graphics card, and 31 more",
    "What retrieval adds when models already know, and 26 more",
    "Video generation that keeps its physics, and 29 more",
)
_AMISS = {
    9: (Outcome.EMPTY, "no entry that was not sent before"),
    17: (Outcome.FAILED, "no source could be read"),
    24: (Outcome.SKIPPED, "nothing ran within catch_up of its time"),
}
"""By how many days ago."""
_BLOCKED = 13
"""Days ago: a provider took our server for a spammer's."""
_REFUSALS = (
    "550 5.1.1 no such user",
    "550 5.1.1 no such user",
    "552 5.2.2 mailbox full",
    "550 5.2.1 account disabled",
    "554 5.7.1 message refused by policy",
)


async def live(app: App, now: datetime, *, readers: int, weeks: int = 5, calm: bool = False) -> None:
    """So many readers at the beginning. The last edition is under way; where it is `calm` it has arrived, and
    no source fails."""
    draw = random.Random(2026)
    start = now - timedelta(weeks=weeks)
    await _join(app, draw, readers, start)
    for number, slot in enumerate(slots_between(app.schedule, start, now), start=1):
        ago = (now - slot).days
        await _readers_come_and_go(app, draw, number, slot)
        if ago in _AMISS:
            await app.slots.close(app.newsletter.id, SlotOutcome(slot, *_AMISS[ago]), slot)
        else:
            await _send(app, draw, number, slot, ago, part=1.0 if calm or ago else 0.6)
    await _machinery(app, now, calm=calm)


async def _join(app: App, draw: random.Random, count: int, now: datetime, name: str = "reader") -> None:
    people = [NewSubscriber(f"{name}{n}@{draw.choice(_DOMAINS)}") for n in range(count)]
    await app.subscribers.add(people, now)


async def _readers_come_and_go(app: App, draw: random.Random, number: int, now: datetime) -> None:
    known = sum((await app.subscribers.counts()).values())
    await _join(app, draw, draw.randint(0, max(known // 60, 2)), now, f"new{number}-")
    for event, kind, cause in (
        (Event.UNSUBSCRIBE, Kind.UNSUBSCRIBE, None),
        (Event.BOUNCE, Kind.HARD, Cause.UNKNOWN_USER),
        (Event.COMPLAIN, Kind.COMPLAINT, None),
    ):
        for _ in range(draw.randint(0, {Event.COMPLAIN: 1}.get(event, 3))):
            person = await app.subscribers.get(draw.randint(1, known))
            await app.subscribers.move(person.id, event, now, "bounce" if cause else "page")
            if kind is not Kind.UNSUBSCRIBE:
                await _came_back(app, f"{number} {person.id} {kind}", kind, cause, now)
    for n in range(draw.randint(0, 5)):
        await _came_back(app, f"{number} soft {n}", Kind.SOFT, Cause.FULL, now)


async def _came_back(app: App, key: str, kind: Kind, cause: Cause | None, now: datetime) -> None:
    await app.bounces.record([Bounce(key=key, kind=kind, cause=cause, source="bounce", at=now)], 100.0, now)


async def _send(app: App, draw: random.Random, number: int, slot: datetime, ago: int, part: float) -> None:
    """Publish it and send this part of its copies, some in each minute."""
    await app.entries.add([entry(number)], slot)
    made = replace(
        edition(number, number, slot=slot),
        newsletter=app.newsletter.id,
        subject=_SUBJECTS[number % len(_SUBJECTS)],
    )
    published = await app.editions.publish(made, "<p>", "text", "0" * 16, slot)
    assert published
    rows = list(await app.outbox.due(slot, 0, 1_000_000))
    decide = _blocked(draw) if ago == _BLOCKED else _usual(draw, last=part < 1)
    rows = [row for row in rows if row.edition_id == published.id]
    minute = max(len(rows) // 24, 1)
    for batch, at in _minutes(rows[: int(len(rows) * part)], minute, slot):
        await app.outbox.record([row.id for row in batch], [], at)
        await app.outbox.record([], [(row.id, decide(row.email, at)) for row in batch], at)


def _minutes(rows: list, size: int, slot: datetime) -> Iterator[tuple[list, datetime]]:
    for number, first in enumerate(range(0, len(rows), size), start=1):
        yield rows[first : first + size], slot + timedelta(minutes=number)


def _usual(draw: random.Random, *, last: bool) -> Callable[[str, datetime], Decision]:
    def decide(email: str, at: datetime) -> Decision:
        luck = draw.random()
        if luck < 0.006:
            return Decision(State.REJECTED, 1, draw.choice(_REFUSALS))
        if luck < 0.008:
            return Decision(State.EXPIRED, 7, "given up after 7 attempts: 452 4.2.2 mailbox full")
        if last and luck < 0.03:
            return Decision(State.DEFERRED, 1, "451 4.7.1 greylisted, try again", at + timedelta(minutes=40))
        return Decision(State.ACCEPTED, 1, "250 ok")

    return decide


def _blocked(draw: random.Random) -> Callable[[str, datetime], Decision]:
    usual = _usual(draw, last=False)

    def decide(email: str, at: datetime) -> Decision:
        if email.endswith("@inbox.example") and draw.random() < 0.7:
            return Decision(State.REJECTED, 1, "550 5.7.1 our blocklist has your IP address")
        return usual(email, at)

    return decide


async def _machinery(app: App, now: datetime, *, calm: bool) -> None:
    for name in ("arxiv", "huggingface", "labs"):
        await app.memory.succeeded(name, [], now - timedelta(minutes=29))
    if not calm:
        await app.memory.succeeded("labs", [], now - timedelta(days=2))
        await app.memory.failed("labs", "https://labs.example/feed.xml: answered 503", now)
        await app.signup.signups.subscribe("somebody@mail.example", "", now)
    async with app.database.begin() as connection:
        values = {"name": "scheduler", "at": now - timedelta(seconds=20)}
        await connection.execute(sa.insert(pulses).values(values))
