"""Many people at once onto the list; functions for the database's thread.

Rows are compared and written as they are stored, lists as JSON: the driver's own speed, a few microseconds
a person.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.dialect import json_text, listed, stored
from newsletter.adapters.stores.person import as_stored
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import history, spelt_out, subscribers
from newsletter.adapters.stores.schema.base import Instant
from newsletter.core.consent import Event
from newsletter.core.listfile import LISTS, NewSubscriber
from newsletter.core.model import SubscriberStatus
from newsletter.ports import Imported

__all__ = ["Tombstones", "add", "tombstoned"]

Tombstones = Callable[[str], tuple[str, ...]]
"""Under which keys somebody with this address would stand, had they been erased."""

_PAGE = 1000
_NOTHING_SAID = {
    "name": "",
    "language": "",
    **dict.fromkeys((*LISTS, "tags"), "[]"),
    "attributes": "{}",
    "frequency": "daily",
    "weekdays": 0,
    "hour": None,
    "zone": "",
    "paused_until": None,
}
"""What is stored of somebody of whom only the address is known; rows here have its order."""
_NOBODY = tuple(_NOTHING_SAID.values())
_PLACE = {name: place for place, name in enumerate(_NOTHING_SAID)}
_TAGS, _ATTRIBUTES = _PLACE["tags"], _PLACE["attributes"]
_SAID = tuple(f"new_{name}" for name in _NOTHING_SAID)
_WELCOME = (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING)

_LISTED = listed(subscribers.c.email_key, sa.bindparam("keys", type_=sa.Text))


def _values() -> dict[str, sa.ColumnElement[Any]]:
    """Placeholders for what is said of a person, as it is stored."""
    return {name: _placeholder(name, subscribers.c[name].type) for name in _NOTHING_SAID}


def _placeholder(name: str, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    if isinstance(kind, sa.Integer):
        return sa.bindparam(f"new_{name}", type_=sa.Integer())
    return stored(sa.bindparam(f"new_{name}", type_=sa.Text()), kind)


_KNOWN = Prepared(
    sa.select(
        subscribers.c.email_key,
        subscribers.c.status,
        *as_stored(subscribers.c[name] for name in _NOTHING_SAID),
    ).where(_LISTED)
)
_FOUND = Prepared(sa.select(subscribers.c.email_key).where(_LISTED))
_INSERT = Prepared(
    sa.insert(subscribers).values(
        email=sa.bindparam("new_email"),
        email_key=sa.bindparam("key"),
        **_values(),
        likes=sa.literal_column("'[]'"),
        status=SubscriberStatus.ACTIVE.value,
        score=0.0,
        created=sa.bindparam("now", type_=Instant),
        changed=sa.bindparam("now", type_=Instant),
    )
)
_UPDATE = Prepared(
    sa.update(subscribers)
    .where(subscribers.c.email_key == sa.bindparam("key"))
    .values(**_values(), changed=sa.bindparam("now", type_=Instant))
)
_ERASED = sa.select(sa.exists().where(subscribers.c.status == spelt_out(SubscriberStatus.ERASED)))


def add(
    connection: sa.Connection,
    people: Mapping[str, NewSubscriber],
    now: datetime,
    source: str,
    tombstones: Tombstones,
    *,
    rehearse: bool,
) -> Imported:
    """`ports.Subscribers.add`; by the key of the address."""
    newest = connection.scalar(sa.select(sa.func.max(subscribers.c.id))) or 0
    erased = bool(connection.scalar(_ERASED))
    counts: Counter[str] = Counter()
    left: dict[str, SubscriberStatus] = {}
    # Few keep their order. Many come in that of the index, of which then fewer pages are touched.
    for keys in _pages(list(people) if len(people) <= _PAGE else sorted(people)):
        known = {row[0]: row[1:] for row in _KNOWN.rows(connection, keys=json_text(keys))}
        unknown = [key for key in keys if key not in known]
        gone = tombstoned(connection, unknown, tombstones) if erased else frozenset()
        left |= {people[key].email: SubscriberStatus.ERASED for key in gone}
        left |= {
            people[key].email: SubscriberStatus(row[0])
            for key, row in known.items()
            if row[0] not in _WELCOME
        }
        added = [
            (key, people[key].email, *_merged(_NOBODY, people[key])) for key in unknown if key not in gone
        ]
        welcome = [key for key, row in known.items() if row[0] in _WELCOME]
        rows = {key: _merged(known[key][1:], people[key]) for key in welcome}
        updated = [(key, *row) for key, row in rows.items() if row != known[key][1:]]
        counts.update(added=len(added), updated=len(updated), unchanged=len(welcome) - len(updated))
        if not rehearse:
            _INSERT.run_rows(connection, ("key", "new_email", *_SAID), added, now=now)
            _UPDATE.run_rows(connection, ("key", *_SAID), updated, now=now)
    if not rehearse and counts["added"]:
        connection.execute(_begun_since(newest, now, source))
    return Imported(**counts, suppressed=len(left), left=left)


def tombstoned(connection: sa.Connection, keys: Iterable[str], tombstones: Tombstones) -> frozenset[str]:
    """Of these keys of addresses, those of people who were erased."""
    owners = {stone: key for key in keys for stone in tombstones(key)}
    found = _FOUND.rows(connection, keys=json_text(list(owners))) if owners else ()
    return frozenset(owners[stone] for (stone,) in found)


def _pages(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _PAGE] for start in range(0, len(keys), _PAGE))


def _begun_since(newest: int, now: datetime, source: str) -> sa.Insert:
    """A line of history for each row with a higher number: those of this transaction."""
    line = sa.select(
        subscribers.c.id,
        sa.literal(now, Instant),
        sa.literal(Event.SUBSCRIBE.value),
        sa.literal(source),
    ).where(subscribers.c.id > newest)
    return sa.insert(history).from_select(("subscriber_id", "at", "event", "source"), line)


def _merged(before: Sequence[Any], person: NewSubscriber) -> tuple[Any, ...]:
    """The row of a person, with what is said of them now."""
    row = list(before)
    if person.name is not None:
        row[0] = person.name
    if person.language is not None:
        row[1] = person.language
    lists = (person.topics, person.keywords, person.authors, person.muted, person.tags)
    for place, words in enumerate(lists, start=2):
        if words is not None:
            row[place] = _json(words)
    if person.more_tags:
        row[_TAGS] = _json(tuple(dict.fromkeys((*json.loads(row[_TAGS]), *person.more_tags))))
    if person.attributes:
        row[_ATTRIBUTES] = _attributes(row[_ATTRIBUTES], tuple(person.attributes.items()))
    for name, value in (person.rhythm or {}).items():
        row[_PLACE[name]] = _RHYTHM.get(name, _same)(value)
    return tuple(row)


@lru_cache(maxsize=2000)
def _json(words: tuple[str, ...]) -> str:
    return json_text(words)


@lru_cache(maxsize=2000)
def _attributes(before: str, said: tuple[tuple[str, str], ...]) -> str:
    """As they are stored, without those of which an empty value is said."""
    known = json.loads(before)
    merged = {name: value for name, value in (known | dict(said)).items() if value}
    return before if merged == known else json_text(merged)


def _same(value: Any) -> Any:
    return value


_RHYTHM: Mapping[str, Callable[[Any], Any]] = {
    "frequency": lambda frequency: frequency.value,
    "weekdays": lambda days: sum(1 << day for day in days),
    "paused_until": lambda day: day and day.isoformat(),
}
