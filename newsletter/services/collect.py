"""Picking up what the sources have: side by side, each failure with its name, the others go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.errors import SourceError, StoreError
from newsletter.ports import Entries, Fetched, Source, SourceMemory

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


async def collect(
    sources: Sequence[Source], entries: Entries, memory: SourceMemory, now: datetime, timeout: timedelta
) -> tuple[SourceReport, ...]:
    """Fetch all sources, each for at most `timeout`, and keep what they have; a report for each, in their
    order. Whatever goes wrong with one is that one's error; only the store's errors are raised."""
    fetched = await asyncio.gather(*(_fetch(source, now, timeout) for source in sources))
    reports = []
    for source, result in zip(sources, fetched, strict=True):
        report = await _keep(source.name, result, entries, memory, now)
        if report.error:
            await memory.failed(source.name, report.error, now)
        reports.append(report)
    return tuple(reports)


async def _fetch(source: Source, now: datetime, timeout: timedelta) -> Fetched | Exception:
    try:
        async with asyncio.timeout(timeout.total_seconds()) as limit:
            return await source.fetch(now)
    except Exception as error:
        if isinstance(error, TimeoutError) and limit.expired():
            return SourceError(f"no answer within {timeout.total_seconds():g} s; [fetch] total_timeout")
        return error


async def _keep(
    name: str, result: Fetched | Exception, entries: Entries, memory: SourceMemory, now: datetime
) -> SourceReport:
    """The validators come last: until the entries are kept, the source must give them again."""
    if isinstance(result, Exception):
        return SourceReport(name, error=_said(result))
    try:
        new = await entries.add(result.entries, now)
    except StoreError:
        raise
    except Exception as error:
        return SourceReport(name, error=_said(error))
    await memory.succeeded(name, result.validators, now)
    return SourceReport(name, len(result.entries), new, result.problems)


def _said(error: Exception) -> str:
    """What went wrong; an error that nobody foresaw is named by its class."""
    return str(error) if isinstance(error, SourceError) else f"{type(error).__name__}: {error}"
