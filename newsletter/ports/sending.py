"""The outbox, and the way to the mail server."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.core.delivery import Decision, Reply
from newsletter.core.model import Accounting, DeliveryState
from newsletter.core.pace import Learned
from newsletter.core.wishes import Wishes
from newsletter.ports.publishing import PublishedEdition

__all__ = [
    "DueCopy",
    "Envelope",
    "Failure",
    "Feed",
    "Message",
    "Outbox",
    "Paces",
    "Session",
    "Signer",
    "Transport",
]


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
    language: str = ""
    """That of the rendering they get; empty for the newsletter's own."""


@dataclass(frozen=True)
class Failure:
    """A row that was not accepted, for people to look at."""

    email: str
    state: str
    attempts: int
    reason: str
    next_attempt: datetime | None


class Outbox(Protocol):
    """The ledger: one row per (edition, subscriber), each in exactly one state. Rows of an edition that is
    paused are neither due nor begun."""

    def exclusive(self, *, alone: bool = False) -> AbstractAsyncContextManager[None]:
        """The right to send from this store, until left or until this process dies: all of it, or what is
        claimed meanwhile; `alone` lets nobody else claim who asks for that as well. Pauses every edition with
        open rows where the store turns out to be an old copy. Raises AlreadyRunning where another process has
        it all."""

    async def claim(self, now: datetime) -> bool:
        """Take hold of the next part of what is due, which `interrupted` and `due` are about from then on;
        ask when `due` is at its end. False where there is no other part: nothing is left to claim, or this
        sender has everything anyway."""

    async def give_back(self, rows: Collection[int]) -> None:
        """These, which `due` answered, are not begun: others may have the parts that they are of."""

    async def hold_stale(self, now: datetime, idle: timedelta) -> tuple[int, ...]:
        """Ask whoever holds the right to send, before the first row is begun: pauses the editions with open
        rows of which nothing was recorded for longer than `idle`, since they may have gone out from
        another copy of this store; but none whose rows all wait for their readers' hours, or have not waited
        for a sender that long since. Answers their ids and those that `exclusive` has paused."""

    async def interrupted(self) -> tuple[DueCopy, ...]:
        """Rows that an earlier sender left in `sending`, of paused editions too: nobody knows whether the
        server took them. Ask before the first row of what is held is begun."""

    async def due(self, now: datetime, after: int, limit: int) -> tuple[DueCopy, ...]:
        """Rows that are pending or deferred, and not until later than now, whose id is above `after`; with
        those who claim, of the part that they claimed last."""

    async def count_due(self, now: datetime) -> int:
        """How many rows there are to send, with those that somebody is sending or has left behind."""

    async def count_waiting(self, now: datetime) -> int:
        """How many pending rows wait for the hour that their reader chose."""

    async def record(
        self, begun: Collection[int], decided: Sequence[tuple[int, Decision]], now: datetime
    ) -> frozenset[int]:
        """In one durable commit: move the rows `begun` from pending or deferred to sending and count the
        attempt, and the others as decided. Answers which of `begun` really moved: the rest left those
        states in the meantime (somebody unsubscribed), or their edition was paused, and must not be sent.
        A decided row whose state allows no such move raises IllegalMove, and then nothing is moved. What
        another sender has claimed since, because this one gave no sign of life, is neither begun nor
        moved."""

    async def wanted(self, ids: Collection[int]) -> frozenset[int]:
        """Of these rows, those whose subscriber has not left, and which are still ours to send."""

    async def expire(self, now: datetime, lifetime: timedelta) -> int:
        """Give up the pending and deferred rows of editions that were published, or resumed if that was
        later, longer ago than `lifetime`, unless they are paused. What had to wait for its reader's hour is
        as old as from then on. Answers how many."""

    async def supersede(self, now: datetime) -> int:
        """Give up the pending and deferred rows, but of paused editions, whose reader has a row of a newer
        edition of the same series that is due or was begun: nobody gets an older edition with a newer one or
        after it. Editions off the schedule have no part in it, nor what was resumed since the newer one was
        published. Answers how many."""

    async def pause(self, edition_id: int, reason: str) -> None:
        """Send no copy of this edition until it is resumed. Raises NotFound."""

    async def resume(self, edition_id: int, now: datetime) -> None:
        """Send its copies after all, as if it were published now. Raises NotFound."""

    async def resolve(
        self, edition_id: int, state: DeliveryState, now: datetime, emails: Collection[str] | None = None
    ) -> int:
        """A person's word about rows that are `unknown`, all of this edition or those of these addresses:
        they become `pending`, and the age of the edition counts from now, or `accepted`. Answers how many.
        Raises IllegalMove."""

    async def unfinished(self) -> tuple[int, ...]:
        """The ids of editions with rows in open states that are not paused."""

    async def begun_since(self, instant: datetime) -> int:
        """On how many rows an attempt was recorded at or after this instant."""

    async def edition(self, edition_id: int) -> PublishedEdition:
        """What the rows of this edition are copies of. Raises NotFound."""

    async def rendering(self, edition_id: int, language: str) -> PublishedEdition:
        """The same for rows of this language. Raises NotFound."""

    async def accounting(self, edition_id: int) -> Accounting:
        """How many rows are in which state."""

    async def languages(self, edition_id: int) -> dict[str, int]:
        """How many rows are of which rendering; empty for the newsletter's own language."""

    async def next_attempt(self) -> datetime | None:
        """When the next row is due of those that are deferred or wait for their reader's hour."""

    async def failures(self, edition_id: int, limit: int = 50) -> tuple[Failure, ...]:
        """Rows that are deferred, rejected, expired, suppressed or unknown, with the reason."""


