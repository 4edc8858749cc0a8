"""Entries, and the sources that told of them."""

import sqlalchemy as sa

from newsletter.adapters.stores.schema.base import Instant, metadata

__all__ = ["entries", "identities", "signals", "sources", "titles", "validators"]

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
