"""Where clicks are kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

__all__ = ["Clicks", "Followed", "LinkClicks", "LinkName", "Tally"]


class LinkName(NamedTuple):
    """A link of an edition."""

    edition: int
    """The id that the store has given it."""
    place: int
    """The entry's rank."""
    link: int
    """Of `core.clicks.LINKS`."""


class Tally(NamedTuple):
    """How often something was followed."""

    people: int = 0
    machines: int = 0


class Followed(NamedTuple):
    """An entry that a reader has looked at."""

    reader: int
    edition: int
    place: int


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """What is known of one link of an edition."""

    place: int
    link: int
    tally: Tally


class Clicks(Protocol):
    """How often each link was followed; and by whom, where the operator wants that kept."""

    async def record(
        self, counts: Mapping[LinkName, Tally], followed: Mapping[Followed, datetime]
    ) -> tuple[Followed, ...]:
        """Add these to what is known, in one transaction. Of `followed`, only what active subscribers have
        followed is kept, and the first time: answers these."""

    async def of(self, edition_id: int) -> tuple[LinkClicks, ...]:
        """By place and link; those that nobody followed are left out."""

    async def sent(self, copies: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], datetime]:
        """When the server took these copies, by edition and reader; those that it has not are left out."""
