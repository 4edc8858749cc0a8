"""Mistakes in CSS, which mailboxes and the inliner pass over without a word: a rule is lost, unseen.

Syntax is judged strictly, names of properties by their likeness to known ones, and values by what is surely
wrong: new ones come every year. What the inliner loses or leaves over is a mistake in what is inlined.
"""

import re
from collections.abc import Iterator

from newsletter.render.cssnames import KEYWORDS, LENGTHS, PROPERTIES, UNITS
from newsletter.render.mistakes import Found, Mistake, did_you_mean
from newsletter.render.mjmlrules import colours

__all__ = ["find_css_mistake", "find_style_mistake"]

_OPAQUE = re.compile(
    r"""
    (?P<comment> /\*.*?\*/ )
    | url\( \s* (?: "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [^\s"'()]* ) \s* \)
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    """,
    re.VERBOSE | re.DOTALL,
)
_UNCLOSED = re.compile(r"/\*|[\"']")
_BRACKET = re.compile(r"[{}()\[\]]")
_PAIRS = {"}": "{", ")": "(", "]": "["}
_PRELUDE = re.compile(r"[^{};]*")
_DECLARATION = re.compile(r"\s*([-_a-zA-Z][-\w]*)\s*:(.*)", re.DOTALL)
_NOT_IN_SELECTOR = re.compile(r"[^\w\s.#:*>+~\[\]=^$|(),%\\-]|[.#](?![\w\\-])")
_SELECTOR_GAP = re.compile(r"(?:\A|,)\s*(?:,|\Z)|[>+~]\s*(?:,|\Z)")
_PSEUDO = re.compile(r":(?!(?:first|last)-child\s*(?:,|\Z))[:\w-]+")
_IMPORTANT = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)
_HEX = re.compile(r"#(\w*)")
_WITHOUT_COMMAS = re.compile(r"\b(?:rgb|hsl)a?\([^,()]*\)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w#.(+-])[+-]?(?:\d+\.?\d*|\.\d+)(?:(?P<apart>\s+)(?=px|r?em|pt|%))?(?P<unit>[a-zA-Z%]*)"
)
_OF_RULES = ("@media", "@supports", "@layer", "@container", "@document", "@-moz-document")
_OF_FRAMES = ("@keyframes", "@-webkit-keyframes", "@-moz-keyframes")
_OF_COLOUR = ("color", "background-color", "border-color", "text-decoration-color")
_SYSTEM_COLOURS = {"currentcolor", "accentcolor", "accentcolortext", "canvas", "canvastext", "linktext"}
_MEND = "put it into an mj-style of the theme"


def find_css_mistake(css: str) -> Mistake | None:
    """The first mistake in CSS that the inliner puts into style attributes, or None."""
    return _find(css, inlined=True)


def find_style_mistake(css: str) -> Mistake | None:
    """The first mistake in CSS that stays a style sheet, as in mj-style, or None."""
    return _find(css, inlined=False)


def _find(css: str, *, inlined: bool) -> Mistake | None:
    try:
        _Sheet(css, inlined=inlined).check()
    except Found as found:
        return found.mistake
    return None


