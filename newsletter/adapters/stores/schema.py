"""The tables, for SQLite and PostgreSQL. Changes come as migrations; `REVISION` names the newest."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from newsletter.core.model import DeliveryState

__all__ = [
    "ATTEMPTED_ROWS",
    "OPEN_ROWS",
    "PAUSED",
    "REVISION",
    "editions",
    "entries",
    "featured",
    "identities",
    "in_state",
    "metadata",
    "outbox",
    "paces",
    "sends",
    "signals",
    "slots",
    "sources",
    "subscribers",
    "titles",
    "validators",
]

REVISION = "0006"

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


class Instant(sa.TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite has no zones, so the zone is put back when reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _wishes() -> tuple[sa.Column[Any], ...]:
    """What a person asked for: a column for each field of `Wishes`."""
    later = ("keywords", "authors", "muted", "likes")
    added = (sa.Column(name, sa.JSON, nullable=False, server_default="[]") for name in later)
    return (sa.Column("topics", sa.JSON, nullable=False), *added)


# INTEGER PRIMARY KEY is what SQLite counts up by itself.
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("tldr", sa.Text),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("doi", sa.Text),
    sa.Column("links", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("published", Instant),
    sa.Column("listed", Instant),
    sa.Column("upvotes", sa.Integer),
    sa.Column("comments", sa.Integer),
    sa.Column("stars", sa.Integer),
    sa.Column("code", sa.Text),
    sa.Column("project", sa.Text),
    sa.Column("discussion", sa.Text),
    sa.Column("search", sa.Text),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("keywords", sa.JSON, nullable=False),
    sa.Column("organization", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("position", sa.Integer),
    sa.Column("first_seen", Instant, nullable=False, index=True),
)

# Every key under which an entry is known, its id among them: one paper has each.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.Text, sa.ForeignKey("entries.id"), nullable=False, index=True),
)

# Where to look for near-duplicates: several entries may have such a key.
titles = sa.Table(
    "titles",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.Text, sa.ForeignKey("entries.id"), primary_key=True, index=True),
)

# One row for each time that votes, comments or stars had changed.
signals = sa.Table(
    "signals",
    metadata,
    sa.Column("entry_id", sa.Text, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    sa.Column("upvotes", sa.Integer),
    sa.Column("comments", sa.Integer),
    sa.Column("stars", sa.Integer),
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("checked", Instant, nullable=False),
    sa.Column("succeeded", Instant),
    sa.Column("error", sa.Text),
)

validators = sa.Table(
    "validators",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text),
    sa.Column("modified", sa.Text),
    sa.Column("remembered", Instant, nullable=False),
)

PAUSED = sa.text("paused IS NOT NULL")
"""The condition of the partial index, which spares reading whole editions to find these."""

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("newsletter", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    # Local time with its offset, ISO 8601: what people call this edition.
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("created", Instant, nullable=False),
    # Why none of its copies are sent for now.
    sa.Column("paused", sa.Text),
    # When somebody last said that they should be sent after all.
    sa.Column("resumed", Instant),
    sa.UniqueConstraint("newsletter", "slot"),
    sa.UniqueConstraint("newsletter", "number"),
    sa.Index("ix_editions_paused", "id", sqlite_where=PAUSED, postgresql_where=PAUSED),
)

featured = sa.Table(
    "featured",
    metadata,
    sa.Column("newsletter", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.Text, sa.ForeignKey("entries.id"), primary_key=True),
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), nullable=False),
)

slots = sa.Table(
    "slots",
    metadata,
    sa.Column("newsletter", sa.Text, primary_key=True),
    sa.Column("slot", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("edition", sa.Integer),
    sa.Column("closed", Instant, nullable=False),
)

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    # The address with case folded: two spellings of one mailbox are one person.
    sa.Column("email_key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    *_wishes(),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("changed", Instant, nullable=False),
)

OPEN_ROWS = sa.text("(state = 'pending' OR state = 'deferred' OR state = 'sending')")
"""The condition of the partial index, to the letter: SQLite uses the index only where it stands so. Spelt
out, since SQLite would build a table of the values of an IN at every change of a row."""
ATTEMPTED_ROWS = sa.text(
    "(state = 'accepted' OR state = 'deferred' OR state = 'rejected' OR state = 'unknown')"
)
"""Likewise: rows of which an attempt has been recorded."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), nullable=False),
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), nullable=False),
    # As they were when the edition was planned, so that a second attempt sends the same bytes.
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    *_wishes(),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("next_attempt", Instant),
    sa.Column("changed", Instant, nullable=False),
    sa.UniqueConstraint("edition_id", "subscriber_id"),
    sa.Index("ix_outbox_open", "edition_id", "id", sqlite_where=OPEN_ROWS, postgresql_where=OPEN_ROWS),
    sa.Index("ix_outbox_attempted", "changed", sqlite_where=ATTEMPTED_ROWS, postgresql_where=ATTEMPTED_ROWS),
    sa.Index("ix_outbox_subscriber_id", "subscriber_id"),
)

# One row: which database this is, and how many starts and ends of sends it has seen.
sends = sa.Table(
    "sends",
    metadata,
    sa.Column("database", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

# What servers and recipient domains taught us of how fast they want to be sent to.
paces = sa.Table(
    "paces",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("rate", sa.Float),
    sa.Column("connections", sa.Integer),
    sa.Column("changed", Instant),
)


def in_state(*states: DeliveryState) -> sa.ColumnElement[bool]:
    """The outbox row is in one of these. Written out and not bound: a bound state may or may not be that of
    a partial index, so SQLite would compile the statement anew at every execution, for 0.1 ms."""
    return sa.or_(sa.false(), *(outbox.c.state == sa.literal_column(f"'{state.value}'") for state in states))
