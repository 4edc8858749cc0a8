"""Editions and figures as JSON."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from newsletter.core.clicks import LINKS
from newsletter.core.delivery import OPEN
from newsletter.core.model import Accounting, DeliveryState, Edition, RankedEntry, SubscriberStatus
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.ports import Headline, LinkClicks, PublishedEdition
from newsletter.web.api.people import Address, Body

__all__ = [
    "EDITION_NAME",
    "ClickCount",
    "Copies",
    "EditionPage",
    "EditionStats",
    "FullEdition",
    "Heading",
    "ListStats",
    "Slot",
    "TestMail",
    "TestMailSent",
]

_GOOD = frozenset({*OPEN, DeliveryState.ACCEPTED})

EDITION_NAME = r"^w?[1-9][0-9]{0,8}$"
"""5, or w5 for one of the week."""
_Number = Annotated[int, Field(ge=1, lt=10**9)]
_Name = Annotated[str, Field(pattern=EDITION_NAME)]


class Heading(BaseModel):
    """An edition in a list."""

    number: int
    slot: datetime
    subject: str

    @classmethod
    def of(cls, headline: Headline) -> Self:
        """As JSON."""
        return cls(number=headline.number, slot=headline.slot, subject=headline.subject)


class EditionPage(BaseModel):
    """Some of the editions, the newest first."""

    editions: list[Heading]
    next: int | None = Field(description="The before of the next page; null on the last")


class RankedPaper(BaseModel):
    """An entry of an edition."""

    rank: int
    id: str
    title: str
    line: str = Field(description="The summary in a sentence; empty for those shown by title")
    reasons: tuple[str, ...] = Field(description="Why the editor put it there, the strongest first")
    authors: tuple[str, ...]
    url: str | None
    code: str | None
    project: str | None
    discussion: str | None

    @classmethod
    def of(cls, item: RankedEntry) -> Self:
        """As JSON."""
        entry = item.entry
        return cls(
            rank=item.rank,
            id=entry.id,
            title=entry.title,
            line=item.line,
            reasons=item.reasons,
            authors=entry.authors,
            url=entry.url,
            code=entry.code,
            project=entry.project,
            discussion=entry.discussion,
        )


class TopicSection(BaseModel):
    """A topic with its entries, the best first."""

    topic: str
    entries: list[RankedPaper]


class FullEdition(Heading):
    """An edition with what it shows."""

    preheader: str
    paused: str | None = Field(description="Why none of its copies are sent for now")
    sections: list[TopicSection]
    also: list[RankedPaper] = Field(description="Shown by their titles only")
    more: int = Field(description="How many are to be found on the web only")

    @classmethod
    def whole(cls, published: PublishedEdition) -> Self:
        """As JSON."""
        edition: Edition = published.edition
        return cls(
            number=edition.number,
            slot=edition.slot,
            subject=edition.subject,
            preheader=edition.preheader,
            paused=published.paused,
            sections=[
                TopicSection(topic=section.topic, entries=[RankedPaper.of(item) for item in section.entries])
                for section in edition.sections
            ],
            also=[RankedPaper.of(item) for item in edition.also],
            more=edition.more,
        )


class Copies(BaseModel):
    """How many copies are in which state; each is in exactly one."""

    planned: int = Field(description="The sum of all states")
    states: dict[DeliveryState, int]
    failed: dict[DeliveryState, int] = Field(description="Those of them that did not and will not arrive")

    @classmethod
    def of(cls, accounting: Accounting) -> Self:
        """As JSON."""
        states = {state: accounting[state] for state in DeliveryState}
        failed = {state: count for state, count in states.items() if state not in _GOOD}
        return cls(planned=accounting.planned, states=states, failed=failed)


class ClickCount(BaseModel):
    """How often one link of an edition was followed."""

    rank: int
    link: str = Field(description="paper, code, project, discussion or search")
    people: int
    machines: int = Field(description="Those that look for danger in mail, as far as they are known")

    @classmethod
    def of(cls, found: LinkClicks) -> Self:
        """As JSON."""
        return cls(rank=found.place, link=LINKS[found.link], **found.tally._asdict())


class EditionStats(BaseModel):
    """How an edition fared."""

    number: int
    copies: Copies
    clicks: list[ClickCount] = Field(description="Links that nobody followed are left out")


class Slot(BaseModel):
    """How a slot ended."""

    slot: datetime
    outcome: Outcome
    reason: str
    edition: int | None

    @classmethod
    def of(cls, outcome: SlotOutcome) -> Self:
        """As JSON."""
        return cls(slot=outcome.slot, outcome=outcome.outcome, reason=outcome.reason, edition=outcome.edition)


class ListStats(BaseModel):
    """How the newsletter stands."""

    subscribers: dict[SubscriberStatus, int]
    editions: int
    last_slot: Slot | None
    next_slot: datetime


class TestMail(Body):
    """What to send to whom."""

    email: Address
    edition: Annotated[int, Field(ge=1, le=2**31)] | Annotated[str, Field(pattern=EDITION_NAME)] | None = (
        Field(None, description="Its number, or w5; null: the one that would go out now, else the newest")
    )


class TestMailSent(BaseModel):
    """What went out."""

    email: str
    edition: int
    subject: str
    reply: str = Field(description="What the mail server said")
