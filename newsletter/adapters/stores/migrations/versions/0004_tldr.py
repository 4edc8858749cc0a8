"""The source's own summary of an entry in a sentence."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; entries that are there already get theirs when they are read again."""
    op.add_column("entries", sa.Column("tldr", sa.Text()))
