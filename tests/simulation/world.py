"""What outlives a process: the disk with the outbox, and the mail servers."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter.core.delivery import MOVES, OPEN, Decision, Reply
from newsletter.core.model import Accounting, DeliveryState
from newsletter.core.pace import Learned
from newsletter.errors import IllegalMove, ServerRefused, ServerUnavailable, StoreError
from newsletter.ports import DueCopy, Envelope, Message, PublishedEdition

__all__ = ["EPOCH", "Disk", "MailServer", "OutboxOnDisk", "PacesOnDisk", "Violation", "Writer", "instant"]

EPOCH = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
State = DeliveryState


class Violation(AssertionError):
    """A promise was broken."""


def instant(seconds: float) -> datetime:
    """The wall clock at this time of the simulation."""
    return EPOCH + timedelta(seconds=seconds)


@dataclass
class Row:
    """An outbox row as it is on the disk."""

    copy: DueCopy
    state: State = State.PENDING
    reason: str = ""
    next_attempt: datetime | None = None
    attempts: int = 0


@dataclass
class Disk:
    """The database: what is committed."""

    rows: dict[int, Row]
    editions: dict[int, PublishedEdition]
    window: int
    left: dict[int, float] = field(default_factory=dict)
    """When somebody unsubscribed, by row."""
    paces: dict[str, Learned] = field(default_factory=dict)
    doubts: Counter[int] = field(default_factory=Counter)
    """How often nobody could know whether the server took a row's copy."""

    def unsubscribe(self, row_id: int, now: float) -> None:
        """Commit that this reader has left."""
        self.left[row_id] = now
        row = self.rows[row_id]
        if row.state in (State.PENDING, State.DEFERRED):
            row.state = State.SUPPRESSED

    def die(self) -> None:
        """Of what says `sending` nobody knows now."""
        self.doubts.update(row_id for row_id, row in self.rows.items() if row.state is State.SENDING)

    def move(self, row_id: int, state: State) -> None:
        """By the table only."""
        row = self.rows[row_id]
        if state not in MOVES[row.state]:
            raise IllegalMove(f"{row.state} to {state}")
        row.state = state


class OutboxOnDisk:
    """`ports.Outbox` of one process."""

    def __init__(self, disk: Disk, rng: random.Random, failures: float) -> None:
        self._disk = disk
        self._rng = rng
        self._failures = failures
        self._seconds = rng.choice([0.001, 0.003, 0.1])

    @asynccontextmanager
    async def exclusive(self, *, alone: bool = False) -> AsyncIterator[None]:
        """One process at a time, in this world."""
        yield

    async def claim(self, now: datetime) -> bool:
        return False

    async def give_back(self, rows: Collection[int]) -> None:
        """Nobody else would take them."""

    async def interrupted(self) -> tuple[DueCopy, ...]:
        await self._takes_time()
        return self._copies(lambda row: row.state is State.SENDING)

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        await self._takes_time()
        return self._copies(lambda row: row.copy.id > after and self._is_due(row, now))[:limit]

    async def count_due(self, now: datetime) -> int:
        await self._takes_time()
        return len(self._copies(lambda row: row.state is State.SENDING or self._is_due(row, now)))

    async def wanted(self, ids: Collection[int]) -> frozenset[int]:
        await self._takes_time()
        return frozenset(ids) - frozenset(self._disk.left)

    async def record(
        self, begun: Collection[int], decided: Sequence[tuple[int, Decision]], now: datetime
    ) -> frozenset[int]:
        """All or nothing, in one instant between two waits: a kill comes before or after it."""
        await self._takes_time()
        if self._rng.random() < self._failures:
            raise StoreError("no space left on the disk")
        disk = self._disk
        for row_id, decision in decided:
            disk.move(row_id, decision.state)
            row = disk.rows[row_id]
            row.attempts, row.reason, row.next_attempt = (
                decision.attempts, decision.reason, decision.next_attempt,
            )  # fmt: skip
            if row_id in disk.left and row.state in (State.PENDING, State.DEFERRED):
                row.state = State.SUPPRESSED
        moved = [
            row_id
            for row_id in begun
            if State.SENDING in MOVES[disk.rows[row_id].state] and row_id not in disk.left
        ]
        for row_id in moved:
            disk.move(row_id, State.SENDING)
            disk.rows[row_id].attempts += 1
        sending = sum(row.state is State.SENDING for row in disk.rows.values())
        if sending > disk.window:
            raise Violation(f"{sending} rows in doubt, more than {disk.window}")
        await self._takes_time()
        return frozenset(moved)

    async def edition(self, edition_id: int) -> PublishedEdition:
        return self._disk.editions[edition_id]

    async def hold_stale(self, now: datetime, idle: timedelta) -> tuple[int, ...]:
        return ()

    async def expire(self, now: datetime, lifetime: timedelta) -> int:
        count = 0
        for row in self._disk.rows.values():
            edition = self._disk.editions[row.copy.edition_id]
            since = edition.resumed or edition.created
            if row.state in (State.PENDING, State.DEFERRED) and not edition.paused and since + lifetime < now:
                row.state = State.EXPIRED
                count += 1
        return count

    async def supersede(self, now: datetime) -> int:
        return 0

    async def pause(self, edition_id: int, reason: str) -> None:
        await self._takes_time()
        self._disk.editions[edition_id] = replace(self._disk.editions[edition_id], paused=reason)

    async def unfinished(self) -> tuple[int, ...]:
        found = {row.copy.edition_id for row in self._disk.rows.values() if row.state in OPEN}
        return tuple(number for number in sorted(found) if not self._disk.editions[number].paused)

    async def accounting(self, edition_id: int) -> Accounting:
        return Accounting(counts=Counter(row.state for row in self._disk.rows.values()))

    def _is_due(self, row: Row, now: datetime) -> bool:
        if self._disk.editions[row.copy.edition_id].paused:
            return False
        waited = row.next_attempt is not None and row.next_attempt <= now
        return row.state is State.PENDING or (row.state is State.DEFERRED and waited)

    def _copies(self, condition: Any) -> tuple[DueCopy, ...]:
        found = (row for row in self._disk.rows.values() if condition(row))
        return tuple(replace(row.copy, attempts=row.attempts) for row in found)

    async def _takes_time(self) -> None:
        await asyncio.sleep(min(self._rng.expovariate(1 / self._seconds), 3 * self._seconds))


