"""The first schema: entries, editions, slots, the list and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    open_rows = sa.text("state IN ('pending', 'deferred', 'sending')")
    op.create_table(
        "editions",
        sa.Column("id", number, nullable=False),
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("created", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("newsletter", "number", name="uq_editions_newsletter_number"),
        sa.UniqueConstraint("newsletter", "slot", name="uq_editions_newsletter_slot"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("published", instant),
        sa.Column("upvotes", sa.Integer()),
        sa.Column("comments", sa.Integer()),
        sa.Column("stars", sa.Integer()),
        sa.Column("code", sa.Text()),
        sa.Column("project", sa.Text()),
        sa.Column("discussion", sa.Text()),
        sa.Column("search", sa.Text()),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("organization", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("first_seen", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
    )
    op.create_index("ix_entries_first_seen", "entries", ["first_seen"])
    op.create_table(
        "slots",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer()),
        sa.Column("closed", instant, nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "slot", name="pk_slots"),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", number, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created", instant, nullable=False),
        sa.Column("changed", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("email_key", name="uq_subscribers_email_key"),
    )
    op.create_index("ix_subscribers_status", "subscribers", ["status"])
    op.create_table(
        "featured",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("edition_id", number, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_featured_edition_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_featured_entry_id"),
        sa.PrimaryKeyConstraint("newsletter", "entry_id", name="pk_featured"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", number, nullable=False),
        sa.Column("edition_id", number, nullable=False),
        sa.Column("subscriber_id", number, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_attempt", instant),
        sa.Column("changed", instant, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_outbox_edition_id"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name="fk_outbox_subscriber_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("edition_id", "subscriber_id", name="uq_outbox_edition_id_subscriber_id"),
    )
    op.create_index("ix_outbox_open", "outbox", ["id"], sqlite_where=open_rows, postgresql_where=open_rows)
    op.create_index("ix_outbox_subscriber_id", "outbox", ["subscriber_id"])
