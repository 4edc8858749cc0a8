"""What several machines share that send from one database."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_DUE = sa.text("due IS NOT NULL")


def upgrade() -> None:
    """Batches are made when somebody sends, so there is nothing to fill in."""
    op.create_table(
        "batches",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("edition_id", _NUMBER, nullable=False),
        sa.Column("first", _NUMBER, nullable=False),
        sa.Column("last", _NUMBER, nullable=False),
        sa.Column("due", _TIME),
        sa.Column("holder", sa.Text(), nullable=False, server_default=""),
        sa.Column("until", _TIME),
        sa.Column("fence", _NUMBER, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_batches_edition_id"),
        sa.UniqueConstraint("edition_id", "first", name="uq_batches_edition_id_first"),
    )
    op.create_index("ix_batches_due", "batches", ["id"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("next", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttles"),
    )
    op.create_table(
        "seats",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", "number", name="pk_seats"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started", _TIME, nullable=False),
        sa.Column("seen", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )
