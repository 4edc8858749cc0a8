"""A copy as the bytes that are handed to a mail server.

multipart/alternative, text first, both parts UTF-8 in quoted-printable, CRLF only, no line above 998 octets.
The bytes depend on the arguments alone: a copy that is sent again is the same message.
The lines are put together here, from the standard library's encoders: `email.policy` would decode an
encoded-word that stands in a title, and encode a long List-Unsubscribe.
"""

import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.errors import InputError
from newsletter.render.headers import angled, mailbox, unstructured, web_link
from newsletter.render.personalise import Copy

__all__ = ["MessageHeaders", "build_message"]


@dataclass(frozen=True, kw_only=True)
class MessageHeaders:
    """What the header of one copy says. Names and subject may be any text; addresses must be plain ones."""

    from_: str
    """`Name <address>` or an address."""
    to: str
    """An address."""
    to_name: str = ""
    subject: str
    date: datetime
    """Aware."""
    message_id: str
    """With or without its angle brackets."""
    list_id: str
    """`papers.example.org`, with or without angle brackets."""
    list_unsubscribe: str | None
    """The https address for one-click unsubscribing (RFC 8058); None for a letter to somebody who is not
    on the list, which then has no headers of one."""
    list_unsubscribe_mailto: str | None = None
    """An address of mail that does the same, without `mailto:`."""
    list_help: str | None = None
    """An address of the web that says what this list is."""
    reply_to: str | None = None
    """`Name <address>` or an address."""


def build_message(copy: Copy, headers: MessageHeaders) -> bytes:
    """The whole message; InputError names the header that cannot be sent as it is."""
    boundary = "=_" + hashlib.sha256(headers.message_id.encode("utf-8", "replace")).hexdigest()[:32]
    top = [*_header_lines(headers), f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"']
    delimiter = f"--{boundary}".encode("ascii")
    return b"\r\n".join(
        [
            "\r\n".join(top).encode("ascii"),
            b"",
            delimiter,
            _body("plain", copy.text),
            delimiter,
            _body("html", copy.html),
            delimiter + b"--",
            b"",
        ]
    )


def _header_lines(headers: MessageHeaders) -> Iterator[str]:
    if headers.date.tzinfo is None:
        raise InputError(f"Date: {headers.date} has no time zone")
    yield mailbox("From", headers.from_)
    yield mailbox("To", headers.to, headers.to_name)
    if headers.reply_to is not None:
        yield mailbox("Reply-To", headers.reply_to)
    yield unstructured("Subject", headers.subject)
    yield f"Date: {format_datetime(headers.date)}"
    yield angled("Message-ID", headers.message_id)
    if headers.list_unsubscribe is not None:
        yield from _list_lines(headers, headers.list_unsubscribe)
    yield "Auto-Submitted: auto-generated"
    if headers.list_unsubscribe is not None:
        yield "Precedence: bulk"
    yield "MIME-Version: 1.0"


def _list_lines(headers: MessageHeaders, unsubscribe: str) -> Iterator[str]:
    yield angled("List-Id", headers.list_id)
    yield _unsubscribe_line(headers, unsubscribe)
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    if headers.list_help is not None:
        yield f"List-Help: <{web_link('List-Help', headers.list_help)}>"
    yield "List-Post: NO"


def _unsubscribe_line(headers: MessageHeaders, unsubscribe: str) -> str:
    line = f"List-Unsubscribe: <{web_link('List-Unsubscribe', unsubscribe)}>"
    if headers.list_unsubscribe_mailto is None:
        return line
    return line + ",\r\n " + angled("List-Unsubscribe", headers.list_unsubscribe_mailto, "mailto:")


def _body(subtype: str, content: str) -> bytes:
    lines = content.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    encoded = binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable'
    return head.encode("ascii") + b"\r\n\r\n" + encoded
