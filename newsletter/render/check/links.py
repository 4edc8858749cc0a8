"""Where links lead, and whether their words say so (point 10)."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.render.check.css import Element
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import MJML, WORDS, Problem, Verdict, quote
from newsletter.render.findings import Status

__all__ = ["links_are_sound"]

_VAGUE = {
    "click here",
    "click",
    "here",
    "this",
    "this link",
    "link",
    "more",
    "read more",
    "learn more",
    "details",
    "go",
}


def links_are_sound(reading: Reading) -> Verdict:
    """10: absolute, https, with words of their own."""
    links = reading.page.all("a", "area")
    told = {link for entry in reading.specimen.entries for link in entry.links}
    titles = {entry.title for entry in reading.specimen.entries}
    return Verdict.of(
        f"{len(links)} links, absolute and https, each with words that say where it leads.",
        [problem for link in links for problem in (*_address(link, told), *_words(link, titles))],
    )


def _address(link: Element, told: set[str]) -> Iterator[Problem]:
    href = link.get("href", "").strip()
    try:
        parts = urlsplit(href)
    except ValueError:
        parts = urlsplit("")
    if (parts.scheme == "https" and parts.netloc) or (parts.scheme == "mailto" and parts.path):
        return
    if parts.scheme == "http" and parts.netloc and href in told:
        yield Problem(
            f"The entry's own link {quote(href)} is http.",
            "Nothing to do if its site has no https; else give the https address in the source.",
            Status.WARN,
        )
    elif parts.scheme == "http":
        yield Problem(
            f"The link {quote(href)} is http.",
            f"Set [newsletter] base_url to an https address, or mend it in {MJML}.",
        )
    else:
        yield Problem(f"The link {quote(href)} is no whole https address.", f"Mend it in {MJML}.")


def _words(link: Element, titles: set[str]) -> Iterator[Problem]:
    pictures = (picture.get("alt", "") for picture in link.iter("img"))
    words = " ".join(" ".join([link.text_content(), *pictures, link.get("alt", "")]).split())
    href = quote(link.get("href", ""))
    if words in titles:
        if not any(character.isalnum() for character in words):
            yield Problem(f"The title {quote(words)} has no letters.", "Look at its source.", Status.WARN)
    elif not any(character.isalnum() for character in words):
        yield Problem(f"The link to {href} has no words.", f"Give it words in {MJML}.")
    elif words.casefold().strip(" .…>»→") in _VAGUE:
        yield Problem(
            f"The link to {href} says only {quote(words)}.", f"Say where it leads in {WORDS}.", Status.WARN
        )
