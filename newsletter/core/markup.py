"""Marked-up text from outside made plain: HTML without its tags, LaTeX without its commands.

    HTML ──nh3──▶ text between bare tags ──▶ sentences on one line ──▶ LaTeX made readable

Formulas between dollar signs stay as they are written. This is for readers' eyes: the result is text, and
whoever puts it into a page escapes it there.
"""

import html
import re
import unicodedata
from collections.abc import Iterable

import nh3

from newsletter.core.cleaning import clean_text

__all__ = ["plain_text", "readable"]

_LONGEST = 32_000
"""Characters of HTML that are looked at: on tags made for it, a parser of HTML takes quadratic time."""

_BREAKS = frozenset(("br", "dd", "dt", "td", "th"))
"""Parts of a line."""
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "caption", "center", "dir", "div", "dl", "fieldset"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot"),
        *("thead", "tr", "ul"),
    )
)
_UNSEEN = frozenset(("head", "iframe", "noscript", "object", "script", "style", "svg", "template"))
_TAG = re.compile(r"</?([a-z0-9]+)>")
_OPEN_END = re.compile(r"[\w)\]\"'”’%$]$")

_MATH = re.compile(r"((?<!\\)\$[^$]{1,500}(?<!\\)\$)")
_MARKS = dict(
    zip(
        "\"'`^~=.Hcvukrbd",
        "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u030b\u0327\u030c\u0306\u0328\u030a\u0331\u0323",
        strict=True,
    )
)
_ACCENT = re.compile(
    r"""\\(["'`^~=.Hcvukrbd])\{\\?([A-Za-z])\}"""  # \"{o}, \c{c}, \'{\i}
    r"""|\{\\(["'`^~=.])\\?([A-Za-z])\}"""  # {\"o}
    r"""|(?<=[^\W\d_])\\(["'`^~])([AEIOUNaeioun])"""  # Schr\"odinger, but not \"quoted\" and not it\'s
)
_SYMBOLS = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å"}
_SYMBOLS |= {"o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "ldots": "…", "dots": "…"}
_NAMES = "|".join(_SYMBOLS)
_SYMBOL = re.compile(rf"\{{\\({_NAMES})\}}|\\({_NAMES})\{{\}}|\\(l?dots)\b")
_LINK = re.compile(r"\\href\{([^{}]{0,1000})\}\{([^{}]{0,1000})\}")
_COMMAND = re.compile(
    r"\\(?:emph|text(?:bf|it|tt|sc|rm|sf|sl|up|normal)?|underline|mbox|url|path)\{([^{}]{0,1000})\}"
    r"|\{\\(?:em|bf|it|tt|sc|rm|sf|sl) ([^{}]{0,1000})\}"
)
_NESTED = 3
"""How deep commands may lie in each other."""
_ESCAPED = re.compile(r"\\([%&#_$])")


def plain_text(markup: str) -> str:
    """HTML as text on one line, its entities decoded once; a block that ends without a stop gets one.

    What nobody sees (scripts, styles) is dropped. Only the first 32,000 characters are looked at.
    """
    kept = nh3.clean(
        markup[:_LONGEST],
        tags=set(_BLOCKS | _BREAKS),
        clean_content_tags=set(_UNSEEN),
        attributes={},
        link_rel=None,
    )
    first, *rest = _TAG.split(kept)
    return readable("".join(_sentences(first, zip(rest[::2], rest[1::2], strict=True))))


def readable(text: str) -> str:
    """Plain text on one line, cleaned, without LaTeX commands outside its formulas."""
    text = clean_text(text)
    if "\\" not in text:
        return text
    pieces = _MATH.split(text)
    pieces[::2] = map(_without_commands, pieces[::2])
    return clean_text("".join(pieces))


def _sentences(first: str, rest: Iterable[tuple[str, str]]) -> Iterable[str]:
    """The pieces of text and what goes between them; `rest` are tags with the text after each."""
    said = html.unescape(first).strip()
    yield html.unescape(first)
    new_block = False
    for tag, piece in rest:
        new_block |= tag in _BLOCKS
        text = html.unescape(piece)
        if text.strip():
            yield ". " if new_block and _OPEN_END.search(said) else " "
            yield text
            said, new_block = text.strip(), False


def _without_commands(text: str) -> str:
    text = _SYMBOL.sub(lambda match: _SYMBOLS[match[1] or match[2] or match[3]], _ACCENT.sub(_accented, text))
    text = _LINK.sub(r"\2 (\1)", text)
    for _ in range(_NESTED):
        text = _COMMAND.sub(lambda match: match[1] or match[2] or "", text)
    return _ESCAPED.sub(r"\1", text)


def _accented(match: re.Match[str]) -> str:
    """The letter with its mark where there is one such letter; else what was there."""
    mark, letter = (group for group in match.groups() if group)
    composed = unicodedata.normalize("NFC", letter + _MARKS[mark])
    return composed if len(composed) == 1 else match[0]
