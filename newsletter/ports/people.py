"""The list."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.consent import Event as ConsentEvent
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.wishes import Like, Wishes

__all__ = ["Imported", "Subscribers"]


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

    async def move(
        self, subscriber_id: int, event: ConsentEvent, now: datetime, source: str
    ) -> SubscriberStatus:
        """Apply this event and answer the new status; whoever is no longer active gets nothing more that
        is planned already, from the same commit on, and what they liked is forgotten. A change goes into
        their history; `source` says how we know of it. Raises NotFound or IllegalMove."""

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
