"""What arXiv's own feeds say beyond any feed: the API's Atom and the daily lists of its categories.

The titles and abstracts are plain text with LaTeX in them, never HTML: `$a<b$` is a formula.
"""

import re
from collections.abc import Collection, Sequence

from newsletter.core.cleaning import classify_links, read_abstract, read_title
from newsletter.core.feed import FeedItem, Parsed, moment, parse_items
from newsletter.core.identity import arxiv_id, doi_name
from newsletter.core.links import find_links, mend_links
from newsletter.core.markup import readable
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["parse_arxiv", "refusal"]

_HEAD = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*([a-z-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*[,;\n]\s*")


def parse_arxiv(items: Sequence[FeedItem], *, where: str, announce: Collection[str] | None = None) -> Parsed:
    """The papers; where `announce` is given, only those that the list has for one of these reasons.

    An item that does not say its reason counts as new.
    """

    def wanted(item: FeedItem) -> bool:
        return announce is None or (_announced(item) or "new") in announce

    return parse_items(items, _entry, where=where, wanted=wanted)


def refusal(items: Sequence[FeedItem]) -> str | None:
    """Why the API refused, if it did: it says so in the form of an entry."""
    return next((readable(item.text) or item.title for item in items if "/api/errors" in item.guid), None)


def _announced(item: FeedItem) -> str:
    """Why it is in the daily list; empty for the API's items."""
    match = _HEAD.match(item.text)
    return (item.announced or (match[1] if match else "")).lower()


def _entry(item: FeedItem, where: str) -> tuple[Entry, list[str]]:
    found = arxiv_id(item.guid) or arxiv_id(item.link)
    title = readable(read_title(item.title))
    if not found or not title:
        missing = "title" if found else f"arXiv id (it is {item.guid[:60]!r})"
        raise InputError(f"{where}: has no {missing}; left out")
    links = classify_links(find_links(mend_links(item.comment)))
    abstract = read_abstract(readable(_HEAD.sub("", item.text, count=1)))
    reason = _announced(item)
    entry = Entry(
        id=f"arxiv:{found}",
        title=title,
        summary=abstract.text,
        authors=_listed_authors(item.authors) if reason else item.authors,
        url=f"https://arxiv.org/abs/{found}",
        doi=doi_name(item.doi),
        published=moment(item.published) if reason in ("", "new") else None,
        code=abstract.code or links.code,
        project=abstract.project or links.project,
        categories=item.categories,
    )
    return entry, [f"{where}: its date {item.unread_date[:60]!r} cannot be read"] if item.unread_date else []


def _listed_authors(names: Sequence[str]) -> tuple[str, ...]:
    """The daily lists name all authors in one text."""
    return tuple(part for name in names for part in _BETWEEN_NAMES.split(name) if part)
