"""An edition that was sent to three readers, and what may come back of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from newsletter.adapters.stores.schema import outbox, subscribers
from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.bounces import Kind
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState, Subscriber
from newsletter.ports import Fate
from support.newsroom import newsroom, publish, write_config
from support.samples import NOW
from support.store import dump

__all__ = ["ADA", "CAME", "Room", "opened"]

ADA = "reader0@example.org"
CAME = [("subscribe", "import")] * 3
"""How the history begins."""
_MADE: list[bytes] = []


class Room:
    """A newsletter with three readers, whose copies of the first edition were sent."""

    def __init__(self, app: App, rows: dict[str, int]) -> None:
        self.app = app
        self.rows = rows
        """Of the outbox, by address."""

    def later(self, **time: float) -> None:
        object.__setattr__(self.app.clock, "instant", self.app.clock.now() + timedelta(**time))

    def address(self, email: str = ADA, token: str | None = None) -> str:
        """That to which this reader's copy returns."""
        made = tokens.make_envelope(self.app.secret, self.app.newsletter.id, self.rows[email])
        return f"bounces+{token or made}@papers.example.org"

    async def message_id(self, email: str = ADA) -> str:
        person = await self.person(email)
        return tokens.message_id(self.app.secret, self.app.newsletter.id, 1, person.id, "example.org")

    async def take(self, message: bytes, *recipients: str) -> list[tuple[Kind, Fate]]:
        return [(taken.kind, taken.fate) for taken in await self.app.returns.take(message, recipients)]

    async def person(self, email: str = ADA) -> Subscriber:
        return await self.app.subscribers.find(email)

    async def status(self, email: str = ADA) -> str:
        return (await self.person(email)).status.value

    async def history(self) -> list[tuple[str, str]]:
        query = sa.text("SELECT event, source FROM history ORDER BY id")
        async with self.app.database.read() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def score(self, email: str = ADA) -> tuple[float, object]:
        one = sa.select(subscribers.c.score, subscribers.c.scored).where(subscribers.c.email == email)
        async with self.app.database.read() as connection:
            return tuple((await connection.execute(one)).one())

    def list_as_it_is(self) -> list[str]:
        """All that may not change for what is forged: everything but what is known to have come back."""
        return [line for line in dump(self.app.database.path.parent) if 'INTO "bounces"' not in line]


@asynccontextmanager
async def opened(folder: Path, more: str = "") -> AsyncIterator[Room]:
    """A room in this folder; returned messages have an address of their own. `more` are tables."""
    (folder / "newsletter.db").write_bytes(await _database())
    config = write_config(folder, more=more)
    text = config.read_text()
    config.write_text(text.replace("\nid = ", '\nbounces_to = "bounces@papers.example.org"\nid = '))
    async with open_app(config, NOW) as app:
        async with app.database.read() as connection:
            found = await connection.execute(sa.select(outbox.c.email, outbox.c.id))
        yield Room(app, dict(tuple(row) for row in found))


async def _database() -> bytes:
    """That of the room, made once for all."""
    if not _MADE:
        with TemporaryDirectory() as folder:
            async with newsroom(Path(folder), readers=3) as app:
                await publish(app)
                due = await app.outbox.due(NOW, 0, 100)
                await app.outbox.record([row.id for row in due], [], NOW)
                accepted = Decision(DeliveryState.ACCEPTED, 1, "250 OK")
                await app.outbox.record([], [(row.id, accepted) for row in due], NOW)
            _MADE.append((Path(folder) / "newsletter.db").read_bytes())
    return _MADE[0]
