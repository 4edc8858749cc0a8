"""SMTP: one connection a session, on which one message follows the other without a pause.

    open_connection (aiosmtplib) ──▶ Conversation (the wire) ──▶ SmtpSession (MAIL, RCPT, DATA, dot)

Not in here: how many connections there are, when to try again.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

from newsletter.adapters.transports.conversation import Conversation, Patience
from newsletter.adapters.transports.opening import SmtpServer, open_connection, tls_context
from newsletter.adapters.transports.session import SmtpSession

__all__ = ["SmtpServer", "SmtpSession", "SmtpTransport"]


class SmtpTransport:
    """`ports.Transport` for one server."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._trusts_pipelining = True

    @asynccontextmanager
    async def session(self) -> AsyncIterator[SmtpSession]:
        """Connect, secure and sign in, in this order and never less than asked for."""
        server = self._server
        transport, extensions = await open_connection(server, self._tls)
        patience = Patience(server.timeout, server.transfer_timeout, server.answer_timeout)
        talk = Conversation(transport, patience)
        session = SmtpSession(talk, str(server), extensions, pipelining=self._trusts_pipelining)
        try:
            yield session
            await session.close()
        finally:
            session.abandon()
            self._trusts_pipelining &= not session.pipelining_failed

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        return tls_context(self._server)
