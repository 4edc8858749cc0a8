"""What the tests of the way to the mail server have in common."""

from collections.abc import Iterable

import pytest

from newsletter.adapters.transports.smtp import SmtpServer, SmtpSession, SmtpTransport
from newsletter.core.delivery import Reply
from newsletter.errors import ServerUnavailable
from newsletter.ports import Envelope, Message
from support.checks import Checks, Patch
from support.rawsmtp import RawServer

__all__ = [
    "DATA",
    "IMPATIENT",
    "LARGE",
    "OFFERS",
    "A",
    "B",
    "C",
    "Mutant",
    "WireChecks",
    "message",
    "outcome",
    "send_all",
    "to",
    "transport",
    "unavailable",
]

DATA = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n.leading dot\r\n"
IMPATIENT = {"timeout": 0.2, "transfer_timeout": 0.2, "answer_timeout": 0.2}
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


class WireChecks(Checks):
    """Of what goes over the wire."""

    async def notice_without(self, monkeypatch: pytest.MonkeyPatch, mutant: Mutant, *given: object) -> None:
        """What this mutant is about fails."""
        name, *patches = mutant
        for patch in patches:
            monkeypatch.setattr(*patch, raising=False)
        await self.notice(name, *given, endless=patches[0][1] in ("_expire", "_line"))

    @staticmethod
    def label(mutant: Mutant) -> str:
        """For the list of tests."""
        name, *patches = mutant
        return f"{name} without {patches[0][1]}"
