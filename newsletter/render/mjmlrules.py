"""What MJML allows: the tags, where each may stand, and the types of its attributes.

mjml_rules.json says it in the words of the official npm package `mjml` (MIT licence), out of which the script
`tests/judges/rules.mjs` writes it: the names of colours, and for each tag `in`, where it may stand; `ending`,
whether its content is text or HTML; and `attributes` with their types, such as `unit(px,%){1,4}`. What is
peculiar to mrml is below.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = [
    "BLANK_LINES_ONLY",
    "DROPPED",
    "LEAVES",
    "NO_COMMENTS",
    "NO_CONDITIONS",
    "RAW_ELSEWHERE",
    "REPLACED",
    "TEXT_ONLY",
    "VOID",
    "Rule",
    "colours",
    "expected",
    "is_of_type",
    "rules",
]

_EVERYWHERE = {"css-class": "string", "mj-class": "string"}
_VOID = "area base br col embed hr img input link meta param source track wbr"
VOID = frozenset(_VOID.split())
"""The elements of HTML that mrml takes without an end."""
TEXT_ONLY = frozenset(("mj-title", "mj-preview", "mj-style", "mj-accordion-title"))
LEAVES = frozenset(("mj-image", "mj-divider", "mj-spacer", "mj-carousel-image", "mj-font", "mj-breakpoint"))
BLANK_LINES_ONLY = frozenset(
    (
        "mj-head",
        "mj-attributes",
        "mj-social",
        "mj-navbar",
        "mj-accordion",
        "mj-accordion-element",
        "mj-carousel",
    )
)
"""Where mrml takes white space between elements only if it begins with a line feed."""
NO_COMMENTS = TEXT_ONLY | LEAVES | {"mj-attributes", "mj-accordion-element", "mj-carousel"}
NO_CONDITIONS = frozenset(("mj-button", "mj-table"))
"""The tags with HTML in which mrml takes no conditional comment."""
RAW_ELSEWHERE = frozenset(("mjml", "mj-accordion", "mj-accordion-element", "mj-navbar", "mj-social"))
"""Where official MJML takes mj-raw and mrml does not."""
REPLACED = {
    "mj-include": 'write {% include "..." %} instead',
    "mj-html-attributes": "write the attributes on HTML of your own, in mj-text or mj-raw",
    "mj-selector": "write the attributes on HTML of your own, in mj-text or mj-raw",
    "mj-html-attribute": "write the attributes on HTML of your own, in mj-text or mj-raw",
}
"""Official tags that mrml refuses or lays out wrongly, and what to do instead."""
_LEAVE_OUT = "leave it out"
DROPPED = {
    ("mj-style", "inline"): "put these rules into the theme's CSS file, which is inlined",
    ("mj-table", "role"): 'write <table role="presentation"> inside of mj-text',
    ("mj-button", "title"): "say it in the text of the button",
    ("mj-body", "id"): "give a css-class",
    ("mj-section", "gutter"): "give the columns a padding",
    ("mj-wrapper", "gap"): "give the sections a padding",
    ("mj-hero", "border-radius"): _LEAVE_OUT,
    ("mj-image", "sizes"): _LEAVE_OUT,
    ("mj-image", "border-top"): "give a border",
    ("mj-image", "border-bottom"): "give a border",
    ("mj-social-element", "icon-position"): _LEAVE_OUT,
    ("mj-social-element", "srcset"): _LEAVE_OUT,
    ("mj-social-element", "sizes"): _LEAVE_OUT,
    ("mj-accordion-title", "font-weight"): "write <mj-accordion-title css-class> and its rule in mj-style",
}
"""Attributes that official MJML knows and mrml drops without a word, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one tag."""

    parents: tuple[str, ...]
    """The tags that it may stand in, mj-attributes apart, which takes them all."""
    has_html: bool
    """Whether its content is HTML, where MJML has no say."""
    attributes: Mapping[str, tuple[str, ...]]
    """The types of each, of which one must fit."""


@cache
def rules() -> Mapping[str, Rule]:
    """The rules by tag."""
    found = {
        tag: Rule(
            parents=tuple(rule["in"]),
            has_html=rule["ending"] and tag not in TEXT_ONLY | LEAVES,
            attributes={name: (kind,) for name, kind in (rule["attributes"] | _EVERYWHERE).items()},
        )
        for tag, rule in _official()["tags"].items()
    }
    kinds: dict[str, tuple[str, ...]] = {}
    for rule in found.values():
        kinds |= {name: (*kinds.get(name, ()), *kind) for name, kind in rule.attributes.items()}
    # These three are no components of the package, which has their rules in its code.
    found["mjml"] = Rule((), False, dict.fromkeys(("lang", "dir", "owa"), ("string",)))
    found["mj-all"] = Rule(("mj-attributes",), False, kinds)
    found["mj-class"] = Rule(("mj-attributes",), False, kinds)
    return found


def colours() -> frozenset[str]:
    """The names of colours."""
    return frozenset(_official()["colours"].split())


@cache
def _official() -> dict[str, Any]:
    text = files("newsletter.render").joinpath("mjml_rules.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def is_of_type(value: str, kind: str) -> bool:
    """Whether official MJML takes `value` for an attribute of type `kind`."""
    return any(pattern.search(value) for pattern in _patterns(kind))


@cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.ASCII) for pattern in _matchers(kind))


def _matchers(kind: str) -> Iterator[str]:
    name, choices, counts = _parts(kind)
    if name == "enum":
        yield from (rf"\A{re.escape(choice)}\Z" for choice in choices)
    elif name.startswith("unit"):
        sign = "-|" if name == "unitWithNegative" else ""
        units = "|".join(re.escape(unit) for unit in choices if unit != "auto")
        auto = "|auto" if "auto" in choices else ""
        yield rf"\A((({sign}\d|,|\.)+({units})|0{auto})( )?){{{','.join(counts)}}}\Z"
    elif name == "color":
        yield r"(?i:rgba\(\d{1,3},\s?\d{1,3},\s?\d{1,3},\s?\d(\.\d{1,3})?\))"
        yield r"(?i:rgb\(\d{1,3},\s?\d{1,3},\s?\d{1,3}\))"
        yield r"\A#([0-9A-Fa-f]{3}){1,2}\Z"
        yield rf"\A({'|'.join(colours())})\Z"
    else:
        yield {"boolean": r"\A(true|false)\Z", "integer": r"\d", "string": ""}[name]


def expected(kind: str) -> str:
    """What an attribute of type `kind` takes, in words."""
    name, choices, counts = _parts(kind)
    if name == "enum":
        return f"one of {', '.join(choice for choice in choices if choice)}"
    if name.startswith("unit"):
        number = "a number" if counts == ["1"] else f"{' to '.join(counts)} numbers"
        units = ", ".join(unit or "no unit" for unit in choices)
        return f"{number} with {units}"
    if name == "color":
        return "a colour: its name, #123456, rgb(1, 2, 3) or rgba(1, 2, 3, 0.5)"
    return {"boolean": "true or false", "integer": "a number"}.get(name, "text")


def _parts(kind: str) -> tuple[str, list[str], list[str]]:
    """`unit(px,%){1,4}` as its name, its choices and its counts."""
    name, _, rest = kind.partition("(")
    inside, _, counts = rest.partition(")")
    return name, inside.split(","), counts.strip("{}").split(",") if counts else ["1"]
