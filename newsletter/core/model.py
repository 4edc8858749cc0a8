"""The nouns. All frozen; all times are aware (UTC unless a slot, which is local time with its offset)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.core.rhythm import Rhythm
from newsletter.core.wishes import Wishes

__all__ = [
    "Accounting",
    "DeliveryState",
    "Edition",
    "Entry",
    "Newsletter",
    "RankedEntry",
    "Section",
    "Signals",
    "Subscriber",
    "SubscriberStatus",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to tell readers about: a paper. `None` means that the source does not say."""

    id: str
    """Stable across sources, versions and days; see `core.identity`."""
    title: str
    summary: str = ""
    """The abstract, as plain text without line breaks."""
    tldr: str | None = None
    """The source's own summary in a sentence."""
    authors: tuple[str, ...] = ()
    url: str | None = None
    doi: str | None = None
    """Without `https://doi.org/`, in lower case."""
    links: tuple[str, ...] = ()
    """Its other pages: where further sources tell of it."""
    published: datetime | None = None
    listed: datetime | None = None
    """When its source put it before readers, who could vote from then on."""
    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None
    code: str | None = None
    project: str | None = None
    discussion: str | None = None
    search: str | None = None
    """Where to look for it, when no address of its own is known."""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    organization: str | None = None
    source: str = ""
    """The configured name of the source that told of it first."""
    position: int | None = None
    """Its place in the source's own list, from 0."""
    first_seen: datetime | None = None

    @property
    def link(self) -> str | None:
        """Where the title leads: the entry's own page, or the next best that is known."""
        return self.url or self.project or self.code or self.discussion or self.search


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """How an entry stood with its readers at one moment. `None` means that nobody said."""

    at: datetime
    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedEntry:
    """An entry with its place in the edition and why it has it."""

    entry: Entry
    rank: int
    """From 1."""
    score: float
    reasons: tuple[str, ...]
    """In words, the strongest first: "42 votes", "has code"."""
    line: str = ""
    """The one-line summary: one whole sentence; only of those that an edition shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A topic with its entries, best first."""

    topic: str
    """In the language of the newsletter."""
    entries: tuple[RankedEntry, ...]
    catch_all: bool = False
    """Whether it holds what fits no topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issue of one newsletter for one slot. Frozen once published."""

    newsletter: str
    """The newsletter's id."""
    number: int
    slot: datetime
    """Local time of the newsletter, with its offset."""
    subject: str
    preheader: str
    sections: tuple[Section, ...]
    """The lead (rank 1) is in here, in its topic, like every other featured entry."""
    also: tuple[RankedEntry, ...] = ()
    """New as well, shown by their titles only."""
    since: datetime | None = None
    """The slot of the edition before, from which on its entries are new; None for the first."""
    rest: tuple[str, ...] = ()
    """The ids of the candidates that are neither in `sections` nor in `also`, best first."""

    @property
    def more(self) -> int:
        """How many are to be found on the web only."""
        return len(self.rest)

    @property
    def featured(self) -> tuple[RankedEntry, ...]:
        """The entries of all sections, best first."""
        ranked = (entry for section in self.sections for entry in section.entries)
        return tuple(sorted(ranked, key=lambda item: item.rank))

    @property
    def candidates(self) -> int:
        """How many new entries the editor chose from."""
        return len(self.featured) + len(self.also) + self.more


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What is the same in every edition and every copy."""

    id: str
    name: str
    sender: str
    """The From header: `Name <address>` or an address."""
    base_url: str
    """Of the web pages, without a trailing slash."""
    reply_to: str | None = None
    bounces_to: str | None = None
    """The address that bounces go to; each copy has a token of its own in it. None: to the sender's."""
    leaves_by_mail: bool = False
    """Whether a reader may leave by a mail to that address."""
    language: str = "en"
    postal_address: str = ""
    entry_language: str = "en"
    """That of the entries' own texts."""
    logo: str | None = None
    """The https address of a picture for the masthead."""
    show_reasons: bool = False
    """Whether every entry says why the editor ranked it so."""
    counts_clicks: bool = False
    """Whether links of entries lead over the web pages, which count how often each is followed."""
    clicks_by_reader: bool = False
    """Whether they are each reader's own, and it is kept who followed which."""


class SubscriberStatus(StrEnum):
    """What a person has agreed to, or what their mailbox told us; moves are in `core.consent`."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person on the list."""

    id: int
    email: str
    """Normalised, the domain as A-label."""
    name: str = ""
    wishes: Wishes = field(default_factory=Wishes)
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    created: datetime | None = None
    tags: tuple[str, ...] = ()
    """What the operator sorts people by."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What else the operator's list says of them, by the name of its column."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    language: str = ""
    """A tag such as "de"; empty for the newsletter's own."""


class DeliveryState(StrEnum):
    """Where one copy is; moves are in `core.delivery`."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """How many copies of an edition are in which state."""

    counts: Mapping[DeliveryState, int] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Every row of the outbox is in exactly one state, so this is their sum."""
        return sum(self.counts.values())

    def __getitem__(self, state: DeliveryState) -> int:
        return self.counts.get(state, 0)
