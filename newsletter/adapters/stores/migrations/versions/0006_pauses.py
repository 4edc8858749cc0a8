"""Editions that are paused, paces that were learned, and what tells an old backup."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OPEN = sa.text("(state = 'pending' OR state = 'deferred' OR state = 'sending')")
_ATTEMPTED = sa.text("(state = 'accepted' OR state = 'deferred' OR state = 'rejected' OR state = 'unknown')")
_PAUSED = sa.text("paused IS NOT NULL")


def upgrade() -> None:
    """Nothing is paused and nothing learned yet; the database gets a name of its own."""
    op.add_column("editions", sa.Column("paused", sa.Text()))
    op.add_column("editions", sa.Column("resumed", sa.DateTime(timezone=True)))
    _index("ix_editions_paused", "editions", ["id"], _PAUSED)
    op.drop_index("ix_outbox_open", "outbox")
    _index("ix_outbox_open", "outbox", ["edition_id", "id"], _OPEN)
    _index("ix_outbox_attempted", "outbox", ["changed"], _ATTEMPTED)
    sends = op.create_table(
        "sends",
        sa.Column("database", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("database", name="pk_sends"),
    )
    op.bulk_insert(sends, [{"database": secrets.token_hex(8), "count": 0}])
    op.create_table(
        "paces",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rate", sa.Float()),
        sa.Column("connections", sa.Integer()),
        sa.Column("changed", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("key", name="pk_paces"),
    )


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
