"""The list, and everything that is known of one person."""

import sqlalchemy as sa

from newsletter.adapters.stores.schema.base import Instant, Number, metadata, wish_columns

__all__ = ["OPEN_LETTERS", "bounces", "clicks", "clicks_by_reader", "history", "letters", "subscribers"]

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    # The address with case folded: two spellings of one mailbox are one person.
    sa.Column("email_key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    *wish_columns(),
    sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("attributes", sa.JSON, nullable=False, server_default="{}"),
    # The fields of `Rhythm`; weekdays as a sum of powers of two, Monday is 1, and 0 means all of them.
    sa.Column("frequency", sa.Text, nullable=False, server_default="daily"),
    sa.Column("weekdays", sa.Integer, nullable=False, server_default="0"),
    sa.Column("hour", sa.Integer),
    sa.Column("zone", sa.Text, nullable=False, server_default=""),
    sa.Column("paused_until", sa.Date),
    # Empty where they get it in the newsletter's own.
    sa.Column("language", sa.Text, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False, index=True),
    # How much their mailbox has refused, on the day it last did.
    sa.Column("score", sa.Float, nullable=False, server_default="0"),
    sa.Column("scored", sa.Date),
    sa.Column("created", Instant, nullable=False),
    sa.Column("changed", Instant, nullable=False),
)

# What somebody agreed to or took back, and how we know.
history = sa.Table(
    "history",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)

OPEN_LETTERS = sa.text("(state = 'pending' OR state = 'deferred' OR state = 'sending')")
"""The condition of the partial index, to the letter, as that of the outbox."""

# Mail to one person for one occasion: please confirm, welcome, goodbye.
letters = sa.Table(
    "letters",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("next_attempt", Instant),
    sa.Column("changed", Instant, nullable=False),
    sa.Index("ix_letters_open", "id", sqlite_where=OPEN_LETTERS, postgresql_where=OPEN_LETTERS),
)

# What came back, each once.
bounces = sa.Table(
    "bounces",
    metadata,
    sa.Column("id", Number, primary_key=True),
    # A digest of the message, or the provider's own name for the event.
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), index=True),
    sa.Column("outbox_id", Number),
    sa.Column("at", Instant, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

# How often a link of an edition was followed, by people and by machines that look for dangers.
clicks = sa.Table(
    "clicks",
    metadata,
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), primary_key=True),
    # The entry's rank.
    sa.Column("place", sa.Integer, primary_key=True),
    # Which of its links.
    sa.Column("link", sa.Integer, primary_key=True),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("machines", sa.Integer, nullable=False),
)

# Who followed which, where the operator has said that this is kept.
clicks_by_reader = sa.Table(
    "clicks_by_reader",
    metadata,
    sa.Column("subscriber_id", Number, sa.ForeignKey("subscribers.id"), primary_key=True),
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
