"""Sending letters: few, one after the other, over one connection.

    letters ──claim──▶ `sending` on the disk ──▶ write ──▶ mail server ──reply──▶ decide

They need no right to send and wait for no edition: what keeps two processes from sending one letter is its
claim. A letter is written from its row alone, so a second attempt has the bytes and the Message-ID of the
first.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from newsletter.core.delivery import Attempt, Decision, Policy, Reply, after_reply, released
from newsletter.core.letters import RETRIES
from newsletter.core.model import DeliveryState
from newsletter.errors import DeliveryError, ServerRefused
from newsletter.ports import ClaimedLetter, Clock, Letters, Message
from newsletter.services.letters import LetterWriter
from newsletter.services.ways import Server

__all__ = ["Post"]


class _Written(NamedTuple):
    """A letter, ready to be handed over."""

    letter: ClaimedLetter
    message: Message


class Post:
    """Sends the letters of one newsletter; can be run again and again, one run at a time."""

    def __init__(
        self,
        letters: Letters,
        writer: LetterWriter,
        servers: Sequence[Server],
        clock: Clock,
        next_edition: Callable[[datetime], datetime],
    ) -> None:
        """`next_edition` is the first slot after an instant."""
        self._letters = letters
        self._writer = writer
        # Those that only stand by come last.
        self._servers = sorted(servers, key=lambda server: -server.weight)
        self._clock = clock
        self._next_edition = next_edition
        self._stop = asyncio.Event()
        self._answered = 0

    def stop(self) -> None:
        """Finish the letter that is on its way, start no other."""
        self._stop.set()

    async def run(self) -> None:
        """Send until nothing is due. Raises DeliveryError where no server can be used: then the rest is
        pending."""
        trouble: DeliveryError | None = None
        for server in self._servers:
            trouble = await self._use(server)
            if trouble is None:
                return
        if trouble is not None:
            raise trouble

    async def _use(self, server: Server) -> DeliveryError | None:
        """Answers why it cannot be used. One that has answered may have ended its connection only."""
        while True:
            before = self._answered
            try:
                await self._send(server)
            except DeliveryError as error:
                if self._answered == before:
                    return error
            else:
                return None

    async def _send(self, server: Server) -> None:
        """All that is due, over one connection."""
        current = await self._next()
        if current is None:
            return
        connected = False
        try:
            async with server.transport.session() as session:
                connected = True
                while current is not None:
                    reply = await session.send(current.message)
                    self._answered += 1
                    await self._decide(current.letter, self._decision(current.letter, reply))
                    current = None
                    current = await self._next()
        except DeliveryError as error:
            if current is not None:
                its_own = connected and server is self._servers[-1]
                await self._put_back(current.letter, error, its_own=its_own)
            raise

    async def _next(self) -> _Written | None:
        """The next that can be written."""
        while not self._stop.is_set():
            letter = await self._letters.claim(self._clock.now())
            if letter is None:
                return None
            try:
                message = await asyncio.to_thread(self._write, letter)
            except ValueError as error:  # a theme that does not render, an address that no header can have
                reason = f"could not be written: {error}"
                await self._decide(letter, Decision(DeliveryState.REJECTED, letter.attempts, reason))
            else:
                return _Written(letter, message)
        return None

    def _write(self, letter: ClaimedLetter) -> Message:
        """In a thread: the first one takes a second in which pages would not be answered."""
        due = self._next_edition(letter.created)
        _, message = self._writer.write(letter.kind, letter.person, letter.created, due, letter.id)
        return message

    async def _put_back(self, letter: ClaimedLetter, error: DeliveryError, *, its_own: bool) -> None:
        """It was not taken. Where every server hangs up on it, the others must not wait behind it."""
        if its_own and not isinstance(error, ServerRefused):
            await self._decide(letter, self._decision(letter, Reply(error.code, str(error))))
        else:
            await self._decide(letter, released(letter.attempts, str(error)))

    def _decision(self, letter: ClaimedLetter, reply: Reply) -> Decision:
        attempt = Attempt(letter.id, letter.attempts, letter.created)
        return after_reply(reply, attempt, self._clock.now(), policy=Policy.RESEND, retries=RETRIES)

    async def _decide(self, letter: ClaimedLetter, decision: Decision) -> None:
        await self._letters.decide(letter, decision, self._clock.now())
