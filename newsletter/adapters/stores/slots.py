"""How each slot ended."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import slots
from newsletter.core.slots import Outcome, SlotOutcome

__all__ = ["SqlSlots", "outcome_of", "slot_row"]


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
        """False where it had ended already."""
        values = slot_row(newsletter, outcome, now)
        async with self._database.begin() as connection:
            return await connection.change(insert(slots).values(values).on_conflict_do_nothing()) == 1

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
