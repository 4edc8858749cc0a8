"""The bytes of a message as what matters in one that came back. Whatever comes is read, up to a limit.

The email package would take delivery reports and returned messages apart once more, and lose what is not
quite well-formed; here they are read as text. Sizes and numbers are limited: a message is from anyone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import Compat32
from html import unescape
from itertools import islice

__all__ = ["ADDRESS", "Returned", "addresses_in", "header", "read_message", "simplified"]

_LARGEST = 1 << 18
"""Bytes of a message that are looked at. The returned original comes last, and may be of any size."""
_LONGEST_HEADER = 8192
_LONGEST_PROSE = 1 << 15
_TEXTS = ("text/", "multipart/")
"""A multipart without parts has a wrong boundary, and is one text."""
_MOST_PARTS = 64
_MOST_BOUNDARIES = 200
"""Lines that may be boundaries: what stands after so many of them is not looked at."""

ADDRESS = re.compile(
    r"(?<![\w.+=-])[\w!#$%&*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,63}@(?:[\w-]{1,63}\.){0,9}[\w-]{1,63}"
)

_INNER = re.compile(
    rb"^(content-type[ \t]{0,9}:[ \t]{0,9}(?:\r?\n[ \t]{1,9})?)message/", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_CHARSETS = re.compile(
    r"(utf|iso|windows|cp|koi|gb|big5|euc|shift|ascii|us-ascii|latin|mac|ks_c)[\w.-]{0,20}", re.IGNORECASE
)
_MARKUP = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h\d)\b[^<>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"<(?!mailto:)(?![^<>\s]{1,100}@)[a-z/!][^<>]{0,2000}>", re.IGNORECASE)
_STYLE = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
_END_OF_STYLE = {
    name: re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE) for name in ("style", "script", "head")
}
_COPIES = (
    r"(?:below|this|here|included)? ?(?:this line )?(?:is|follows)? ?(?:an? |the )?copy of (?:the|your) ",
    r"(?:the )?original message|message (?:headers?|text) follows?|returned message|unsent message",
    r"the header of the original message|undelivered message|original headers|the first \d{1,4} lines",
    r"begin (?:of )?(?:original|returned)",
)
_HEADERS = "received|return-path|dkim-signature|x-google-dkim-signature|arc-seal|message-id|x-originating-ip"
_COPY = re.compile(
    rf"^[ \t>|*=-]{{0,80}}(?:{'|'.join(_COPIES)})[^\n]{{0,200}}$|^(?:{_HEADERS}):[^\n]{{0,998}}$",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the text of a report ends, and the returned message begins."""


class _Short(Compat32):
    """As the email package reads by default, but no header longer than it needs to be."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        kept, size = [], 0
        for line in sourcelines:
            kept.append(line[: _LONGEST_HEADER - size])
            size += len(kept[-1])
            if size >= _LONGEST_HEADER:
                break
        if ":" not in kept[0]:  # its name alone is too long
            kept = [f"{kept[0]}:"]
        return super().header_source_parse(kept)


_POLICY = _Short()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A message as it is judged."""

    headers: Message
    prose: str
    """What its text says, up to where the returned message begins."""
    reports: tuple[str, ...]
    """The parts of RFC 3464, as text."""
    feedback: tuple[str, ...]
    """The parts of RFC 5965."""
    original: Message
    """The headers of the returned message; without any where there is none."""


def read_message(message: bytes) -> Returned:
    """Its parts. Never refuses: what the email package cannot take apart is one text."""
    raw = simplified(message[:_LARGEST])
    try:
        parsed = BytesParser(policy=_POLICY).parsebytes(raw)
        leaves = [part for part in islice(parsed.walk(), _MOST_PARTS) if not part.is_multipart()]
        return _collected(parsed, leaves)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError):
        parsed = _headers_of(raw.decode("latin-1"))
        return _collected(parsed, [parsed])


def simplified(raw: bytes) -> bytes:
    """The message with all that it has inside as text, and no more parts than a program makes."""
    raw = _INNER.sub(rb"\1text/", raw)
    many = next(islice(_BOUNDARY.finditer(raw), _MOST_BOUNDARIES, None), None)
    return raw[: many.start()] if many else raw


def _headers_of(text: str) -> Message:
    """Only the headers of a message; what follows is its payload."""
    return HeaderParser(policy=_POLICY).parsestr(text)


def header(message: Message, name: str) -> str:
    """The first header of this name, decoded, on one line; empty where there is none."""
    return next(_values(message, name), "")


def addresses_in(message: Message, *names: str) -> Iterator[str]:
    """All addresses that stand in these headers, in this order."""
    for name in names:
        for value in _values(message, name):
            yield from ADDRESS.findall(value)


def _values(message: Message, name: str) -> Iterator[str]:
    for value in islice(message.get_all(name, []), 20):
        line = " ".join(str(value).split())
        try:
            yield str(make_header(decode_header(line))) if "=?" in line else line
        except (MessageError, ValueError, LookupError):
            yield line


def _collected(headers: Message, leaves: list[Message]) -> Returned:
    plain, markup, reports, feedback = [], [], [], []
    original: str | None = None
    for part in leaves:
        kind = part.get_content_type()
        if kind.endswith("/delivery-status"):
            reports.append(_text(part))
        elif kind == "text/feedback-report":
            feedback.append(_text(part))
        elif kind.startswith("text/rfc822"):
            original = original if original is not None else _text(part)
        elif kind == "text/html" and original is None:
            markup.append(_without_markup(_text(part)))
        elif kind.startswith(_TEXTS) and original is None:
            plain.append(_text(part))
    prose, returned = _divided("\n".join(plain) if any(map(str.strip, plain)) else "\n".join(markup))
    return Returned(
        headers=headers,
        prose=prose,
        reports=tuple(reports),
        feedback=tuple(feedback),
        original=_headers_of(original if original is not None else returned),
    )


def _divided(text: str) -> tuple[str, str]:
    """What is said, and the message that follows on it."""
    text = text.replace("\r\n", "\n")
    for found in _COPY.finditer(text):
        if text[: found.start()].strip():
            rest = text[found.start() :] if ":" in found[0][:30] else text[found.end() :]
            return text[: found.start()][:_LONGEST_PROSE], rest.lstrip()
    return text[:_LONGEST_PROSE], ""


def _text(part: Message) -> str:
    """Decoded as its charset says, where that is one of those in use."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(payload or "")
    charset = str(part.get_content_charset() or "utf-8")
    if not _CHARSETS.fullmatch(charset):
        charset = "utf-8"
    try:
        return payload.decode(charset)
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _without_markup(markup: str) -> str:
    """What a page says, roughly."""
    kept, at = [], 0
    while begin := _STYLE.search(markup, at):
        kept.append(markup[at : begin.start()])
        end = _END_OF_STYLE[begin[1].lower()].search(markup, begin.end())
        at = end.end() if end else len(markup)
    kept.append(markup[at:])
    return unescape(_TAG.sub(" ", _MARKUP.sub("\n", "".join(kept))))
