"""The list."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from newsletter.core.consent import Event as ConsentEvent
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Rhythm
from newsletter.core.wishes import Like, Wishes
from newsletter.ports.records import PersonRecord

__all__ = ["Erased", "Imported", "Subscribers"]


@dataclass(frozen=True)
class Imported:
    """What became of an import."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    """Not added again: they unsubscribed, bounced, complained or were erased."""
    left: Mapping[str, SubscriberStatus] = field(default_factory=dict)
    """These, by the address that was given."""


@dataclass(frozen=True)
class Erased:
    """What became of the wish to be forgotten."""

    known: bool
    """Whether anything was known of this address."""
    cleared: bool
    """Whether the journal of the database has been emptied as well, which another process can hold up."""


class Subscribers(Protocol):
    """The list."""

    async def add(
        self,
        people: Iterable[NewSubscriber],
        now: datetime,
        source: str = "import",
        *,
        rehearse: bool = False,
    ) -> Imported:
        """Add or refresh them, in one transaction. Nobody who left or was erased is brought back. Who is new
        has that in their history, with `source`. A rehearsal says what would become of them."""

    async def tag(
        self, emails: Collection[str], add: Collection[str], remove: Collection[str], now: datetime
    ) -> int:
        """Put tags on these people and take others off; how many had not been so. Raises NotFound, and then
        nothing has changed."""

    async def move(
        self, subscriber_id: int, event: ConsentEvent, now: datetime, source: str
    ) -> SubscriberStatus:
        """Apply this event and answer the new status; whoever is no longer active gets nothing more that
        is planned already, from the same commit on, and what they liked is forgotten. A change goes into
        their history; `source` says how we know of it. The event ERASE is `erase`. Raises NotFound or
        IllegalMove."""

    async def erase(self, email: str, now: datetime, source: str) -> Erased:
        """Forget the person with this normalised address: what is kept is that somebody was erased, under a
        keyed hash of the address, and the counts of what was sent. Their copies that are not on their way
        are not sent. Also of somebody unknown the hash is kept, so that no file brings them here later.

        They alone can come back: a sign-up that they confirm makes a new row for the address, of which the
        old one knows nothing. Where there is such a row, the hash does not count any more."""

    async def is_erased(self, email: str) -> bool:
        """Whether this normalised address was erased and nobody has signed up with it since."""

    async def like(self, subscriber_id: int, like: Like, now: datetime) -> None:
        """Remember it for the copies that are planned from now on; once is enough. Raises NotFound."""

    async def unlike(self, subscriber_id: int, entry_id: str, now: datetime) -> None:
        """Forget it, if it is there. Raises NotFound."""

    async def wish(self, subscriber_id: int, wishes: Wishes, now: datetime) -> None:
        """Put these in the place of what they wished, for the copies that are planned from now on; what they
        liked stays as it is. Raises NotFound."""

    async def settle(
        self,
        subscriber_id: int,
        rhythm: Rhythm,
        language: str,
        now: datetime,
        wishes: Wishes | None = None,
    ) -> None:
        """When and in which language they want it from now on; with `wishes` these as well, in the same
        commit, as `wish` does it. Raises NotFound."""

    async def get(self, subscriber_id: int) -> Subscriber:
        """Raises NotFound."""

    async def find(self, email: str) -> Subscriber:
        """By the normalised address; nobody who was erased. Raises NotFound."""

    async def record(self, subscriber_id: int) -> PersonRecord:
        """Everything that is known of one person. Raises NotFound."""

    def all(
        self, status: SubscriberStatus | None = None, tag: str | None = None
    ) -> AsyncIterator[Subscriber]:
        """Those with this status and this tag, by address, in bounded memory; of those who were erased
        there is nothing to tell."""

    async def counts(self, tag: str | None = None) -> dict[SubscriberStatus, int]:
        """How many people, or of those with this tag, are in which status."""

    async def attribute_names(self) -> tuple[str, ...]:
        """All that somebody has, sorted."""
