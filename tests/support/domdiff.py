"""Two HTML documents compared by what they mean: here mrml's and the official MJML's of the same source.

Each is read twice, as Outlook on Windows reads it, which obeys conditional comments, and as everybody else
does. Then every element, attribute, declaration, comment and text is one line, and the lines are compared.
Not compared is how it is written: the order of attributes, classes and declarations; white space that
shows nowhere; empty classes; `0px` for `0`.
"""

import difflib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree, html

Element = html.HtmlElement

_REVEALED = re.compile(r"<!--\[if ([^\]]+)\]><!-->(.*?)<!--<!\[endif\]-->", re.DOTALL)
_HIDDEN = re.compile(r"<!--\[if ([^\]]+)\]>(.*?)<!\[endif\]-->", re.DOTALL)
_START_TAG = re.compile(r"<([a-z][\w:-]*)")
_INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "code",
    "em",
    "i",
    "img",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
}


# What may differ


@dataclass(frozen=True)
class Tolerated:
    """A difference that is known and does no harm."""

    reason: str
    take_away: Callable[[Element], bool]
    """Makes the official document, as everybody else reads it, like mrml's here; whether it had to."""


def _class_of_body(official: Element) -> bool:
    body, first = official.body, official.body.find("div")
    if first is None or not body.get("class"):
        return False
    first.set("class", f"{first.get('class', '')} {body.attrib.pop('class')}")
    return True


def _word_spacing(official: Element) -> bool:
    first = official.body.find("div")
    style = "" if first is None else first.get("style", "")
    if "word-spacing:normal;" not in style:
        return False
    first.set("style", style.replace("word-spacing:normal;", ""))
    return True


TOLERATED = (
    Tolerated(
        "the css-class of mj-body stands on the first div, not on body: selectors must fit", _class_of_body
    ),
    Tolerated("word-spacing is not said again on the first div, which inherits it from body", _word_spacing),
)


# Comparing


@dataclass(frozen=True)
class Comparison:
    """What is left when the tolerated is taken away."""

    differences: list[str]
    """Lines with a - are only in the official document, with a + only in ours."""
    tolerated: frozenset[str]
    """The reasons that were needed."""


def compare(official: str, ours: str) -> Comparison:
    """All differences of the two documents, as both kinds of mail client read them."""
    differences: list[str] = []
    needed: set[str] = set()
    for outlook in (True, False):
        expected = _read(official, outlook)
        needed.update(known.reason for known in TOLERATED if known.take_away(expected))
        lines = difflib.unified_diff(_lines(expected), _lines(_read(ours, outlook)), n=2, lineterm="")
        found = [line for line in lines if not line.startswith(("---", "+++"))]
        differences += ["As Outlook reads it:" if outlook else "As others read it:", *found] if found else []
    return Comparison(differences, frozenset(needed))


def _read(source: str, outlook: bool) -> Element:
    """The document with its conditional comments resolved. `if` on an element says why it is there."""

    def resolve(match: re.Match[str]) -> str:
        condition = re.sub(r"\s+", "", match[1])
        return _START_TAG.sub(rf'<\1 if="{condition}"', match[2])

    def leave_out(match: re.Match[str]) -> str:
        return ""

    source = _REVEALED.sub(leave_out if outlook else resolve, source)
    source = _HIDDEN.sub(resolve if outlook else leave_out, source)
    return html.document_fromstring(source)


# One line for everything


def _lines(document: Element) -> list[str]:
    tokens = list(_tokens(document))
    solid = [i for i, token in enumerate(tokens) if not token.startswith("<!--")]
    after = dict(itertools.pairwise(solid))
    before = {later: earlier for earlier, later in after.items()}
    lines = []
    for i, token in enumerate(tokens):
        text = token
        if not token.startswith("<"):
            space_before = tokens[before[i]].endswith(" ") or _is_block(tokens[before[i]])
            text = text.lstrip(" ") if space_before else text
            text = text.rstrip(" ") if _is_block(tokens[after[i]]) else text
        if text:
            lines.append(text)
    return lines


def _is_block(token: str) -> bool:
    """Whether it is the tag of an element that is not inline: white space beside it shows nowhere."""
    return token.startswith("<") and re.split(r"[ >]", token.strip("</"), maxsplit=1)[0] not in _INLINE


def _tokens(element: Element) -> Iterator[str]:
    if isinstance(element, etree._Comment):
        yield f"<!--{element.text}-->"
    else:
        yield f"<{' '.join([element.tag, *sorted(_attributes(element))])}>"
        yield from _text(_css(element.text or "") if element.tag == "style" else element.text)
        for child in element:
            yield from _tokens(child)
        yield f"</{element.tag}>"
    yield from _text(element.tail)


def _text(text: str | None) -> Iterator[str]:
    """Only HTML's white space is collapsed: a no-break space shows."""
    if text:
        yield re.sub(r"[ \t\r\n\f]+", " ", text).replace("<", "&lt;")


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        if name == "class":
            value = " ".join(sorted(set(value.split())))
        elif name == "style":
            value = "; ".join(sorted({_css(piece) for piece in value.split(";")} - {""}))
        if value or name not in ("class", "style"):
            yield f'{name}="{value}"'


def _css(source: str) -> str:
    source = re.sub(r"\s+", " ", source).strip()
    source = re.sub(r"\s*([{};:,>])\s*", r"\1", source)
    return re.sub(r"\b0px\b", "0", source.replace(";}", "}"))
