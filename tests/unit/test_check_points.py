"""The twenty points, on the shipped email and on emails with one fault each."""

import email.policy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mjml
import pytest

from newsletter.core.model import Edition, Newsletter, RankedEntry
from newsletter.core.reader import Arrangement
from newsletter.render.check import POINTS, Finding, SpamVerdict, Specimen, Told, check
from newsletter.render.compiled import Shape
from newsletter.render.digest import render_edition
from newsletter.render.findings import Status
from newsletter.render.fitting import Fitting
from newsletter.render.marks import Marks
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.personalise import Copy, Personaliser, Reader
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition

NONCE = "0123456789abcdef"
SITE = "https://papers.example.org"
HOSTILE = [
    "<script>alert(1)</script>",
    "x < 5 && y > 3",
    "{{7*7}} {% raw %} ${7*7}",
    "\"quotes\" 'and' `more`",
    "a -- b --> c <!-- d",
    "nul\x00 bell\x07 next\x85line",
    "\u202eright to left\u202c שלום",
    "emoji 🧪 and lone \ud800 surrogate",
    "</title></mj-text></mjml>",
    "__0123456789_EMAIL__",
    "A title of " + "very " * 40 + "many words",
]

Headers = Callable[..., MessageHeaders]


@pytest.fixture(scope="session")
def specimen_of(
    render_newsletter: Newsletter,
    render_theme: Theme,
    render_arranged: Callable[..., Arrangement],
    render_headers: Headers,
) -> Callable[[Edition], Specimen]:
    """Ada's and Bo's copies of an edition as a specimen."""

    def make(edition: Edition) -> Specimen:
        rendered = render_edition(edition, render_newsletter, render_theme, nonce=NONCE)
        view = view_edition(edition, render_newsletter)
        source = render_theme.render("digest.mjml", edition=view, reader=Marks(NONCE, comments=True))
        personaliser = Personaliser(rendered, Shape.of(edition))
        arrangement = render_arranged(edition)

        def written(name: str) -> tuple[Copy, bytes]:
            address = f"{name.lower()}@example.org"
            unsubscribe = f"{SITE}/unsubscribe/{name}s-t0k3n"
            copy = personaliser.copy(
                Reader(
                    email=address,
                    name=name,
                    unsubscribe_url=unsubscribe,
                    more_url=f"{SITE}/more/{name}s-m0r3/42",
                    preheader=edition.preheader,
                    arrangement=arrangement,
                )
            )
            copy = replace(copy, html=titled(copy.html, view.subject))
            headers = render_headers(
                to=address,
                to_name=name,
                subject=edition.subject,
                list_unsubscribe=unsubscribe,
                list_help=SITE,
                message_id=f"<42.{name}@papers.example.org>",
            )
            return copy, build_message(copy, headers)

        copy, message = written("Ada")
        entries = [entry for section in view.sections for entry in section.entries]
        return Specimen(
            mjml=source,
            mistake=None,
            laid_out=mjml.mjml2html(source, fonts={}),
            rendered=rendered.html,
            nonce=NONCE,
            fitting=Fitting((), len(copy.html), len(copy.html) + 4_000),
            html=copy.html,
            text=copy.text,
            message=message,
            again=written("Ada")[1],
            subject=view.subject,
            entries=(
                *(Told(entry.title, tuple(link.href for link in entry.links)) for entry in entries),
                *(Told(entry.title, (entry.href,) if entry.href else ()) for entry in view.also),
            ),
            outside=tuple(text for entry in entries for text in (entry.line, *entry.authors, entry.topic)),
            more=edition.more,
            archive=view.archive,
            unsubscribe=f"{SITE}/unsubscribe/Adas-t0k3n",
            private=("ada@example.org", "Ada", "Adas-t0k3n", "Adas-m0r3"),
            other=written("Bo")[1],
            other_private=("bo@example.org", "Bo", "Bos-t0k3n", "Bos-m0r3"),
            one_click=True,
            dkim=True,
            spam=SpamVerdict(-1.0, (("DKIM_VALID", -0.1),)),
        )

    return make


def titled(html: str, subject: str) -> str:
    """With the subject as its title."""
    return html


@pytest.fixture(scope="session")
def shipped(specimen_of: Callable[[Edition], Specimen], render_plain_edition: Edition) -> Specimen:
    """The shipped theme's email."""
    return specimen_of(render_plain_edition)


def unsound(specimen: Specimen) -> dict[int, Finding]:
    """The findings that do not pass, by their points."""
    return {found.point: found for found in check(specimen) if found.status is not Status.PASS}


def test_shipped_email_passes(shipped: Specimen) -> None:
    """The email of the shipped theme satisfies every point, and each says so with a sentence."""
    findings = check(shipped)
    for f in findings: print(f)
    assert [(found.point, found.status, found.mend) for found in findings] == [
        (number, Status.PASS, "") for number in range(1, 21)
    ]
    assert all(found.detail.endswith(".") for found in findings)

def test_hostile_email_passes(
    specimen_of: Callable[[Edition], Specimen],
    render_edition_of: Callable[..., Edition],
    render_entry: Callable[..., RankedEntry],
) -> None:
    """Whatever titles say, a sound theme's email stays sound."""
    entries = [render_entry(rank, title=title, line=title) for rank, title in enumerate(HOSTILE, 1)]
    edition = render_edition_of({HOSTILE[2]: entries}, subject=HOSTILE[0], preheader=HOSTILE[1])
    for f in check(specimen_of(edition)): print(f)
    assert unsound(specimen_of(edition)) == {}
