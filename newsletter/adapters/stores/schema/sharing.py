"""What several machines share that send from one database: who has which part of the outbox until when, and
how fast all of them together may go."""

import sqlalchemy as sa

from newsletter.adapters.stores.schema.base import Instant, Number, metadata

__all__ = ["DUE_BATCHES", "batches", "seats", "throttles", "workers"]

DUE_BATCHES = sa.text("due IS NOT NULL")
"""The condition of the partial index: batches in which there is something left to do."""

# A range of the outbox rows of one edition, which one worker at a time may send: whoever has its lease.
batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("edition_id", Number, sa.ForeignKey("editions.id"), nullable=False),
    # The lowest and the highest id of its rows.
    sa.Column("first", Number, nullable=False),
    sa.Column("last", Number, nullable=False),
    # When the first of its open rows may be sent; nothing where none is left.
    sa.Column("due", Instant),
    # Which worker has it, empty for none; only until then, by the database's clock.
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("until", Instant),
    # Counts who had it: whoever comes back with an earlier number has lost it.
    sa.Column("fence", Number, nullable=False, server_default="0"),
    sa.UniqueConstraint("edition_id", "first"),
    sa.Index("ix_batches_due", "id", sqlite_where=DUE_BATCHES, postgresql_where=DUE_BATCHES),
)

# When the next message to a server or domain may go, of all workers' together; by the database's clock.
throttles = sa.Table(
    "throttles",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("next", Instant, nullable=False),
)

# Connections to a server or domain that may be open at once: who has which of them, and until when.
seats = sa.Table(
    "seats",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
)

# Who sends from this database, with the last sign of life; by the database's clock.
workers = sa.Table(
    "workers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("started", Instant, nullable=False),
    sa.Column("seen", Instant, nullable=False),
)
