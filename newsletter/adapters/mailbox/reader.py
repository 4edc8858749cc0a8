"""Reads a Maildir for people to look at: every file has its line, whatever it holds."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from typing import NamedTuple

from newsletter.errors import NotFound

__all__ = ["LoadedMessage", "StoredMessage", "count_messages", "load", "read_messages"]

HEADERS_READ = 64 * 1024
"""Bytes of a file that the list looks at."""

HEADER_DECODED = 1000
"""Characters of a header that are decoded, since the standard library takes time that grows with the square
of its length (33 seconds for 60,000 quotation marks); a longer one is shown as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A line of the list. Texts are printable, whatever the message says; "" where it says nothing."""

    key: str
    path: Path
    date: datetime
    """When it arrived, in UTC."""
    sender: str
    """The From header."""
    to: str
    """The recipients of the envelope; the To header where the file does not tell them."""
    subject: str
    size: int
    """In bytes."""
    problem: str = ""
    """Why it does not parse, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMessage:
    """A whole message: its line of the list, its bytes and what they mean."""

    stored: StoredMessage
    raw: bytes
    headers: tuple[tuple[str, str], ...]
    """Names and decoded values, in their order."""
    html: str | None
    text: str | None


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NOT_BYTES = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")


class _File(NamedTuple):
    """Sorts by age; those of one tick of the clock by their serial names."""

    arrived: int
    """In nanoseconds since 1970."""
    name: str
    path: Path
    size: int

    @property
    def key(self) -> str:
        """The name without the flags that a mail reader adds."""
        return _printable(self.name.partition(":")[0])


def count_messages(folder: Path) -> int:
    """How many messages the Maildir `folder` holds."""
    return sum(1 for _ in _files(folder))


def read_messages(folder: Path, *, start: int = 0, limit: int | None = None) -> list[StoredMessage]:
    """The messages of the Maildir `folder`, newest first: `limit` of them after the first `start`."""
    stop = None if limit is None else start + limit
    newest = sorted(_files(folder), reverse=True)[start:stop]
    return [_stored(file, _parse(_read(file, HEADERS_READ), BytesHeaderParser())) for file in newest]


def load(folder: Path, key: str) -> LoadedMessage:
    """The message with this key; NotFound where there is none.

    The key is only ever compared with the names of the files that are there, so it cannot lead elsewhere.
    """
    file = next((file for file in _files(folder) if file.key == key), None)
    if file is None:
        raise NotFound(f"The mailbox {folder} has no message {_printable(key)}")
    raw = _read(file)
    message = _parse(raw, BytesParser())
    return LoadedMessage(
        stored=_stored(file, message),
        raw=raw,
        headers=tuple((_printable(name), _decoded(name, value)) for name, value in message.raw_items()),
        html=_body(message, "text/html"),
        text=_body(message, "text/plain"),
    )


def _files(folder: Path) -> Iterator[_File]:
    """Every message; a file that goes away meanwhile is left out, a link is never followed."""
    for part in ("new", "cur"):
        with suppress(FileNotFoundError), os.scandir(folder / part) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                        stat = entry.stat(follow_symlinks=False)
                        yield _File(stat.st_mtime_ns, entry.name, Path(entry.path), stat.st_size)


def _read(file: _File, size: int = -1) -> bytes:
    try:
        with file.path.open("rb") as opened:
            return opened.read(size)
    except OSError:
        return b""


def _parse(raw: bytes, parser: BytesParser) -> Message:
    """What the parser makes of it, its complaints in `defects`; whatever it raises is one of them."""
    try:
        return parser.parsebytes(raw)
    except Exception as error:
        message = Message()
        message.defects.append(error)  # type: ignore[arg-type]
        return message


def _stored(file: _File, message: Message) -> StoredMessage:
    headers: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), []).append(_decoded(name, value))

    def joined(name: str) -> str:
        return ", ".join(headers.get(name, ()))

    return StoredMessage(
        key=file.key,
        path=file.path,
        date=datetime.fromtimestamp(file.arrived / 1e9, UTC),
        sender=joined("from"),
        to=joined("delivered-to") or joined("to"),
        subject=joined("subject"),
        size=file.size,
        problem=_problem(message),
    )


def _problem(message: Message) -> str:
    """What is wrong with the message as a whole or with a part of it, in words."""
    if not message.keys():
        return "There are no headers in it."
    defects = (defect for part in message.walk() for defect in part.defects)
    return next((_printable(str(defect) or type(defect).__doc__ or repr(defect)) for defect in defects), "")


def _decoded(name: str, value: str) -> str:
    """The value of a header for people to read; as it stands where it cannot be decoded."""
    value = _printable(value)
    if len(value) > HEADER_DECODED:
        return value
    try:
        return _printable(str(policy.default.header_factory(name, value)))
    except Exception:  # the standard library raises all kinds of errors on broken headers
        return value


def _body(message: Message, content_type: str) -> str | None:
    """The first part of this type, decoded; None where there is none."""
    for part in message.walk():
        if part.get_content_type() == content_type and not part.get_filename():
            payload = part.get_payload(decode=True)
            return _text(payload, part.get_content_charset("utf-8")) if isinstance(payload, bytes) else None
    return None


def _text(payload: bytes, charset: str) -> str:
    try:
        text = payload.decode(charset, "replace")
    except (LookupError, ValueError):  # no such charset, or not one for text
        text = payload.decode("utf-8", "replace")
    return _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n"))


def _printable(value: str) -> str:
    """One line that any page can show: raw bytes that a parser kept as surrogates become text again."""
    raw = _NOT_BYTES.sub("\ufffd", value).encode("utf-8", "surrogateescape")
    return _UNPRINTABLE.sub("\ufffd", " ".join(raw.decode("utf-8", "replace").split()))
