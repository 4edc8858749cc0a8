"""What the daily run keeps beside editions: what waits for a person's word, and signs of life."""

import sqlalchemy as sa

from newsletter.adapters.stores.schema.base import Instant, Number, metadata

__all__ = ["drafts", "pulses", "tellings"]

# Editions that wait for a person's word, until they are published or their slot ends otherwise.
drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("newsletter", sa.Text, nullable=False),
    # As in `editions`.
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    # Counts the changes, so that two people who change it at once are told.
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("deadline", Instant, nullable=False),
    # When somebody was told that it waits.
    sa.Column("told", Instant),
    sa.UniqueConstraint("newsletter", "slot"),
    sa.UniqueConstraint("newsletter", "number"),
)

# When each part of the program last gave a sign of life.
pulses = sa.Table(
    "pulses",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

# What the operator was told, by which way: a way that works is not taken again while another one fails.
tellings = sa.Table(
    "tellings",
    metadata,
    sa.Column("notice", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
