"""Text in quoted-printable (RFC 2045, 6.7), in pieces that can be put one after the other in any order.

Every piece is whole lines: it begins at the beginning of a line, and ends with the end of one, which is soft
(`=` and CRLF) where the text goes on. So a copy is the pieces, joined.

What mail servers on the way might change is encoded too: white space before and after other white space or a
line end, full stops and "From " at the beginning of a line. So a body is its own canonical form for DKIM
(`relaxed`, RFC 6376, 3.4.4), and no line of it is ever dot-stuffed.
"""

import binascii
import re

__all__ = ["quoted", "unquoted"]

_UNFIT = re.compile(rb"[^\x20-\x3c\x3e-\x7e\n]|(?<= ) | (?=\n)")
"""Octets that are written as three."""
_LINE = re.compile(
    rb"""
    (?: (?=\.|From[ ]) [^\n]{1,73}   # the first octet is going to be three
      | [^\n]{1,75}
    ) (?<!=)(?<!=[^\n]) \n?   # an octet written as three stays whole
    | \n
    """,
    re.VERBOSE,
)
_HEX = [b"=%02X" % octet for octet in range(256)]
_WORD = re.compile(r"(?!\.)[!-<>-~]{1,75}")
"""Most of what is filled in: a line by itself, with nothing in it to encode."""


def quoted(text: str) -> bytes:
    """`text` in lines of at most 76 octets, any of its line ends as CRLF. Raises UnicodeEncodeError for what
    is no character."""
    if _WORD.fullmatch(text):
        return text.encode() + b"=\r\n"
    octets = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return _LINE.sub(_line, _UNFIT.sub(_three, octets))


def unquoted(data: bytes) -> str:
    """The text of pieces that were joined, its line ends LF."""
    return binascii.a2b_qp(data).replace(b"\r\n", b"\n").decode()


def _three(octet: re.Match[bytes]) -> bytes:
    return _HEX[octet[0][0]]


def _line(found: re.Match[bytes]) -> bytes:
    line = found[0]
    if line.startswith((b".", b"From ")):
        line = _HEX[line[0]] + line[1:]
    return line[:-1] + b"\r\n" if line.endswith(b"\n") else line + b"=\r\n"
