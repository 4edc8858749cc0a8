"""Where editions are kept that wait for a person's word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.model import Edition
from newsletter.core.slots import SlotOutcome

__all__ = ["Drafts", "WaitingEdition"]


@dataclass(frozen=True)
class WaitingEdition:
    """One of them. Nothing of it is published: no entry is featured, no copy planned."""

    edition: Edition
    version: int
    """Counts the changes, from 1."""
    dropped: tuple[str, ...]
    """The ids of the entries that a person has left out."""
    deadline: datetime
    told: datetime | None = None
    """When somebody was told that it waits."""


class Drafts(Protocol):
    """The editions of all series that wait. A slot has ended, or its edition waits, or neither: never both;
    and no other edition takes the number of one that waits."""

    async def keep(self, edition: Edition, now: datetime, deadline: datetime) -> WaitingEdition | None:
        """Let it wait. None where its slot or number is taken."""

    async def waiting(self, newsletter: str) -> tuple[WaitingEdition, ...]:
        """Those of one series, by their numbers."""

    async def get(self, newsletter: str, number: int) -> WaitingEdition:
        """Raises NotFound."""

    async def change(self, waiting: WaitingEdition, edition: Edition, dropped: tuple[str, ...]) -> bool:
        """Put this edition in its place. False where it is no longer as it is given."""

    async def end(self, waiting: WaitingEdition, outcome: SlotOutcome, now: datetime) -> bool:
        """Close its slot and forget it, in one transaction. False where it is no longer as it is given."""

    async def tell(self, waiting: WaitingEdition, now: datetime) -> None:
        """Remember that somebody was told."""
