"""Picking up what the sources have: side by side, each failure with its name, the others go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import SourceError
from newsletter.ports import Entries, Fetched, Source

__all__ = ["SourceReport", "collect"]


@dataclass(frozen=True)
class SourceReport:
    """What one source gave."""

    name: str
    entries: int = 0
    new: int = 0
    problems: tuple[str, ...] = ()
    """What it has that could not be read; the rest was."""
    error: str | None = None
    """Why it could not be read at all."""


async def collect(sources: Sequence[Source], entries: Entries, now: datetime) -> tuple[SourceReport, ...]:
    """Fetch all sources and keep what they have; a report for each, in their order."""
    fetched = await asyncio.gather(*(_fetch(source, now) for source in sources))
    return tuple(
        [
            await _keep(source.name, result, entries, now)
            for source, result in zip(sources, fetched, strict=True)
        ]
    )


async def _fetch(source: Source, now: datetime) -> Fetched | SourceError:
    try:
        return await source.fetch(now)
    except SourceError as error:
        return error


async def _keep(name: str, result: Fetched | SourceError, entries: Entries, now: datetime) -> SourceReport:
    if isinstance(result, SourceError):
        return SourceReport(name, error=str(result))
    new = await entries.add(result.entries, now)
    return SourceReport(name, len(result.entries), new, result.problems)
