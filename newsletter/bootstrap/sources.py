"""Sources, and the way to the network that they share, as the configuration has them."""

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.adapters.sources.arxiv import ArxivSource
from newsletter.adapters.sources.feed import FeedSource
from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.sources.huggingface import HuggingFaceSource
from newsletter.config import Settings
from newsletter.config.editing import (
    ArxivTable,
    FeedTable,
    FetchTable,
    FileTable,
    HuggingFaceTable,
    SourceTable,
)
from newsletter.ports import Fetcher, Source, SourceMemory

__all__ = ["make_fetcher", "make_source"]

_ARXIV_SECONDS = 3.0
"""Between two requests, as arXiv asks of everybody."""


def make_fetcher(table: FetchTable, memory: SourceMemory, contact: str) -> HttpFetcher:
    """To be entered before it fetches. `contact` is told to the servers that are asked."""
    limits = FetchLimits(
        timeout=table.timeout.total_seconds(),
        total_timeout=table.total_timeout.total_seconds(),
        max_bytes=table.max_bytes,
        intervals=dict.fromkeys(("export.arxiv.org", "rss.arxiv.org"), _ARXIV_SECONDS),
    )
    return HttpFetcher(memory, limits, allow_hosts=table.allow_hosts, contact=contact)


def make_source(table: SourceTable, settings: Settings, fetcher: Fetcher) -> Source:
    """The source of one table."""
    most = settings.fetch.max_entries
    match table:
        case FileTable():
            return FileSource(table.name, settings.path(table.path), table.search_url, table.pattern)
        case HuggingFaceTable():
            return HuggingFaceSource(table.name, fetcher, table.url, table.days, most)
        case FeedTable():
            return FeedSource(table.name, fetcher, table.url, most)
        case ArxivTable():
            return ArxivSource(
                table.name,
                fetcher,
                query=table.query,
                categories=table.categories,
                url=table.url,
                max_entries=table.max_entries,
                announce=table.announce,
            )
