"""Every email that the program sends, made from the seed page: what the judges judge."""

import asyncio
from functools import cache

from golden.produce import NEWSLETTER, NOW, READER, SECRET

from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.weights import shipped_editor
from newsletter.bootstrap import shipped
from newsletter.core import tokens
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Edition
from newsletter.ports import Message, PublishedEdition, Signer
from newsletter.render.digest import render_edition
from newsletter.render.marks import Marks
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition
from newsletter.services.compose import Composer

THEMES = ("digest",)
LETTERS: tuple[str, ...] = ()
LANGUAGES = ("en",)

NONCE = tokens.nonce(SECRET, NEWSLETTER.id, 1)


def mjml(name: str, language: str) -> str:
    """The MJML of the email, with the marks of what differs from reader to reader."""
    view = view_edition(_edition(), NEWSLETTER)
    return _theme(name).render("digest.mjml", edition=view, reader=Marks(NONCE, comments=True))


@cache
def html(name: str, language: str) -> str:
    """The HTML part as one reader gets it."""
    copy = Composer(_published(name), NEWSLETTER, SECRET).copy(READER)
    assert copy
    return copy.html


def message(name: str, language: str, signer: Signer | None = None) -> Message:
    """The whole message to the same reader."""
    found = Composer(_published(name), NEWSLETTER, SECRET, signer).message(READER)
    assert found
    return found


def _theme(name: str) -> Theme:
    return Theme.load(shipped("templates") / name)


@cache
def _edition() -> Edition:
    source = FileSource(
        "Papers page", shipped("seeds") / "papers.txt", "https://huggingface.co/papers?q={title}"
    )
    entries = asyncio.run(source.fetch(NOW)).entries
    edition = arrange(
        entries, EditionPolicy(shipped_editor()), newsletter=NEWSLETTER.id, number=1, slot=NOW, now=NOW
    )
    assert edition
    return edition


@cache
def _published(name: str) -> PublishedEdition:
    rendered = render_edition(_edition(), NEWSLETTER, _theme(name), nonce=NONCE)
    return PublishedEdition(1, _edition(), rendered.html, rendered.text, rendered.nonce, NOW)
