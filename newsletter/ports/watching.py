"""Who is told how things stand, and the signs of life of what runs."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.slots import SlotOutcome
from newsletter.ports.publishing import PublishedEdition

__all__ = ["Caller", "EndedSlot", "Pulses", "Tellings"]


@dataclass(frozen=True)
class EndedSlot:
    """A slot of a series whose outcome the operator has not been told yet."""

    series: str
    outcome: SlotOutcome
    closed: datetime


class Tellings(Protocol):
    """What the operator was told."""

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """The right to tell, which ends with this process however that dies; False where another has it."""

    async def untold(self, series: Sequence[str]) -> tuple[EndedSlot, ...]:
        """The oldest first."""

    async def settle(self, slot: EndedSlot, now: datetime) -> None:
        """Nobody needs to be told of it any more."""

    async def paused(self, series: Sequence[str]) -> tuple[PublishedEdition, ...]:
        """Editions that wait for a person's word."""

    async def waiting(self, series: str, since: datetime) -> tuple[datetime, ...]:
        """Slots whose drafts wait for one, with a deadline after this instant."""

    async def told_by(self, notice: str) -> frozenset[str]:
        """The channels by which this was told."""

    async def record(self, notice: str, channel: str, now: datetime) -> None:
        """It was told by this one; again changes nothing."""


class Pulses(Protocol):
    """The last sign of life of each part of the program."""

    async def beat(self, name: str, now: datetime) -> None:
        """It lives."""

    async def last(self, name: str) -> datetime | None:
        """None where it never ran, or was stopped as it should be."""

    async def sign_off(self, name: str) -> None:
        """It was stopped as it should be."""


class Caller(Protocol):
    """Asks an address that the operator has configured."""

    async def call(self, url: str, data: Mapping[str, object] | None = None) -> None:
        """POST `data` as JSON, or GET where there is none. Raises SourceError unless it answers 2xx; the text
        names the host alone, since such addresses are secrets."""
