"""Returned messages in a mailbox of an IMAP server (RFC 3501)."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from newsletter.errors import ConfigError, IntakeError
from newsletter.ports import Take

__all__ = ["ImapIntake", "ImapServer"]

P = ParamSpec("P")
T = TypeVar("T")

_LARGEST = 1 << 20
"""Octets that are asked for of a message; what matters in a returned one is at its beginning."""


@dataclass(frozen=True)
class ImapServer:
    """Where the mailbox is. `timeout` is in seconds, for each answer."""

    host: str
    port: int
    username: str
    password: str
    tls: str
    """implicit, starttls or none."""
    ca_file: Path | None = None
    timeout: float = 60.0

    def __str__(self) -> str:
        return f"{self.username} at {self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"ImapServer({self})"  # without the password


class ImapIntake:
    """`ports.Intake` over the mailbox `folder`. What was taken is moved to `done`, which is made where it is
    not there, or deleted where that is None. No more than `most` messages in one scan."""

    def __init__(
        self, server: ImapServer, folder: str = "INBOX", done: str | None = "Processed", most: int = 1000
    ) -> None:
        self.name = str(server)
        self._server = server
        self._folder = folder
        self._done = done
        self._most = most

    async def scan(self, take: Take) -> int:
        """The oldest first. Raises IntakeError."""
        mailbox = await self._in_thread(_Mailbox, self._server, self._folder, self._done)
        try:
            numbers = (await self._in_thread(mailbox.waiting))[: self._most]
            for number in numbers:
                message = await self._in_thread(mailbox.fetch, number)
                if message is not None:
                    await take(message, ())
                    await self._in_thread(mailbox.file_away, number)
            await self._in_thread(mailbox.expunge)
        finally:
            await asyncio.to_thread(mailbox.close)
        return len(numbers)

    async def _in_thread(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.to_thread(step, *args, **kwargs)
        except ssl.SSLCertVerificationError as error:
            raise IntakeError(
                f"[bounces.imap] {self.name}: the certificate is not to be trusted ({error.verify_message}). "
                "Where it is your own server's, name its issuer with ca_file."
            ) from error
        except (imaplib.IMAP4.error, OSError, EOFError) as error:
            raise IntakeError(f"[bounces.imap] {self.name}: {_words(error)}.") from error


class _Mailbox:
    """One session; every method waits for the server."""

    def __init__(self, server: ImapServer, folder: str, done: str | None) -> None:
        self._done = None if done is None else _quoted(done)
        self._connection = _connect(server)
        try:
            self._connection.login(server.username, server.password)
            # What it can do may be told, or differ, only after the login.
            self._abilities = set(_ok(self._connection.capability())[0].decode().upper().split())
            if self._done:
                self._connection.create(self._done)  # an answer NO says that it is there
            _ok(self._connection.select(_quoted(folder)))
        except BaseException:
            self.close()
            raise

    def waiting(self) -> list[str]:
        """The numbers of messages that nobody has marked as deleted."""
        found = _ok(self._connection.uid("SEARCH", "UNDELETED"))
        return [number.decode() for number in (found[0] or b"").split()]

    def fetch(self, number: str) -> bytes | None:
        """The beginning of a message, which stays unread; None where it is gone."""
        parts = _ok(self._connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{_LARGEST}>)"))
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def file_away(self, number: str) -> None:
        """Move it, or mark it as deleted."""
        if self._done and "MOVE" in self._abilities:
            _ok(self._connection.uid("MOVE", number, self._done))
            return
        if self._done:
            _ok(self._connection.uid("COPY", number, self._done))
        _ok(self._connection.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)"))

    def expunge(self) -> None:
        """Delete what is marked."""
        if not (self._done and "MOVE" in self._abilities):
            _ok(self._connection.expunge())

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        try:
            self._connection.logout()
        except (imaplib.IMAP4.error, OSError):
            with suppress(OSError):
                self._connection.shutdown()


def _connect(server: ImapServer) -> imaplib.IMAP4:
    try:
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[bounces.imap] ca_file {server.ca_file}: cannot be read ({error}).") from error
    if server.tls == "implicit":
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=server.timeout)
    connection = imaplib.IMAP4(server.host, server.port, timeout=server.timeout)
    if server.tls == "starttls":
        try:
            connection.starttls(context)
        except BaseException:
            with suppress(OSError):  # the failure has closed it
                connection.shutdown()
            raise
    return connection


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """What came with OK. Raises IMAP4.error for NO."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(data[0] if data else status)
    return data


def _quoted(name: str) -> str:
    """The name of a mailbox as a quoted string."""
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _words(error: BaseException) -> str:
    said = error.args[0] if isinstance(error, imaplib.IMAP4.error) and error.args else error
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return (" ".join(text.split()) or type(error).__name__)[:300].rstrip(".")