class _Sheet:
    """A style sheet; `check` raises Found at a mistake."""

    def __init__(self, css: str, *, inlined: bool) -> None:
        self.inlined = inlined
        # What strings, addresses and comments have in them is no syntax; every offset stays as it is.
        self.css = _OPAQUE.sub(lambda part: (" " if part["comment"] else "x") * len(part[0]), css)
        self.ends: dict[int, int] = {}
        """Where each bracket is closed."""

    def check(self) -> None:
        """Raises Found, or says by not doing so that all is well."""
        if unclosed := _UNCLOSED.search(self.css):
            what = (
                "this comment is never closed with */" if unclosed[0] == "/*" else "this string is not closed"
            )
            raise Found(unclosed.start(), what)
        self._match_brackets()
        self._check_rules(0, len(self.css))

    def _match_brackets(self) -> None:
        waiting: list[re.Match[str]] = []
        for bracket in _BRACKET.finditer(self.css):
            if bracket[0] not in _PAIRS:
                waiting.append(bracket)
            elif waiting and waiting[-1][0] == _PAIRS[bracket[0]]:
                self.ends[waiting.pop().start()] = bracket.start()
            elif waiting:
                raise Found(waiting[-1].start(), f"this {waiting[-1][0]} is not closed before a {bracket[0]}")
            else:
                raise Found(bracket.start(), f"this {bracket[0]} closes nothing: take it out")
        if waiting:
            raise Found(waiting[0].start(), f"this {waiting[0][0]} is never closed")

    def _check_rules(self, start: int, end: int, *, frames: bool = False) -> None:
        while prelude := self._prelude(start, end):
            text, offset, after = prelude
            if text.startswith("@"):
                start = self._check_at_rule(text, offset, after, end)
                continue
            if after == end or self.css[after] == ";":
                raise Found(offset, f"{_short(text)} is no rule: a {{ is missing behind a selector")
            if not frames:
                self._check_selector(text, offset)
            start = self.ends[after] + 1
            self._check_declarations(after + 1, start - 1)

    def _prelude(self, start: int, end: int) -> tuple[str, int, int] | None:
        """What begins a rule, its offset, and the offset of what ends it; None where nothing is left."""
        found = _PRELUDE.match(self.css, start, end)
        raw = found[0] if found else ""
        after = start + len(raw)
        if not raw.strip():
            if after < end:
                raise Found(after, f"this {self.css[after]} has no selector before it")
            return None
        return raw.strip(), start + len(raw) - len(raw.lstrip()), after

    def _check_at_rule(self, text: str, offset: int, after: int, end: int) -> int:
        """Checks what is in it; the offset behind it."""
        name = text.split()[0].split("(")[0].lower()
        if self.inlined:
            raise Found(offset, f"{name} cannot be inlined: {_MEND}")
        if after == end or self.css[after] == ";":
            return min(after + 1, end)
        close = self.ends[after]
        if name in _OF_RULES or name in _OF_FRAMES:
            self._check_rules(after + 1, close, frames=name in _OF_FRAMES)
        else:
            self._check_declarations(after + 1, close)
        return close + 1

    def _check_selector(self, text: str, offset: int) -> None:
        if bad := _NOT_IN_SELECTOR.search(text):
            raise Found(offset + bad.start(), f"{bad[0]!r} cannot stand so in the selector {_short(text)}")
        if gap := _SELECTOR_GAP.search(text):
            raise Found(offset + gap.start(), f"a part is missing in the selector {_short(text)}")
        if self.inlined and (pseudo := _PSEUDO.search(text)):
            raise Found(offset + pseudo.start(), f"{pseudo[0]} cannot be inlined: {_MEND}")
        if self.inlined and "*" in text:
            raise Found(offset + text.index("*"), f"* cannot be inlined: name the elements, or {_MEND}")

    def _check_declarations(self, start: int, end: int) -> None:
        for text, offset in _split(self.css[start:end], start):
            if "{" in text:
                raise Found(offset, f"{_short(text)}: a rule in a rule; is a }} missing before it?")
            declaration = _DECLARATION.fullmatch(text)
            if not declaration:
                raise Found(
                    offset, f"{_short(text)} is no declaration: write `name: value`, with a ; between two"
                )
            name, value = declaration[1].lower(), declaration[2]
            self._check_name(name, offset)
            if not name.startswith("--"):
                self._check_value(name, value, offset + declaration.start(2))

    def _check_name(self, name: str, offset: int) -> None:
        if name not in PROPERTIES and not name.startswith(("-", "mso-")):
            like = did_you_mean(name, PROPERTIES, "{}", cutoff=0.8)
            if like:
                raise Found(offset, f"there is no property {name}{like}")

    def _check_value(self, name: str, value: str, offset: int) -> None:
        if not value.strip():
            raise Found(offset, f"{name} has no value")
        if ":" in value and "progid:" not in value:
            raise Found(offset + value.index(":"), f"a ; is missing in the value of {name}, before this :")
        if "!" in value and not _IMPORTANT.search(value):
            raise Found(offset + value.index("!"), "write !important, at the end of a value")
        self._check_colours(value, offset)
        _check_numbers(name, value, offset)
        word = value.partition("!")[0].strip()
        known = _words(name)
        misspelt = word.replace("-", "").isalpha() and word.lower() not in known
        if misspelt and (like := did_you_mean(word, known, "{}")):
            raise Found(offset, f"{name} takes no {word}{like}")

    def _check_colours(self, value: str, offset: int) -> None:
        lengths = (3, 6) if self.inlined else (3, 4, 6, 8)
        for colour in _HEX.finditer(value):
            if len(colour[1]) not in lengths or not re.fullmatch("[0-9a-fA-F]*", colour[1]):
                raise Found(offset + colour.start(), f"{colour[0]} is no colour here: write #RGB or #RRGGBB")
        if self.inlined and (lost := _WITHOUT_COMMAS.search(value)):
            raise Found(offset + lost.start(), f"{lost[0]} gets lost: write commas, as in rgba(1, 2, 3, 0.5)")


def _check_numbers(name: str, value: str, offset: int) -> None:
    for number in _NUMBER.finditer(value):
        where, unit = offset + number.start(), number["unit"].lower()
        if number["apart"]:
            raise Found(where, f"{number[0]} must have no space before its unit")
        if unit and unit != "%" and unit not in UNITS:
            raise Found(where, f"{number[0]}: there is no unit {number['unit']}")
        if not unit and name in LENGTHS and "(" not in value and float(number[0]):
            raise Found(where, f"{number[0]} of {name} has no unit: write {number[0]}px")


def _words(name: str) -> frozenset[str]:
    return colours() | _SYSTEM_COLOURS if name in _OF_COLOUR else KEYWORDS.get(name, frozenset())


def _split(body: str, start: int) -> Iterator[tuple[str, int]]:
    """The declarations in `body` that are not blank, each with its offset."""
    for part in re.finditer("[^;]+", body):
        if text := part[0].strip():
            yield text, start + part.start() + len(part[0]) - len(part[0].lstrip())


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f"`{words if len(words) <= 40 else words[:40] + '…'}`"
