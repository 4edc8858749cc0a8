"""Where entries come from, and where they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.model import Entry, Signals

__all__ = ["Entries", "Fetched", "Fetcher", "Page", "Source", "SourceMemory", "SourceState", "Validator"]


@dataclass(frozen=True)
class Validator:
    """What to send along when asking for this address again (RFC 9110, 8.8)."""

    url: str
    etag: str | None = None
    modified: str | None = None
    """The Last-Modified header, as it came."""


@dataclass(frozen=True)
class Page:
    """What an address answered."""

    url: str
    """Where it was in the end, after redirects."""
    content: bytes
    content_type: str
    validator: Validator
    """For the address that was asked for."""


class Fetcher(Protocol):
    """The only way to the network for sources: vetted addresses, limits, retries."""

    async def get(self, url: str, *, source: str) -> Page | None:
        """None where nothing has changed since the validators that are remembered for this source.
        Raises SourceError, which names the address and the reason."""


@dataclass(frozen=True)
class Fetched:
    """What one source gave: entries, and what it could not read, each with its place."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()
    validators: tuple[Validator, ...] = ()
    """Remembered once the entries are kept: a crash in between must not hide them behind a 304."""


class Source(Protocol):
    """Something that knows of entries."""

    name: str

    async def fetch(self, now: datetime) -> Fetched:
        """All entries that it has at present. Raises SourceError where it cannot be read at all."""


@dataclass(frozen=True)
class SourceState:
    """How a source answered the last time."""

    name: str
    checked: datetime
    succeeded: datetime | None
    """The last time it could be read."""
    error: str | None
    """Why not, where `checked` is later than `succeeded`."""


class SourceMemory(Protocol):
    """What is known of each source from earlier runs."""

    async def validators(self, source: str) -> Mapping[str, Validator]:
        """By address."""

    async def succeeded(self, source: str, validators: Sequence[Validator], now: datetime) -> None:
        """It could be read; remember its validators."""

    async def failed(self, source: str, error: str, now: datetime) -> None:
        """It could not be read; what was remembered stays."""

    async def states(self) -> tuple[SourceState, ...]:
        """By name."""


class Entries(Protocol):
    """Every entry that was ever seen."""

    async def add(self, entries: Iterable[Entry], now: datetime) -> int:
        """Keep them and answer how many were new. One that is known already, by any of its identities,
        keeps its id and `first_seen` and takes the best of both; its signals get a snapshot."""

    async def candidates(self, newsletter: str, since: datetime) -> tuple[Entry, ...]:
        """Those first seen since then that no edition of this newsletter has featured, oldest first."""

    async def told(self, newsletter: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of them that an edition of this newsletter has featured."""

    async def present_ids(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The ids that entries have now, by those that they once had; two may have become one. Unknown ones
        are left out."""

    async def get_many(self, ids: Sequence[str]) -> tuple[Entry, ...]:
        """In the order of the ids; unknown ones are left out."""

    async def history(self, ids: Sequence[str]) -> Mapping[str, tuple[Signals, ...]]:
        """The snapshots of each entry's signals, oldest first."""

    async def list(self, limit: int | None = None) -> tuple[Entry, ...]:
        """The newest first."""
