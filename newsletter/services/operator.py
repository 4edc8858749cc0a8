"""Mail to whoever runs the newsletter: few messages, at once, beside the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from newsletter.core import tokens
from newsletter.core.address import domain_of
from newsletter.core.model import Newsletter
from newsletter.errors import DeliveryError
from newsletter.ports import Envelope, Message, Signer, Transport
from newsletter.render.copy import Copy
from newsletter.render.mime import MessageHeaders, build_message

__all__ = ["OperatorPost"]


@dataclass(frozen=True)
class OperatorPost:
    """Writes to the operator's addresses, over the first mail server that takes it."""

    newsletter: Newsletter
    secret: bytes
    signer: Signer | None
    transports: Sequence[Transport]
    """The one to try first comes first."""
    to: Sequence[str]

    async def send(self, subject: str, copy: Copy, occasion: str, now: datetime) -> None:
        """To each address. `occasion` tells this mail from all others: sent again, it has the same
        Message-ID. Raises DeliveryError where one was not taken; others may have been."""
        trouble: DeliveryError | None = None
        for number, address in enumerate(self.to):
            try:
                await self._send(self._message(address, subject, copy, f"{occasion} {number}", now))
            except DeliveryError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    async def _send(self, message: Message) -> None:
        trouble: DeliveryError | None = None
        for transport in self.transports:
            try:
                async with transport.session() as session:
                    reply = await session.send(message)
                if reply.code // 100 == 2:
                    return
                trouble = DeliveryError(f"{message.envelope.recipient}: {reply.code} {reply.text}")
            except DeliveryError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    def _message(self, address: str, subject: str, copy: Copy, occasion: str, now: datetime) -> Message:
        _, sender = parseaddr(self.newsletter.sender)
        domain = domain_of(sender)
        headers = MessageHeaders(
            from_=self.newsletter.sender,
            to=address,
            subject=subject,
            date=now,
            message_id=tokens.message_id(self.secret, self.newsletter.id, f"operator {occasion}", 0, domain),
            list_id=f"{self.newsletter.id}.{domain}",
            list_unsubscribe=None,
        )
        data = build_message(copy, headers)
        signed = self.signer.sign(data, canonical=True) if self.signer else data
        return Message(Envelope(sender, address), signed)
