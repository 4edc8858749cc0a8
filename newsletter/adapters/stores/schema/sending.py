"""Editions, and the ledger of their copies."""

import sqlalchemy as sa

from newsletter.adapters.stores.schema.base import Instant, Number, metadata, spelt_out, wish_columns
from newsletter.core.model import DeliveryState

__all__ = [
    "ATTEMPTED_ROWS",
    "FAILED_ROWS",
    "OPEN_ROWS",
    "PAUSED",
    "REJECTED_ROWS",
    "editions",
    "featured",
    "in_state",
    "outbox",
    "paces",
    "renderings",
    "sends",
    "slots",
]

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

# An edition in the other languages that its readers asked for.
renderings = sa.Table(
    "renderings",
    metadata,
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
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
    # The local date, of which there is one slot; none of an extra edition, off the schedule.
    sa.Column("day", sa.Date),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("edition", sa.Integer),
    sa.Column("closed", Instant, nullable=False),
    # When the operator was told, if anybody is to be told.
    sa.Column("told", Instant),
    sa.Index("uq_slots_newsletter_day", "newsletter", "day", unique=True),
)

OPEN_ROWS = sa.text("(state = 'pending' OR state = 'deferred' OR state = 'sending')")
"""The condition of the partial index, to the letter: SQLite uses the index only where it stands so. Spelt
out, since SQLite would build a table of the values of an IN at every change of a row."""
ATTEMPTED_ROWS = sa.text(
    "(state = 'accepted' OR state = 'deferred' OR state = 'rejected' OR state = 'unknown')"
)
"""Likewise: rows of which an attempt has been recorded."""
REJECTED_ROWS = sa.text("state = 'rejected'")
"""Likewise: rows that a server refused."""
FAILED_ROWS = sa.text(
    "(state = 'deferred' OR state = 'rejected' OR state = 'expired' OR state = 'suppressed'"
    " OR state = 'unknown')"
)
"""Likewise: rows that were neither accepted nor are simply to be sent; few, in most editions."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), nullable=False),
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), nullable=False),
    # As they were when the edition was planned, so that a second attempt sends the same bytes.
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    *wish_columns(),
    # Empty where they get it in the newsletter's own.
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("next_attempt", Instant),
    sa.Column("changed", Instant, nullable=False),
    sa.UniqueConstraint("edition_id", "subscriber_id"),
    sa.Index("ix_outbox_open", "edition_id", "id", sqlite_where=OPEN_ROWS, postgresql_where=OPEN_ROWS),
    # With all that counting them over time asks for.
    sa.Index(
        "ix_outbox_attempted",
        *("changed", "edition_id", "state"),
        sqlite_where=ATTEMPTED_ROWS,
        postgresql_where=ATTEMPTED_ROWS,
    ),
    sa.Index(
        "ix_outbox_failed", "edition_id", "state", sqlite_where=FAILED_ROWS, postgresql_where=FAILED_ROWS
    ),
    sa.Index("ix_outbox_rejected", "changed", sqlite_where=REJECTED_ROWS, postgresql_where=REJECTED_ROWS),
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
    """The outbox row is in one of these."""
    return sa.or_(sa.false(), *(outbox.c.state == spelt_out(state) for state in states))
