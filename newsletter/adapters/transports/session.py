"""Messages over one open SMTP connection: MAIL, RCPT, DATA, the text and its dot (RFC 5321, 3.3).

The same break means different things before and after the dot has left: before, the server cannot have the
message; after, nobody knows. Where the server offers PIPELINING, the three commands are one write, and those
for the next message travel behind this one's dot (RFC 2920, 3.1), so that a message costs one write and one
wake-up. Not in here: how a connection is opened, which bytes are on the wire.
"""

from newsletter.adapters.transports.commands import Commands, Extensions, Unfit, dot_stuffed
from newsletter.adapters.transports.conversation import Broken, Conversation
from newsletter.adapters.transports.replies import Answer
from newsletter.core.delivery import Reply
from newsletter.errors import DeliveryError, ServerRefused, ServerUnavailable
from newsletter.ports import Envelope, Message

__all__ = ["SmtpSession"]

_CLOSING = 421
_GO_AHEAD = 354
_RSET = b"RSET\r\n"


class SmtpSession:
    """`ports.Session` over one open connection."""

    def __init__(
        self, talk: Conversation, server: str, extensions: Extensions, *, pipelining: bool = True
    ) -> None:
        self._talk = talk
        self._server = server
        self._commands = Commands(extensions)
        self._pipelining = extensions.pipelining and pipelining
        self._announced: Envelope | None = None
        self._eight_bit = False
        """Whether the latest message was, and so the one that is announced behind it."""
        self._unfinished = False
        """A transaction was begun and refused: before the next one it needs an RSET."""
        self._resetting = False
        """There was such an RSET in the latest group: its reply comes first."""

    @property
    def pipelining_failed(self) -> bool:
        """The server offered it, and then was out of step or silent."""
        broken = self._talk.broken
        return self._pipelining and broken is not None and (broken.out_of_step or broken.silent)

    async def send(self, message: Message, following: Envelope | None = None) -> Reply:
        """See `ports.Session`."""
        announced, self._announced = self._announced, None
        try:
            data, commands = self._prepared(message, announced)
            if not self._pipelining:
                refusal = await self._one_by_one(commands)
                return refusal or await self._hand_over(data, None)
            if commands:
                self._talk.write(*self._group(commands))
            return await self._permission(following) or await self._hand_over(data, following)
        except Unfit as unfit:
            return Reply(unfit.code, unfit.text)
        except Broken as broken:
            raise self._trouble(ServerUnavailable, broken.text, broken.code) from broken

    def abandon(self) -> None:
        """See `ports.Session`."""
        self._talk.abandon()

    async def close(self) -> None:
        """QUIT, unless a message is announced: the server would take it for the message's text."""
        if self._announced is None:
            await self._talk.goodbye()

    # Before the message

    def _prepared(self, message: Message, announced: Envelope | None) -> tuple[bytes, list[bytes]]:
        """The message for DATA, and the commands that are still to be written for it."""
        eight_bit = not (message.wire_ready or message.data.isascii())
        try:
            if announced is not None and (announced != message.envelope or eight_bit > self._eight_bit):
                raise self._trouble(ServerUnavailable, "another message was announced")
            self._commands.check(message.data, eight_bit=eight_bit)
            data = message.data if message.wire_ready else dot_stuffed(message.data)
            if announced is not None:
                return data, []
            self._eight_bit = eight_bit
            size = len(message.data)
            return data, self._commands.transaction(message.envelope, eight_bit=eight_bit, size=size)
        except Exception:
            if announced is not None:
                self.abandon()  # the server waits for a text, and even an empty one would be a message
            raise

    def _group(self, commands: list[bytes]) -> tuple[bytes, int]:
        """One packet, and how many replies it is owed."""
        self._resetting, self._unfinished = self._unfinished, False
        if self._resetting:
            commands = [_RSET, *commands]
        return b"".join(commands), len(commands)

    def _announcement(self, following: Envelope | None) -> tuple[bytes, int]:
        """The group for the next message; nothing where there is none, or its turn will show it unfit."""
        if following is None:
            return b"", 0
        try:
            commands = self._commands.transaction(following, eight_bit=self._eight_bit)
        except Unfit:
            return b"", 0
        self._announced = following
        return self._group(commands)

    async def _permission(self, following: Envelope | None) -> Reply | None:
        """What a group comes to: None once the server waits for the message, else why it does not want it."""
        if self._resetting:
            self._demand(await self._reply())
        self._demand(await self._reply())
        refusal = self._refusal(await self._reply())
        try:
            waits, data_refusal = self._go_ahead(await self._reply())
        except Broken as broken:
            if refusal is None or broken.out_of_step:
                raise
            return refusal  # which stands, although the server hung up after it
        if refusal is not None or not waits:
            self._unfinished = not waits
            await self._skip(following, waits)
        return refusal or data_refusal

    async def _skip(self, following: Envelope | None, waits: bool) -> None:
        """Past a refused recipient. Where the server waits for a message that nobody will get, it gets the
        mere dot and says that there is no recipient (RFC 2920, 3.1)."""
        group, owed = self._announcement(following)
        try:
            if waits:
                self._talk.write(b".\r\n" + group, 1 + owed)
                self._refusal(await self._reply())
            elif group:
                self._talk.write(group, owed)
        except Broken:
            return  # The next message finds the connection closed; the answer to this one stands.

    async def _one_by_one(self, commands: list[bytes]) -> Reply | None:
        """The same without PIPELINING."""
        mail, rcpt, data = commands
        if self._unfinished:
            self._demand(await self._ask(_RSET))
        self._demand(await self._ask(mail))
        self._unfinished = True
        refusal = self._refusal(await self._ask(rcpt))
        if refusal is None:
            waits, refusal = self._go_ahead(await self._ask(data))
            self._unfinished = not waits
        return refusal

    # The message

    async def _hand_over(self, data: bytes, following: Envelope | None) -> Reply:
        """The message with its dot, and what the server says of it."""
        self._talk.deliver(data, *self._announcement(following))
        try:
            answer = await self._talk.answer()
        except Broken as broken:
            if broken.dot_left:
                reason = f"the connection broke before the answer came: {broken.text}"
                return Reply(0, reason, ambiguous=True)
            if broken.code or broken.out_of_step:
                raise
            return Reply(0, f"the connection broke in the middle of the message: {broken.text}")
        if answer.code == _CLOSING:
            raise self._closing(answer)
        if 300 <= answer.code < 400:
            return Reply(0, f"no SMTP answer: {self._out_of_step(answer).text}", ambiguous=True)
        return Reply(answer.code, answer.text)

    # Replies

    async def _ask(self, command: bytes) -> Answer:
        self._talk.write(command, 1)
        return await self._reply()

    async def _reply(self) -> Answer:
        answer = await self._talk.reply()
        if answer.code == _CLOSING:
            raise self._closing(answer)
        return answer

    def _refusal(self, answer: Answer) -> Reply | None:
        """None for consent. Raises Broken for what is neither."""
        if answer.code >= 400:
            return Reply(answer.code, answer.text)
        if answer.code >= 300:
            raise self._out_of_step(answer)
        return None

    def _go_ahead(self, answer: Answer) -> tuple[bool, Reply | None]:
        """What DATA is answered: whether the server waits for the message, and why not."""
        if answer.code == _GO_AHEAD:
            return True, None
        refusal = self._refusal(answer)
        if refusal is None:
            raise self._out_of_step(answer)
        return False, refusal

    def _demand(self, answer: Answer) -> None:
        """MAIL and RSET are not about a recipient: a refusal is about us, or about the server."""
        refusal = self._refusal(answer)
        if refusal is not None:
            self.abandon()
            kind = ServerRefused if refusal.code >= 500 else ServerUnavailable
            raise self._trouble(kind, f"{refusal.code} {refusal.text}", refusal.code)

    def _closing(self, answer: Answer) -> Broken:
        return self._talk.end(Broken(f"{answer.code} {answer.text}", code=answer.code))

    def _out_of_step(self, answer: Answer) -> Broken:
        return self._talk.end(Broken(f"{answer.code} {answer.text}, out of step", out_of_step=True))

    def _trouble(
        self, kind: type[ServerRefused | ServerUnavailable], text: str, code: int = 0
    ) -> DeliveryError:
        return kind(f"mail server {self._server}: {text}", code=code)
