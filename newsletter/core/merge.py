"""Two tellings of one paper become one entry that keeps the best of each."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from newsletter.core.identity import arxiv_id, canonical_url, web_address
from newsletter.core.model import Entry

__all__ = ["merge"]

_MOST = 30
"""Pages, categories or keywords of one entry: sources are not trusted to stop."""
_CUT = " .…[]"
"""How a shortened abstract ends."""

_T = TypeVar("_T")


def merge(known: Entry, new: Entry) -> Entry:
    """The known entry with what the new one adds; merging the same again changes nothing.

    It stays who it was: id, `first_seen`, source and page. What its own source says anew counts, unless
    that is silence; another source only fills gaps. Votes of different sources: the larger count.
    """
    same = known.source == new.source
    return replace(
        known,
        title=new.title if same else known.title,
        summary=_summary(known.summary, new.summary, same),
        tldr=_text(known.tldr, new.tldr, same),
        authors=new.authors if len(new.authors) > len(known.authors) else known.authors,
        url=known.url or new.url,
        doi=_text(known.doi, new.doi, same),
        links=_links(known, new),
        published=_text(known.published, new.published, same),
        listed=_text(known.listed, new.listed, same),
        upvotes=_count(known.upvotes, new.upvotes, same),
        comments=_count(known.comments, new.comments, same),
        stars=_count(known.stars, new.stars, same),
        code=_text(known.code, new.code, same),
        project=_text(known.project, new.project, same),
        discussion=_text(known.discussion, new.discussion, same),
        search=_text(known.search, new.search, same),
        categories=_union(known.categories, new.categories),
        keywords=_union(known.keywords, new.keywords),
        organization=_text(known.organization, new.organization, same),
        position=known.position if known.position is not None else new.position,
        first_seen=known.first_seen or new.first_seen,
    )


def _text(known: _T | None, new: _T | None, same: bool) -> _T | None:
    return (new or known) if same else (known or new)


def _count(known: int | None, new: int | None, same: bool) -> int | None:
    if known is None or new is None:
        return known if new is None else new
    return new if same else max(known, new)


def _summary(known: str, new: str, same: bool) -> str:
    """The newer text of the same source; of another one only the whole of what is known in part."""
    begins = len(new) > len(known) and new.startswith(known.rstrip(_CUT))
    return new if new and (same or begins) else known


def _links(known: Entry, new: Entry) -> tuple[str, ...]:
    """The pages besides the entry's own, each once in whatever spelling or version."""
    own = known.url or new.url
    seen = {_page(own)} if own else set()
    kept = []
    for link in filter(None, (*known.links, new.url, *new.links)):
        if (page := _page(link)) not in seen:
            seen.add(page)
            kept.append(link)
    return tuple(kept[: max(_MOST, len(known.links))])


def _page(link: str) -> str:
    """What the spellings of an address have in common; for arXiv those of all versions."""
    if not web_address(link):
        return link
    address, paper = canonical_url(link), arxiv_id(link)
    return address.rpartition(paper)[0] + paper if paper and paper in address else address


def _union(known: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """In order, without repetitions."""
    return tuple(dict.fromkeys((*known, *new)))[: max(_MOST, len(known))]
