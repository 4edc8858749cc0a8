"""The plan of an edition: one pending row of the outbox for each reader that it is for; functions for the
database's thread.

What is asked of the database here is `core.audience.Audience`, in SQL.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.person import PERSON, subscriber_from_row
from newsletter.adapters.stores.schema import outbox, subscribers
from newsletter.adapters.stores.wishes import WISHES
from newsletter.core.audience import Audience
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm, not_before

__all__ = ["has_readers", "languages", "plan"]

_COPIED = ("email", "name", *WISHES)
"""What a row keeps of a reader, as they are now."""
_PAGE = 1000
_NO_HOUR = -1
_MOST_LANGUAGES = 20
"""Each is rendered while the edition is made, which takes a second or so."""


def plan(
    connection: sa.Connection,
    edition_id: int,
    slot: datetime,
    audience: Audience,
    now: datetime,
    spoken: Collection[str] = (),
) -> None:
    """Plan the copies of the edition of this slot, local time of the newsletter; it was rendered in the
    languages `spoken`, besides the newsletter's own."""
    wanting = _wanting(audience, slot.date())
    values = {
        "edition_id": sa.literal(edition_id),
        "subscriber_id": subscribers.c.id,
        **{name: subscribers.c[name] for name in _COPIED},
        "language": _language(spoken),
        "state": sa.literal(DeliveryState.PENDING.value),
        "attempts": sa.literal(0),
        "reason": sa.literal(""),
        "next_attempt": _not_before(connection, wanting, slot, audience),
        "changed": sa.literal(now, outbox.c.changed.type),
    }
    people = sa.select(*values.values()).where(wanting).order_by(subscribers.c.id)
    for chosen in _parts(connection, wanting, audience):
        connection.execute(sa.insert(outbox).from_select(list(values), people.where(chosen)))


def languages(connection: sa.Connection, audience: Audience, slot: datetime) -> tuple[str, ...]:
    """What readers of an edition of this slot asked for, the language of most of them first."""
    language = subscribers.c.language
    asked = (
        sa.select(language)
        .where(_wanting(audience, slot.date()), language != "")
        .group_by(language)
        .order_by(sa.func.count().desc(), language)
        .limit(_MOST_LANGUAGES)
    )
    return tuple(connection.scalars(asked))


def has_readers(connection: sa.Connection, audience: Audience, slot: datetime) -> bool:
    """Whether there is anybody that an edition of this slot would be for."""
    wanting = _wanting(audience, slot.date())
    anybody = sa.select(subscribers.c.id).where(wanting).limit(1)
    return any(
        connection.scalar(anybody.where(chosen)) is not None
        for chosen in _parts(connection, wanting, audience)
    )


def _parts(
    connection: sa.Connection, wanting: sa.ColumnElement[bool], audience: Audience
) -> Iterator[sa.ColumnElement[bool]]:
    """Of those who want it, the ones in the audience's segment, a part at a time; SQL knows nothing of
    segments, so each page of people is looked at here."""
    if audience.segment is None:
        yield sa.true()
        return
    after = 0
    page = sa.select(*PERSON).where(wanting).order_by(subscribers.c.id).limit(_PAGE)
    while people := connection.execute(page.where(subscribers.c.id > after)).mappings().all():
        persons = map(subscriber_from_row, people)
        if chosen := [person.id for person in persons if audience.segment.matches(person)]:
            yield subscribers.c.id.in_(chosen)
        after = people[-1]["id"]


def _wanting(audience: Audience, day: date) -> sa.ColumnElement[bool]:
    """The subscriber is active, and `Rhythm.wants` an edition of this day."""
    person = subscribers.c
    today = person.weekdays.bitwise_and(1 << day.weekday()) != 0
    any_day = person.weekdays == 0
    return sa.and_(
        person.status == SubscriberStatus.ACTIVE.value,
        person.frequency == audience.frequency.value,
        sa.or_(person.paused_until.is_(None), person.paused_until <= day),
        sa.true() if audience.frequency is Frequency.WEEKLY else sa.or_(any_day, today),
    )


def _language(spoken: Collection[str]) -> sa.ColumnElement[Any]:
    """That of the rendering which the reader gets."""
    language = subscribers.c.language
    return sa.case((language.in_(spoken), language), else_="") if spoken else sa.literal("")


def _not_before(
    connection: sa.Connection, wanting: sa.ColumnElement[bool], slot: datetime, audience: Audience
) -> sa.ColumnElement[Any]:
    """When the copy may leave. Worked out once for each zone and hour that is asked for: those are few, and
    of instants there are fewer."""
    zone, hour = subscribers.c.zone, sa.func.coalesce(subscribers.c.hour, _NO_HOUR)
    chosen = sa.true() if audience.usual else subscribers.c.hour.is_not(None)
    until = audience.following(slot) if audience.following else None
    found = defaultdict(list)
    for name, at in connection.execute(sa.select(zone, hour).distinct().where(wanting, chosen)):
        rhythm = Rhythm(zone=name, hour=None if at == _NO_HOUR else at)
        if instant := not_before(rhythm, slot, audience.zone, audience.usual, until):
            found[instant].append((name, at))
    if not found:
        return sa.null()
    instants = outbox.c.next_attempt.type
    return sa.case(
        *((sa.tuple_(zone, hour).in_(pairs), sa.literal(at, instants)) for at, pairs in found.items()),
        else_=sa.null(),
    )
