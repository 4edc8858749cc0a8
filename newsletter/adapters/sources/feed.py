"""Any feed: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from newsletter.adapters.sources.feedprocess import read_apart
from newsletter.core.feed import entry_from_item, parse_items
from newsletter.errors import InputError, SourceError
from newsletter.ports import Fetched, Fetcher

__all__ = ["FeedSource"]


class FeedSource:
    """The first `max_entries` items of the feed at `url`."""

    def __init__(self, name: str, fetcher: Fetcher, url: str, max_entries: int) -> None:
        self.name = name
        self._fetcher = fetcher
        self._url = url
        self._max_entries = max_entries

    async def fetch(self, now: datetime) -> Fetched:
        """Nothing where the feed has not changed. Raises SourceError if nothing in it can be read."""
        page = await self._fetcher.get(self._url, source=self.name)
        if page is None:
            return Fetched(())
        try:
            read = await read_apart(page.content, page.content_type, limit=self._max_entries)
        except InputError as error:
            raise SourceError(f"{self._url}: {error}") from error
        entries, problems = parse_items(read.items, partial(entry_from_item, base=page.url), where=self._url)
        return Fetched(
            tuple(replace(entry, source=self.name) for entry in entries),
            (*(f"{self._url}: {problem}" for problem in read.problems), *problems),
            (page.validator,),
        )
