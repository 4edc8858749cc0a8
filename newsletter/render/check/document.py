"""The HTML document: how it was made, how it begins, its language, roles and headings (points 1, 2, 3, 9)."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from newsletter.render.check.css import Element
from newsletter.render.check.page import Page
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import MJML, STYLE, Problem, Verdict, quote
from newsletter.render.findings import Status

__all__ = ["accepted", "begins_with_type", "structure", "survived"]

_DOCTYPE = "<!DOCTYPE html>"
_MUST_SURVIVE = ("<!--[if ", "<![endif]-->", "@media", "!important", "[data-ogsc]", "[data-ogsb]")
_READ_DIFFERENTLY = {
    r"<mj-style\b[^>]*\binline=": "mj-style inline: its rules stay in the head, put them into the CSS",
    r"<mj-include\b": "mj-include: a section loses its width, use Jinja's include",
    r"<mj-html-attributes\b": "mj-html-attributes: it is an error, write the attributes yourself",
    r"<mj-table\b": 'mj-table: its role is lost, write a table with role="presentation" into mj-text',
    r"<mj-social-element\b": "mj-social-element: its picture gets no alt, write links of text",
}
"""What the official MJML accepts and mrml, which lays the email out, makes something else of."""


def accepted(reading: Reading) -> Verdict:
    """1: a strict validator accepts the MJML."""
    specimen = reading.specimen
    return Verdict.of(
        f"{len(specimen.mjml.splitlines()):,} lines of MJML, and no mistake in them.",
        _mistakes(specimen.mjml, specimen.mistake),
    )


def _mistakes(mjml: str, mistake: str | None) -> Iterator[Problem]:
    if mistake is not None:
        yield Problem(f"The theme makes MJML that is wrong: {mistake}.", f"Mend it in {MJML}.")
    for pattern, what in _READ_DIFFERENTLY.items():
        if re.search(pattern, mjml):
            name, _, mend = what.partition(": ")
            yield Problem(
                f"{name} is laid out here differently from official MJML.", f"{MJML}: {mend}.", Status.WARN
            )


def begins_with_type(reading: Reading) -> Verdict:
    """2: the document type is first, so that browsers keep to the standards."""
    html = reading.specimen.html
    mend = f"Take out what writes before <mjml> in {MJML}; nothing may change the HTML after it is inlined."
    problems = []
    if not html.startswith(_DOCTYPE):
        problems = [Problem(f"The HTML begins with {quote(html[:40])}, not with {_DOCTYPE}.", mend)]
    elif html.lower().count("<!doctype") > 1:
        problems = [Problem("The HTML has more than one document type.", mend)]
    return Verdict.of(
        f"The HTML begins with {_DOCTYPE}: browsers and mailboxes keep to the standards.", problems
    )


def survived(reading: Reading) -> Verdict:
    """3: what Outlook, phones and the dark need is still there after inlining."""
    before, after = reading.specimen.laid_out, reading.specimen.rendered
    counts = {piece: (before.count(piece), after.count(piece)) for piece in _MUST_SURVIVE}
    lost = [
        Problem(
            f"Of {one} {piece!r} before inlining {other} are left.",
            f"Keep {STYLE} simple, and media queries in an mj-style of {MJML}.",
        )
        for piece, (one, other) in counts.items()
        if other < one
    ]
    kept = ", ".join(f"{one} {piece}" for piece, (one, _) in counts.items())
    return Verdict.of(f"All are there after inlining: {kept}.", lost)


def structure(reading: Reading) -> Verdict:
    """9: what a screen reader goes by."""
    page = reading.page
    language, tables = page.root.get("lang", ""), len(page.all("table"))
    return Verdict.of(
        f"The language is {language!r}, {tables} tables are for layout only, and one h1 leads"
        f" {len(_levels(page)) - 1} headings, none of which skips a level.",
        (*_language(page), *_roles(page), *_headings(page), *_title(page, reading.specimen.subject)),
    )


def _language(page: Page) -> Iterator[Problem]:
    body = page.root.find("body")
    first = next((child for child in body if isinstance(child.tag, str)), None) if body is not None else None
    for name, element in (("<html>", page.root), ("the first element of <body>", first)):
        told: dict[str, str] = {} if element is None else dict(element.attrib)
        if told.get("lang", "und") in ("", "und"):
            yield Problem(
                f"There is no language on {name}.",
                f'Set [newsletter] language, and keep lang="{{{{ edition.language }}}}" on <mjml> in {MJML}.',
            )
        if told.get("dir") not in ("ltr", "rtl"):
            yield Problem(
                f"There is no direction on {name}.",
                f'Keep dir="{{{{ edition.direction }}}}" on <mjml> in {MJML}.',
            )


def _roles(page: Page) -> Iterator[Problem]:
    bare = [table for table in page.all("table") if _is_layout(table)]
    if bare:
        yield Problem(
            f"{len(bare)} of {len(page.all('table'))} tables have no role: screen readers read their cells.",
            f'Write role="presentation" on every table for layout in {MJML}.',
        )
    twice = [name for name, times in Counter(_ids(page)).items() if times > 1]
    for name in twice:
        yield Problem(f"The id {quote(name)} is there more than once.", f"Take ids out of {MJML}.")
    for meta in page.all("meta"):
        content = meta.get("content", "").lower().replace(" ", "")
        if meta.get("name", "").lower() == "viewport" and re.search(
            r"user-scalable=(?:no|0)|maximum-scale=(?:0|1(?:\.|,|;|$))", content
        ):
            yield Problem("The viewport keeps readers from zooming.", f"Take that <meta> out of {MJML}.")


def _is_layout(table: Element) -> bool:
    """Whether a table lacks the role that it should have: one with head cells is a table of data."""
    return table.get("role") not in ("presentation", "none") and table.find(".//th") is None


def _ids(page: Page) -> list[str]:
    return [element.get("id") for element in page.elements if element.get("id")]


def _levels(page: Page) -> list[int]:
    return [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6")]


def _headings(page: Page) -> Iterator[Problem]:
    levels = _levels(page)
    if levels.count(1) != 1:
        yield Problem(f"There are {levels.count(1)} h1.", f"Give {MJML} one h1: the newsletter's name.")
    for above, below in pairwise([0, *levels]):
        if below > above + 1:
            place = f"An h{below} follows an h{above}" if above else f"The first heading is an h{below}"
            yield Problem(f"{place}: a level is skipped.", f"Number the headings of {MJML} without a gap.")


def _title(page: Page, subject: str) -> Iterator[Problem]:
    titles = [" ".join(title.text_content().split()) for title in page.root.findall("head/title")]
    if titles != [" ".join(subject.split())]:
        shown = quote(titles[0]) if titles else "missing"
        yield Problem(
            f"The <title> is {shown}, the subject is {quote(subject)}.",
            f"Make mj-title in {MJML} the subject.",
        )
