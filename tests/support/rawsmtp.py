"""An SMTP server on raw sockets that is right by default and can be wrong at every step."""

import asyncio
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Act = bytes | Callable[["Talk"], Awaitable[None]]
"""The bytes to answer with, or something else to do than to answer."""
Acts = Act | list[Act | None] | Mapping[str, Act]
"""Each time; or the first, second ... time; or for these recipients."""


@dataclass
class RawServer:
    """`acts` by phase: banner, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, body, dot, RSET, QUIT.

    A list is for the first, second ... time that any connection comes to the phase, a mapping for the
    recipients in it (from RCPT on). Else, or for None, the server does what is right. What it was told is
    kept.
    """

    acts: dict[str, Acts]
    offers: tuple[str, ...] = ("PIPELINING",)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    discards: bool = False
    """Throws away, when it answers, what it has not read yet: false PIPELINING."""
    port: int = 0
    connections: int = 0
    phases: list[str] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    clear: bytearray = field(default_factory=bytearray)
    """Every byte that came in without TLS."""
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    """Recipient and text, dots unstuffed, of what it has taken or may have taken: all that ended."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many of the messages it said no to, by recipient."""

    @property
    def recipients(self) -> list[str]:
        """Of the messages, in their order."""
        return [recipient for recipient, _ in self.messages]

    @property
    def copies(self) -> Counter[str]:
        """How many messages each recipient has."""
        return Counter(self.recipients) - self.refused

    def act(self, phase: str, recipient: str = "") -> Act | None:
        """What is to be done this time."""
        self.phases.append(phase)
        act = self.acts.get(phase)
        if isinstance(act, Mapping):
            return act.get(recipient)
        if isinstance(act, list):
            time = self.phases.count(phase) - 1
            return act[time] if time < len(act) else None
        return act


