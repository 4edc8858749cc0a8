"""A real SMTP server on a real socket that answers by a script and keeps what it accepted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes

from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[str], str | None]
"""From the recipient to the reply, such as "450 later"; None accepts, "hang up" breaks the connection."""


@dataclass
class ScriptedServer:
    """`on_mail`, `on_rcpt` and `on_data` say what to answer; `accepted` counts copies by recipient."""

    on_mail: Answer = lambda _: None
    on_rcpt: Answer = lambda _: None
    on_data: Answer = lambda _: None
    """Asked after the last dot."""
    accepted: Counter[str] = field(default_factory=Counter)
    messages: dict[str, list[bytes]] = field(default_factory=dict)
    """By recipient, as they came."""
    message_ids: dict[str, set[str]] = field(default_factory=dict)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address, options):  # noqa: N802
        answer = self._answer(server, self.on_mail, address)
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address, options):  # noqa: N802
        answer = self._answer(server, self.on_rcpt, address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        answer = self.on_data(recipient)
        if answer is None or answer == "hang up":
            # A server that hangs up after the last dot may well have the message: this one has.
            self.accepted[recipient] += 1
            self.messages.setdefault(recipient, []).append(envelope.original_content)
            message = message_from_bytes(envelope.original_content)
            self.message_ids.setdefault(recipient, set()).add(message["Message-ID"])
        if answer == "hang up":
            server.transport.abort()
            return "250 nobody hears this"
        return answer or "250 OK"

    def _answer(self, server: SMTP, ask: Answer, address: str) -> str | None:
        answer = ask(address)
        if answer == "hang up":
            server.transport.abort()
        return answer


@asynccontextmanager
async def scripted_server(**answers: Answer) -> AsyncIterator[ScriptedServer]:
    """The server on a free port of loopback, in this event loop."""
    scripted = ScriptedServer(**answers)
    loop = asyncio.get_running_loop()
    connections: list[SMTP] = []

    def connection() -> SMTP:
        connections.append(SMTP(scripted, hostname="test.example.org", loop=loop))
        return connections[-1]

    server = await loop.create_server(connection, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        await server.wait_closed()
        for left in connections:
            if left.transport is not None:
                left.transport.abort()
        await asyncio.sleep(0)


def times(answer: str, count: int) -> Answer:
    """This answer so many times, then acceptance."""
    left = iter([answer] * count)
    return lambda _: next(left, None)