class Feed(Protocol):
    """Says which parts of the outbox a worker claims, one after the other."""

    async def next(self) -> int | None:
        """The id of a batch, as soon as there is one; None where the worker should end now. May be cancelled
        while it waits, and then has handed out nothing."""

    def released(self, batch: int) -> None:
        """This worker has done with it what it could, or could not claim it."""


class Paces(Protocol):
    """What was learned of how fast servers and recipient domains want to be sent to."""

    async def load(self) -> dict[str, Learned]:
        """By server or domain."""

    async def save(self, learned: Mapping[str, Learned]) -> None:
        """Beside what was kept before: of two about the same, what was learned last."""


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
    wire_ready: bool = False
    """Whether it is known to be just what DATA sends: ASCII, CRLF at the end of every line and no other CR or
    LF, no line that begins with a full stop. Then nobody looks, which takes longer than to send it."""


class Signer(Protocol):
    """Puts a signature on the final bytes of a message, and knows it again."""

    def sign(self, message: bytes, *, canonical: bool = False) -> bytes:
        """The message with its signature in front. `canonical` says that its body is known to be what a
        mailbox makes of it before it verifies, as that of `render.mime` is: then nobody looks."""

    def verifies(self, message: bytes) -> bool:
        """Whether the signature that a message bears is ours, and holds."""


class Session(Protocol):
    """One connection to the mail server, used for many messages, one at a time."""

    async def send(self, message: Message, following: Envelope | None = None) -> Reply:
        """Hand over one message to one recipient. Whatever concerns this message alone, a break in the
        middle of it included, is a Reply. What concerns the server as a whole raises DeliveryError:
        then this message was not taken, and the session is over. ValueError: a line of it does not end
        in CRLF.

        `following` is whom the next message on this connection will be for. A server that allows it is
        told at once, in the same write as the end of this message; then the next `send` must be for that
        envelope, or it raises ServerUnavailable. That message's text is not sent before that call."""

    def abandon(self) -> None:
        """Close at once: what was announced by `following` is not sent."""


class Transport(Protocol):
    """The way to the mail server."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connect, secure, sign in. Raises DeliveryError."""
