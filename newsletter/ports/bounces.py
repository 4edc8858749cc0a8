"""What came back, and those who bring it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # classifying takes its time to load, and most commands classify nothing
    from newsletter.core.bounces import Cause, Kind

__all__ = [
    "Bounce",
    "Bounces",
    "Fate",
    "Intake",
    "Quarantine",
    "Rejection",
    "SentCopy",
    "Take",
    "TakenBounce",
]


class Fate(StrEnum):
    """What became of something that came back."""

    REPEATED = "repeated"
    """It was known: nothing was changed."""
    NOBODY = "nobody"
    """It is about no copy that was sent, or cannot prove it."""
    NOTED = "noted"
    """It is known of that reader now, who stays what they were."""
    LEFT = "left"
    """The reader gets nothing more."""
    ASIDE = "aside"
    """It could not be read, and was put aside for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back, and whose it is."""

    key: str
    """Unique: the same thing that comes twice changes nothing."""
    kind: "Kind"
    cause: "Cause | None" = None
    status: str | None = None
    detail: str = ""
    source: str
    """As the history of a reader names it: bounce, complaint, mail or webhook."""
    at: datetime
    """When it happened, as far as we know."""
    subscriber_id: int | None = None
    row: int | None = None
    """Of the outbox."""


@dataclass(frozen=True, slots=True)
class TakenBounce:
    """One that is known, for people to look at."""

    at: datetime
    kind: str
    cause: str
    status: str
    detail: str
    source: str
    email: str | None
    """None where it is nobody's."""


@dataclass(frozen=True, slots=True)
class SentCopy:
    """Something that was really sent to somebody: a copy of an edition, or a letter."""

    subscriber_id: int
    sent: datetime
    """When the last was recorded of it."""
    row: int | None = None
    """Of the outbox; None for a letter."""
    edition: str = ""
    """Its name, as in `core.series`; empty for a letter."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A copy or a letter that a server refused, and that is not counted yet."""

    key: str
    """By which it is known."""
    subscriber_id: int
    row: int | None
    """Of the outbox; None for a letter."""
    reason: str
    at: datetime


class Bounces(Protocol):
    """What is known of what came back."""

    async def record(self, bounces: Sequence[Bounce], limit: float, now: datetime) -> tuple[Fate, ...]:
        """In one transaction: keep each under its key, with the score of whom it is about, and let go who has
        complained, asked to leave, or reached the score `limit`."""

    async def sent(self, row: int) -> SentCopy | None:
        """The copy of this row of the outbox; None where there is none, or it was never begun."""

    async def sent_letter(self, row: int) -> SentCopy | None:
        """The same of this letter."""

    async def sent_to(self, email: str, since: datetime) -> tuple[SentCopy, ...]:
        """What was sent to this address since then, the newest first; letters only to somebody who has not
        confirmed."""

    async def rejections(self, since: datetime, limit: int) -> tuple[Rejection, ...]:
        """What was rejected since then and is not recorded yet, so many at most."""

    async def recent(self, limit: int) -> tuple[TakenBounce, ...]:
        """The newest first."""

    async def forget(self, before: datetime) -> int:
        """Delete what came back earlier; answers how many."""


class Quarantine(Protocol):
    """Where messages wait for a person who can make sense of them."""

    async def keep(self, message: bytes) -> None:
        """When this returns it is on the disk; the same message is kept once. Raises IntakeError."""


Take = Callable[[bytes, Sequence[str]], Awaitable[None]]
"""Take in a message that came to these addresses. When it returns, nothing is lost by deleting the message;
where it raises, the message must stay where it is."""


class Intake(Protocol):
    """A place that is looked into for returned messages."""

    name: str

    async def scan(self, take: Take) -> int:
        """Hand over the messages that are there, and file each away once it is taken. Answers how many.
        Raises IntakeError where the place cannot be read."""
