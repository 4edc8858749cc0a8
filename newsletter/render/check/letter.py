"""The bytes of a message, taken apart as a mailbox does."""

import email
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from functools import cached_property

__all__ = ["Leaf", "Letter"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that has no parts."""

    kind: str
    """`text/html`."""
    charset: str
    encoded: int
    """Bytes as it is sent."""
    text: str
    """As it is read."""


@dataclass(frozen=True)
class Letter:
    """Any bytes: nothing here refuses them."""

    raw: bytes

    @cached_property
    def head(self) -> bytes:
        """The header, up to the empty line."""
        return re.split(rb"\r?\n\r?\n", self.raw, maxsplit=1)[0]

    @cached_property
    def message(self) -> "Message[str, str]":
        """As the standard library reads it."""
        return email.message_from_bytes(self.raw)

    def all(self, name: str) -> list[str]:
        """The values of the header `name`, unfolded, as they are sent."""
        return [" ".join(str(value).split()) for value in self.message.get_all(name, [])]

    def one(self, name: str) -> str:
        """The first of them; empty without one."""
        return next(iter(self.all(name)), "")

    @cached_property
    def shown_head(self) -> str:
        """All header fields as a mailbox shows them."""
        return "\n".join(f"{name}: {decoded(str(value))}" for name, value in self.message.items())

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Text and HTML, in their order."""
        return tuple(_leaf(part) for part in self.message.walk() if not part.is_multipart())

    def leaf(self, kind: str) -> Leaf | None:
        """The first of its kind."""
        return next((leaf for leaf in self.leaves if leaf.kind == kind), None)


def decoded(value: str) -> str:
    """A header's value with its encoded-words read."""
    line = " ".join(value.split())
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, LookupError, ValueError):
        return line


def _sent(part: "Message[str, str]") -> int:
    try:
        return len(str(part.get_payload()))
    except (LookupError, TypeError, ValueError):  # it decodes 8-bit text, by whatever charset is claimed
        return 0


def _leaf(part: "Message[str, str]") -> Leaf:
    content = part.get_payload(decode=True)
    charset = part.get_content_charset("us-ascii")
    data = content if isinstance(content, bytes) else b""
    try:
        text = data.decode(charset, "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return Leaf(part.get_content_type(), charset, _sent(part), text)
