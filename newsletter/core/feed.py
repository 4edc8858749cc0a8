"""What feeds of every format have in common, and the entry that an item of one becomes.

RSS, Atom ──adapters' reader──▶ FeedItem ──▶ Entry
JSON Feed ──core.jsonfeed─────▶ FeedItem ──▶ Entry
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from newsletter.core.cleaning import clean_text, read_abstract, read_title
from newsletter.core.identity import canonical_id, canonical_url, doi_name, identify, web_address
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["FeedItem", "Parsed", "entry_from_item", "parse_items", "shorten"]

_LONGEST_TITLE = 300
_LONGEST_SUMMARY = 5000
_TITLE_WORDS = 12
"""Words of the text that stand for a missing title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item, still with the feed's own values, each a text; empty where the feed does not say.

    `title` and `text` have no markup any more.
    """

    title: str = ""
    text: str = ""
    link: str = ""
    """Of the item's own page, perhaps relative."""
    guid: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    """ISO 8601 in UTC."""
    unread_date: str = ""
    """A date that is none, as it came."""
    categories: tuple[str, ...] = ()
    """The primary one first."""
    discussion: str = ""
    doi: str = ""
    announced: str = ""
    """arXiv's word for why it is in the list: new, cross, replace, replace-cross."""
    comment: str = ""
    """Of arXiv's authors: pages, figures, where the code is."""


class Parsed(NamedTuple):
    """Entries, and what could not be read: each begins with its place."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def parse_items(
    items: Sequence[FeedItem],
    read: Callable[[FeedItem, str], tuple[Entry, list[str]]],
    *,
    where: str,
    wanted: Callable[[FeedItem], bool] = lambda _: True,
) -> Parsed:
    """The entries of the items that are wanted, each read by itself; `where` is the feed's address. Places
    count from 1."""
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for number, item in enumerate(items, start=1):
        if not wanted(item):
            continue
        try:
            entry, found = read(item, f"{where}: item {number}")
        except InputError as error:
            problems.append(str(error))
            continue
        problems += found
        known = entries.setdefault(entry.id, entry)
        if known.title != entry.title:
            problems.append(
                f"{where}: item {number}: leads to the page of another item, {entry.url}; left out"
            )
    return Parsed(tuple(entries.values()), tuple(problems))


def entry_from_item(item: FeedItem, where: str, *, base: str) -> tuple[Entry, list[str]]:
    """The entry, and what of it was left out; `base` is the address that relative links start from.

    Raises InputError, which begins with `where`, for an item that has neither title, text nor link.
    """
    problems: list[str] = []
    url = _link(item.link, "link", where, base, problems)
    title = _title(item, url)
    if not title:
        raise InputError(f"{where}: has neither a title nor a text nor a link; left out")
    doi = doi_name(item.doi) or doi_name(url or "")
    entry_id = _id(item, title, url, base)
    is_paper = entry_id.startswith("arxiv:") or doi
    abstract = read_abstract(item.text) if is_paper else None
    if item.unread_date:
        problems.append(f"{where}: its date {item.unread_date[:60]!r} cannot be read; left out")
    entry = Entry(
        id=entry_id,
        title=title,
        summary=shorten(abstract.text if abstract else clean_text(item.text), _LONGEST_SUMMARY),
        authors=item.authors,
        url=url,
        doi=doi,
        published=moment(item.published),
        code=abstract.code if abstract else None,
        project=abstract.project if abstract else None,
        discussion=_link(item.discussion, "comments", where, base, problems),
        categories=item.categories,
    )
    return entry, problems


def shorten(text: str, most: int) -> str:
    """The text, cut between two words if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0][: most - 1].rstrip(" ,;:") + "…"


def moment(text: str) -> datetime | None:
    """An instant in UTC from ISO 8601; one without an offset is UTC; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _id(item: FeedItem, title: str, url: str | None, base: str) -> str:
    """A guid may change while the page stays, so it counts only where there is no page of the item's own: the
    front page of a site is none. One that is no URI means something within its feed alone."""
    named = item.guid if item.guid.lower().startswith(("oai:arxiv.org:", "arxiv:")) else None
    own_page = url if url and (urlsplit(url).path.strip("/") or urlsplit(url).query) else None
    if own_page or named or not item.guid:
        return identify(title=title, authors=item.authors, url=own_page, arxiv=named)
    if ":" in item.guid and canonical_id(item.guid) != canonical_id(url or ""):
        return canonical_id(item.guid)
    return f"{canonical_url(base)}#{item.guid}"


def _title(item: FeedItem, url: str | None) -> str:
    title = read_title(item.title)
    if not title:
        words = item.text.split(maxsplit=_TITLE_WORDS)
        title = " ".join(words[:_TITLE_WORDS]) + ("…" if len(words) > _TITLE_WORDS else "")
    if not title and url:
        parts = urlsplit(url)
        title = f"{parts.hostname}{parts.path}".rstrip("/")
    return shorten(title, _LONGEST_TITLE)


def _link(text: str, key: str, where: str, base: str, problems: list[str]) -> str | None:
    text = clean_text(text)
    if not text:
        return None
    try:
        address = web_address(urljoin(base, text))
    except ValueError:
        address = None
    if not address:
        problems.append(f"{where}: {key}: {text[:100]!r} is not an http or https address; left out")
    return address
