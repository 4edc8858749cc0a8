"""The list as the operator's own programs read and change it: a page at a time, one person at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Rhythm

__all__ = ["Changes", "Roster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to become different about somebody; None leaves it as it is."""

    name: str | None = None
    topics: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    authors: tuple[str, ...] | None = None
    muted: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    attributes: Mapping[str, str] | None = None
    rhythm: Rhythm | None = None
    language: str | None = None


class Roster(Protocol):
    """People in the order of their addresses."""

    async def page(
        self, *, after: str = "", limit: int, status: SubscriberStatus | None = None, tag: str | None = None
    ) -> tuple[Subscriber, ...]:
        """So many at most of those behind the address `after`, with this status and tag where they are
        named; nobody who was erased."""

    async def change(self, subscriber_id: int, changes: Changes, now: datetime) -> Subscriber:
        """Make them and answer who that is then; they count for copies that are planned from now on. Raises
        NotFound."""
