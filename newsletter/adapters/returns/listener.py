"""A small mail server for returned messages alone, by LMTP (RFC 2033) from a mail server of this machine, or
by SMTP.

It takes no recipients but ours, and answers 250 only when what a message changes is on the disk, or the
message itself: whoever hands it over keeps it until then and tries again.
"""

from collections.abc import Callable
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from newsletter.adapters.smtpserver import Connection, Listening
from newsletter.errors import NewsletterError
from newsletter.ports import Take

__all__ = ["ReturnsListener"]

log = structlog.get_logger()

_LARGEST = 10_000_000
"""Octets of a message."""
_MOST_RECIPIENTS = 50
_MOST_CONNECTIONS = 50
_TIMEOUT = 120.0
"""Seconds in which a client must say something."""


class ReturnsListener(Listening):
    """Runs in the loop that enters it. `takes` says whether mail to an address is for us."""

    def __init__(
        self, take: Take, takes: Callable[[str], bool], host: str, port: int, *, lmtp: bool = True
    ) -> None:
        super().__init__(host, port, "[bounces.lmtp] listen: cannot listen on {address}: {reason}.")
        self._handler = _Handler(take, takes, lmtp=lmtp)
        self._kind = _Lmtp if lmtp else Connection

    def connection(self, others: set[Connection]) -> Connection:
        """By the protocol that is configured."""
        return self._kind(
            self._handler,
            others,
            largest=_LARGEST,
            ident="newsletter",
            most=_MOST_CONNECTIONS,
            timeout=_TIMEOUT,
        )


class _Handler:
    """What aiosmtpd calls."""

    def __init__(self, take: Take, takes: Callable[[str], bool], *, lmtp: bool) -> None:
        self._take = take
        self._takes = takes
        self._lmtp = lmtp

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Nothing is passed on to anybody: only what is ours is taken."""
        if not self._takes(address):
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


class _Lmtp(Connection, LMTP):
    """One client that speaks LMTP."""
