"""What the services ask of the outside world: small protocols, each named for what its user needs.

Adapters implement them, `bootstrap` chooses the adapter. One contract suite runs over every adapter of
a kind (`tests/contract`).
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.consent import Event as ConsentEvent
from newsletter.core.delivery import Decision, Reply
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Accounting, Edition, Entry, Signals, Subscriber, SubscriberStatus
from newsletter.core.slots import SlotOutcome
from newsletter.core.wishes import Like, Wishes

__all__ = [
    "Clock",
    "DueCopy",
    "Editions",
    "Entries",
    "Envelope",
    "Failure",
    "Fetched",
    "Fetcher",
    "Headline",
    "Imported",
    "Message",
    "Outbox",
    "Page",
    "PublishedEdition",
    "Session",
    "Signer",
    "Slots",
    "Source",
    "SourceMemory",
    "SourceState",
    "Subscribers",
    "Transport",
    "Validator",
]


class Clock(Protocol):
    """The time. The only one who may ask for it; everything else gets `now`."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


# Reading


@dataclass(frozen=True)
class Validator:
    """What to send along when asking for this address again (RFC 9110, 8.8)."""

    url: str
    etag: str | None = None
    modified: str | None = None
    """The Last-Modified header, as it came."""


@dataclass(frozen=True)
class Page:
    """What an address answered."""

    url: str
    """Where it was in the end, after redirects."""
    content: bytes
    content_type: str
    validator: Validator
    """For the address that was asked for."""


class Fetcher(Protocol):
    """The only way to the network for sources: vetted addresses, limits, retries."""

    async def get(self, url: str, *, source: str) -> Page | None:
        """None where nothing has changed since the validators that are remembered for this source.
        Raises SourceError, which names the address and the reason."""


@dataclass(frozen=True)
class Fetched:
    """What one source gave: entries, and what it could not read, each with its place."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    validators: tuple[Validator, ...] = ()
    """Remembered once the entries are kept: a crash in between must not hide them behind a 304."""


class Source(Protocol):
    """Something that knows of entries."""

    name: str

    async def fetch(self, now: datetime) -> Fetched:
        """All entries that it has at present. Raises SourceError where it cannot be read at all."""


@dataclass(frozen=True)
class SourceState:
    """How a source answered the last time."""

    name: str
    checked: datetime
    succeeded: datetime | None
    """The last time it could be read."""
    error: str | None
    """Why not, where `checked` is later than `succeeded`."""


class SourceMemory(Protocol):
    """What is known of each source from earlier runs."""

    async def validators(self, source: str) -> Mapping[str, Validator]:
        """By address."""

    async def succeeded(self, source: str, validators: Sequence[Validator], now: datetime) -> None:
        """It could be read; remember its validators."""

    async def failed(self, source: str, error: str, now: datetime) -> None:
        """It could not be read; what was remembered stays."""

    async def states(self) -> tuple[SourceState, ...]:
        """By name."""


class Entries(Protocol):
    """Every entry that was ever seen."""

    async def add(self, entries: Iterable[Entry], now: datetime) -> int:
        """Keep them and answer how many were new. One that is known already, by any of its identities,
        keeps its id and `first_seen` and takes the best of both; its signals get a snapshot."""

    async def candidates(self, newsletter: str, since: datetime) -> tuple[Entry, ...]:
        """Those first seen since then that no edition of this newsletter has featured, oldest first."""

    async def get_many(self, ids: Sequence[str]) -> tuple[Entry, ...]:
        """In the order of the ids; unknown ones are left out."""

    async def history(self, ids: Sequence[str]) -> Mapping[str, tuple[Signals, ...]]:
        """The snapshots of each entry's signals, oldest first."""

    async def list(self, limit: int | None = None) -> tuple[Entry, ...]:
        """The newest first."""


# Publishing


@dataclass(frozen=True)
class PublishedEdition:
    """A frozen edition with what was rendered of it, still to be filled in for each reader."""

    id: int
    edition: Edition
    html: str
    text: str
    nonce: str
    created: datetime


@dataclass(frozen=True)
class Headline:
    """What a list of editions shows of each."""

    number: int
    slot: datetime
    subject: str


class Editions(Protocol):
    """The editions of all newsletters; none changes once it is in here."""

    async def next_number(self, newsletter: str) -> int:
        """The number that the next edition would have, from 1."""

    async def publish(
        self, edition: Edition, html: str, text: str, nonce: str, now: datetime
    ) -> PublishedEdition | None:
        """Freeze it, mark its entries as featured, plan one outbox row for each active subscriber and
        close its slot as sent, in one transaction. None where that slot or number is taken already."""

    async def get(self, newsletter: str, number: int) -> PublishedEdition:
        """Raises NotFound."""

    async def newest(self, newsletter: str) -> PublishedEdition | None:
        """None where nothing was published yet."""

    async def list(self, newsletter: str) -> tuple[PublishedEdition, ...]:
        """All, the newest first, with their whole content."""

    async def headlines(self, newsletter: str) -> tuple[Headline, ...]:
        """All, the newest first, without their content."""

    async def topics(self, newsletter: str, newest: int) -> tuple[tuple[str, ...], ...]:
        """The topics of each of the newest editions, so many at most, in the order of their sections."""


class Slots(Protocol):
    """How each slot ended. A slot is the local time as ISO 8601 with its offset; it ends once."""

    async def close(self, newsletter: str, outcome: SlotOutcome, now: datetime) -> bool:
        """Record how it ended; False where that was known already."""

    async def outcomes(self, newsletter: str) -> tuple[SlotOutcome, ...]:
        """The newest first."""


# Sending


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


# The list


@dataclass(frozen=True)
class Imported:
    """What became of an import."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    """Not added again: they unsubscribed, bounced or complained."""


class Subscribers(Protocol):
    """The list."""

    async def add(self, people: Iterable[NewSubscriber], now: datetime) -> Imported:
        """Add or refresh them, in one transaction. Nobody who left is brought back."""

    async def move(self, subscriber_id: int, event: ConsentEvent, now: datetime) -> SubscriberStatus:
        """Apply this event and answer the new status; whoever is no longer active gets nothing more that
        is planned already, from the same commit on, and what they liked is forgotten. Raises NotFound or
        IllegalMove."""

    async def like(self, subscriber_id: int, like: Like, now: datetime) -> None:
        """Remember it for the copies that are planned from now on; once is enough. Raises NotFound."""

    async def unlike(self, subscriber_id: int, entry_id: str, now: datetime) -> None:
        """Forget it, if it is there. Raises NotFound."""

    async def wish(self, subscriber_id: int, wishes: Wishes, now: datetime) -> None:
        """Put these in the place of what they wished, for the copies that are planned from now on; what they
        liked stays as it is. Raises NotFound."""

    async def get(self, subscriber_id: int) -> Subscriber:
        """Raises NotFound."""

    async def find(self, email: str) -> Subscriber:
        """By the normalised address. Raises NotFound."""

    def all(self, status: SubscriberStatus | None = None) -> AsyncIterator[Subscriber]:
        """By address, in bounded memory."""

    async def counts(self) -> dict[SubscriberStatus, int]:
        """How many people are in which status."""
