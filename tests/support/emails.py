"""Every email that the program sends, made from the seed page: what the judges judge.

The page has neither votes nor authors, so they are made up: an email that shows everything is judged.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache

from golden.produce import NEWSLETTER, NOW, READER, SECRET

from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.weights import shipped_editor
from newsletter.bootstrap import shipped
from newsletter.core import tokens
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.letters import LetterKind
from newsletter.core.model import Edition, Entry, Newsletter, Subscriber
from newsletter.core.phrases import Phrases
from newsletter.core.topics import topic_names
from newsletter.core.wishes import Wishes
from newsletter.ports import Message, PublishedEdition, Signer
from newsletter.render.copy import Copy
from newsletter.render.ladder import Fitted, fit
from newsletter.services.compose import Composer, links_of
from newsletter.services.letters import LetterWriter
from support.themes import LANGUAGES, THEMES, shipped_theme

__all__ = ["ALL", "LANGUAGES", "LETTERS", "THEMES", "html", "message", "mjml", "text"]

LETTERS = tuple(LetterKind)
ALL = (
    *(("digest", language) for language in LANGUAGES),
    *((name, language) for name in ("compact", "weekly", *LETTERS) for language in ("en", "ar")),
)
"""Those that are judged: one in every language, the others in each direction of writing."""
NAMES = (("Ada Lovelace",), ("Bo Li", "Cy Twombly"), ("Dai Vernon", "Eva Hesse", "Fei-Fei Chen"), ())
WISHES = Wishes(
    topics=("Robotics", "Robotik", "机器人", "الروبوتات"),
    keywords=("diffusion", "model editing"),
    authors=("Bo Li",),
)


def mjml(name: str, language: str) -> str:
    """The MJML of the email, with the marks of what differs from reader to reader."""
    if name in THEMES:
        return _fitted(name, language).rendered.mjml
    theme, kind = shipped_theme("digest", language), LetterKind(name)
    letter = _writer(language).letter(kind, _person(), NOW + timedelta(days=1), theme.language)
    return theme.render(f"{kind}.mjml", letter=letter)


def html(name: str, language: str) -> str:
    """The HTML part as one reader gets it."""
    return _copy(name, language).html


def text(name: str, language: str) -> str:
    """The plain text of the same."""
    return _copy(name, language).text


def message(name: str, language: str, signer: Signer | None = None) -> Message:
    """The whole message to the same reader."""
    found = _composer(name, language, signer).message(replace(READER, wishes=WISHES))
    assert found
    return found


@cache
def _copy(name: str, language: str) -> Copy:
    if name in THEMES:
        written = _composer(name, language).write(replace(READER, wishes=WISHES))
        assert written
        return written.copy
    return _writer(language).write(LetterKind(name), _person(), NOW, NOW + timedelta(days=1))[0]


def _newsletter(language: str) -> Newsletter:
    return replace(NEWSLETTER, language=language, show_reasons=True)


def _person() -> Subscriber:
    return Subscriber(id=READER.subscriber_id, email=READER.email, name=READER.name)


def _writer(language: str) -> LetterWriter:
    return LetterWriter(_newsletter(language), shipped_theme("digest", language), SECRET)


def _composer(name: str, language: str, signer: Signer | None = None) -> Composer:
    fitted = _fitted(name, language)
    rendered = fitted.rendered
    published = PublishedEdition(1, fitted.edition, rendered.html, rendered.text, rendered.nonce, NOW)
    return Composer(published, _newsletter(language), SECRET, signer, _phrases(language))


@cache
def _fitted(name: str, language: str) -> Fitted:
    newsletter, theme = _newsletter(language), shipped_theme(name, language)
    nonce = tokens.nonce(SECRET, NEWSLETTER.id, 1)
    links = links_of(0, newsletter, "1", SECRET)
    return fit(_edition(name, language), newsletter, theme, _phrases(language), nonce=nonce, links=links)


@cache
def _phrases(language: str) -> Phrases:
    return shipped_theme("digest", language).language.phrases(topic_names(shipped_editor()))


@cache
def _edition(name: str, language: str) -> Edition:
    edition = arrange(
        _entries(),
        EditionPolicy(shipped_editor()),
        newsletter=NEWSLETTER.id,
        number=1,
        slot=NOW,
        now=NOW,
        since=NOW - timedelta(days=7 if name == "weekly" else 1),
        phrases=_phrases(language),
    )
    assert edition
    return edition


@cache
def _entries() -> tuple[Entry, ...]:
    page = shipped("seeds") / "papers.txt"
    source = FileSource("Papers page", page, "https://huggingface.co/papers?q={title}")
    return tuple(_told_of(asyncio.run(source.fetch(NOW)).entries))


def _told_of(entries: Iterable[Entry]) -> Iterable[Entry]:
    """With votes, authors, an organization and a discussion, as a source of today has them."""
    for place, entry in enumerate(entries):
        yield replace(
            entry,
            upvotes=(997 * place) % 250 if place % 7 else None,
            authors=NAMES[place % len(NAMES)],
            organization="Example Lab" if place % 3 else None,
            discussion=f"https://huggingface.co/papers/{place}" if place % 2 else None,
            first_seen=NOW - timedelta(hours=5 * place % 130),
        )
