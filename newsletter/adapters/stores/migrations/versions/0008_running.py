"""Editions that wait for a person's word, signs of life, whether anybody was told how a slot ended, and one
slot a day; indexes for counting what was accepted and what failed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_ATTEMPTED = sa.text("(state = 'accepted' OR state = 'deferred' OR state = 'rejected' OR state = 'unknown')")
_FAILED = sa.text(
    "(state = 'deferred' OR state = 'rejected' OR state = 'expired' OR state = 'suppressed'"
    " OR state = 'unknown')"
)
_FIRST_OF_ITS_DAY = (
    " WHERE slot = ("
    "SELECT other.slot FROM slots AS other WHERE other.newsletter = slots.newsletter"
    " AND substr(other.slot, 1, 10) = substr(slots.slot, 1, 10)"
    " ORDER BY substr(other.slot, 18, 2) <> '00', other.reason LIKE 'an extra edition for%', other.slot"
    " LIMIT 1)"
)
_DAYS_AS_TEXTS = "UPDATE slots SET day = substr(slot, 1, 10)" + _FIRST_OF_ITS_DAY  # noqa: S608
_DAYS = "UPDATE slots SET day = CAST(substr(slot, 1, 10) AS DATE)" + _FIRST_OF_ITS_DAY  # noqa: S608


def upgrade() -> None:
    """Of slots that have ended nobody needs to be told any more. Which were of the schedule was not kept: one
    of each day, the first to the minute, since extra editions have seconds as a rule."""
    op.add_column("slots", sa.Column("told", _TIME))
    op.execute("UPDATE slots SET told = closed")
    op.add_column("slots", sa.Column("day", sa.Date))
    op.execute(_DAYS_AS_TEXTS if op.get_bind().dialect.name == "sqlite" else _DAYS)
    op.create_index("uq_slots_newsletter_day", "slots", ["newsletter", "day"], unique=True)
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
    op.create_table(
        "tellings",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("notice", "channel", name="pk_tellings"),
    )
    op.drop_index("ix_outbox_attempted", "outbox")
    for name, columns, where in (
        ("ix_outbox_attempted", ["changed", "edition_id", "state"], _ATTEMPTED),
        ("ix_outbox_failed", ["edition_id", "state"], _FAILED),
    ):
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)
