"""SMTP through aiosmtplib: one persistent connection a session, MAIL, RCPT and DATA called one by one.

They are called separately because the same exception means different things before and after the
message's last dot: before, the server has not taken it; after, nobody knows. Not in here: how many
connections there are, when to try again.
"""

import os
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

from newsletter.core.delivery import Reply
from newsletter.errors import ServerRefused, ServerUnavailable
from newsletter.ports import Envelope, Message

__all__ = ["SmtpServer", "SmtpSession", "SmtpTransport"]

_ANSWER_SECONDS = 600
"""RFC 5321, 4.5.3.2.6: the server may take ten minutes to answer the last dot."""
_CLOSING = 421


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
    """Seconds for every answer but the one to the last dot."""

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
        except SMTPException as error:
            # STARTTLS or AUTH is not offered, or a certificate does not fit.
            raise ServerRefused(f"mail server {self._server}: {error.message}") from error


class SmtpSession:
    """`ports.Session` over one open connection."""

    def __init__(self, client: SMTP, server: SmtpServer) -> None:
        self._client = client
        self._server = server

    async def send(self, message: Message) -> Reply:
        """One message to one recipient."""
        try:
            reply = await self._announce(message.envelope) or await self._hand_over(message.data)
            if not 200 <= reply.code < 300 and not reply.ambiguous:
                await self._client.rset()
        except SMTPResponseException as error:
            raise _trouble(self._server, error.code, error.message) from error
        except (SMTPException, OSError) as error:
            raise ServerUnavailable(f"mail server {self._server}: {error}") from error
        return reply

    async def _announce(self, envelope: Envelope) -> Reply | None:
        """MAIL and RCPT; a Reply where the server does not want this recipient."""
        options: list[str] = []
        encoding = "ascii"
        if not envelope.recipient.isascii():
            if not self._client.supports_extension("smtputf8"):
                return Reply(553, "5.6.7 the server does not take addresses outside ASCII (no SMTPUTF8)")
            options, encoding = ["SMTPUTF8"], "utf-8"
        try:
            await self._client.mail(envelope.sender, options=options, encoding=encoding)
            await self._client.rcpt(envelope.recipient, encoding=encoding)
        except SMTPRecipientRefused as error:
            if error.code == _CLOSING:
                raise
            return Reply(error.code, error.message)
        return None

    async def _hand_over(self, data: bytes) -> Reply:
        """DATA. A break in here is ambiguous: the server may have the whole message."""
        try:
            response = await self._client.data(data, timeout=_ANSWER_SECONDS)
        except SMTPDataError as error:
            if error.code == _CLOSING:
                raise
            return Reply(error.code, error.message)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            return Reply(0, f"the connection broke before the answer came: {error}", ambiguous=True)
        return Reply(response.code, response.message)


async def _say_goodbye(client: SMTP) -> None:
    try:
        await client.quit()
    except (SMTPException, OSError):
        return  # It has every answer that counts; how it hangs up does not.


def _reason(error: BaseException) -> str:
    """What the operating system says, where it says something: aiosmtplib wraps it in its own words."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno).lower()
    return str(error)


def _trouble(server: SmtpServer, code: int, text: str) -> ServerRefused | ServerUnavailable:
    """What a reply means that is not about one recipient."""
    kind = ServerRefused if 500 <= code < 600 else ServerUnavailable
    return kind(f"mail server {server}: {code} {text}")
