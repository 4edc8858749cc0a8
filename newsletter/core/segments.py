"""Parts of the list, by what is known of readers: a small language of conditions.

    tag:beta and not (language:de or domain:example.org)
    attribute.plan in (pro, "team plan") and created after 2026-01-01

`and` binds closer than `or`, `not` closer still. A name with spaces or signs in it stands in double quotes,
in which a backslash makes a quote or a backslash a character like others. Case does not matter.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from newsletter.core.conditions import All, Attribute, Created, Either, Known, Named, Not, Segment
from newsletter.errors import InputError

__all__ = ["Segment", "parse_segment"]

_DEEPEST = 50
"""Parentheses and `not`s inside of each other: nobody means more, and Python's stack has an end."""
_LONGEST = 10_000
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\["\\])*")|(?P<sign>!=|[()=,:])|(?P<word>[^\s()"=!,:]+))')
_KINDS = {kind.value: kind for kind in Known}


def parse_segment(text: str) -> Segment:
    """The segment that `text` describes. Raises InputError, which says where it cannot be understood."""
    if len(text) > _LONGEST:
        raise InputError(f"segment: at most {_LONGEST} characters.")
    reader = _Reader(tuple(_tokens(text)))
    found = reader.either(0)
    reader.end()
    return found


class _Token(NamedTuple):
    text: str
    """Without quotes; empty at the end."""
    place: int
    """Of its first character, from 1."""
    kind: str
    """"word", "quoted", "sign" or "end"."""


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def either(self, depth: int) -> Segment:
        """One condition or more, joined by `or`."""
        parts = [self._all(depth)]
        while self._has_word("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def end(self) -> None:
        """There must be nothing more."""
        if self._token.kind != "end":
            raise self._trouble('here "and" or "or" could go on')

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _all(self, depth: int) -> Segment:
        parts = [self._one(depth)]
        while self._has_word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Segment:
        if depth > _DEEPEST:
            raise self._trouble(f'more than {_DEEPEST} parentheses and "not"s inside of each other')
        if self._has_word("not"):
            return Not(self._one(depth + 1))
        if self._has_sign("("):
            found = self.either(depth + 1)
            self._need_sign(")")
            return found
        return self._condition()

    def _condition(self) -> Segment:
        token = self._token
        word = token.text.casefold() if token.kind == "word" else ""
        if word in _KINDS:
            self._at += 1
            self._need_sign(":")
            return Named(_KINDS[word], self._value())
        if word == "created":
            self._at += 1
            return self._created()
        if word.startswith("attribute."):
            self._at += 1
            return self._attribute(token.text[len("attribute.") :] or self._value())
        raise self._trouble(
            "write a condition, such as tag:beta, topic:Agents, language:de, domain:example.org, "
            'attribute.plan = "pro" or created before 2026-01-01'
        )

    def _attribute(self, name: str) -> Segment:
        if self._has_sign("="):
            return Attribute(name, (self._value(),))
        if self._has_sign("!="):
            return Not(Attribute(name, (self._value(),)))
        if not self._has_word("in"):
            raise self._trouble('write "=", "!=" or "in" after the name of an attribute')
        self._need_sign("(")
        values = [self._value()]
        while self._has_sign(","):
            values.append(self._value())
        self._need_sign(")")
        return Attribute(name, tuple(values))

    def _created(self) -> Segment:
        after = self._has_word("after")
        if not after and not self._has_word("before"):
            raise self._trouble('write "before" or "after"')
        try:
            day = date.fromisoformat(self._token.text)
        except ValueError:
            raise self._trouble("write a day, such as 2026-01-01") from None
        self._at += 1
        return Created(day, after)

    def _value(self) -> str:
        token = self._token
        if token.kind not in ("word", "quoted") or not token.text.strip():
            raise self._trouble("write a name; one with spaces or signs in double quotes")
        self._at += 1
        return token.text

    def _has_word(self, word: str) -> bool:
        found = self._token.kind == "word" and self._token.text.casefold() == word
        self._at += found
        return found

    def _has_sign(self, sign: str) -> bool:
        found = self._token.kind == "sign" and self._token.text == sign
        self._at += found
        return found

    def _need_sign(self, sign: str) -> None:
        if not self._has_sign(sign):
            raise self._trouble(f'"{sign}" is missing')

    def _trouble(self, mend: str) -> InputError:
        token = self._token
        shown = f"{token.text[:40]!r}" if token.text else "the end"
        return InputError(f"segment, character {token.place}, at {shown}: {mend}.")


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, at)
        kind = match.lastgroup
        found = match[kind]
        if kind == "quoted":
            found = re.sub(r"\\(.)", r"\1", found[1:-1])
        yield _Token(found, match.start(kind) + 1, kind)
        at = match.end()
    yield _Token("", end + 1, "end")


def _unreadable(text: str, at: int) -> InputError:
    rest = text[at:].lstrip()
    place = len(text) - len(rest) + 1
    mend = (
        'the quote that is opened here has no end; a backslash in it may stand before " and \\ only'
        if rest.startswith('"')
        else 'write "!=" for what must not be'
    )
    return InputError(f"segment, character {place}, at {rest[:1]!r}: {mend}.")
