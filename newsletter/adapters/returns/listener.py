"""A small mail server for returned messages alone, by LMTP (RFC 2033) from a mail server of this machine, or
by SMTP.

It takes no recipients but ours, and answers 250 only when what a message changes is on the disk, or the
message itself: whoever hands it over keeps it until then and tries again.
"""

import asyncio
import os
from types import TracebackType
from typing import Any, Self

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from newsletter.core.proofs import Proofs
from newsletter.errors import ConfigError, NewsletterError
from newsletter.ports import Take

__all__ = ["ReturnsListener"]

log = structlog.get_logger()

_LARGEST = 10_000_000
"""Octets of a message."""
_MOST_RECIPIENTS = 50
_MOST_CONNECTIONS = 50
_TIMEOUT = 120.0
"""Seconds in which a client must say something."""


class ReturnsListener:
    """As an async context manager, in the running loop. Port 0 means any free one."""

    def __init__(self, take: Take, proofs: Proofs, host: str, port: int, *, lmtp: bool = True) -> None:
        self.host = host
        self.port = port
        """The real port, once it has started."""
        self._handler = _Handler(take, proofs, lmtp=lmtp)
        self._kind = _Lmtp if lmtp else _Smtp
        self._connections: set[SMTP] = set()

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: self._kind(self._handler, self._connections), self.host, self.port
            )
        except OSError as error:
            raise ConfigError(
                f"[bounces.lmtp] listen: cannot listen on {self.host} port {self.port}: "
                f"{os.strerror(error.errno or 0)}."
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        ending = [task for connection in [*self._connections] if (task := _hang_up(connection))]
        await asyncio.gather(*ending, return_exceptions=True)
        await self._server.wait_closed()


class _Handler:
    """What aiosmtpd calls."""

    def __init__(self, take: Take, proofs: Proofs, *, lmtp: bool) -> None:
        self._take = take
        self._proofs = proofs
        self._lmtp = lmtp

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Nothing is passed on to anybody: only what is ours is taken."""
        if not self._proofs.takes(address):
            return "550 5.1.1 Only returned messages are taken here"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """One answer, or with LMTP one for each recipient, which is the same for all."""
        answer = await self._answer(envelope)
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if self._lmtp else 1))

    async def _answer(self, envelope: Any) -> str:
        try:
            await self._take(envelope.original_content, tuple(envelope.rcpt_tos))
        except Exception as error:  # aiosmtpd would answer 500, and the message be lost
            if not isinstance(error, NewsletterError):
                log.exception("returned message not taken")
            return "451 4.3.0 Cannot be kept now, try again later"
        return "250 2.0.0 Taken"


class _Smtp(SMTP):
    """One client. Its lines may be as long as a message: they are not to be passed on."""

    line_length_limit = _LARGEST

    def __init__(self, handler: _Handler, others: set[Any]) -> None:
        super().__init__(
            handler,
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="newsletter",
            timeout=_TIMEOUT,
            loop=asyncio.get_running_loop(),
        )
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._others) >= _MOST_CONNECTIONS:
            transport.close()
            return
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._others:
            self._others.discard(self)
            super().connection_lost(error)


class _Lmtp(_Smtp, LMTP):
    """The same by LMTP."""


def _hang_up(connection: Any) -> "asyncio.Task[None] | None":
    """Close it; the task that serves it and is about to end."""
    if connection.transport is not None:
        connection.transport.close()
    task: asyncio.Task[None] | None = connection._handler_coroutine
    return task
