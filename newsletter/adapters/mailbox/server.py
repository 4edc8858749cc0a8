"""An SMTP server that keeps what it gets as Maildir.

The bytes of a message are kept exactly as they were received, line endings (CRLF) and all, behind the
headers that a delivery agent puts on top: `Return-Path`, and `X-Original-To` and `Delivered-To` for each
recipient. One message is one file, however many its recipients.

A file is written in `tmp/` and renamed to `new/` before the server answers 250. It is not forced to the
disk: this mailbox is for looking at mail, not for keeping it over a power cut.
"""

import itertools
import os
import re
import socket
import time
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP

from newsletter.adapters.smtpserver import Connection, Listening
from newsletter.errors import ConfigError

__all__ = ["LocalMailbox", "MaildirHandler"]

SIZE_LIMIT = 50 * 1024 * 1024
"""Bytes in a message; the only reason for which one is refused."""


class MaildirHandler:
    """What aiosmtpd calls: it keeps each message in the Maildir `folder`, which it creates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self._serial = itertools.count()
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Add PIPELINING: the server reads one buffer line by line and answers in order, so it holds."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Answer 250 with the key once the file is in place, 452 where the disk does not take it."""
        headers = _delivery_headers(envelope.mail_from, envelope.rcpt_tos)
        try:
            key = self.keep(headers + envelope.original_content)
        except OSError as error:
            return f"452 4.3.1 The mailbox cannot be written: {error.strerror}"
        return f"250 2.0.0 Kept as {key}"

    def keep(self, content: bytes) -> str:
        """Put `content` into `new/` as one file, whole or not at all; its key."""
        seconds, nanoseconds = divmod(time.time_ns(), 10**9)
        serial = f"M{nanoseconds // 1000:06}P{os.getpid()}Q{next(self._serial)}"
        key = f"{seconds}.{serial}.{re.sub('[^A-Za-z0-9.-]', '-', socket.gethostname())}"
        draft = self.folder / "tmp" / key
        try:
            draft.write_bytes(content)
            draft.rename(self.folder / "new" / key)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        self.count += 1
        return key


def _delivery_headers(sender: str, recipients: list[str]) -> bytes:
    lines = [f"Return-Path: <{_one_line(sender).strip('<>')}>"]
    for recipient in map(_one_line, recipients):
        lines += [f"X-Original-To: {recipient}", f"Delivered-To: {recipient}"]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _one_line(address: str) -> str:
    """An address of the envelope comes from outside: it must not become a header of its own."""
    return re.sub(r"[\x00-\x1f\x7f]", "?", address)


class LocalMailbox(Listening):
    """Runs in the loop that enters it."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(
            host,
            port,
            "The mailbox cannot listen on {address}: {reason}. Choose another port with --smtp-port; "
            "0 takes any free.",
        )
        self.folder = folder

    @property
    def count(self) -> int:
        """How many messages it has kept since it started."""
        return self._handler.count

    def connection(self, others: set[Connection]) -> Connection:
        """It keeps what comes in the one folder."""
        return Connection(self._handler, others, largest=SIZE_LIMIT, ident="newsletter mailbox")

    async def __aenter__(self) -> Self:
        try:
            self._handler = MaildirHandler(self.folder)
        except OSError as error:
            raise ConfigError(f"The mailbox {self.folder} cannot be made: {error.strerror}.") from error
        return await super().__aenter__()
