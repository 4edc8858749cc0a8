"""A copy as the bytes that are handed to a mail server.

multipart/alternative, text first, both parts UTF-8 in quoted-printable, CRLF only, no line above 998 octets.
The bytes depend on the arguments alone: a copy that is sent again is the same message.
The lines are put together here, from the standard library's encoders: `email.policy` would decode an
encoded-word that stands in a title, and encode a long List-Unsubscribe.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.errors import InputError
from newsletter.render.copy import Copy
from newsletter.render.headers import angled, mailbox, unstructured, web_link

__all__ = ["Letterhead", "MessageHeaders", "SharedHeaders", "build_message"]


@dataclass(frozen=True, kw_only=True)
class SharedHeaders:
    """What the headers of all copies say alike. Names may be any text; addresses must be plain ones."""

    from_: str
    """`Name <address>` or an address."""
    date: datetime
    """Aware."""
    list_id: str
    """`papers.example.org`, with or without angle brackets."""
    list_help: str | None = None
    """An address of the web that says what this list is."""
    reply_to: str | None = None
    """`Name <address>` or an address."""


@dataclass(frozen=True, kw_only=True)
class MessageHeaders(SharedHeaders):
    """What the header of one copy says. The subject may be any text."""

    to: str
    """An address; what stands before its at sign may be in any script."""
    to_name: str = ""
    subject: str
    message_id: str
    """With or without its angle brackets."""
    list_unsubscribe: str | None
    """The https address for one-click unsubscribing (RFC 8058); None for a letter to somebody who is not
    on the list, which then has no headers of one."""
    list_unsubscribe_mailto: str | None = None
    """An address of mail that does the same, without `mailto:`."""


def build_message(copy: Copy, headers: MessageHeaders) -> bytes:
    """The whole message; InputError names the header that cannot be sent as it is."""
    return Letterhead(headers).message(
        copy,
        to=headers.to,
        to_name=headers.to_name,
        subject=headers.subject,
        message_id=headers.message_id,
        list_unsubscribe=headers.list_unsubscribe,
        list_unsubscribe_mailto=headers.list_unsubscribe_mailto,
    )


class Letterhead:
    """What the messages of one edition have in common, written once."""

    def __init__(self, headers: SharedHeaders) -> None:
        """InputError names the header that cannot be sent as it is."""
        if headers.date.tzinfo is None:
            raise InputError(f"Date: {headers.date} has no time zone")
        self._from = mailbox("From", headers.from_)
        self._reply_to = [] if headers.reply_to is None else [mailbox("Reply-To", headers.reply_to)]
        self._date = f"Date: {format_datetime(headers.date)}"
        self._list_id = angled("List-Id", headers.list_id)
        self._list = list(_list_lines(headers))
        # No line of quoted-printable has this in it: there "=" stands before a digit, A to F or a line end.
        boundary = "=_" + hashlib.sha256(f"{self._list_id} {self._date}".encode()).hexdigest()[:32]
        self._last = [
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
            "",
            "",
        ]
        delimiter = f"--{boundary}"
        self._before_text = f"{delimiter}\r\n{_part_head('plain')}".encode()
        self._before_html = f"\r\n{delimiter}\r\n{_part_head('html')}".encode()
        self._end = f"\r\n{delimiter}--\r\n".encode()

    def message(
        self,
        copy: Copy,
        *,
        to: str,
        to_name: str,
        subject: str,
        message_id: str,
        list_unsubscribe: str | None,
        list_unsubscribe_mailto: str | None = None,
    ) -> bytes:
        """The whole message, its fields as in `MessageHeaders`; InputError as above."""
        automatic = "Auto-Submitted: auto-generated"
        head = [
            self._from,
            mailbox("To", to, to_name),
            *self._reply_to,
            unstructured("Subject", subject),
            self._date,
            angled("Message-ID", message_id),
        ]
        if list_unsubscribe is None:
            head.append(automatic)
        else:
            unsubscribe = _unsubscribe_line(list_unsubscribe, list_unsubscribe_mailto)
            head += (self._list_id, unsubscribe, *self._list, automatic, "Precedence: bulk")
        head += self._last
        return b"".join(
            (
                "\r\n".join(head).encode(),
                self._before_text,
                copy.quoted_text,
                self._before_html,
                copy.quoted_html,
                self._end,
            )
        )


def _list_lines(headers: SharedHeaders) -> Iterator[str]:
    yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    if headers.list_help is not None:
        yield f"List-Help: <{web_link('List-Help', headers.list_help)}>"
    yield "List-Post: NO"


def _unsubscribe_line(unsubscribe: str, mailto: str | None) -> str:
    line = f"List-Unsubscribe: <{web_link('List-Unsubscribe', unsubscribe)}>"
    return line if mailto is None else line + ",\r\n " + angled("List-Unsubscribe", mailto, "mailto:")


def _part_head(subtype: str) -> str:
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
