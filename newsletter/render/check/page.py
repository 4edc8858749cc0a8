"""An HTML document as mailboxes show it: its elements, its texts, and how they look on a screen."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree, html

from newsletter.render.check.colour import BLACK, WHITE, Colour, over, parse_colour
from newsletter.render.check.css import LIGHT, Element, Rule, Screen, cascade, rules_of

__all__ = ["Look", "Page", "Run"]

_UNSEEN = "head", "style", "script", "title", "template"
_BOLD = {"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"}
_HEADING_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67}
_LINK: Colour = (0, 0, 238, 1)
_LINK_IN_THE_DARK: Colour = (158, 158, 255, 1)
_DARK_CANVAS: Colour = (18, 18, 18, 1)
_UNITS = {"px": 1.0, "pt": 4 / 3}
_BREAKING = {"break-word", "break-all", "anywhere"}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""lxml reads them and then cannot name what has them."""
_INK = re.compile(r"[^\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060\ufeff\ud800-\udfff]")
"""What leaves a mark: the padding of a preheader does not."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the text of an element is shown."""

    colour: Colour
    ground: Colour
    """What is behind it: opaque."""
    size: float = 16
    """Of its type, in CSS pixels."""
    bold: bool = False
    hidden: bool = False
    nowrap: bool = False
    breaks: bool = False
    """Whether a word that is too long is broken."""

    @property
    def large(self) -> bool:
        """As WCAG has it."""
        return self.size >= 24 or (self.bold and self.size >= 18.66)


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one element, on one line, not empty."""

    element: Element
    text: str


@dataclass(frozen=True, eq=False)
class Page:
    """Made of any text, as browsers do."""

    source: str
    _looks: dict[Screen, Mapping[Element, Look]] = field(default_factory=dict)
    _told: dict[Screen, Mapping[Element, Mapping[str, str]]] = field(default_factory=dict)

    @cached_property
    def root(self) -> Element:
        """`<html>`; that of an empty document where there is none."""
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
        source = _CONTROLS.sub("\ufffd", self.source).encode("utf-8", "replace")
        try:
            root = html.document_fromstring(source, parser=parser, ensure_head_body=True)
        except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
            root = None
        return html.document_fromstring("<html><body></body></html>") if root is None else root

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """In the document's order; those in comments for Outlook are none."""
        return tuple(self.root.iter("*"))

    def all(self, *tags: str) -> list[Element]:
        """The elements of these names."""
        return [element for element in self.elements if element.tag in tags]

    @cached_property
    def styles(self) -> tuple[str, ...]:
        """What each `<style>` says."""
        return tuple(element.text or "" for element in self.all("style"))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Of all style sheets."""
        sheets = self.all("style")
        return tuple(rule for one in sheets for rule in rules_of(one.text or "", one.get("media", "")))

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All that may be read, hidden or not."""
        return tuple(self._runs())

    def _runs(self) -> Iterator[Run]:
        for text in self.root.xpath("//body//text()"):
            place = text.getparent()
            element = place.getparent() if text.is_tail else place
            line = " ".join(text.split())
            if _INK.search(line) and element is not None and element.tag not in _UNSEEN:
                yield Run(element, line)

    @cached_property
    def shown(self) -> tuple[Run, ...]:
        """What is seen of it."""
        looks = self.looks(LIGHT)
        return tuple(run for run in self.runs if not looks[run.element].hidden)

    @cached_property
    def words(self) -> str:
        """The same on one line."""
        return " ".join(run.text for run in self.shown)

    def told(self, screen: Screen) -> Mapping[Element, Mapping[str, str]]:
        """The declarations that each element gets, those of its parents left aside."""
        if screen not in self._told:
            self._told[screen] = cascade(self.root, self.elements, self.rules, screen)
        return self._told[screen]

    def looks(self, screen: Screen) -> Mapping[Element, Look]:
        """How each element looks."""
        if screen not in self._looks:
            self._looks[screen] = self._computed(screen)
        return self._looks[screen]

    def _computed(self, screen: Screen) -> Mapping[Element, Look]:
        schemes = " ".join(
            meta.get("content", "") for meta in self.all("meta") if meta.get("name") == "color-scheme"
        )
        dark = screen.dark and "dark" in schemes
        canvas = Look(WHITE, _DARK_CANVAS) if dark else Look(BLACK, WHITE)
        told = self.told(screen)
        looks: dict[Element, Look] = {}
        for element in self.elements:
            above = looks.get(element.getparent(), canvas)
            looks[element] = _look(
                element, told.get(element, {}), above, _LINK_IN_THE_DARK if dark else _LINK
            )
        return looks


def _look(element: Element, told: Mapping[str, str], above: Look, link: Colour) -> Look:
    ground = parse_colour(told.get("background-color") or element.get("bgcolor") or "") or (0, 0, 0, 0)
    inherited = link if element.tag == "a" and element.get("href") else above.colour
    space = told.get("white-space")
    breaking = [told[name] for name in ("overflow-wrap", "word-wrap", "word-break") if name in told]
    return Look(
        colour=parse_colour(told.get("color") or element.get("color") or "") or inherited,
        ground=over(ground, above.ground),
        size=_size(told.get("font-size", ""), element.tag, above.size),
        bold=_bold(told.get("font-weight"), element.tag, above.bold),
        hidden=above.hidden or told.get("display") == "none" or element.tag in _UNSEEN,
        nowrap=above.nowrap if space is None else space in ("nowrap", "pre"),
        breaks=not _BREAKING.isdisjoint(breaking) if breaking else above.breaks,
    )


def _size(value: str, tag: str, above: float) -> float:
    if value == "0":  # cssutils writes every 0 so
        return 0.0
    match = re.fullmatch(r"(\d{0,5}(?:\.\d{1,9})?)(px|pt|em|rem|%)", value.strip().lower())
    if match is None or not match[1]:
        return above * _HEADING_SIZES.get(tag, 1.0)
    number, unit = float(match[1]), match[2]
    relative = {"em": above, "%": above / 100, "rem": 16.0}
    return number * (_UNITS[unit] if unit in _UNITS else relative[unit])


def _bold(value: str | None, tag: str, above: bool) -> bool:
    if value is None or value == "inherit":
        return above or tag in _BOLD
    return value in ("bold", "bolder") or (value.isascii() and value.isdigit() and int(value[:4]) >= 600)