class PacesOnDisk:
    """`ports.Paces`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    async def load(self) -> dict[str, Learned]:
        return dict(self._disk.paces)

    async def save(self, paces: Mapping[str, Learned]) -> None:
        self._disk.paces.update(paces)


class Writer:
    """`services.copydesk.CopyWriter`: the same bytes for the same row."""

    signs = False

    def __init__(self, published: PublishedEdition) -> None:
        self._number = published.edition.number

    def check(self) -> None:
        """Nothing is wrong with it."""

    def unsigned(self, row: DueCopy) -> Message | None:
        """Some readers have muted everything, and some copies cannot be written."""
        if row.name == "muted":
            return None
        if row.name == "unwritable":
            raise ValueError("no words for this one")
        return Message(Envelope("papers@example.org", row.email), b"%d %d\r\n" % (self._number, row.id))

    def sign(self, message: Message) -> Message:
        return message


@dataclass
class MailServer:
    """`ports.Transport` to a server that answers at random, and keeps what it takes."""

    disk: Disk
    rng: random.Random
    weather: Mapping[str, float]
    """How likely each trouble is."""
    got: defaultdict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Conversation"]:
        """Connect; may fail."""
        await asyncio.sleep(self.rng.expovariate(1 / 0.01))
        if self._happens("refuses"):
            raise ServerRefused("535 wrong password", code=535)
        if self._happens("unreachable"):
            raise ServerUnavailable("connection refused")
        if self._happens("closing"):
            raise ServerUnavailable("421 too many connections", code=421)
        yield Conversation(self)

    def _happens(self, trouble: str) -> bool:
        return self.rng.random() < self.weather.get(trouble, 0)


class Conversation:
    """`ports.Session`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._announced: Envelope | None = None
        self._broken = False

    def abandon(self) -> None:
        self._broken = True

    async def send(self, message: Message, following: Envelope | None = None) -> Reply:
        """One message, with all that can go wrong at each phase."""
        server, happens = self._server, self._server._happens
        announced, self._announced = self._announced, None
        if self._broken or (announced is not None and announced != message.envelope):
            raise ServerUnavailable("the connection is closed")
        row = self._begin(message)
        await self._takes_time()
        if happens("closing"):
            self._broken = True
            raise ServerUnavailable("421 closing", code=421)
        if happens("hangs up"):
            self._broken = True
            raise ServerUnavailable("connection lost")
        for trouble, reply in (("busy", Reply(450, "later")), ("nobody", Reply(550, "no such user"))):
            if happens(trouble):
                return reply
        await self._takes_time()
        if happens("breaks"):
            self._broken = True
            return Reply(0, "connection lost before the end")
        if happens("silent"):
            # Whoever hangs up after the last dot may have taken the message, or not.
            if server.rng.random() < 0.5:
                server.got[row].append(message.data)
            self._broken = True
            server.disk.doubts[row] += 1
            return Reply(0, "connection lost after the end", ambiguous=True)
        if happens("bad"):
            return Reply(server.rng.choice([554, 451, 454]), "not this one")
        server.got[row].append(message.data)
        await self._takes_time()
        self._announced = following
        return Reply(250, "taken")

    def _begin(self, message: Message) -> int:
        """DATA starts: it must be on the disk, and the reader must not have left."""
        row_id = int(message.data.split()[1])
        disk, now = self._server.disk, asyncio.get_running_loop().time()
        if disk.rows[row_id].state is not State.SENDING:
            raise Violation(f"row {row_id} is handed over, and says {disk.rows[row_id].state}")
        if disk.left.get(row_id, now) < now - 0.5:
            raise Violation(f"row {row_id} is handed over {now - disk.left[row_id]:.2f} s after they left")
        return row_id

    async def _takes_time(self) -> None:
        slow = self._server._happens("slow")
        await asyncio.sleep(self._server.rng.expovariate(1 / (3.0 if slow else 0.01)))
