"""Who gave signs of life."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import pulses

__all__ = ["signs_of_life"]


async def signs_of_life(database: Database) -> dict[str, datetime]:
    """By the name of the part, when it last gave one."""
    async with database.read() as connection:
        rows = await connection.execute(sa.select(pulses.c.name, pulses.c.at))
        return {row.name: row.at for row in rows}
