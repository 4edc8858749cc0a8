"""Everything that is known of one person, as they can ask to see it."""

from dataclasses import dataclass
from datetime import date, datetime

from newsletter.core.model import DeliveryState, Subscriber

__all__ = ["BounceRecord", "ClickRecord", "CopyRecord", "HistoryRecord", "LetterRecord", "PersonRecord"]


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """What they agreed to or took back, and how we know."""

    at: datetime
    event: str
    source: str


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """Their copy of an edition."""

    edition: int
    slot: str
    state: DeliveryState
    attempts: int
    reason: str
    at: datetime
    """When it last changed."""
    series: str
    """Of the edition."""
    planned: datetime
    next_attempt: datetime | None = None
    """Where it waits: until when."""


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """A letter to them."""

    kind: str
    created: datetime
    state: str
    attempts: int
    reason: str
    at: datetime
    """When it last changed."""


@dataclass(frozen=True, slots=True)
class BounceRecord:
    """What came back from their mailbox."""

    at: datetime
    source: str
    kind: str
    cause: str
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class ClickRecord:
    """An entry that they followed."""

    edition: int
    place: int
    """The entry's rank."""
    at: datetime
    series: str
    """Of the edition."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """All of it, the oldest first."""

    person: Subscriber
    changed: datetime
    score: float
    """How much their mailbox has refused, on the day `scored`."""
    scored: date | None
    history: tuple[HistoryRecord, ...]
    copies: tuple[CopyRecord, ...]
    letters: tuple[LetterRecord, ...]
    bounces: tuple[BounceRecord, ...]
    clicks: tuple[ClickRecord, ...]
