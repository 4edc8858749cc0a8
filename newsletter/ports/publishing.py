"""Where editions and slots are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.audience import EVERYBODY, Audience
from newsletter.core.model import Edition
from newsletter.core.series import edition_name
from newsletter.core.slots import SlotOutcome
from newsletter.ports.approval import WaitingEdition

__all__ = ["Editions", "Headline", "Planning", "PublishedEdition", "Rendering", "Slots"]


@dataclass(frozen=True)
class Rendering:
    """An edition in another language than the newsletter's."""

    language: str
    """As readers asked for it: "de"."""
    edition: Edition
    html: str
    text: str


@dataclass(frozen=True)
class PublishedEdition:
    """A frozen edition with what was rendered of it, still to be filled in for each reader."""

    id: int
    edition: Edition
    html: str
    text: str
    nonce: str
    created: datetime
    paused: str | None = None
    """Why none of its copies are sent for now."""
    resumed: datetime | None = None
    """When somebody last said that they should be sent after all."""
    language: str = ""
    """Of this rendering; empty for the newsletter's own."""

    @property
    def pause_notice(self) -> str:
        """Where it is paused: why, and what lets it go on."""
        name = edition_name(self.edition)
        return (
            f"Edition {name} is paused: {self.paused}. `newsletter editions resume {name}` lets "
            "`newsletter send` go on with what is left."
        )


@dataclass(frozen=True)
class Headline:
    """What a list of editions shows of each."""

    number: int
    slot: datetime
    subject: str


@dataclass(frozen=True)
class Planning:
    """When the copies of an edition were planned, and for whom."""

    series: str
    number: int
    slot: datetime
    at: datetime
    reason: str
    """As `Audience.aside_reason` of an extra edition, else empty."""


class Editions(Protocol):
    """The editions of all series (`core.series`), here called newsletters; none changes once it is in
    here."""

    async def next_number(self, newsletter: str) -> int:
        """The number that the next edition would have, from 1; those that wait for a person's word have
        theirs already."""

    async def newest_number(self, newsletter: str) -> int:
        """That of the newest published edition; 0 before the first. Numbers may be missing before it."""

    async def count(self, newsletter: str) -> int:
        """How many are published."""

    async def beside(self, newsletter: str, number: int) -> tuple[int | None, int | None]:
        """The numbers of the published editions before and after this number."""

    async def publish(
        self,
        edition: Edition,
        html: str,
        text: str,
        nonce: str,
        now: datetime,
        audience: Audience = EVERYBODY,
        renderings: Sequence[Rendering] = (),
        approved: WaitingEdition | None = None,
    ) -> PublishedEdition | None:
        """Freeze it, mark its entries as featured, plan one outbox row for each active subscriber that it is
        for and close its slot as sent, in one transaction; what is aside for a part of the readers marks no
        entry. Who asked for the language of a rendering gets that one. What was approved waits no longer, and
        what was left out of it is not proposed again. None where that slot or number is taken already, or
        what was approved is no longer as it is given."""

    async def has_readers(self, audience: Audience, slot: datetime) -> bool:
        """Whether an edition of this slot, local time of the newsletter, would be for anybody."""

    async def languages(self, audience: Audience, slot: datetime) -> tuple[str, ...]:
        """Those that readers of an edition of this slot asked for, the one of most readers first; not more
        than can be rendered in good time."""

    async def get(self, newsletter: str, number: int) -> PublishedEdition:
        """Raises NotFound."""

    async def newest(self, newsletter: str) -> PublishedEdition | None:
        """None where nothing was published yet."""

    async def list(self, newsletter: str, newest: int | None = None) -> tuple[PublishedEdition, ...]:
        """All, or so many, the newest first, with their whole content."""

    async def paused(self, newsletter: str) -> tuple[PublishedEdition, ...]:
        """Those of which no copies are sent for now, the newest first."""

    async def headlines(
        self, newsletter: str, before: int | None = None, most: int | None = None
    ) -> tuple[Headline, ...]:
        """All, the newest first, without their content; with `before` those of lower numbers, and so many."""

    async def plannings(self, newsletter: str, newest: int) -> tuple[Planning, ...]:
        """Of so many, the newest first."""

    async def topics(self, newsletter: str, newest: int) -> tuple[tuple[str, ...], ...]:
        """The topics of each of the newest editions, so many at most, in the order of their sections."""


class Slots(Protocol):
    """How each slot ended. A slot is the local time as ISO 8601 with its offset; it ends once."""

    async def close(self, newsletter: str, outcome: SlotOutcome, now: datetime) -> bool:
        """Record how it ended; False where that was known already, and where its edition waits for a person's
        word."""

    async def outcomes(self, newsletter: str) -> tuple[SlotOutcome, ...]:
        """The newest first."""
