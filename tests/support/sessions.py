"""What the tests of the way to the mail server have in common."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import pytest

from newsletter.adapters.transports.smtp import SmtpServer, SmtpSession, SmtpTransport
from newsletter.core.delivery import Reply
from newsletter.errors import NewsletterError, ServerUnavailable
from newsletter.ports import Envelope, Message
from support.rawsmtp import RawServer

__all__ = [
    "DATA",
    "IMPATIENT",
    "LARGE",
    "OFFERS",
    "A",
    "B",
    "C",
    "Checks",
    "Mutant",
    "Patch",
    "message",
    "outcome",
    "send_all",
    "to",
    "transport",
    "unavailable",
]

DATA = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n.leading dot\r\n"
IMPATIENT = {"timeout": 0.2, "transfer_timeout": 0.2, "answer_timeout": 0.2}
Patch = tuple[object, str, object]
Mutant = tuple[str, *tuple[Patch, ...]]
"""The check that must notice it, and what is put in place of which attribute of what."""
OFFERS = [(), ("PIPELINING",)]
A, B, C = (f"{name}@example.org" for name in "abc")
LARGE = DATA + (b"x" * 78 + b"\r\n") * 150_000
"""More than the system holds between two sockets."""


def transport(port: int, **values: object) -> SmtpTransport:
    """To a server on loopback."""
    known = {"host": "127.0.0.1", "port": port, "tls": "none", "greeting_name": "example.org", "timeout": 10}
    return SmtpTransport(SmtpServer(**known | values))


def to(recipient: str) -> Envelope:
    """An envelope."""
    return Envelope("papers@example.org", recipient)


def message(recipient: str = "reader@example.org", data: bytes = DATA) -> Message:
    """A message."""
    return Message(to(recipient), data)


async def send_all(session: SmtpSession, recipients: Iterable[str], data: bytes = DATA) -> list[Reply]:
    """To each, the next announced by the one before."""
    envelopes = [to(recipient) for recipient in recipients]
    return [
        await session.send(Message(envelope, data), following)
        for envelope, following in zip(envelopes, [*envelopes[1:], None], strict=True)
    ]


async def outcome(server: RawServer, **values: object) -> Reply:
    """Of one message in one session."""
    async with transport(server.port, **values).session() as session:
        return await session.send(message(A))


async def unavailable(server: RawServer, code: int = 0, **values: object) -> None:
    """The same, where it was not taken."""
    with pytest.raises(ServerUnavailable) as trouble:
        await outcome(server, **values)
    assert trouble.value.code == code
    assert server.messages == []


class Checks(dict[str, Callable[..., Awaitable[None]]]):
    """Tests that run twice: as they are, and with something broken that they have to notice."""

    def add(self, check: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """A decorator."""
        self[check.__name__] = check
        return check

    async def run(self, name: str, *given: object) -> None:
        """As it is."""
        async with asyncio.timeout(20):
            await self[name](*given)

    async def notice(self, monkeypatch: pytest.MonkeyPatch, mutant: Mutant, *given: object) -> None:
        """It fails, by whatever shows it: a wrong result, an error, or, without a deadline, no end."""
        name, *patches = mutant
        for patch in patches:
            monkeypatch.setattr(*patch, raising=False)
        endless = patches[0][1] in ("_expire", "_line")
        noticed = (TimeoutError,) if endless else (AssertionError, pytest.fail.Exception, NewsletterError)
        with pytest.raises(noticed):
            async with asyncio.timeout(1 if endless else 20):
                await self[name](*given)

    @staticmethod
    def label(mutant: Mutant) -> str:
        """For the list of tests."""
        name, *patches = mutant
        return f"{name} without {patches[0][1]}"
