"""When an entry was put before the readers of its source, so that votes can be seen to grow."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Not known of the entries there are."""
    op.add_column("entries", sa.Column("listed", sa.DateTime(timezone=True)))
