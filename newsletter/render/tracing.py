"""From a place in rendered text back to the file and line of the template that wrote it.

A second render, made only when something is wrong, carries a mark in front of each line and piece of template
text that is not blank. Marks pass through macros, blocks, includes and filters like any other text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

__all__ = ["Traced", "locate", "offset_in_error", "trace"]

_BEGINNING = re.compile(r"^[^\S\n]*(?=\S)", re.MULTILINE)
_POSITION = re.compile(r"at position (\d+)")


@dataclass(frozen=True, slots=True)
class Traced:
    """A rendered text, and where its pieces come from."""

    text: str
    offsets: Sequence[int]
    """Where pieces begin, in ascending order."""
    places: Sequence[tuple[str, int]]
    """The template's file, or its name where it has none, and the line of each piece, from 1."""

    def origin(self, offset: int) -> tuple[str, int] | None:
        """The file and line that wrote what is at `offset` of `text`; None where nothing is known."""
        index = bisect_right(self.offsets, offset) - 1
        return self.places[index] if index >= 0 else None


def trace(environment: Environment, template: str, context: Mapping[str, Any], *, nonce: str) -> Traced:
    """`template` rendered with `context`, as `environment` does it, with its origins.

    `nonce` is of hexadecimal digits and in no text of `context`. Raises what rendering raises.
    """
    tracing = environment.overlay(extensions=[_Tracing])
    marks = tracing.extensions[_Tracing.identifier]
    assert isinstance(marks, _Tracing)  # noqa: S101 - for the type checker
    marks.nonce = nonce
    pieces = re.split(rf"(?i:\ue000{nonce}_(\d+)\ue001)", tracing.get_template(template).render(context))
    offsets, length = [], len(pieces[0])
    for text in pieces[2::2]:
        offsets.append(length)
        length += len(text)
    places = [marks.places[int(index)] for index in pieces[1::2]]
    return Traced("".join(pieces[::2]), offsets, places)


def locate(
    environment: Environment, template: str, context: Mapping[str, Any], source: str, offset: int
) -> str:
    """`file:line` of what wrote the character at `offset` of `source`, or else the file alone.

    `source` is what `environment` made of `template` and `context`. A template that looks at the letters of
    what a macro wrote can come out differently with marks: then the line is known only before the first
    difference and behind the last one.
    """
    place = None
    try:
        nonce = sha256(source.encode(errors="replace")).hexdigest()
        traced = trace(environment, template, context, nonce=nonce)
        found = _same_place(source, traced.text, offset)
        place = traced.origin(found) if found is not None else None
    except Exception:  # a template can raise whatever an expression can
        return _file(environment, template)
    return f"{place[0]}:{place[1]}" if place else _file(environment, template)


def offset_in_error(reason: str, source: str) -> int | None:
    """The offset that mrml's error `reason` names, in characters of `source`, or None; mrml counts bytes."""
    position = _POSITION.search(reason)
    return len(source.encode()[: int(position[1])].decode(errors="ignore")) if position else None


class _Tracing(Extension):
    """Puts marks into the text of every template that is compiled."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.nonce = ""
        self.places: list[tuple[str, int]] = []

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Marks the text of a template; that of {% trans %} is a key for looking up and stays."""
        before, translated = "", False
        for token in stream:
            if before == "block_begin" and token.value in ("trans", "endtrans"):
                translated = token.value == "trans"
            before = token.type
            if token.type == "data" and not translated:
                yield Token(token.lineno, "data", self._marked(token, stream.filename or stream.name or ""))
            else:
                yield token

    def _marked(self, token: Token, name: str) -> str:
        """With a mark where a line's first word begins: what is blank stays so, and is trimmed as before."""

        def mark(beginning: re.Match[str]) -> str:
            self.places.append((name, token.lineno + token.value.count("\n", 0, beginning.end())))
            return f"{beginning[0]}\ue000{self.nonce}_{len(self.places) - 1}\ue001"

        return _BEGINNING.sub(mark, token.value)


def _same_place(text: str, other: str, offset: int) -> int | None:
    """Where in `other` the character at `offset` of `text` is, if all is the same before it or behind it."""
    if text == other or text[: offset + 1] == other[: offset + 1]:
        return offset
    behind = text[offset:]
    return len(other) - len(behind) if behind and other.endswith(behind) else None


def _file(environment: Environment, template: str) -> str:
    """Where the loader found `template`."""
    if environment.loader is None:
        return template
    _, filename, _ = environment.loader.get_source(environment, template)
    return filename or template
