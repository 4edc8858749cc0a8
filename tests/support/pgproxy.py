"""A connection to PostgreSQL that fails at a chosen moment: a proxy that reads along.

program ──▶ proxy ──▶ PostgreSQL      statements: Query, Parse and what Bind names
        ◀──       ◀──                 answers: up to ReadyForQuery
"""

import asyncio
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Fault", "PgProxy", "pg_proxy"]

_MOST = 200
"""Connections at once."""
_LONGEST = 1 << 26
"""Bytes of a message."""
_NOT_YET = (80877103, 80877104)
"""Requests for TLS and GSSAPI, which come before the start of a session and are answered by one byte."""
_WAIT = 30.0
"""Seconds."""


@dataclass
class Fault:
    """What is to go wrong once: the request or the reply of a statement that begins with `statement`, in a
    transaction that has had one with `within` in it; not the first such but the `nth`."""

    loses: Literal["request", "reply"]
    statement: str
    within: str
    nth: int
    happened: threading.Event = field(default_factory=threading.Event)
    seen: tuple[str, ...] = ()
    """The statements of the transaction that it has hit."""

    def hits(self, statement: str, before: list[str]) -> bool:
        """Whether this is the one."""
        if self.happened.is_set() or not statement.upper().startswith(self.statement):
            return False
        if not any(self.within in earlier for earlier in before):
            return False
        self.nth -= 1
        if self.nth:
            return False
        self.seen = tuple(before)
        return True


class PgProxy:
    """In a thread of its own, between `port` and that of the server. All methods are for other threads."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._faults: list[Fault] = []
        self._talks: set[_Talk] = set()
        self._accepts = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self.connections = 0
        """So many there were."""

    def lose_reply_of(self, statement: str, nth: int = 1, within: str = "") -> Fault:
        """The server does it and answers; both connections end without the answer."""
        return self._add(Fault("reply", statement, within, nth))

    def lose_request_of(self, statement: str, nth: int = 1, within: str = "") -> Fault:
        """Both connections end before the server hears of it."""
        return self._add(Fault("request", statement, within, nth))

    def cut(self) -> None:
        """All connections that there are."""
        self._do(self._cut)

    def close(self) -> None:
        """Cut all, and take no more until `reopen`."""
        self._accepts = False
        self.cut()

    def reopen(self) -> None:
        """As before."""
        self._accepts = True

    def freeze(self) -> None:
        """Nothing passes, and nobody is told."""
        self._do(self._flowing.clear)

    def thaw(self) -> None:
        """What was held passes."""
        self._do(self._flowing.set)

    # Inside the thread

    def _add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def _do(self, action: Callable[[], None]) -> None:
        async def do() -> None:
            action()

        self._run(do())

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT)

    def _cut(self) -> None:
        for talk in self._talks:
            talk.cut()

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepts or len(self._talks) >= _MOST:
            writer.transport.abort()
            return
        self.connections += 1
        with suppress(OSError):
            talk = _Talk(self, reader, writer, *await asyncio.open_connection("127.0.0.1", self._server))
            self._talks.add(talk)
            try:
                await talk.run()
            finally:
                self._talks.discard(talk)
                talk.cut()


class _Talk:
    """One connection of the program, and that to the server."""

    def __init__(
        self,
        proxy: PgProxy,
        program: asyncio.StreamReader,
        to_program: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._program, self._to_program = program, to_program
        self._server, self._to_server = server, to_server
        self._names: dict[bytes, str] = {}
        self._transaction: list[str] = []
        self._losing: Fault | None = None

    async def run(self) -> None:
        """Until either side ends."""
        with suppress(asyncio.IncompleteReadError, OSError):
            await self._start()
            ways = [asyncio.ensure_future(way()) for way in (self._ask, self._answer)]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    def cut(self) -> None:
        """At once, without a goodbye."""
        for writer in (self._to_program, self._to_server):
            writer.transport.abort()

    async def _start(self) -> None:
        while True:
            length = await self._program.readexactly(4)
            rest = await self._program.readexactly(_size(length))
            await self._pass(self._to_server, length + rest)
            if struct.unpack("!I", rest[:4])[0] not in _NOT_YET:
                return
            await self._pass(self._to_program, await self._server.readexactly(1))

    async def _ask(self) -> None:
        while True:
            kind, message = await _message(self._program)
            statement = self._statement(kind, message[5:])
            if statement:
                if fault := self._fault(statement):
                    if fault.loses == "request":
                        return self._lose(fault)
                    self._losing = fault
                self._note(statement)
            await self._pass(self._to_server, message)

    async def _answer(self) -> None:
        while True:
            kind, message = await _message(self._server)
            if self._losing is None:
                await self._pass(self._to_program, message)
            elif kind == b"Z":  # the server is through with it
                return self._lose(self._losing)

    async def _pass(self, to: asyncio.StreamWriter, data: bytes) -> None:
        await self._proxy._flowing.wait()
        to.write(data)
        await to.drain()

    def _lose(self, fault: Fault) -> None:
        self.cut()
        fault.happened.set()

    def _fault(self, statement: str) -> Fault | None:
        for fault in self._proxy._faults:
            if fault.hits(statement, self._transaction):
                return fault
        return None

    def _note(self, statement: str) -> None:
        if statement.upper().startswith("BEGIN"):
            self._transaction = []
        self._transaction.append(statement)

    def _statement(self, kind: bytes, body: bytes) -> str:
        """What is to be executed, if this says so."""
        if kind == b"Q":
            return body.rstrip(b"\0").decode()
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._names[name] = text.decode()
        if kind == b"B":
            _, name, _ = body.split(b"\0", 2)
            return self._names.get(name, "")
        return ""


def _size(length: bytes) -> int:
    size: int = struct.unpack("!I", length)[0] - 4
    if not 0 <= size < _LONGEST:
        raise OSError(f"a message of {size} bytes")
    return size


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Its kind, and all of it."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(_size(head[1:]))


@contextmanager
def pg_proxy(server: int) -> Iterator[PgProxy]:
    """Before the PostgreSQL on this port of loopback."""
    proxy = PgProxy(server)
    thread = threading.Thread(target=proxy._loop.run_forever, daemon=True)
    thread.start()
    listening = proxy._run(proxy._listen())
    try:
        yield proxy
    finally:
        proxy._do(listening.close)
        proxy.close()
        proxy._run(asyncio.sleep(0.05))  # let the connections see their end
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(_WAIT)
        proxy._loop.close()
