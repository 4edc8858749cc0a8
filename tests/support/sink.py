"""A quick mail server in a process of its own, for many messages."""

import asyncio
import hashlib
import multiprocessing
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter.cli.options import new_runner

__all__ = ["LINE", "sink"]

LINE = 160
"""About how many bytes a line has."""
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


class Sink(asyncio.Protocol):
    """Takes every message but those to `refused`. A line on the disk for each comes before its reply, which
    takes `delay` seconds: who got it, a hash of its bytes, and its Message-ID."""

    record = -1
    refused = b""
    delay = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport, self.buffer, self.body, self.recipient = transport, b"", False, b""
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.body else b"\r\n"
            found = self.buffer.find(end)
            if found < 0:
                return
            part, self.buffer = self.buffer[:found], self.buffer[found + len(end) :]
            if not self.body:
                self.transport.write(self.reply(part))
            elif Sink.delay:
                asyncio.get_running_loop().call_later(Sink.delay, self.answer, self.taken(part))
            else:
                self.transport.write(self.taken(part))

    def answer(self, reply: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(reply)

    def taken(self, message: bytes) -> bytes:
        self.body = False
        digest, name = hashlib.sha256(message).hexdigest().encode(), _MESSAGE_ID.search(message)
        os.write(Sink.record, b"%s %s %s\n" % (self.recipient, digest, name[1] if name else b"none"))
        return b"250 taken\r\n"

    def reply(self, command: bytes) -> bytes:
        verb = command[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250 PIPELINING\r\n"
        if verb == b"RCPT":
            self.recipient = command[9:-1]
            if self.recipient == Sink.refused:
                self.recipient = b""
                return b"550 no such user\r\n"
        if verb == b"DATA" and not self.recipient:
            return b"554 no valid recipients\r\n"
        self.body = verb == b"DATA"
        return b"354 go\r\n" if self.body else b"250 OK\r\n"


def _serve(listening: socket.socket, record: Path, refused: str, delay: float) -> None:
    Sink.refused, Sink.delay = refused.encode(), delay
    Sink.record = os.open(record, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, sock=listening)
        await server.serve_forever()

    with new_runner() as runner:
        runner.run(forever())


@contextmanager
def sink(record: Path, refused: str = "", *, delay: float = 0, address: str = "127.0.0.1") -> Iterator[int]:
    """The server on a free port of this address; knows no reader of the address `refused`."""
    with socket.create_server((address, 0)) as listening:
        process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(listening, record, refused, delay), daemon=True
        )
        process.start()
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.join()
