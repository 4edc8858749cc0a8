"""How a connection to the mail server is opened: connect, EHLO, STARTTLS, AUTH, through aiosmtplib.

Where TLS is asked for, nothing but EHLO and STARTTLS goes out in clear, and nothing that came in in clear
is believed afterwards (RFC 3207, 4.2). aiosmtplib bounds what a reply may hold and how long it may take.
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from newsletter.adapters.transports.commands import Extensions
from newsletter.adapters.transports.conversation import reason_of
from newsletter.adapters.transports.replies import legible
from newsletter.errors import DeliveryError, ServerRefused, ServerUnavailable

__all__ = ["SmtpServer", "open_connection", "tls_context"]

_READY = 220


@dataclass(frozen=True)
class SmtpServer:
    """Where the mail server is and how to speak to it. Times are in seconds."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    greeting_name: str
    """What we call ourselves in EHLO."""
    username: str | None = None
    password: str | None = None
    timeout: float = 60
    """For the connection, and for the reply to each command."""
    transfer_timeout: float = 180
    """Until the server has taken a whole message. RFC 5321, 4.5.3.2.5, has it for a block of one; nobody's
    server needs it for a newsletter."""
    answer_timeout: float = 600
    """From there to what it says of the message: RFC 5321, 4.5.3.2.6."""
    ca_file: Path | None = None
    """Certificates (PEM) of those who may vouch for the server, in place of the system's."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def tls_context(server: SmtpServer) -> ssl.SSLContext | None:
    """Certificates and host names are verified. Raises ServerRefused where `ca_file` cannot be used."""
    if server.tls == "none":
        return None
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise ServerRefused(f"certificates in {server.ca_file}: {reason_of(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def open_connection(
    server: SmtpServer, context: ssl.SSLContext | None
) -> tuple[asyncio.Transport, Extensions]:
    """A connection on which the server waits for MAIL, and what it offers. Raises DeliveryError."""
    client = None
    try:
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.greeting_name,
            timeout=server.timeout,
            use_tls=server.tls == "implicit",
            start_tls=False,  # it would drop what came in clear behind the answer; here that is the end
            tls_context=context,
        )
        return await _open(client, server, context)
    except Exception as error:
        if client is not None and client.transport is not None:
            cast(asyncio.Transport, client.transport).abort()
        trouble = _trouble(server, error)
        if trouble is None:
            raise
        raise trouble from error


async def _open(
    client: SMTP, server: SmtpServer, context: ssl.SSLContext | None
) -> tuple[asyncio.Transport, Extensions]:
    await client.connect()
    try:
        await client.ehlo()
    except SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()
    if server.tls == "starttls" and context is not None:
        await _start_tls(client, server, context)
    if server.username is not None:
        await client.login(server.username, server.password or "")
    _demand_silence(client)
    return cast(asyncio.Transport, client.transport), Extensions.of(client.esmtp_extensions)


async def _start_tls(client: SMTP, server: SmtpServer, context: ssl.SSLContext) -> None:
    if not client.supports_extension("starttls"):
        raise SMTPException("it does not offer STARTTLS")
    _demand_silence(client)
    answer = await client.execute_command(b"STARTTLS")
    if answer.code != _READY:
        raise SMTPResponseException(answer.code, answer.message)
    _demand_silence(client)
    if client.protocol is None or client.transport is None:
        raise SMTPServerDisconnected("the server hung up")
    client.transport = client.protocol.transport = await asyncio.get_running_loop().start_tls(
        cast(asyncio.Transport, client.transport),
        cast(asyncio.Protocol, client.protocol),
        context,
        server_hostname=server.host,
        ssl_handshake_timeout=server.timeout,
    )
    await client.ehlo()


def _demand_silence(client: SMTP) -> None:
    """Every reply has been read. More would be taken for replies to commands that are yet to come: injected
    before TLS, or a server out of step."""
    if client.protocol is None or client.protocol._buffer:
        raise SMTPServerDisconnected("the server says more than it was asked")


def _trouble(server: SmtpServer, error: Exception) -> DeliveryError | None:
    """What it means for the run, if it is the server's trouble at all."""
    cause = error.__cause__ if isinstance(error, SMTPConnectError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ServerRefused(f"mail server {server}: its certificate: {legible(cause.verify_message)}")
    match error:
        case SMTPResponseException(code=code, message=message):
            kind = ServerRefused if 500 <= code < 600 else ServerUnavailable
            signing_in = "sign-in refused: " if isinstance(error, SMTPAuthenticationError) else ""
            text = f"mail server {server}: {code} {signing_in}{legible(message)}"
            return kind(text, code=max(code, 0))
        case SMTPConnectError() | SMTPServerDisconnected() | SMTPTimeoutError() | OSError():
            return ServerUnavailable(f"mail server {server}: {reason_of(error)}")
        case SMTPException():  # STARTTLS or AUTH is not offered
            return ServerRefused(f"mail server {server}: {legible(error.message)}")
        case ValueError():
            return ServerRefused(f"mail server {server}: not a host name ({error})")
    return None
