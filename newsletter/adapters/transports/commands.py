"""What goes over the wire for a message: its envelope as commands, its bytes as DATA wants them. Pure.

Nothing from outside becomes part of a command but an address, and that only where it is one and nothing
else: whatever could end the command, or the path in it, makes the message unfit. A parameter is only used
where the server has offered its extension.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from newsletter.core.address import normalise_address
from newsletter.errors import InputError
from newsletter.ports import Envelope

__all__ = ["Commands", "Extensions", "Unfit", "dot_stuffed"]

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:[A-Za-z0-9_-]{{1,63}}\.)*[A-Za-z0-9-]{{1,63}}")
_ADDRESS_LENGTH = 254
"""RFC 5321, 4.5.3.1.3: 256 with the brackets."""


class Unfit(Exception):
    """This server cannot be given this message. The code is what it would have said itself."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Extensions:
    """What the server offered in its answer to EHLO."""

    pipelining: bool = False
    """RFC 2920."""
    size: bool = False
    """RFC 1870."""
    limit: int | None = None
    """Bytes in a message; None where the server does not say."""
    eight_bit: bool = False
    """8BITMIME, RFC 6152."""
    utf8: bool = False
    """SMTPUTF8, RFC 6531."""
    dsn: bool = False
    """RFC 3461."""
    starttls: bool = False
    """RFC 3207; by the end nothing offers it any more where it was taken up."""
    auth: bool = False
    """RFC 4954."""

    @classmethod
    def of(cls, offered: Mapping[str, str]) -> Self:
        """From keywords in lower case with what stood behind them."""
        limit = offered.get("size", "")
        return cls(
            pipelining="pipelining" in offered,
            size="size" in offered,
            limit=(int(limit) or None) if limit.isascii() and limit.isdecimal() else None,
            eight_bit="8bitmime" in offered,
            utf8="smtputf8" in offered,
            dsn="dsn" in offered,
            starttls="starttls" in offered,
            auth="auth" in offered,
        )


class Commands:
    """The commands for one server."""

    def __init__(self, extensions: Extensions) -> None:
        self._extensions = extensions
        self._bracket = b"> RET=HDRS" if extensions.dsn else b">"
        self._sender = ("", b"")

    def check(self, data: bytes, *, eight_bit: bool) -> None:
        """Raises Unfit where this server does not take such a message."""
        limit = self._extensions.limit
        if limit is not None and len(data) > limit:
            raise Unfit(552, f"the message has {len(data)} bytes, and the server takes no more than {limit}")
        if eight_bit and not self._extensions.eight_bit:
            raise Unfit(554, "the message is not 7-bit, and the server takes nothing else (8BITMIME)")

    def transaction(self, envelope: Envelope, *, eight_bit: bool, size: int | None = None) -> list[bytes]:
        """MAIL, RCPT and DATA; without a size where it is not known yet. Raises Unfit."""
        sender, recipient = self._sender_path(envelope.sender), self._path(envelope.recipient)
        mail = [b"MAIL FROM:<", sender, self._bracket]
        if size is not None and self._extensions.size:
            mail.append(b" SIZE=%d" % size)
        if eight_bit:
            mail.append(b" BODY=8BITMIME")
        if not (recipient.isascii() and sender.isascii()):
            mail.append(b" SMTPUTF8")
        mail.append(b"\r\n")
        return [b"".join(mail), b"".join((b"RCPT TO:<", recipient, b">\r\n")), b"DATA\r\n"]

    def _sender_path(self, address: str) -> bytes:
        """Nearly always the same as the one before."""
        if self._sender[0] != address:
            self._sender = (address, self._path(address))
        return self._sender[1]

    def _path(self, address: str) -> bytes:
        if address.isascii():
            return _ascii_path(address)
        path = _utf8_path(address)
        if not path.isascii() and not self._extensions.utf8:
            raise Unfit(553, "the server does not take addresses outside ASCII (SMTPUTF8)")
        return path


def _ascii_path(address: str) -> bytes:
    """RFC 5321's dot-string; what would have to be quoted is no address of ours."""
    if len(address) > _ADDRESS_LENGTH or _ADDRESS.fullmatch(address) is None:
        raise Unfit(553, "this is no address that a mail server could be given")
    return address.encode("ascii")


def _utf8_path(address: str) -> bytes:
    """The domain in A-labels; in what stands before it any letter may also be one outside ASCII."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = normalise_address(f"x@{domain}").partition("@")[2]
        except InputError:
            raise Unfit(553, "this is no domain that a mail server could be given") from None
    plain = "".join("x" if not sign.isascii() and sign.isprintable() else sign for sign in local)
    _ascii_path(f"{plain}@{domain}")
    return f"{local}@{domain}".encode()


def dot_stuffed(data: bytes) -> bytes:
    """A message as DATA wants it, without the dot at its end. Raises ValueError where a line ends in
    anything but CRLF: some servers take a bare CR or LF for the end of a line, and what follows for commands
    (SMTP smuggling)."""
    ends = io.IncrementalNewlineDecoder(None, translate=False)  # much faster than to count each kind
    ends.decode(data.decode("latin-1"), final=True)
    if ends.newlines != "\r\n" or not data.endswith(b"\r\n"):
        raise ValueError("a message must have CRLF at the end of every line, and no other CR or LF")
    if data.rfind(b"\r\n.") >= 0:
        data = data.replace(b"\r\n.", b"\r\n..")
    return b"." + data if data.startswith(b".") else data
