"""Whether it can be read: contrast, and the width of a phone (points 11, 12)."""

import re
from collections.abc import Iterator

from newsletter.render.check.colour import contrast, over
from newsletter.render.check.css import DARK, LIGHT, PHONE, Element, Screen
from newsletter.render.check.page import Look, Page, Run
from newsletter.render.check.reading import Reading
from newsletter.render.check.verdict import MJML, STYLE, Problem, Verdict, quote
from newsletter.render.findings import Status

__all__ = ["enough_contrast", "fits_a_phone"]

_SMALLEST = 13
"""CSS pixels of type."""
_ROOM = 288
"""CSS pixels of a phone's width that are left between margins."""
_ADVANCE = 0.5
"""Of the size of type: how wide a letter is on average."""
_LONG = re.compile(
    r"[^\s\u00ad\u200b\u2010\u2013\u2014\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef-]{12,}"
)
"""A run between places where a line may end."""


def enough_contrast(reading: Reading) -> Verdict:
    """11: text against its ground, in light and in dark."""
    page = reading.page
    least = {
        name: min((_contrast(page.looks(screen)[run.element]) for run in page.shown), default=21.0)
        for name, screen in (("light", LIGHT), ("dark", DARK))
    }
    return Verdict.of(
        f"{len(page.shown)} texts; the least contrast is "
        + " and ".join(f"{ratio:.1f} to 1 in {name}" for name, ratio in least.items())
        + ".",
        (*_pale(page, LIGHT, "light"), *_pale(page, DARK, "dark"), *_hidden(page)),
    )


def _contrast(look: Look) -> float:
    return contrast(over(look.colour, look.ground), look.ground)


def _pale(page: Page, screen: Screen, name: str) -> Iterator[Problem]:
    """The worst first."""
    looks = page.looks(screen)
    seen = [run for run in page.runs if not looks[run.element].hidden]
    for run in sorted(seen, key=lambda run: _contrast(looks[run.element])):
        ratio, wanted = _contrast(looks[run.element]), 3.0 if looks[run.element].large else 4.5
        if ratio < wanted:
            place = f"{STYLE} (inlined)" if screen is LIGHT else f"the dark's @media of {MJML}"
            yield Problem(
                f"In {name}, {quote(run.text, 40)} has a contrast of {ratio:.2f} to 1, below {wanted}.",
                f"Change the colours of {_name(run.element)} in {place}.",
            )


def _name(element: Element) -> str:
    classes = element.get("class", "").split()
    return f"<{element.tag}>" + (f" of class {classes[0]!r}" if classes else "")


def _hidden(page: Page) -> Iterator[Problem]:
    """A preheader is not seen; SpamAssassin looks at its colours all the same."""
    looks = page.looks(LIGHT)
    for run in page.runs:
        look = looks[run.element]
        if look.hidden and _contrast(look) < 4.5:
            yield Problem(
                f"The hidden {quote(run.text, 40)} has a contrast of {_contrast(look):.2f} to 1, like spam.",
                f"Give it a dark colour in {MJML}; display:none hides it.",
                Status.WARN,
            )


def fits_a_phone(reading: Reading) -> Verdict:
    """12: nothing is wider than 320 px, nothing smaller than 13 px."""
    page = reading.page
    looks = page.looks(PHONE)
    seen = [run for run in page.runs if not looks[run.element].hidden]
    smallest = min((looks[run.element].size for run in seen), default=16.0)
    return Verdict.of(
        f"Nothing is wider than {PHONE.width} px; the smallest type is {smallest:g} px.",
        (*_wide_elements(page), *(problem for run in seen for problem in _run(run, looks[run.element]))),
    )


def _wide_elements(page: Page) -> Iterator[Problem]:
    told, looks = page.told(PHONE), page.looks(PHONE)
    for element in page.elements:
        own = told.get(element, {})
        width, narrowest = own.get("width", element.get("width", "")), own.get("min-width", "")
        bound = _pixels(own["max-width"]) if "max-width" in own else float("inf")
        wide = max(min(_pixels(width), bound), _pixels(narrowest))
        if wide > PHONE.width and not looks[element].hidden:
            yield Problem(
                f"A <{element.tag}> is {wide:g} px wide.",
                f"Give it max-width:{wide:g}px and width:100% in {MJML} or {STYLE}.",
            )


def _pixels(value: str) -> float:
    match = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)(?:px)?\s*", value)
    return float(match[1]) if match else 0.0


def _run(run: Run, look: Look) -> Iterator[Problem]:
    letters = _ROOM / max(1.0, look.size * _ADVANCE)
    if look.nowrap and len(run.text) > letters:
        yield Problem(
            f"{quote(run.text, 40)} has {len(run.text)} letters and may not be broken.",
            f"Take white-space:nowrap away from {_name(run.element)} in {STYLE}.",
        )
    elif not look.breaks and (word := _longest(run.text)) and len(word) > letters:
        yield Problem(
            f"The word {quote(word, 40)} of {len(word)} letters does not fit.",
            f"Put it into mj-text, or give {_name(run.element)} overflow-wrap:anywhere in {STYLE}.",
        )
    if look.size < _SMALLEST:
        yield Problem(
            f"{quote(run.text, 40)} is set in {look.size:g} px.",
            f"Give {_name(run.element)} at least {_SMALLEST} px in {STYLE}.",
            Status.WARN,
        )


def _longest(text: str) -> str:
    return max(_LONG.findall(text), key=len, default="")
