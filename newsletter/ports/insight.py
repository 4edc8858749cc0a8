"""How things stand, for people and for what watches: counts and times, and nobody's address.

Slots, the list's counts, the states of sources and letters that wait are told by their own ports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from newsletter.core.failures import FailureClass
from newsletter.core.model import Accounting, DeliveryState
from newsletter.core.series import name_in

__all__ = [
    "BounceDay",
    "DomainFailures",
    "EditionCounts",
    "FailureGroup",
    "Failures",
    "InFlight",
    "Insight",
    "ListDay",
    "Minute",
    "Pulse",
    "Timeline",
    "WaitingDraft",
]


@dataclass(frozen=True, slots=True)
class EditionCounts:
    """An edition, and how its copies stand."""

    id: int
    series: str
    number: int
    slot: datetime
    subject: str
    created: datetime
    paused: str | None
    """Why none of its copies are sent for now."""
    accounting: Accounting

    @property
    def name(self) -> str:
        """As people call it: "5", "w5"."""
        return name_in(self.series, self.number)


@dataclass(frozen=True, slots=True)
class InFlight:
    """An edition with copies that have a way to go."""

    id: int
    series: str
    number: int
    created: datetime
    paused: str | None
    planned: int
    due: int
    """Pending, and not until later."""
    waiting: int
    """Pending until the hour that their reader chose."""
    deferred: int
    """Tried in vain, to be tried again."""
    sending: int
    """On their way at this moment, or left behind by a sender that died."""
    next_attempt: datetime | None
    """When the first is due of those that wait or were deferred."""

    @property
    def name(self) -> str:
        """As people call it."""
        return name_in(self.series, self.number)

    @property
    def open(self) -> int:
        """All of them."""
        return self.due + self.waiting + self.deferred + self.sending


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Copies that did not arrive for one kind of reason."""

    failure: FailureClass
    state: DeliveryState
    """Rejected, expired, unknown, or deferred, which may still arrive."""
    copies: int


@dataclass(frozen=True, slots=True)
class DomainFailures:
    """Copies to one domain that did not arrive."""

    domain: str
    copies: int
    mostly: FailureClass
    """The most frequent reason."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Why copies did not arrive, the most frequent first. Who left, or wants none, is no failure."""

    groups: tuple[FailureGroup, ...] = ()
    domains: tuple[DomainFailures, ...] = ()
    complete: bool = True
    """False where there were too many to look at all."""

    @property
    def copies(self) -> int:
        """How many were looked at."""
        return sum(group.copies for group in self.groups)


@dataclass(frozen=True, slots=True)
class Minute:
    """How many copies servers took in the minute that begins then."""

    at: datetime
    accepted: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """When the copies of an edition were taken."""

    first: datetime | None
    last: datetime | None
    accepted: int
    busiest: int
    """In one minute."""


@dataclass(frozen=True, slots=True)
class ListDay:
    """How many came to the list and left it on one day in UTC. An import counts as joining."""

    day: date
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class BounceDay:
    """What came back on one day in UTC."""

    day: date
    kind: str
    """As in `core.bounces.Kind`."""
    count: int


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """An edition that waits for a person's word."""

    series: str
    number: int
    slot: datetime
    deadline: datetime

    @property
    def name(self) -> str:
        """As people will call it."""
        return name_in(self.series, self.number)


@dataclass(frozen=True, slots=True)
class Pulse:
    """When a part of the program last gave a sign of life."""

    name: str
    at: datetime


class Insight(Protocol):
    """Reads, and changes nothing. Each answer costs about a second at most with a million copies."""

    async def editions(self, series: Sequence[str], newest: int = 30) -> tuple[EditionCounts, ...]:
        """The last published of these series together, the newest first."""

    async def in_flight(self, now: datetime) -> tuple[InFlight, ...]:
        """Editions with copies that have a way to go, also those that are paused; the oldest first."""

    async def failures(self, edition_ids: Sequence[int], domains: int = 20) -> Failures:
        """Why copies of these editions did not arrive, and at which domains, so many at most."""

    async def accepted(self, since: datetime, until: datetime) -> tuple[Minute, ...]:
        """Per minute; minutes with none are left out."""

    async def timeline(self, edition_id: int) -> Timeline:
        """Of the first three days."""

    async def list_days(self, since: datetime) -> tuple[ListDay, ...]:
        """The oldest first; days on which nothing happened are left out."""

    async def bounce_days(self, since: datetime) -> tuple[BounceDay, ...]:
        """Likewise."""

    async def drafts(self, series: Sequence[str]) -> tuple[WaitingDraft, ...]:
        """Of these series, by their slots."""

    async def pulses(self) -> tuple[Pulse, ...]:
        """By name."""
