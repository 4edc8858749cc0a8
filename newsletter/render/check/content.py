"""What a copy holds: nothing from the net, no leftovers, texts as texts, all entries (points 4, 5, 6, 13)."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from newsletter.render.check.page import Page
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import MJML, PLAIN, STYLE, Problem, Verdict, quote
from newsletter.render.findings import Status

__all__ = ["complete", "nothing_fetched", "nothing_left", "texts_are_texts"]

_ACTIVE = (
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "audio",
    "video",
    "svg",
    "base",
)
_FETCHING_CSS = re.compile(r"@import\b|@font-face\b|url\s*\(", re.IGNORECASE)
_TAG = re.compile(r"\{\{[^{}]{1,200}\}\}|\{%[^{}]{1,200}%\}|\{#[^{}]{1,200}#\}")
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
"""Control characters but for tab and line feed, overrides of direction, and what is no character."""


def nothing_fetched(reading: Reading) -> Verdict:
    """4: neither rendering nor opening it asks the net for anything."""
    return Verdict.of(
        "No style sheet, font, script or picture is loaded from the net.",
        (*_fetched(reading), *_pictures(reading.page)),
    )


def _fetched(reading: Reading) -> Iterator[Problem]:
    for page in (reading.page, Page(reading.specimen.laid_out)):
        for link in page.all("link"):
            yield Problem(
                f"A <link> loads {quote(link.get('href', ''))}.",
                f"Take it out of {MJML}: use fonts that readers have.",
            )
    for element in reading.page.all(*_ACTIVE):
        yield Problem(f"There is a <{element.tag}>, which mailboxes block.", f"Take it out of {MJML}.")
    for element in reading.page.elements:
        if element.get("background"):
            yield Problem(
                f"A <{element.tag}> has a picture as its background.", f"Give it a colour in {MJML}."
            )
    inline = (element.get("style", "") for element in reading.page.elements)
    for css in (*reading.page.styles, *inline):
        for found in _FETCHING_CSS.findall(css):
            yield Problem(
                f"The CSS loads something from the net: {quote(css[css.find(found) :], 40)}.",
                f"Take it out of {STYLE} and out of mj-style and background-url in {MJML}.",
            )


def _pictures(page: Page) -> Iterator[Problem]:
    pictures = page.all("img")
    for picture in pictures:
        source = picture.get("src", "")
        if not source.startswith("https://"):
            yield Problem(f"A picture is at {quote(source, 40)}.", f"Give it an https address in {MJML}.")
        if picture.get("alt") is None or not picture.get("width"):
            yield Problem(
                f"The picture {quote(source, 40)} has no alt or no width.",
                f"Write both in {MJML}: alt is what most readers see of it.",
            )
    if pictures:
        yield Problem(
            f"{len(pictures)} pictures load when the email is opened, and many mailboxes block that.",
            f"Take them out of {MJML}, or see to it that the email can do without them.",
            Status.WARN,
        )


def nothing_left(reading: Reading) -> Verdict:
    """5: every sentinel was filled and every tag of a template was read."""
    specimen = reading.specimen
    parts = {"HTML": specimen.html, "plain text": specimen.text, "header": reading.letter.shown_head}
    return Verdict.of(
        "Every mark is filled in, and no tag of a template is left, in both parts and in the header.",
        [problem for name, part in parts.items() for problem in _leftovers(name, part, reading)],
    )


def _leftovers(name: str, part: str, reading: Reading) -> Iterator[Problem]:
    specimen = reading.specimen
    if found := re.search(rf".?.?{re.escape(specimen.nonce)}\w*", part):
        yield Problem(
            f"The {name} has a mark that nothing was put in for: {quote(found[0])}.",
            f"Write reader.… only where {MJML} and {PLAIN} show text, and never inside of an address.",
        )
    for tag in _TAG.findall(_without(_outside(reading), part)):
        yield Problem(
            f"The {name} shows a tag of a template: {quote(tag)}.",
            f"Jinja does not read it there: mend {MJML} or {PLAIN}.",
        )


def _without(texts: tuple[str, ...], part: str) -> str:
    """What the theme itself has put there, in lower case: a title may speak of templates."""
    own = _line(unescape(part))
    for text in sorted(filter(_TAG.search, map(_line, texts)), key=len, reverse=True):
        own = own.replace(text, " ")
    return own


def _line(text: str) -> str:
    return " ".join(text.split()).casefold()


def _outside(reading: Reading) -> tuple[str, ...]:
    """All that others wrote and this copy may show."""
    specimen = reading.specimen
    titles = (entry.title for entry in specimen.entries)
    return (*titles, *specimen.outside, *specimen.private, specimen.subject)


def texts_are_texts(reading: Reading) -> Verdict:
    """6: whatever a title says, it is shown, and does nothing."""
    texts = _outside(reading)
    hostile = sum(1 for text in texts if re.search(r"[<>&{}\"]", text))
    return Verdict.of(
        f"{len(texts):,} texts from outside, {hostile} of them with signs of HTML or templates, are text.",
        (*_raw(reading, texts), *_added(reading), *_unfit(reading), *_acting(reading.page)),
    )


def _raw(reading: Reading, texts: tuple[str, ...]) -> Iterator[Problem]:
    for text in texts:
        line = " ".join(text.split())
        if _MARKUP.search(line) and line in reading.specimen.html:
            yield Problem(
                f"A text from outside became HTML: {quote(line)}.",
                f"Take `| safe` and Markup out of {MJML}: Jinja escapes what it shows.",
            )


def _added(reading: Reading) -> Iterator[Problem]:
    mine = Counter(element.tag for element in reading.page.elements)
    all_readers = Counter(element.tag for element in reading.common.elements)
    for tag, extra in (mine - all_readers).items():
        yield Problem(
            f"This copy has {extra} <{tag}> more than the edition: a reader's own texts added elements.",
            "Escape what is filled in for each reader (render/personalise.py).",
        )


def _unfit(reading: Reading) -> Iterator[Problem]:
    for name, part in (("HTML", reading.specimen.html), ("plain text", reading.specimen.text)):
        if found := _UNFIT.search(part):
            yield Problem(
                f"The {name} has the control character U+{ord(found[0]):04X} at {found.start():,}.",
                "Clean texts before they are shown (render/text.py).",
            )


def _acting(page: Page) -> Iterator[Problem]:
    for element in page.elements:
        if name := next(filter(_acts, element.items()), None):
            yield Problem(
                f"A <{element.tag}> has {quote('='.join(name), 40)}, which would run.",
                f"Take it out of {MJML}; addresses from outside are safe_link's (render/text.py).",
            )


def _acts(attribute: tuple[str, str]) -> bool:
    name, value = attribute
    return (
        name.lower().startswith("on")
        or re.match(r"\s*(?:javascript|vbscript|data):", value, re.I) is not None
    )


def complete(reading: Reading) -> Verdict:
    """13: who reads only one part misses nothing."""
    entries = reading.specimen.entries
    html_links = {link.get("href", "").strip() for link in reading.page.all("a")}
    words = reading.plain.split()
    text_links = {*words, *(word.strip("<>()") for word in words)}
    parts = (
        ("HTML", reading.page.words, html_links, MJML),
        ("plain text", reading.plain, text_links, PLAIN),
    )
    missing = [
        Problem(f"The {name} lacks {what}.", f"Show every entry with its links in {template}.")
        for name, words, links, template in parts
        for entry in entries
        for what in _missing(entry.title, entry.links, words, links)
    ]
    links = sum(len(entry.links) for entry in entries)
    return Verdict.of(f"{len(entries)} titles and {links} links are in both parts.", missing)


def _missing(title: str, wanted: tuple[str, ...], words: str, links: set[str]) -> Iterator[str]:
    line = " ".join(title.split())
    if not re.search(rf"(?<!\w){re.escape(line)}(?!\w)", words):
        yield f"the title {quote(line)}"
    yield from (f"the link {quote(link)}" for link in wanted if link not in links)
