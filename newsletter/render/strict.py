"""Mistakes in MJML that mrml reports without a line, or not at all.

Stricter than mrml, which passes on what it does not know, and than official MJML, which reads whatever is in
mj-text. What both take without loss passes: `<br>`, `&`, HTML of any kind.
"""

import re

from newsletter.render.cssmistakes import find_style_mistake
from newsletter.render.mistakes import Found, Mistake, did_you_mean
from newsletter.render.mjmlrules import (
    BLANK_LINES_ONLY,
    DROPPED,
    LEAVES,
    NO_COMMENTS,
    NO_CONDITIONS,
    RAW_ELSEWHERE,
    REPLACED,
    TEXT_ONLY,
    VOID,
    expected,
    is_of_type,
    rules,
)
from newsletter.render.pieces import ATTRIBUTE, CLASS, NO_CHARACTER, PIECE, SPACE, why_broken

__all__ = ["Mistake", "find_mistake"]


def find_mistake(source: str) -> Mistake | None:
    """The first mistake in MJML as a template rendered it, or None; it takes milliseconds."""
    try:
        _Walk(source).walk()
    except Found as found:
        return found.mistake
    return None


class _Walk:
    """Goes through a source piece by piece and raises Found at the first that is wrong."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.open: list[re.Match[str]] = []
        """The start tags of what is not closed yet."""
        self.html: re.Match[str] | None = None
        """The one among them whose content is HTML."""
        self.seen: set[str] = set()
        self.classes = set(CLASS.findall(source))

    def walk(self) -> None:
        """Raises Found, or says by not doing so that all is well."""
        if bad := NO_CHARACTER.search(self.source):
            raise Found(bad.start(), f"the character {bad[0]!r} cannot stand in MJML: take it out")
        readers = {
            "text": self._text,
            "start": self._start,
            "end": self._end,
            "comment": self._comment,
            "conditional": self._conditional,
            "broken": self._broken,
        }
        for piece in PIECE.finditer(self.source, 1 if self.source.startswith("\ufeff") else 0):
            readers[piece.lastgroup or "broken"](piece)
        if self.open:
            raise Found(self.open[-1].start(), f"<{self.parent}> is never closed")
        if not self.seen:
            raise Found(0, "there is no MJML: it begins with <mjml> and ends with </mjml>")

    @property
    def parent(self) -> str:
        """The name of the innermost open element; empty outside of them all."""
        return self.open[-1]["name"] if self.open else ""

    @property
    def in_leaf(self) -> bool:
        """Whether the innermost open element can have nothing in it."""
        of_attributes = len(self.open) > 1 and self.open[-2]["name"] == "mj-attributes"
        return of_attributes or self.parent in LEAVES

    def _text(self, piece: re.Match[str]) -> None:
        parent, text = self.parent, piece[0]
        if self.html or parent in TEXT_ONLY:
            if "]]>" in text:
                raise Found(piece.start() + text.index("]]>"), "]]> cannot stand in text: write ]]&gt;")
            if parent == "mj-style" and (wrong := find_style_mistake(text)):
                raise Found(piece.start() + wrong.offset, wrong.message)
        elif text.strip(SPACE):
            offset = piece.start() + len(text) - len(text.lstrip(SPACE))
            where = f"in <{parent}>" if parent else "outside of <mjml>"
            raise Found(offset, f"text cannot stand {where}: put it into mj-text")
        elif parent in BLANK_LINES_ONLY and not text.startswith("\n"):
            raise Found(
                piece.start(),
                f"white space in <{parent}> must begin with a line feed: begin each tag on a line of its own",
            )

    def _comment(self, piece: re.Match[str]) -> None:
        if not self.html and (self.in_leaf or self.parent in NO_COMMENTS):
            raise Found(
                piece.start(), f"neither a comment nor a block of `reader` can stand in <{self.parent}>"
            )

    def _conditional(self, piece: re.Match[str]) -> None:
        if not self.html or self.html["name"] in NO_CONDITIONS:
            around = self.html["name"] if self.html else self.parent
            where = f"in <{around}>" if around else "outside of <mjml>"
            raise Found(piece.start(), f"a conditional comment cannot stand {where}: put it into mj-raw")

    def _broken(self, piece: re.Match[str]) -> None:
        raise Found(piece.start(), why_broken(self.source, piece.start()))

    def _start(self, piece: re.Match[str]) -> None:
        name, offset = piece["name"], piece.start()
        if self.html:
            if name in VOID:
                return
            if name[:3].lower() == "mj-" or name == "mjml":
                _check_place(name, offset, self.html["name"])
        else:
            self._check_root(name, offset)
            _check_place(name, offset, self.parent, in_leaf=self.in_leaf)
            _check_attributes(name, piece["attributes"], piece.start("attributes"), self.classes)
            self.seen.add(name)
        if not piece["start"]:
            if not self.html and rules()[name].has_html and self.parent != "mj-attributes":
                self.html = piece
            self.open.append(piece)
        elif not self.open:
            self._close_root(offset)

    def _check_root(self, name: str, offset: int) -> None:
        if not self.open and self.seen:
            raise Found(offset, f"<{name}> cannot stand behind </mjml>")
        if not self.open and name != "mjml":
            raise Found(offset, f"<{name}> cannot stand outside of <mjml>, with which MJML begins")

    def _end(self, piece: re.Match[str]) -> None:
        name = piece["end"]
        if not self.open:
            raise Found(piece.start(), f"</{name}> closes nothing: take it out")
        last = self.open.pop()
        begun = last["name"]
        if begun != name and begun.lower() != name.lower():
            if any(element["name"] == name for element in self.open):
                raise Found(last.start(), f"<{begun}> is not closed before </{name}>")
            raise Found(piece.start(), f"<{begun}> is closed by </{name}>: write </{begun}>")
        if last is self.html:
            self.html = None
        if not self.open:
            self._close_root(piece.start())

    def _close_root(self, offset: int) -> None:
        if "mj-body" not in self.seen:
            raise Found(offset, "there is no <mj-body> in <mjml>")


def _check_place(name: str, offset: int, parent: str, *, in_leaf: bool = False) -> None:
    if name in REPLACED:
        raise Found(offset, f"<{name}> does not work here: {REPLACED[name]}")
    rule = rules().get(name)
    if rule is None and name[:2].lower() == "mj":
        raise Found(offset, f"there is no <{name}>{did_you_mean(name, rules(), '<{}>')}")
    if rule is None:
        raise Found(offset, f"<{name}> cannot stand in <{parent}>: put HTML into mj-text, mj-table or mj-raw")
    parents = [tag for tag in rule.parents if name != "mj-raw" or tag not in RAW_ELSEWHERE]
    if parent == "mj-attributes" and not set(parents) <= {"mjml", "mj-head"}:
        return
    if parent and (parent not in parents or in_leaf):
        where = f"; it stands in {', '.join(parents)}" if parents else ""
        raise Found(offset, f"<{name}> cannot stand in <{parent}>{where}")


def _check_attributes(name: str, attributes: str, start: int, classes: set[str]) -> None:
    known = {**rules()[name].attributes, **({"name": ("string",)} if name == "mj-class" else {})}
    seen = set()
    for found in ATTRIBUTE.finditer(attributes):
        attribute, offset = found["name"], start + found.start("name")
        value = (found["value"] or '""')[1:-1]
        if attribute not in known:
            like = did_you_mean("css-class" if attribute == "class" else attribute, known, '"{}"')
            raise Found(offset, f'<{name}> has no attribute "{attribute}"{like}')
        if attribute in seen:
            raise Found(offset, f'<{name}> has the attribute "{attribute}" twice')
        seen.add(attribute)
        _check_value(name, attribute, value, offset)
        if attribute == "mj-class":
            _check_classes(value, classes, offset)
    if name == "mj-class" and "name" not in seen:
        raise Found(start, "<mj-class> has no name: give it one, for elements to name in mj-class")


def _check_value(name: str, attribute: str, value: str, offset: int) -> None:
    if mend := DROPPED.get((name, attribute)):
        raise Found(offset, f'"{attribute}" of <{name}> has no effect here: {mend}')
    kinds = rules()[name].attributes.get(attribute, ("string",))
    if not any(is_of_type(value, kind) for kind in kinds):
        raise Found(offset, f'{attribute}="{value[:60]}" of <{name}> is not {expected(kinds[0])}')


def _check_classes(value: str, classes: set[str], offset: int) -> None:
    for name in value.split():
        if name not in classes:
            like = did_you_mean(name, classes, '"{}"')
            raise Found(offset, f'no <mj-class name="{name}"> stands in mj-attributes{like}')
