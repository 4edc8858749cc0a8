"""The daily papers of Hugging Face: the lists of the last days, since each keeps growing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from newsletter.core.huggingface import parse_daily_papers
from newsletter.core.model import Entry
from newsletter.errors import InputError, SourceError
from newsletter.ports import Fetched, Fetcher, Validator

__all__ = ["HuggingFaceSource"]

_MOST = 100
"""Papers that the API gives for one day; the longest day so far had 50."""


class HuggingFaceSource:
    """Asks `url` for each of the last `days` dates in UTC, the newest first."""

    def __init__(self, name: str, fetcher: Fetcher, url: str, days: int, max_entries: int) -> None:
        self.name = name
        self._fetcher = fetcher
        self._url = url
        self._days = days
        self._max_entries = max_entries

    async def fetch(self, now: datetime) -> Fetched:
        """The papers of all days, each once. A day that cannot be read is a problem. Raises SourceError
        if none can."""
        entries: dict[str, Entry] = {}
        problems: list[str] = []
        validators: list[Validator] = []
        failures: list[str] = []
        for address in self._addresses(now):
            try:
                day = await self._day(address)
            except SourceError as error:
                failures.append(str(error))
                continue
            for entry in day.entries:
                entries.setdefault(entry.id, replace(entry, source=self.name))
            problems += day.problems
            validators += day.validators
        if len(failures) == self._days:
            raise SourceError(failures[0])
        kept = tuple(entries.values())[: self._max_entries]
        if len(kept) < len(entries):
            problems.append(f"{self._url}: {len(entries)} papers; only the first {len(kept)} were kept")
            validators = []  # What was cut off must come again.
        return Fetched(kept, (*failures, *problems), tuple(validators))

    async def _day(self, address: str) -> Fetched:
        page = await self._fetcher.get(address, source=self.name)
        if page is None:
            return Fetched(())
        try:
            entries, problems = parse_daily_papers(page.content, where=address)
        except InputError as error:
            raise SourceError(str(error)) from error
        if len(entries) >= _MOST:
            problems += (f"{address}: has {len(entries)} papers or more; the rest is not asked for",)
        return Fetched(entries, problems, (page.validator,))

    def _addresses(self, now: datetime) -> Iterator[str]:
        today = now.astimezone(UTC).date()
        parts = urlsplit(self._url)
        for ago in range(self._days):
            query = {"limit": str(_MOST)} | dict(parse_qsl(parts.query, keep_blank_values=True))
            query["date"] = (today - timedelta(days=ago)).isoformat()
            yield parts._replace(query=urlencode(query)).geturl()