class Talk:
    """One connection."""

    def __init__(self, server: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.secure = server.implicit
        self.sender: str | None = None
        self.recipient: str | None = None

    async def run(self) -> None:
        """Until either side has had enough."""
        await self.do("banner", b"220 test.example.org ESMTP\r\n")
        while line := await self.read():
            self.server.commands.append(line)
            verb = line.split()[0].decode("latin-1").upper() if line.strip() else "none"
            await getattr(self, f"on_{verb.lower()}", self.on_unknown)(line)

    async def read(self) -> bytes:
        """A line."""
        line = await self.reader.readline()
        if not self.secure:
            self.server.clear += line
        return line

    async def do(self, phase: str, right: bytes) -> bytes:
        """What the script says, else what is right. Answers the kind of reply: its first digit."""
        act = self.server.act(phase, self.recipient or "")
        if callable(act):
            await act(self)
            return b""
        reply = right if act is None else act
        await self.say(reply)
        return reply[:1]

    async def say(self, data: bytes) -> None:
        """Send it."""
        if self.server.discards:
            await asyncio.sleep(0.02)
            self.reader._buffer.clear()
        self.writer.write(data)
        await self.writer.drain()

    async def on_ehlo(self, line: bytes) -> None:
        offers = [*self.server.offers, "AUTH PLAIN LOGIN"]
        if self.server.tls is not None and not self.secure:
            offers.append("STARTTLS")
        lines = ["test.example.org", *offers]
        marks = ["-"] * (len(lines) - 1) + [" "]
        text = "".join(f"250{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True))
        await self.do("EHLO", text.encode())

    async def on_helo(self, line: bytes) -> None:
        await self.do("HELO", b"250 test.example.org\r\n")

    async def on_starttls(self, line: bytes) -> None:
        if await self.do("STARTTLS", b"220 go ahead\r\n") == b"2" and self.server.tls is not None:
            await self.writer.start_tls(self.server.tls)
            self.secure = True

    async def on_auth(self, line: bytes) -> None:
        await self.do("AUTH", b"235 2.7.0 signed in\r\n")

    async def on_mail(self, line: bytes) -> None:
        nested = self.sender is not None
        right = b"503 5.5.1 nested MAIL\r\n" if nested else b"250 2.1.0 sender\r\n"
        if await self.do("MAIL", right) == b"2":
            self.sender = line.decode()

    async def on_rcpt(self, line: bytes) -> None:
        self.recipient = line.decode().partition("<")[2].partition(">")[0]
        if await self.do("RCPT", b"250 2.1.5 recipient\r\n") != b"2":
            self.recipient = None

    async def on_data(self, line: bytes) -> None:
        right = b"354 go on\r\n" if self.recipient else b"554 5.5.1 no valid recipients\r\n"
        if await self.do("DATA", right) == b"3":
            await self.take_message()

    async def take_message(self) -> None:
        recipient, text = self.recipient or "", bytearray()
        act = self.server.act("body", recipient)
        if callable(act):
            await act(self)
        elif act is not None:
            await self.say(act)
        while (line := await self.read()) != b".\r\n":
            if not line:
                return
            text += line.removeprefix(b".")
        if recipient or text:
            self.server.messages.append((recipient, bytes(text)))
        right = f"250 2.0.0 taken for {recipient}\r\n" if recipient else "554 5.5.1 no valid recipients\r\n"
        if await self.do("dot", right.encode()) in (b"4", b"5"):
            self.server.refused[recipient] += 1
        self.sender = self.recipient = None

    async def on_rset(self, line: bytes) -> None:
        self.sender = self.recipient = None
        await self.do("RSET", b"250 2.0.0 reset\r\n")

    async def on_quit(self, line: bytes) -> None:
        await self.do("QUIT", b"221 2.0.0 bye\r\n")

    async def on_unknown(self, line: bytes) -> None:
        await self.say(b"500 5.5.2 what?\r\n")


async def hang(talk: Talk) -> None:
    """Say nothing, until the client has gone."""
    while await talk.reader.read(65536):
        pass


async def stall(talk: Talk) -> None:
    """Neither read nor say anything."""
    talk.writer.transport.pause_reading()
    await asyncio.sleep(60)


async def taste(talk: Talk) -> None:
    """Read one byte: what comes has begun."""
    await talk.reader.read(1)


async def sip(talk: Talk) -> None:
    """Read a byte now and then."""
    while await talk.reader.read(1):
        await asyncio.sleep(0.05)


async def close(talk: Talk) -> None:
    """Hang up politely."""
    talk.writer.close()


async def reset(talk: Talk) -> None:
    """Hang up with an RST."""
    connection = talk.writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.writer.transport.abort()


def then(*acts: Act) -> Act:
    """One after the other."""

    async def all_of(talk: Talk) -> None:
        for act in acts:
            await (act(talk) if callable(act) else talk.say(act))

    return all_of


def endless(piece: bytes) -> Act:
    """The same for ever, as fast as it is taken."""

    async def pour(talk: Talk) -> None:
        block = piece * (65536 // len(piece))
        while not talk.writer.is_closing():
            talk.writer.write(block)
            await talk.writer.drain()
            await asyncio.sleep(0)  # `drain` does not wait where nothing is held back

    return pour


def drip(piece: bytes) -> Act:
    """The same for ever, slowly."""

    async def drop(talk: Talk) -> None:
        while not talk.writer.is_closing():
            talk.writer.write(piece)
            await asyncio.sleep(0.02)

    return drop


@asynccontextmanager
async def raw_server(
    acts: dict[str, Acts] | None = None,
    *,
    offers: Iterable[str] = ("PIPELINING",),
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    discards: bool = False,
) -> AsyncIterator[RawServer]:
    """The server on a free port of loopback, in this event loop."""
    server = RawServer({} if acts is None else acts, tuple(offers), tls, implicit, discards)
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        server.connections += 1
        try:
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await Talk(server, reader, writer).run()
        finally:
            writer.transport.abort()

    listener = socket.socket()
    if "body" in server.acts:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that not reading is felt soon
    listener.bind(("127.0.0.1", 0))
    running = await asyncio.start_server(talk, sock=listener, ssl=tls if implicit else None)
    server.port = listener.getsockname()[1]
    try:
        yield server
    finally:
        running.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await running.wait_closed()
        await asyncio.sleep(0)
