"""The wire of one SMTP session: commands go out, replies come in, and the two are never confused.

    write(b"MAIL…RCPT…DATA…", replies=3) ──▶ reply() reply() reply() ──▶ deliver(message…) ──▶ answer()

The server owes as many replies as there were commands, in their order. One that nobody asked for means
that the two sides are out of step: nothing that comes after it is believed. Whatever ends the conversation
closes the connection at once, with what was not sent yet. Not in here: what commands and replies mean.
"""

import asyncio
import math
import os
import socket
import ssl
import struct
from collections import deque
from typing import NamedTuple

from newsletter.adapters.transports.replies import Answer, ReplyReader, Unreadable, legible

__all__ = ["Broken", "Conversation", "Patience", "reason_of"]

_CLOSING = 421
_GOODBYE_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER for a close that throws away what the server has not got yet, and says so by an RST."""


class Patience(NamedTuple):
    """Seconds to wait for the server."""

    reply: float
    """For the reply to a command."""
    transfer: float
    """Until it has taken a message off our hands."""
    answer: float
    """From there to what it says of the message."""


class Broken(Exception):
    """The conversation is over, and why."""

    def __init__(
        self,
        text: str,
        *,
        code: int = 0,
        out_of_step: bool = False,
        silent: bool = False,
        dot_left: bool | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        """Of the reply that ended it, where one did."""
        self.out_of_step = out_of_step
        self.silent = silent
        """A reply did not come in time."""
        self.dot_left = dot_left
        """A message was on its way, and its end may have reached the server. None: not looked at yet."""


class Conversation(asyncio.Protocol):
    """Takes over an open connection on which the server owes nothing."""

    def __init__(self, transport: asyncio.Transport, patience: Patience) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._patience = patience
        self._reader = ReplyReader()
        self._replies: deque[Answer] = deque()
        self._owed = 0
        self._waiter: asyncio.Future[Answer] | None = None
        self.broken: Broken | None = None
        """Why it is over, if it is."""
        self._behind: int | None = None
        """Bytes that were written behind the dot of the message that is on its way, if one is."""
        self._paused = False
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)
        # The write buffer is then empty whenever `pause_writing` was not called.
        transport.set_write_buffer_limits(high=0)

    # What the session calls

    def write(self, data: bytes, replies: int) -> None:
        """Commands that the server answers with so many replies. Raises Broken."""
        if self.broken is None:
            self._owed += replies
            self._transport.write(data)
            if self._transport.is_closing():  # the system took none of it
                self.end(Broken("the connection broke"))
        if self.broken is not None:
            raise self.broken

    def deliver(self, message: bytes, behind: bytes, replies: int) -> None:
        """A message with its dot, and in the same write the commands behind it with so many replies of
        their own. Raises Broken where nothing of it was sent."""
        self.write(b"".join((message, b".\r\n", behind)), 1 + replies)
        self._behind = len(behind)

    async def reply(self) -> Answer:
        """The next one. Raises Broken."""
        return await self._next(self._patience.reply)

    async def answer(self) -> Answer:
        """What the server says of the message that was delivered. Raises Broken."""
        return await self._next(self._patience.transfer if self._paused else self._patience.answer)

    def end(self, broken: Broken, *, reset: bool = True) -> Broken:
        """Close the connection and wake who waits. The first reason stands."""
        if self.broken is None:
            if broken.dot_left is None:
                broken.dot_left = self._dot_left()
            self.broken = broken
            if broken.out_of_step:
                self._replies.clear()
            if self._timer is not None:
                self._timer.cancel()
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(broken)
            self._hang_up(reset)
        return self.broken

    def abandon(self) -> None:
        """End it at once."""
        self.end(Broken("the connection was given up"))

    async def goodbye(self) -> None:
        """QUIT and a short wait, where the server is ready for a command."""
        if self.broken is None and not self._owed:
            try:
                self.write(b"QUIT\r\n", 1)
                await self._next(min(self._patience.reply, _GOODBYE_SECONDS))
            except Broken:
                return  # It has every reply that counts; how the server hangs up does not.
            self.end(Broken("the connection is closed"), reset=False)

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        """Match replies to what was asked."""
        try:
            for answer in self._reader.read(data):
                if self.broken is not None:
                    return
                self._take(answer)
        except Unreadable as error:
            self.end(Broken(str(error), out_of_step=True))

    def eof_received(self) -> None:
        """The server hangs up."""
        self.end(Broken("the server hung up"))

    def connection_lost(self, error: Exception | None) -> None:
        """What the buffer held is gone by now. Where commands stood behind the dot, nobody can say any more
        on which side of it the break was."""
        left = self._behind is not None and (self._behind > 0 or not self._paused)
        self.end(Broken(reason_of(error) if error else "the connection broke", dot_left=left))

    def pause_writing(self) -> None:
        """Our buffer holds something that the system does not take."""
        self._paused = True

    def resume_writing(self) -> None:
        """All of it has left: from here on the server takes its time, not the line."""
        self._paused = False
        if self._waiter is not None and self._behind is not None:
            self._expire_in(self._patience.answer)

    # Inside

    def _take(self, answer: Answer) -> None:
        if not self._owed or (self._behind is not None and not self._dot_left()):
            # Servers may close at any time, and say so.
            text, unasked = f"{answer.code} {answer.text}", answer.code != _CLOSING
            text += ", which answers nothing" if unasked else ""
            self.end(Broken(text, code=0 if answer.code < 400 else answer.code, out_of_step=unasked))
            return
        self._owed -= 1
        self._behind = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(answer)
        else:
            self._replies.append(answer)

    async def _next(self, seconds: float) -> Answer:
        if self._replies:
            return self._replies.popleft()
        if self.broken is not None:
            raise self.broken
        self._waiter = self._loop.create_future()
        self._expire_in(seconds)
        try:
            return await self._waiter
        except asyncio.CancelledError:
            self.abandon()  # or the reply would be taken for that to the next command
            raise
        finally:
            self._waiter = None
            self._deadline = math.inf

    def _dot_left(self) -> bool:
        """Whether the server can have the end of the message that is on its way. TLS does not say what it
        holds back, which then counts as sent."""
        return self._behind is not None and self._transport.get_write_buffer_size() <= self._behind

    def _hang_up(self, reset: bool) -> None:
        connection = self._transport.get_extra_info("socket")
        if reset and connection is not None and not self._transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _expire_in(self, seconds: float) -> None:
        """One timer serves many replies: it is set anew only where it would come too late."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if self._loop.time() >= self._deadline:
            self.end(Broken("no answer in time", silent=True))
        elif self._deadline < math.inf:
            self._timer = self._loop.call_at(self._deadline, self._expire)


def reason_of(error: BaseException) -> str:
    """What the operating system says, where it says something: libraries wrap it in their own words."""
    for cause in (error, error.__cause__):
        if isinstance(cause, ssl.SSLError | socket.gaierror):
            return legible(str(cause.strerror or cause))
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return legible(str(error))
