"""What readers say of themselves, what is known of each, and what came back from their mailboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_OPEN = sa.text("(state = 'pending' OR state = 'deferred' OR state = 'sending')")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Everybody gets every edition in the newsletter's language, as before; what happened earlier is in no
    history."""
    for column in (
        sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("attributes", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("frequency", sa.Text(), nullable=False, server_default="daily"),
        sa.Column("weekdays", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("hour", sa.Integer()),
        sa.Column("zone", sa.Text(), nullable=False, server_default=""),
        sa.Column("paused_until", sa.Date()),
        sa.Column("language", sa.Text(), nullable=False, server_default=""),
        sa.Column("score", sa.Float(), nullable=False, server_default="0"),
        sa.Column("scored", sa.Date()),
    ):
        op.add_column("subscribers", column)
    op.add_column("outbox", sa.Column("language", sa.Text(), nullable=False, server_default=""))
    rejected = sa.text("state = 'rejected'")
    op.create_index(
        "ix_outbox_rejected", "outbox", ["changed"], sqlite_where=rejected, postgresql_where=rejected
    )
    _create_renderings()
    _create_history()
    _create_letters()
    _create_bounces()
    _create_clicks()


def _create_renderings() -> None:
    op.create_table(
        "renderings",
        sa.Column("edition_id", _NUMBER, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "language", name="pk_renderings"),
        _refers("renderings", "edition"),
    )


def _create_history() -> None:
    op.create_table(
        "history",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subscriber_id", _NUMBER, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
        _refers("history", "subscriber"),
    )
    op.create_index("ix_history_subscriber_id", "history", ["subscriber_id"])


def _create_letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subscriber_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created", _TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_attempt", _TIME),
        sa.Column("changed", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        _refers("letters", "subscriber"),
    )
    op.create_index("ix_letters_subscriber_id", "letters", ["subscriber_id"])
    op.create_index("ix_letters_open", "letters", ["id"], sqlite_where=_OPEN, postgresql_where=_OPEN)


def _create_bounces() -> None:
    op.create_table(
        "bounces",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subscriber_id", _NUMBER),
        sa.Column("outbox_id", _NUMBER),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("key", name="uq_bounces_key"),
        _refers("bounces", "subscriber"),
    )
    op.create_index("ix_bounces_subscriber_id", "bounces", ["subscriber_id"])


def _create_clicks() -> None:
    op.create_table(
        "clicks",
        sa.Column("edition_id", _NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("machines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", "place", "link", name="pk_clicks"),
        _refers("clicks", "edition"),
    )
    op.create_table(
        "clicks_by_reader",
        sa.Column("subscriber_id", _NUMBER, nullable=False),
        sa.Column("edition_id", _NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", "edition_id", "place", name="pk_clicks_by_reader"),
        _refers("clicks_by_reader", "subscriber"),
        _refers("clicks_by_reader", "edition"),
    )


def _refers(table: str, what: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([f"{what}_id"], [f"{what}s.id"], name=f"fk_{table}_{what}_id")
