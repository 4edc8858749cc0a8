"""A session that is opened as for sending, looked at, and ended: nothing is sent."""

import asyncio
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime

from newsletter.adapters.offline import is_offline
from newsletter.adapters.transports.conversation import Conversation, Patience
from newsletter.adapters.transports.opening import SmtpServer, open_connection, tls_context
from newsletter.core.doctor.servers import Refusal, Welcome
from newsletter.errors import DeliveryError

__all__ = ["SmtpProbe", "expires"]

_SECONDS = 8.0
"""For the connection, and for each reply."""


class SmtpProbe:
    """`ports.Greeter` of one server."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = replace(server, timeout=min(server.timeout, _SECONDS))

    async def greet(self) -> Welcome | Refusal:
        """See `ports.Greeter`."""
        if reason := await _nameless(self._server.host):
            return Refusal(reason, offline=True)
        try:
            transport, offered = await open_connection(self._server, tls_context(self._server))
        except DeliveryError as error:
            return Refusal(str(error), offline=is_offline(error))
        talk = Conversation(transport, Patience(_SECONDS, _SECONDS, _SECONDS))
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        try:
            await talk.goodbye()
        finally:
            talk.abandon()
        return Welcome(
            pipelining=offered.pipelining,
            utf8=offered.utf8,
            limit=offered.limit,
            offers_tls=offered.starttls,
            offers_sign_in=offered.auth,
            tls_version=(secured.version() or "TLS") if secured else "",
            expires=expires(secured) if secured else None,
        )


async def _nameless(host: str) -> str:
    """Why nobody can be asked for this name now; empty where there is an answer, whatever it is."""
    try:
        async with asyncio.timeout(_SECONDS / 2):
            await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        return f"the name {host} was not resolved in {_SECONDS / 2:g} s"
    except (OSError, UnicodeError) as error:
        return f"the name {host} cannot be resolved now" if is_offline(error) else ""
    return ""


def expires(secured: ssl.SSLObject | ssl.SSLSocket) -> datetime | None:
    """When the certificate of the other side ends."""
    until = (secured.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None
