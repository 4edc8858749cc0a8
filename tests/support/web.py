"""A real web server on a real socket that answers by a script, down to the byte, and keeps what it was
asked."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import chain, repeat

from newsletter.ports import SourceState, Validator


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    method: str = "GET"


Sender = Callable[[asyncio.StreamWriter], Awaitable[None]]
Script = Callable[[Asked], bytes | Sender]
"""From the request to the raw bytes of the answer, or to somebody who writes them in their own time."""


@dataclass
class WebServer:
    """`script` says what to answer."""

    script: Script
    host: str = "127.0.0.1"
    port: int = 0
    scheme: str = "http"
    connections: int = 0
    busy: int = 0
    most_busy: int = 0
    """How many requests were open at the same time at most."""
    asked: list[Asked] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/feed", host: str | None = None) -> str:
        """An address of this server, by whatever name."""
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept until the client wants it closed."""
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                open_still = True
                while open_still:
                    asked = _parsed(await reader.readuntil(b"\r\n\r\n"))
                    await self._answer(asked, writer)
                    open_still = asked.headers.get("connection") != "close"
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            answer = self.script(asked)
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        finally:
            self.busy -= 1

    async def stop(self) -> None:
        """Drop whoever is still being answered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _parsed(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    method, path, _ = first.split(" ")
    return Asked(path, {name.lower(): value.strip() for name, _, value in pairs}, method)


@asynccontextmanager
async def web_server(
    script: Script | bytes, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebServer]:
    """The server on loopback, in this event loop."""
    answers = (lambda _: script) if isinstance(script, bytes) else script
    web = WebServer(answers, host, scheme="https" if tls else "http")
    server = await asyncio.start_server(web.serve, host, port, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        await server.wait_closed()
        await web.stop()


def reply(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def redirect(target: str, status: int = 302) -> bytes:
    """To there."""
    return reply(status=status, headers={"Location": target})


def in_turn(*answers: bytes | Sender) -> Script:
    """One after the other; the last one for ever."""
    left = chain(answers, repeat(answers[-1]))
    return lambda _: next(left)


def dripping(*, every: float = 0.05, first: bytes = b"", drop: bytes = b"x") -> Sender:
    """Sends the first bytes at once, then so little at a time that no pause is ever long."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            await writer.drain()
            await asyncio.sleep(every)
            writer.write(drop)

    return send


def pouring(first: bytes, more: bytes, times: int) -> Sender:
    """Sends the first bytes and then the others so many times, as fast as they are taken."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for _ in range(times):
            writer.write(more)
            await writer.drain()

    return send


class Names:
    """A resolver that knows what it is told: for each name the answers to give, one a question; the last
    one for ever."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {
            name.replace("_", "."): chain(found, repeat(found[-1])) for name, found in answers.items()
        }
        self.questions: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.questions.append(host)
        if host not in self._answers:
            raise OSError(f"no such name: {host}")
        return next(self._answers[host])


class Memory:
    """`ports.SourceMemory` for the length of a test."""

    def __init__(self, *known: Validator) -> None:
        self._known = {validator.url: validator for validator in known}

    async def validators(self, source: str) -> Mapping[str, Validator]:
        return self._known

    async def succeeded(self, source: str, validators: Sequence[Validator], now: datetime) -> None:
        self._known |= {validator.url: validator for validator in validators}

    async def failed(self, source: str, error: str, now: datetime) -> None:
        """Nothing is forgotten."""

    async def states(self) -> tuple[SourceState, ...]:
        return ()
