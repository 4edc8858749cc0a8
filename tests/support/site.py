"""The public pages of a newsletter, asked over HTTP without a socket."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Entry, Subscriber
from newsletter.ports import PublishedEdition
from newsletter.web.site import site

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
CONFIG = """
[newsletter]
id = "papers"
name = "Tom & Ada's <Papers>"
from = "Papers <papers@example.org>"
base_url = "https://papers.example.org{path}"
secret_file = "secret"
{more}
[edition]
max_entries = 3
"""
PAYLOADS = [
    "<script>alert(1)</script>",
    "</title></a><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "&lt;b&gt;",
]


class Page(HTMLParser):
    """What a browser sees: the elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str]:
        return [attributes["href"] or "" for tag, attributes in self.elements if tag == "a"]


def config_in(folder: Path, path: str = "", more: str = "") -> Path:
    """A newsletter.toml whose pages lie below `path`; `more` are lines of its first table."""
    (folder / "secret").write_text("0123456789abcdef0123456789abcdef")
    config = folder / "newsletter.toml"
    config.write_text(CONFIG.format(path=path, more=more))
    return config


def browser_of(app: App, *, raising: bool = True) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(site(app), raise_app_exceptions=raising)
    return httpx.AsyncClient(transport=transport, base_url="https://papers.example.org")


async def subscribe(app: App, email: str = "ada@example.org") -> Subscriber:
    await app.subscribers.add([NewSubscriber(email)], NOW)
    return await app.subscribers.find(email)


def link_of(app: App, number: int, purpose: str = tokens.UNSUBSCRIBE) -> str:
    """Where the emails of this subscriber lead to."""
    return f"/{purpose}/{tokens.make(app.secret, purpose, app.newsletter.id, number)}"


def papers(count: int, start: int = 1) -> list[Entry]:
    return [
        Entry(
            id=f"paper:{number}",
            title=f"Title of paper {number}",
            summary=f"Paper {number} shows something new about birds. It has a second sentence.",
            authors=("Ada Lovelace", "Bo Li", "Cy Twombly"),
            url=f"https://example.org/abs/{number}",
            code=f"https://github.com/example/{number}",
            organization="Example Lab",
            upvotes=1000 - number,
        )
        for number in range(start, start + count)
    ]


async def publish(app: App, entries: Sequence[Entry], days: int = 0) -> PublishedEdition:
    now = NOW + timedelta(days=days)
    await app.entries.add(entries, now)
    published = (await app.daily.publish(now, now)).edition
    assert published is not None
    return published
