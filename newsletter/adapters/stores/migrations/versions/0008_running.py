"""Editions that wait for a person's word, signs of life, and whether anybody was told how a slot ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Of slots that have ended nobody needs to be told any more."""
    op.add_column("slots", sa.Column("told", _TIME))
    op.execute("UPDATE slots SET told = closed")
    op.create_table(
        "drafts",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("deadline", _TIME, nullable=False),
        sa.Column("told", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint("newsletter", "slot", name="uq_drafts_newsletter_slot"),
        sa.UniqueConstraint("newsletter", "number", name="uq_drafts_newsletter_number"),
    )
    op.create_table(
        "pulses",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_pulses"),
    )
