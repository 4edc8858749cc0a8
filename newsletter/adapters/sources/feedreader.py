"""Feeds of every format read into items. No I/O: feedparser gets a stream. Text and even bytes that are the
path of a file it would open.

bytes ──core.xmlguard──▶ UTF-8, without traps ──feedparser──▶ its entries ──▶ FeedItems
bytes that are JSON ──core.jsonfeed───────────────────────────────────────▶ FeedItems
"""

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from newsletter.core.cleaning import clean_text
from newsletter.core.feed import FeedItem
from newsletter.core.jsonfeed import is_json, items_from_json_feed
from newsletter.core.markup import plain_text, readable
from newsletter.core.xmlguard import cut_items, to_utf8
from newsletter.errors import InputError

__all__ = ["LARGEST", "ReadFeed", "read_feed"]

LARGEST = 16_000_000
"""Bytes of a feed that are looked at."""

_MOST = 10_000
"""Items; no real feed has as many."""
_LONGEST_TEXT = 20_000
_ADDRESS_AND_NAME = re.compile(r"[^\s()@]+@[^\s()]+ \((.+)\)")
_MARKED_UP = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """What a feed has."""

    items: tuple[FeedItem, ...] = ()
    problems: tuple[str, ...] = ()
    total: int | None = None
    """How many there are in all, where the feed is one page of an OpenSearch answer."""


def read_feed(content: bytes, content_type: str = "", *, limit: int, markup: bool = True) -> ReadFeed:
    """The first `limit` items of an RSS, Atom or JSON feed, and never more than 10,000. `markup` is False
    where the feed's texts are known to have none. Raises InputError for what is no feed, or is refused."""
    limit = min(limit, _MOST)
    if is_json(content):
        if len(content) > LARGEST:
            raise InputError(f"a JSON Feed larger than {LARGEST // 1_000_000} MB; it was not read")
        items, problems = items_from_json_feed(content, limit)
        return ReadFeed(items=tuple(items), problems=tuple(problems))
    whole = len(content) <= LARGEST
    document, odd_encoding = to_utf8(content[:LARGEST], content_type, whole=whole)
    document, cut = cut_items(document.lstrip(), limit, whole=whole)
    found = _parse(document)
    entries = found["entries"][:limit]
    problems = [odd_encoding] if odd_encoding else []
    if found["bozo"]:
        problems.append(f"is not well-formed ({_reason(found)}); items that could be read: {len(entries)}")
    if not (entries or whole):
        raise InputError(f"its first item alone is larger than {LARGEST // 1_000_000} MB; it was not read")
    if cut or not whole:
        problems.append(f"has more than the {len(entries)} items that were read")
    return ReadFeed(
        items=tuple(_item(entry, markup) for entry in entries),
        problems=tuple(problems),
        total=_number(found["feed"].get("opensearch_totalresults")),
    )


def _parse(document: bytes) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # whatever a feed does to the parser, it is this feed that cannot be read
        raise InputError(f"cannot be read: {type(error).__name__} in the parser") from error
    if not found["entries"] and (found["bozo"] or not found.get("version")):
        why = f": {_reason(found)}" if found["bozo"] else ""
        raise InputError(f"neither RSS, Atom nor JSON Feed{why}; is this the address of a feed?")
    return found


def _reason(found: Mapping[str, Any]) -> str:
    return clean_text(str(found.get("bozo_exception", ""))).removeprefix("<unknown>:")[:200]


def _item(raw: dict[str, Any], markup: bool) -> FeedItem:
    """The feed's own values; `dict.get`, because feedparser's mapping answers with one field for another."""
    published, unread = _date(raw)
    guid = _text(raw, "id")
    return FeedItem(
        title=_plain(dict.get(raw, "title_detail"), markup) or readable(_text(raw, "title")),
        text=_body(raw, markup)[:_LONGEST_TEXT],
        link=_link(raw, guid),
        guid=guid,
        authors=tuple(_authors(raw)),
        published=published,
        unread_date=unread,
        categories=tuple(_categories(raw)),
        discussion=_text(raw, "comments"),
        doi=_text(raw, "arxiv_doi") or _text(raw, "prism_doi") or _text(raw, "dc_identifier"),
        announced=_text(raw, "arxiv_announce_type"),
        comment=_text(raw, "arxiv_comment"),
    )


def _text(raw: dict[str, Any], key: str) -> str:
    value = dict.get(raw, key)
    return clean_text(value) if isinstance(value, str) else ""


def _link(raw: dict[str, Any], guid: str) -> str:
    """The page, else any link that is no enclosure. feedparser takes every guid for a link where there is
    no other; only one that is an address is."""
    link = _text(raw, "link")
    if link and link != guid:
        return link
    others = (_text(other, "href") for other in _dicts(raw, "links") if other.get("rel") == "alternate")
    return next(filter(None, others), guid if guid.startswith(("http://", "https://")) else "")


def _body(raw: dict[str, Any], markup: bool) -> str:
    """The summary, else the content."""
    candidates = [dict.get(raw, "summary_detail"), *_dicts(raw, "content")]
    found = (_plain(candidate, markup) for candidate in candidates)
    return next(filter(None, found), "") or readable(_text(raw, "summary"))


def _plain(detail: object, markup: bool) -> str:
    value = detail.get("value") if isinstance(detail, dict) else None
    if not isinstance(value, str) or not isinstance(detail, dict):
        return ""
    return plain_text(value) if markup and detail.get("type") in _MARKED_UP else readable(value)


def _date(raw: dict[str, Any]) -> tuple[str, str]:
    """When it was published, else updated, as ISO 8601; and a date that is none."""
    unread = ""
    for key in ("published", "updated", "created"):
        parsed = dict.get(raw, f"{key}_parsed")
        try:
            if parsed:
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat(), ""
        except (ValueError, TypeError, OverflowError, OSError):
            pass  # a year that no datetime has: as unread as a date that is none
        unread = unread or _text(raw, key)
    return "", unread


def _authors(raw: dict[str, Any]) -> Iterable[str]:
    """Names; what has only a mail address is passed over. RSS has "address (name)", of which feedparser
    knows only some."""
    names = [_text(person, "name") for person in _dicts(raw, "authors")] or [_text(raw, "author")]
    if with_address := _ADDRESS_AND_NAME.fullmatch(_text(raw, "author")):
        names[-1] = with_address[1]
    return dict.fromkeys(name for name in map(readable, names) if name and "@" not in name)


def _categories(raw: dict[str, Any]) -> Iterable[str]:
    primary = dict.get(raw, "arxiv_primary_category")
    terms = [_text(tag, "term") for tag in _dicts(raw, "tags")]
    first = _text(primary, "term") if isinstance(primary, dict) else ""
    return dict.fromkeys(filter(None, [first, *map(readable, terms)]))


def _dicts(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = dict.get(raw, key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None
