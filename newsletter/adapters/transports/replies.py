"""What a mail server says, cut into replies: RFC 5321, 4.2. Pure, and bounded whatever it is fed."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from newsletter.core.cleaning import clean_text

__all__ = ["Answer", "ReplyReader", "Unreadable", "legible"]

_LINE_BYTES = 4096
_REPLY_BYTES = 64 * 1024
_REPLY_LINES = 100
_WORDS = 500
"""Characters of a server's answer that are kept."""
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class Unreadable(Exception):
    """No SMTP reply, or one without end; the text says what came."""


class Answer(NamedTuple):
    """One reply: its code, and its words with the lines of a long one put together."""

    code: int
    words: bytes

    @property
    def text(self) -> str:
        """The words, fit to be stored and printed."""
        return legible(self.words.decode("utf-8", "surrogateescape"))


class ReplyReader:
    """Takes bytes as they come in and gives replies as they become complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[bytes] = []
        self._size = 0

    def read(self, data: bytes) -> Iterator[Answer]:
        """The replies that are complete with this. Raises Unreadable, after those that came before."""
        data = self._rest + data
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            if answer := self._line(data[start:end].removesuffix(b"\r")):
                yield answer
            start = end + 1
        self._rest = data[start:]
        if len(self._rest) > _LINE_BYTES:
            raise Unreadable("a line without end")

    def _line(self, line: bytes) -> Answer | None:
        """The reply that this line ends, if it ends one."""
        code, more, words = _parts(line)
        if self._code not in (0, code):
            raise Unreadable(f"two replies in one: {self._code} and {code}")
        if not more and not self._lines:
            return Answer(code, words)
        self._code = code
        self._lines.append(words.strip())
        self._size += len(line)
        if len(self._lines) > _REPLY_LINES or self._size > _REPLY_BYTES:
            raise Unreadable("a reply without end")
        if more:
            return None
        answer = Answer(code, b"\n".join(self._lines))
        self._code, self._lines, self._size = 0, [], 0
        return answer


@lru_cache(maxsize=64)  # a server says the same to every message
def _parts(line: bytes) -> tuple[int, bool, bytes]:
    """Code, whether the reply goes on, words."""
    found = _LINE.fullmatch(line) if len(line) <= _LINE_BYTES else None
    if found is None:
        raise Unreadable(f"no SMTP answer: {legible(line.decode('utf-8', 'surrogateescape'))}")
    code, separator, words = found.groups(b"")
    return int(code), separator == b"-", words


def legible(text: str) -> str:
    """A server's words as one short line that every store and terminal takes, whatever its encoding was."""
    if not (text.isascii() and text.isprintable()):
        text = text.encode("utf-8", "backslashreplace").decode()
    return clean_text(text)[:_WORDS]
