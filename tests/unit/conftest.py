"""Fixtures of the tests of pages, and those of rendering, of which each name begins with `render_`."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.site import NOW, browser_of, config_in
from support.themes import shipped_theme

from newsletter.bootstrap import App, open_app
from newsletter.core.model import Edition, Entry, Newsletter, RankedEntry, Section
from newsletter.core.reader import Arrangement, arrange_for
from newsletter.core.readerindex import ReaderIndex
from newsletter.core.wishes import Wishes
from newsletter.render.compiled import Shape
from newsletter.render.copy import Copy
from newsletter.render.digest import RenderedEdition, render_edition
from newsletter.render.mime import MessageHeaders
from newsletter.render.personalise import Links, Personaliser, Reader
from newsletter.render.theme import Theme

TEMPLATES = Path(__file__).parents[2] / "templates"
NONCE = "0123456789abcdef"


def _ranked(rank: int, **fields: Any) -> RankedEntry:
    known = {
        "id": f"arxiv:2510.{rank:05d}",
        "title": f"Title of paper {rank}",
        "summary": f"Line of paper {rank}. A second sentence on paper {rank} follows. And a third.",
        "authors": ("Ada Lovelace", "Bo Li", "Cy Twombly"),
        "url": f"https://arxiv.org/abs/2510.{rank:05d}",
        "code": f"https://github.com/example/{rank}",
        "upvotes": 50 - rank,
        "organization": "Example Lab",
    }
    line = fields.pop("line", f"Line of paper {rank}.")
    reasons = fields.pop("reasons", (f"{50 - rank} votes", "has code"))
    entry = Entry(**{**known, **fields})
    return RankedEntry(entry=entry, rank=rank, score=1 / rank, reasons=reasons, line=line)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(config_in(tmp_path), NOW) as opened:
        yield opened


@pytest.fixture
async def browser(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        yield client


@pytest.fixture(scope="session")
def render_entry() -> Callable[..., RankedEntry]:
    """Makes a ranked entry: `render_entry(rank, title=..., url=None)`."""
    return _ranked


@pytest.fixture(scope="session")
def render_edition_of() -> Callable[..., Edition]:
    """Makes an edition of sections, given as lists of ranked entries by topic."""

    def make(sections: dict[str, list[RankedEntry]], **fields: Any) -> Edition:
        known: dict[str, Any] = {
            "newsletter": "papers",
            "number": 42,
            "slot": datetime(2026, 11, 20, 7, tzinfo=timezone(timedelta(hours=1))),
            "subject": "Title of paper 1, and Vision",
            "preheader": "Title of paper 2 · Title of paper 3",
        }
        made = tuple(Section(topic=topic, entries=tuple(found)) for topic, found in sections.items())
        return Edition(**{**known, **fields}, sections=made)

    return make


@pytest.fixture(scope="session")
def render_plain_edition(render_edition_of: Callable[..., Edition]) -> Edition:
    """Three sections with seven entries; the lead is the only one of the second section."""
    return render_edition_of(
        {
            "Vision": [_ranked(2), _ranked(4), _ranked(6)],
            "Agents": [_ranked(1)],
            "Speech & sound": [_ranked(3), _ranked(5), _ranked(7)],
        },
        also=(_ranked(8), _ranked(9)),
        rest=tuple(f"hash:{number}" for number in range(26)),
    )


@pytest.fixture(scope="session")
def render_newsletter() -> Newsletter:
    """A newsletter with every field set."""
    return Newsletter(
        id="papers",
        name="The Morning Papers",
        sender="The Morning Papers <papers@example.org>",
        base_url="https://papers.example.org",
        reply_to="editor@example.org",
        postal_address="Example Press, 1 Paper Street\n10115 Berlin",
    )


@pytest.fixture(scope="session")
def render_theme() -> Theme:
    """The shipped theme."""
    return shipped_theme()


@pytest.fixture(scope="session")
def render_bench() -> Theme:
    """The shipped work bench."""
    return Theme.load(TEMPLATES / "preview", files=("index.html",))


@pytest.fixture(scope="session")
def render_rendered(
    render_plain_edition: Edition, render_newsletter: Newsletter, render_theme: Theme
) -> RenderedEdition:
    """The plain edition, rendered."""
    return render_edition(render_plain_edition, render_newsletter, render_theme, nonce=NONCE)


@pytest.fixture(scope="session")
def render_arranged() -> Callable[..., Arrangement]:
    """Arranges an edition: `render_arranged(edition, topics=("Vision",))`."""

    def make(edition: Edition, **wishes: Any) -> Arrangement:
        arrangement = arrange_for(ReaderIndex.of(edition), Wishes(**wishes))
        assert arrangement
        return arrangement

    return make


@pytest.fixture(scope="session")
def render_reader(render_plain_edition: Edition, render_arranged: Callable[..., Arrangement]) -> Reader:
    """Ada, who follows the third topic of the plain edition."""
    return Reader(
        email="ada@example.org",
        name="Ada",
        links=Links(
            unsubscribe="https://papers.example.org/unsubscribe/t0k3n",
            preferences="https://papers.example.org/preferences/t0k3n3",
            more="https://papers.example.org/more/t0k3n2/42",
        ),
        subject="Title of paper 1",
        preheader=render_plain_edition.preheader,
        arrangement=render_arranged(render_plain_edition, topics=("Speech & sound",)),
    )


@pytest.fixture(scope="session")
def render_copy(
    render_newsletter: Newsletter,
    render_theme: Theme,
    render_reader: Reader,
    render_arranged: Callable[..., Arrangement],
) -> Callable[..., Copy]:
    """Ada's copy of an edition, with other wishes: `render_copy(edition, muted=("Vision",))`."""

    def make(edition: Edition, letter: Newsletter = render_newsletter, **wishes: Any) -> Copy:
        rendered = render_edition(edition, letter, render_theme, nonce=NONCE)
        arrangement = render_arranged(edition, **wishes)
        reader = replace(render_reader, preheader=edition.preheader, arrangement=arrangement)
        return Personaliser(rendered, Shape.of(edition)).copy(reader)

    return make


@pytest.fixture(scope="session")
def render_headers() -> Callable[..., MessageHeaders]:
    """Makes a message's headers, each of which can be given."""

    def make(**fields: Any) -> MessageHeaders:
        known: dict[str, Any] = {
            "from_": "The Morning Papers <papers@example.org>",
            "to": "ada@example.org",
            "to_name": "Ada",
            "subject": "Title of paper 1, and Vision",
            "date": datetime(2026, 11, 20, 6, tzinfo=UTC),
            "message_id": "<42.7@papers.example.org>",
            "list_id": "papers.example.org",
            "list_unsubscribe": "https://papers.example.org/unsubscribe/t0k3n",
        }
        return MessageHeaders(**{**known, **fields})

    return make
