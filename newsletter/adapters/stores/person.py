"""A subscriber as a row of the database."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.schema import subscribers
from newsletter.adapters.stores.wishes import WISHES, wishes_from_row
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm

__all__ = ["PERSON", "rhythm_to_row", "subscriber_from_row"]

_OWN = tuple(field.name for field in fields(Subscriber) if field.name not in ("wishes", "rhythm"))
_RHYTHM = tuple(field.name for field in fields(Rhythm))
_WEEK = range(7)

PERSON = [subscribers.c[name] for name in (*_OWN, *_RHYTHM, *WISHES)]
"""The columns that say all of a subscriber."""


def subscriber_from_row(row: sa.RowMapping) -> Subscriber:
    """Of these columns."""
    values = {name: row[name] for name in _OWN} | {
        "tags": tuple(row["tags"]),
        "status": SubscriberStatus(row["status"]),
    }
    return Subscriber(**values, wishes=wishes_from_row(row), rhythm=_rhythm(row))


def rhythm_to_row(rhythm: Rhythm) -> dict[str, Any]:
    """The content of its columns."""
    return {name: getattr(rhythm, name) for name in _RHYTHM} | {
        "frequency": rhythm.frequency.value,
        "weekdays": sum(1 << day for day in rhythm.weekdays),
    }


def _rhythm(row: sa.RowMapping) -> Rhythm:
    values = {name: row[name] for name in _RHYTHM} | {
        "frequency": Frequency(row["frequency"]),
        "weekdays": tuple(day for day in _WEEK if row["weekdays"] >> day & 1),
    }
    return Rhythm(**values)
