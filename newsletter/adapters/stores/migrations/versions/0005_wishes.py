"""What a subscriber follows, mutes and likes besides topics, also as it was when a copy was planned."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; nobody has such wishes yet."""
    for table in ("subscribers", "outbox"):
        for name in ("keywords", "authors", "muted", "likes"):
            op.add_column(table, sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
