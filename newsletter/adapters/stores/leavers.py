"""Who has left since a backup was made, by the database that it takes the place of.

A backup would bring them back. Rows are the same person by their number and the time they were made, which
stay when the address is erased; and only in two copies of one database.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newsletter.adapters.stores.copying import open_to_read
from newsletter.core.consent import Event

__all__ = ["Left", "left_since"]

_EVENTS = {
    "unsubscribed": Event.UNSUBSCRIBE,
    "bounced": Event.BOUNCE,
    "complained": Event.COMPLAIN,
    "erased": Event.ERASE,
}


@dataclass(frozen=True)
class Left:
    """Somebody who is on the list again because of a backup, and what had happened to them."""

    subscriber_id: int
    email: str
    event: Event


def left_since(kept: Path, restored: Path) -> tuple[Left, ...] | None:
    """None where the database that was kept cannot tell: it is damaged, or another one."""
    try:
        with closing(open_to_read(kept)) as before, closing(open_to_read(restored)) as now:
            if _name(before) != _name(now):
                return None
            gone = {
                (number, created): _EVENTS[status]
                for number, created, status in before.execute("SELECT id, created, status FROM subscribers")
                if status in _EVENTS
            }
            here = now.execute(
                "SELECT id, created, email FROM subscribers WHERE status IN ('active', 'pending')"
            )
            return tuple(
                Left(number, email, gone[number, created])
                for number, created, email in here
                if (number, created) in gone
            )
    except sqlite3.Error:
        return None


def _name(connection: sqlite3.Connection) -> object:
    return connection.execute("SELECT database FROM sends").fetchone()
