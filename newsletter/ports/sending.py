"""The outbox, and the way to the mail server."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.delivery import Decision, Reply
from newsletter.core.model import Accounting
from newsletter.core.wishes import Wishes
from newsletter.ports.publishing import PublishedEdition

__all__ = ["DueCopy", "Envelope", "Failure", "Message", "Outbox", "Session", "Signer", "Transport"]


@dataclass(frozen=True)
class DueCopy:
    """An outbox row that should be sent now, with the address and wishes as they were when planned."""

    id: int
    edition_id: int
    subscriber_id: int
    email: str
    name: str
    wishes: Wishes
    attempts: int
    """How many times DATA was begun for it before."""


@dataclass(frozen=True)
class Failure:
    """A row that was not accepted, for people to look at."""

    email: str
    state: str
    attempts: int
    reason: str
    next_attempt: datetime | None


class Outbox(Protocol):
    """The ledger: one row per (edition, subscriber), each in exactly one state."""

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """The right to send from this store, until left or until this process dies.
        Raises AlreadyRunning where another process has it."""

    async def interrupted(self) -> tuple[DueCopy, ...]:
        """Rows that an earlier sender left in `sending`: nobody knows whether the server took them."""

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        """Rows that are pending, or deferred until now or earlier, whose id is above `after`."""

    async def count_due(self, now: datetime) -> int:
        """How many rows there are to send, with those that somebody is sending or has left behind."""

    async def record(
        self, begun: Collection[int], decided: Sequence[tuple[int, Decision]], now: datetime
    ) -> frozenset[int]:
        """In one durable commit: move the rows `begun` from pending or deferred to sending and count the
        attempt, and the others as decided. Answers which of `begun` really moved: the rest left those
        states in the meantime (somebody unsubscribed) and must not be sent. A decided row whose state
        allows no such move raises IllegalMove, and then nothing is moved."""

    async def edition(self, edition_id: int) -> PublishedEdition:
        """What the rows of this edition are copies of. Raises NotFound."""

    async def accounting(self, edition_id: int) -> Accounting:
        """How many rows are in which state."""

    async def next_attempt(self) -> datetime | None:
        """When the next deferred row is due."""

    async def failures(self, edition_id: int, limit: int = 50) -> tuple[Failure, ...]:
        """Rows that are deferred, rejected, expired, suppressed or unknown, with the reason."""


@dataclass(frozen=True)
class Envelope:
    """What the mail server is told about a message."""

    sender: str
    recipient: str


@dataclass(frozen=True)
class Message:
    """One reader's copy on its way: the final bytes, CRLF line ends."""

    envelope: Envelope
    data: bytes


class Signer(Protocol):
    """Puts a signature on the final bytes of a message, and knows it again."""

    def sign(self, message: bytes) -> bytes:
        """The message with its signature in front."""

    def verifies(self, message: bytes) -> bool:
        """Whether the signature that a message bears is ours, and holds."""


class Session(Protocol):
    """One connection to the mail server, used for many messages."""

    async def send(self, message: Message) -> Reply:
        """Hand over one message to one recipient. Whatever concerns this message alone, a break in the
        middle of it included, is a Reply. What concerns the server as a whole raises DeliveryError:
        then this message was not taken."""


class Transport(Protocol):
    """The way to the mail server."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connect, secure, sign in. Raises DeliveryError."""
