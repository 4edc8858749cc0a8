"""arXiv: a search through its API, or the daily lists of categories. The fetcher keeps the pause between
two requests that arXiv asks for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from newsletter.adapters.sources.feedprocess import read_apart
from newsletter.adapters.sources.feedreader import ReadFeed
from newsletter.core.arxiv import parse_arxiv, refusal
from newsletter.core.feed import FeedItem
from newsletter.errors import InputError, SourceError
from newsletter.ports import Fetched, Fetcher, Page, Validator

__all__ = ["ArxivSource"]

_API = "https://export.arxiv.org/api/query"
_LISTS = "https://rss.arxiv.org/atom/"
_PAGE = 100
"""Papers to a request; arXiv asks for few large requests and serves large ones badly."""
_LONGEST_LIST = 5000
"""Items that are read of one answer; a daily list has at most 2,000."""
_ATTEMPTS = 2
"""The API answers with an empty page now and then, and with the right one when asked again."""


@dataclass
class _Search:
    """What has come of a search so far."""

    items: list[FeedItem] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    validators: list[Validator] = field(default_factory=list)


class ArxivSource:
    """With a `query`, the newest papers that it finds; else the daily list of the `categories`, of which
    those count that are in it for a reason in `announce`. `url` takes the place of arXiv's own address."""

    def __init__(
        self,
        name: str,
        fetcher: Fetcher,
        *,
        query: str | None,
        categories: Sequence[str],
        url: str | None,
        max_entries: int,
        announce: Collection[str],
    ) -> None:
        self.name = name
        self._fetcher = fetcher
        self._query = query
        self._max_entries = max_entries
        self._announce = announce
        self._url = url or (_API if query else _LISTS + quote("+".join(categories), safe="+"))

    async def fetch(self, now: datetime) -> Fetched:
        """Raises SourceError where arXiv refuses, or nothing can be read."""
        found = await (self._search(self._query) if self._query else self._daily())
        announce = None if self._query else self._announce
        entries, problems = parse_arxiv(found.items, where=self._url, announce=announce)
        own = tuple(replace(entry, source=self.name) for entry in entries[: self._max_entries])
        if len(own) < len(entries):
            found.problems.append(f"{self._url}: {len(entries)} papers; only the first {len(own)} were kept")
        return Fetched(own, (*found.problems, *problems), tuple(found.validators))

    async def _daily(self) -> _Search:
        page = await self._fetcher.get(self._url, source=self.name)
        if page is None:
            return _Search()
        read = await self._read(page, self._url)
        problems = [f"{self._url}: {problem}" for problem in read.problems]
        return _Search(list(read.items), problems, [page.validator])

    async def _search(self, query: str) -> _Search:
        """Page by page, to the end of what there is or of what is wanted. What is read already counts."""
        found = _Search()
        start, end = 0, self._max_entries
        while start < end:
            size = min(_PAGE, end - start)
            try:
                total = await self._page(found, self._address(query, start, size))
            except SourceError as error:
                if not start:
                    raise
                found.problems.append(f"{error}; only the {len(found.items)} papers before it were read")
                break
            end = min(end, total)
            start += size
        return found

    async def _page(self, found: _Search, address: str) -> int:
        """Add one page; answers how many papers there are in all, as far as is known."""
        for _ in range(_ATTEMPTS):
            page = await self._fetcher.get(address, source=self.name)
            if page is None:
                return self._max_entries
            read = await self._read(page, address)
            if read.items:
                found.items += read.items
                found.problems += [f"{address}: {problem}" for problem in read.problems]
                found.validators.append(page.validator)
                return self._max_entries if read.total is None else read.total
            if not read.total:
                return 0
        found.problems.append(
            f"{address}: an empty page, though arXiv says that there are {read.total} papers;"
            f" {len(found.items)} were read"
        )
        return 0

    async def _read(self, page: Page, address: str) -> ReadFeed:
        try:
            read = await read_apart(page.content, page.content_type, limit=_LONGEST_LIST, markup=False)
        except InputError as error:
            raise SourceError(f"{address}: {error}") from error
        reason = refusal(read.items)
        if reason:
            raise SourceError(f"{address}: arXiv refuses the query: {reason[:200]}")
        return read

    def _address(self, query: str, start: int, size: int) -> str:
        parts = urlsplit(self._url)
        wanted = dict(parse_qsl(parts.query, keep_blank_values=True)) | {
            "search_query": query,
            "start": str(start),
            "max_results": str(size),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
        return parts._replace(query=urlencode(wanted)).geturl()
