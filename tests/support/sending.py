"""An edition that is planned, and its sending over real sockets from a real store: what tests of whole sends
have in common."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from newsletter.adapters.transports.smtp import SmtpTransport
from newsletter.bootstrap import App, open_app
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.errors import DeliveryError, EditionPaused
from newsletter.services.deliver import Delivery
from support import store
from support.newsroom import newsroom, publish, write_config
from support.samples import NOW

__all__ = ["Plans", "Row", "Sending", "opened", "readers", "rows", "table"]

_QUICK = (0.01, 0.02, 0.05, 0.1)
"""Seconds between the tries to reach a server."""


def readers(count: int, domain: str = "example.org") -> tuple[str, ...]:
    """Their addresses."""
    return tuple(f"reader{number}@{domain}" for number in range(count))


def table(port: int, **values: float) -> str:
    """One of several servers, for newsletter.toml."""
    known = {"port": port, **values}
    lines = [f"{key} = {value}" for key, value in known.items()]
    return "\n".join(["[[smtp.servers]]", 'tls = "none"', *lines, ""])


class Row(NamedTuple):
    """Of the outbox, as it is on the disk."""

    state: str
    attempts: int
    reason: str


def rows(folder: Path) -> dict[str, Row]:
    """The outbox by address, read past the program."""
    with store.database(folder) as connection:
        query = "SELECT email, state, attempts, reason FROM outbox ORDER BY id"
        return {email: Row(*rest) for email, *rest in connection.execute(query)}


@dataclass
class Sending:
    """One planned edition in a folder of its own."""

    app: App
    edition: int

    async def send(
        self,
        progress: Callable[[Decision], None] = lambda _: None,
        patience: dict[str, float] | None = None,
        before: Callable[[Delivery], None] = lambda _: None,
    ) -> str:
        """One run. Answers why it failed, if it did."""
        delivery = await self.app.delivery(progress)
        delivery._options = replace(delivery._options, reconnects=_QUICK)
        if patience:
            delivery._servers = [
                replace(server, transport=SmtpTransport(replace(server.transport._server, **patience)))
                for server in delivery._servers
            ]
        before(delivery)
        try:
            await delivery.run()
        except (DeliveryError, EditionPaused) as trouble:
            return f"{type(trouble).__name__}: {trouble}"
        return ""

    async def resume(self) -> None:
        """A person says that it may go on."""
        await self.app.outbox.resume(self.edition, self.app.clock.now())

    def later(self, **time: float) -> None:
        """Let the clock go on by so much."""
        object.__setattr__(self.app.clock, "instant", self.app.clock.now() + timedelta(**time))

    async def send_to_the_end(self, **values: Any) -> int:
        """One run for each time that something is due, for as long as anything waits. Answers how many."""
        for runs in range(1, 100):
            assert await self.send(**values) == ""
            again = await self.app.outbox.next_attempt()
            if again is None:
                return runs
            object.__setattr__(self.app.clock, "instant", again)
        raise AssertionError(f"this goes round in circles: {self.rows}")

    @property
    def rows(self) -> dict[str, Row]:
        """By address."""
        return rows(self.app.database.path.parent)

    @property
    def states(self) -> Counter[str]:
        """How many rows are in which."""
        return Counter(row.state for row in self.rows.values())

    @property
    def attempts(self) -> set[int]:
        """Of all rows."""
        return {row.attempts for row in self.rows.values()}

    @property
    async def paused(self) -> str | None:
        """Why the edition is, if it is."""
        return (await self.app.outbox.edition(self.edition)).paused


class Plans:
    """Planned editions, each made once and copied for whoever sends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[tuple[str, ...], Path] = {}
        self._opened = 0

    async def copy(
        self,
        port: int = 0,
        *,
        emails: Sequence[str] = readers(12),
        connections: int = 4,
        more: str = "",
        timeout: float | None = None,
    ) -> Path:
        """A folder with the edition for these readers, not sent yet, and a mail server on this port; with
        several servers, `more` has their tables."""
        key = tuple(emails)
        if key not in self._made:
            self._made[key] = await self._make(key)
        self._opened += 1
        folder = store.copy(self._made[key], self.folder / f"copy{self._opened}")
        config = write_config(folder, port, connections, more, timeout)
        if not port:
            own = f'port = 0\ntls = "none"\nconnections = {connections}\n'
            config.write_text(config.read_text().replace(own, ""))
        return folder

    @asynccontextmanager
    async def open(self, port: int = 0, **values: Any) -> AsyncIterator[Sending]:
        """Such a folder, to send from."""
        async with opened(await self.copy(port, **values)) as sending:
            yield sending

    async def _make(self, emails: tuple[str, ...]) -> Path:
        folder = self.folder / f"plan{len(self._made)}"
        folder.mkdir()
        async with newsroom(folder) as app:
            await app.subscribers.add(list(map(NewSubscriber, emails)), NOW)
            await publish(app)
        return folder


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Sending]:
    """A folder that was planned, to send from."""
    async with open_app(folder / "newsletter.toml", NOW) as app:
        yield Sending(app, (await app.editions.get("papers", 1)).id)
