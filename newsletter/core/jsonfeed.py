"""JSON Feed 1 and 1.1 (https://jsonfeed.org): the items of one.

A value of the wrong type is passed over as if it were missing, and so is an item that is no object: an empty
one takes its place, and `core.feed` says what it lacks.
"""

import json
from collections.abc import Iterable

from newsletter.core.feed import FeedItem, moment
from newsletter.core.identity import web_address
from newsletter.core.markup import plain_text, readable
from newsletter.errors import InputError

__all__ = ["is_json", "items_from_json_feed"]

_VERSION = "https://jsonfeed.org/version/"


def is_json(content: bytes) -> bool:
    """Whether this looks like a JSON object rather than like XML."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def items_from_json_feed(content: bytes, limit: int) -> tuple[list[FeedItem], list[str]]:
    """The first `limit` items, and what is wrong with the feed. Raises InputError if it is none."""
    try:
        feed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON that can be read: {error}") from error
    if not isinstance(feed, dict) or not _text(feed.get("version")).startswith(_VERSION):
        raise InputError(f'JSON, but no JSON Feed: its "version" does not begin with {_VERSION}')
    items = feed.get("items")
    if not isinstance(items, list):
        raise InputError('a JSON Feed without its list of "items"')
    problems = []
    if len(items) > limit:
        problems.append(f"has {len(items)} items; only the first {limit} were read")
    authors = _authors(feed)
    return [
        _item(item, authors) if isinstance(item, dict) else FeedItem() for item in items[:limit]
    ], problems


def _item(item: dict[str, object], feed_authors: tuple[str, ...]) -> FeedItem:
    dates = [_text(item.get(key)) for key in ("date_published", "date_modified")]
    published = next((found for found in map(moment, dates) if found), None)
    number = item.get("id")
    guid = str(number) if isinstance(number, str | int | float) else ""
    return FeedItem(
        title=readable(_text(item.get("title"))),
        text=_body(item),
        link=_text(item.get("url")) or _text(item.get("external_url")) or (web_address(guid) or ""),
        guid=guid,
        authors=_authors(item) or feed_authors,
        published=published.isoformat() if published else "",
        unread_date="" if published else next(filter(None, dates), ""),
        categories=tuple(_texts(item.get("tags"))),
    )


def _body(item: dict[str, object]) -> str:
    """The summary, else the content; the HTML counts where there is no text."""
    for key in ("summary", "content_text", "content_html"):
        text = _text(item.get(key))
        found = plain_text(text) if key == "content_html" else readable(text)
        if found:
            return found
    return ""


def _authors(owner: dict[str, object]) -> tuple[str, ...]:
    """Version 1 has one author, version 1.1 a list of them."""
    several = owner.get("authors")
    people = [*(several if isinstance(several, list) else ()), owner.get("author")]
    names = (_text(person.get("name")) for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(name for name in map(readable, names) if name))


def _texts(value: object) -> Iterable[str]:
    found = map(readable, map(_text, value)) if isinstance(value, list) else ()
    return dict.fromkeys(filter(None, found))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
