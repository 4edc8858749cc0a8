"""The rules of a document's style sheets, and which of them an element gets on a screen."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cssselect
from lxml import etree

__all__ = [
    "DARK",
    "LIGHT",
    "PHONE",
    "Declaration",
    "Element",
    "Rule",
    "Screen",
    "cascade",
    "nested",
    "rules_of",
]

Element = Any
"""An element of lxml's."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What an email is looked at on."""

    width: int
    """CSS pixels."""
    dark: bool


LIGHT = Screen(800, dark=False)
DARK = Screen(800, dark=True)
PHONE = Screen(320, dark=False)


@dataclass(frozen=True, slots=True)
class Declaration:
    """`name: value !important`."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """Declarations for the elements that a selector names."""

    media: tuple[str, ...]
    """Queries, all of which a screen must answer."""
    selector: str
    declarations: tuple[Declaration, ...]

    def on(self, screen: Screen) -> bool:
        """Whether it holds there."""
        return all(_answers(media, screen) for media in self.media)


@lru_cache(maxsize=64)
def rules_of(css: str, media: str = "") -> tuple[Rule, ...]:
    """The rules of one `<style media=...>`; what cannot be read is left out, as mailboxes do."""
    try:
        sheet = _parser().parseString(css)
        return tuple(_rules(sheet.cssRules, (media.lower(),) if media else ()))
    except Exception:  # cssutils lets through whatever its tokenizer stumbles over
        return ()


def _rules(found: Any, media: tuple[str, ...]) -> Iterator[Rule]:
    for rule in found:
        if rule.type == rule.MEDIA_RULE:
            yield from _rules(rule.cssRules, (*media, rule.media.mediaText.lower()))
        elif rule.type == rule.STYLE_RULE:
            yield Rule(media, rule.selectorText, tuple(_declarations(rule.style)))


def nested(css: str) -> bool:
    """Whether an at-rule stands inside of another, for which Gmail drops the whole `<style>`."""
    depth = 0
    for piece in re.findall(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'|[{}]|@[a-z-]+", css, re.DOTALL | re.IGNORECASE):
        depth += (piece == "{") - (piece == "}")
        if piece.startswith("@") and depth > 0:
            return True
    return False


def cascade(
    root: Element, elements: Sequence[Element], rules: Sequence[Rule], screen: Screen
) -> Mapping[Element, Mapping[str, str]]:
    """What each element itself is told, inheritance left aside, by sheets and its `style`."""
    told: dict[Element, dict[str, str]] = defaultdict(dict)
    sheet = sorted(_matches(root, rules, screen), key=lambda match: match[0])
    inline = [(element, inline_declarations(element.get("style", ""))) for element in elements]
    for important in (False, True):
        for _, element, declaration in sheet:
            if declaration.important is important:
                told[element][declaration.name] = declaration.value
        for element, declarations in inline:
            told[element].update((d.name, d.value) for d in declarations if d.important is important)
    return told


def _matches(
    root: Element, rules: Sequence[Rule], screen: Screen
) -> Iterator[tuple[tuple[int, ...], Element, Declaration]]:
    for rule in rules:
        if rule.on(screen):
            for specificity, xpath in _selectors(rule.selector):
                for element in xpath(root):
                    yield from ((specificity, element, declaration) for declaration in rule.declarations)


@lru_cache(maxsize=1024)
def _selectors(text: str) -> tuple[tuple[tuple[int, ...], etree.XPath], ...]:
    translator = cssselect.HTMLTranslator()
    try:
        return tuple(
            (selector.specificity(), etree.XPath(translator.selector_to_xpath(selector)))
            for selector in cssselect.parse(text)
            if selector.pseudo_element is None
        )
    except (cssselect.SelectorError, etree.XPathSyntaxError, ValueError):
        return ()


@lru_cache(maxsize=4096)
def inline_declarations(style: str) -> tuple[Declaration, ...]:
    """Those of a `style` attribute."""
    if not style.strip():
        return ()
    try:
        return tuple(_declarations(_parser().parseStyle(style)))
    except Exception:  # as above
        return ()


def _declarations(style: Any) -> Iterator[Declaration]:
    for found in style.getProperties(all=True):
        name, value, important = found.name.lower(), found.value, found.priority == "important"
        yield Declaration(name, value, important)
        if name == "background":
            yield Declaration("background-color", value, important)
        elif name == "font" and (size := re.search(r"[\d.]+(?:px|pt|em|rem|%)", value)):
            yield Declaration("font-size", size[0], important)


@lru_cache(maxsize=1)
def _parser() -> Any:
    # 80 ms to load, and only a check needs it. It would fetch what is imported.
    from cssutils import CSSParser

    return CSSParser(loglevel=logging.CRITICAL, raiseExceptions=False, fetcher=_nothing, validate=False)


def _nothing(url: str) -> tuple[None, bytes]:
    return None, b""


def _answers(media: str, screen: Screen) -> bool:
    return any(
        all(_holds(feature, screen) for feature in re.split(r"\s+and\s+", query.strip()))
        for query in media.split(",")
    )


def _holds(feature: str, screen: Screen) -> bool:
    plain = re.sub(r"\s+|^only\s+", "", feature)
    if match := re.fullmatch(r"\((min|max)-(?:device-)?width:([\d.]{1,9})px\)", plain):
        try:
            edge = float(match[2])
        except ValueError:
            return False
        return screen.width >= edge if match[1] == "min" else screen.width <= edge
    if match := re.fullmatch(r"\(prefers-color-scheme:(dark|light)\)", plain):
        return screen.dark is (match[1] == "dark")
    return plain in ("", "all", "screen", "onlyscreen", "onlyall")
