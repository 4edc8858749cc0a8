"""How each slot ended."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.dialect import insert
from newsletter.adapters.stores.schema import drafts, slots
from newsletter.core.slots import Outcome, SlotOutcome

__all__ = ["SqlSlots", "outcome_of", "slot_row", "waits_on_day"]


def slot_row(newsletter: str, outcome: SlotOutcome, now: datetime) -> dict[str, Any]:
    """What the table keeps of it."""
    return {
        "newsletter": newsletter,
        "slot": outcome.slot.isoformat(),
        "day": None if outcome.extra else outcome.slot.date(),
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "edition": outcome.edition,
        "closed": now,
    }


class SqlSlots:
    """`ports.Slots` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self, newsletter: str, outcome: SlotOutcome, now: datetime) -> bool:
        """False where it had ended already, or its edition waits for a person's word."""
        return await self._database.write(_close, newsletter, outcome, now)

    async def outcomes(self, newsletter: str) -> tuple[SlotOutcome, ...]:
        """The newest first."""
        query = sa.select(slots).where(slots.c.newsletter == newsletter)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(sorted(map(outcome_of, rows), key=lambda outcome: outcome.slot, reverse=True))


def outcome_of(row: sa.RowMapping) -> SlotOutcome:
    """A row as the core knows it."""
    slot = datetime.fromisoformat(row["slot"])
    extra = row["day"] is None
    return SlotOutcome(slot, Outcome(row["outcome"]), row["reason"], row["edition"], extra=extra)


def waits_on_day(newsletter: str, slot: datetime) -> sa.ColumnElement[bool]:
    """A draft is for the local date of this slot, of which there is one slot."""
    return sa.and_(drafts.c.newsletter == newsletter, drafts.c.slot.startswith(slot.date().isoformat()))


def _close(connection: sa.Connection, newsletter: str, outcome: SlotOutcome, now: datetime) -> bool:
    row = slot_row(newsletter, outcome, now)
    waits = sa.select(drafts.c.id).where(waits_on_day(newsletter, outcome.slot))
    if not outcome.extra and connection.scalar(waits) is not None:
        return False
    return connection.execute(insert(slots).values(row).on_conflict_do_nothing()).rowcount == 1
