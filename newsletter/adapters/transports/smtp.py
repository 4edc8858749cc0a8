"""SMTP through aiosmtplib: one persistent connection a session, MAIL, RCPT and DATA called one by one.

They are called separately because the same exception means different things before and after the
message's last dot: before, the server has not taken it; after, nobody knows. Not in here: how many
connections there are, when to try again.
"""

import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from newsletter.core.cleaning import clean_text
from newsletter.core.delivery import Reply
from newsletter.errors import ServerRefused, ServerUnavailable
from newsletter.ports import Envelope, Message

__all__ = ["SmtpServer", "SmtpSession", "SmtpTransport"]

_ANSWER_SECONDS = 600
"""RFC 5321, 4.5.3.2.6: the server may take ten minutes to answer the last dot."""
_CLOSING = 421
_WORDS = 500
"""Characters of a server's answer that are kept."""


@dataclass(frozen=True)
class SmtpServer:
    """Where the mail server is and how to speak to it."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    greeting_name: str
    """What we call ourselves in EHLO."""
    username: str | None = None
    password: str | None = None
    timeout: float = 60
    """Seconds for every answer but those to DATA, which may take ten minutes."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class SmtpTransport:
    """`ports.Transport` for one server."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @asynccontextmanager
    async def session(self) -> AsyncIterator["SmtpSession"]:
        """Connect, secure and sign in, in this order and never less than asked for."""
        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            local_hostname=self._server.greeting_name,
            timeout=self._server.timeout,
            use_tls=self._server.tls == "implicit",
            start_tls=self._server.tls == "starttls",
        )
        try:
            await self._open(client)
            yield SmtpSession(client, self._server)
            await _say_goodbye(client)
        finally:
            client.close()

    async def _open(self, client: SMTP) -> None:
        try:
            await client.connect()
            if self._server.username is not None:
                await client.login(self._server.username, self._server.password or "")
        except SMTPAuthenticationError as error:
            raise _trouble(self._server, error.code, f"sign-in refused: {error.message}") from error
        except SMTPResponseException as error:
            raise _trouble(self._server, error.code, error.message) from error
        except (SMTPConnectError, SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            raise ServerUnavailable(f"mail server {self._server}: {_reason(error)}") from error
        except ValueError as error:
            raise ServerRefused(f"mail server {self._server}: not a host name ({error})") from error
        except SMTPException as error:
            # STARTTLS or AUTH is not offered, or a certificate does not fit.
            raise ServerRefused(f"mail server {self._server}: {_legible(error.message)}") from error


class SmtpSession:
    """`ports.Session` over one open connection."""

    def __init__(self, client: SMTP, server: SmtpServer) -> None:
        self._client = client
        self._server = server

    async def send(self, message: Message) -> Reply:
        """One message to one recipient."""
        try:
            reply = await self._announce(message.envelope) or await self._hand_over(message.data)
        except SMTPResponseException as error:
            raise _trouble(self._server, error.code, error.message) from error
        except (SMTPException, OSError) as error:
            raise ServerUnavailable(f"mail server {self._server}: {_reason(error)}") from error
        if not 200 <= reply.code < 300 and not reply.ambiguous:
            await self._forget_transaction()
        return reply

    async def _announce(self, envelope: Envelope) -> Reply | None:
        """MAIL and RCPT; a Reply where the server does not want this recipient."""
        await self._client.mail(envelope.sender)
        try:
            await self._client.rcpt(envelope.recipient)
        except SMTPRecipientRefused as error:
            if error.code == _CLOSING:
                raise
            return Reply(error.code, _legible(error.message))
        return None

    async def _hand_over(self, data: bytes) -> Reply:
        """DATA. A break in here is ambiguous, and so is an answer that is none: the server may have the
        whole message."""
        try:
            response = await self._client.data(data, timeout=_ANSWER_SECONDS)
        except SMTPDataError as error:
            if error.code == _CLOSING:
                raise
            if 400 <= error.code < 600:
                return Reply(error.code, _legible(error.message))
            return Reply(0, _legible(f"no SMTP answer: {error.message}"), ambiguous=True)
        except (SMTPException, OSError) as error:
            reason = f"the connection broke before the answer came: {_reason(error)}"
            return Reply(0, reason, ambiguous=True)
        return Reply(response.code, _legible(response.message))

    async def _forget_transaction(self) -> None:
        """So that the next message starts anew. Where that fails the next one finds the connection closed;
        the answer to this one stands."""
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            self._client.close()


async def _say_goodbye(client: SMTP) -> None:
    try:
        await client.quit()
    except (SMTPException, OSError):
        return  # It has every answer that counts; how it hangs up does not.


def _reason(error: BaseException) -> str:
    """What the operating system says, where it says something: aiosmtplib wraps it in its own words."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError | socket.gaierror):
        return _legible(str(cause.strerror or cause))
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno).lower()
    return _legible(str(error))


def _legible(text: str) -> str:
    """A server's words as one short line that every store and terminal takes, whatever its encoding was."""
    return clean_text(text.encode("utf-8", "backslashreplace").decode())[:_WORDS]


def _trouble(server: SmtpServer, code: int, text: str) -> ServerRefused | ServerUnavailable:
    """What a reply means that is not about one recipient."""
    kind = ServerRefused if 500 <= code < 600 else ServerUnavailable
    return kind(f"mail server {server}: {code} {_legible(text)}")
