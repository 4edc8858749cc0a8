"""Whom the doctor asks."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Protocol

from newsletter.core.doctor.email import EmailVerdict
from newsletter.core.doctor.machine import DatabaseState, Space, Zones
from newsletter.core.doctor.pages import Visit
from newsletter.core.doctor.questions import Question
from newsletter.core.doctor.running import SourceHealth
from newsletter.core.doctor.server import ServerState
from newsletter.core.doctor.servers import Refusal, Welcome
from newsletter.core.slots import SlotOutcome

__all__ = ["Greeter", "Machine", "Names", "Newsroom", "Pages", "Records", "StoreServer"]


class Names(Protocol):
    """The DNS."""

    async def ask(self, question: Question) -> Sequence[str]:
        """As of `core.doctor.questions.Ask`. Raises NoAnswer."""
        ...


class Greeter(Protocol):
    """The way to one mail server."""

    async def greet(self) -> Welcome | Refusal:
        """Open a session as for sending, sign in, and end it; send nothing."""
        ...


class Pages(Protocol):
    """The newsletter's own pages, from outside."""

    async def visit(self, path: str, form: bytes | None = None) -> Visit | Refusal:
        """What is answered at this path below base_url; to a POST where there is a form to send."""
        ...


class Machine(Protocol):
    """The one that this runs on."""

    def zones(self, zone: str) -> Zones:
        """The data of time zones that is used for this one."""
        ...

    def space(self, folder: Path) -> Space:
        """What is left in a folder."""
        ...

    def database(self, file: Path) -> Awaitable[DatabaseState]:
        """Its state on disk; it is not brought up to date by being looked at."""
        ...

    def open_files(self) -> int | None:
        """How many may be open at once, where that is bounded."""
        ...

    def sqlite(self) -> tuple[int, ...]:
        """The version of SQLite."""
        ...

    def addresses(self) -> Sequence[IPv4Address | IPv6Address]:
        """Its own, by which it speaks to the world."""
        ...


class StoreServer(Protocol):
    """The PostgreSQL server that keeps the data."""

    async def look(self) -> ServerState:
        """How it stands; nothing in it is changed, and nothing brought up to date."""
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """What the database knows of the daily job."""

    active: int = 0
    """Readers."""
    outcomes: tuple[SlotOutcome, ...] = ()
    """The newest first."""
    sources: tuple[SourceHealth, ...] = ()
    pulses: Mapping[str, datetime] = field(default_factory=dict)


class Newsroom(Protocol):
    """The newsletter itself, asked without changing anything in it."""

    async def records(self) -> Records:
        """What the database knows. It has to be sound and up to date."""
        ...

    async def email(self, *, sample: bool) -> EmailVerdict:
        """The edition that would go out now, judged; of the seeds where `sample` or nothing is new. Raises
        NewsletterError where it cannot be made."""
        ...
