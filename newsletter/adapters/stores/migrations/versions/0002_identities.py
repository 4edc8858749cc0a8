"""Identities across sources, title keys, the history of signals, and what is known of each source."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from newsletter.core.duplicates import title_keys
from newsletter.core.identity import identities
from newsletter.core.model import Entry

revision = "0002"
down_revision = "0001"

_CHUNK = 1000


def upgrade() -> None:
    """Make the tables, and fill in the keys of the entries there are."""
    instant = sa.DateTime(timezone=True)
    op.add_column("entries", sa.Column("doi", sa.Text()))
    op.add_column("entries", sa.Column("links", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "identities",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_identities_entry_id"),
        sa.PrimaryKeyConstraint("key", name="pk_identities"),
    )
    op.create_index("ix_identities_entry_id", "identities", ["entry_id"])
    op.create_table(
        "titles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_titles_entry_id"),
        sa.PrimaryKeyConstraint("key", "entry_id", name="pk_titles"),
    )
    op.create_index("ix_titles_entry_id", "titles", ["entry_id"])
    op.create_table(
        "signals",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("upvotes", sa.Integer()),
        sa.Column("comments", sa.Integer()),
        sa.Column("stars", sa.Integer()),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_signals_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", "at", name="pk_signals"),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("checked", instant, nullable=False),
        sa.Column("succeeded", instant),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "validators",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("modified", sa.Text()),
        sa.Column("remembered", instant, nullable=False),
        sa.PrimaryKeyConstraint("source", "url", name="pk_validators"),
    )
    _fill_in(op.get_bind())


def _fill_in(connection: sa.Connection) -> None:
    """Each id belongs to its own entry; any other key to the entry that was seen first."""
    known = sa.table("entries", *map(sa.column, ("id", "title", "url", "discussion", "code", "project")))
    known.append_column(sa.column("authors", sa.JSON()))
    known.append_column(sa.column("first_seen"))
    rows = connection.execute(sa.select(known).order_by(known.c.first_seen, known.c.id)).mappings().all()
    found = [
        Entry(**{key: row[key] for key in row if key != "first_seen"} | {"authors": tuple(row["authors"])})
        for row in rows
    ]
    owners = {entry.id: entry.id for entry in found}
    for entry in found:
        for key in identities(entry):
            owners.setdefault(key, entry.id)
    _insert(connection, "identities", owners.items())
    _insert(connection, "titles", ((key, entry.id) for entry in found for key in title_keys(entry)))


def _insert(connection: sa.Connection, name: str, pairs: Iterable[tuple[str, str]]) -> None:
    table = sa.table(name, sa.column("key"), sa.column("entry_id"))
    values = [{"key": key, "entry_id": entry_id} for key, entry_id in pairs]
    for start in range(0, len(values), _CHUNK):
        connection.execute(sa.insert(table), values[start : start + _CHUNK])
