"""Writing the small mails around a subscription: to one person, for one occasion."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from newsletter.core import tokens
from newsletter.core.address import domain_of
from newsletter.core.letters import LetterKind
from newsletter.core.model import Newsletter, Subscriber
from newsletter.ports import Envelope, Message, Signer
from newsletter.render.copy import Copy
from newsletter.render.letter import Letter, render_letter
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.theme import Theme

__all__ = ["LetterWriter"]


@dataclass(frozen=True)
class LetterWriter:
    """Writes the letters of one newsletter."""

    newsletter: Newsletter
    theme: Theme
    secret: bytes
    signer: Signer | None = None

    def write(
        self, kind: LetterKind, person: Subscriber, now: datetime, next_edition: datetime | None = None
    ) -> tuple[Copy, Message]:
        """The letter, and the message that it becomes. `now` is in its Date and Message-ID; `next_edition` is
        local time."""
        letter = self.letter(kind, person, next_edition)
        copy = render_letter(kind, letter, self.theme)
        data = build_message(copy, self._headers(kind, letter, person, now))
        _, sender = parseaddr(self.newsletter.sender)
        signed = self.signer.sign(data, canonical=True) if self.signer else data
        # No row of the outbox is behind it, so its bounce has no token.
        return copy, Message(Envelope(self.newsletter.bounces_to or sender, person.email), signed)

    def letter(self, kind: LetterKind, person: Subscriber, next_edition: datetime | None) -> Letter:
        """What the letter says, before it is set."""
        return Letter.of(
            kind,
            self.newsletter,
            self.theme.language,
            email=person.email,
            link=self._link(kind, person),
            unsubscribe=self._address(tokens.UNSUBSCRIBE, person),
            next_edition=next_edition,
        )

    def _link(self, kind: LetterKind, person: Subscriber) -> str:
        match kind:
            case LetterKind.CONFIRM:
                return self._address(tokens.CONFIRM, person)
            case LetterKind.WELCOME:
                return self._address(tokens.PREFERENCES, person)
            case LetterKind.GOODBYE:
                return f"{self.newsletter.base_url}/subscribe"

    def _address(self, purpose: str, person: Subscriber) -> str:
        token = tokens.make(self.secret, purpose, self.newsletter.id, person.id)
        return f"{self.newsletter.base_url}/{purpose}/{token}"

    def _headers(self, kind: LetterKind, letter: Letter, person: Subscriber, now: datetime) -> MessageHeaders:
        domain = domain_of(parseaddr(self.newsletter.sender)[1])
        occasion = f"{kind} {now.isoformat()}"
        return MessageHeaders(
            from_=self.newsletter.sender,
            to=person.email,
            # Before they have said yes, their name is what anybody may have written into a form.
            to_name="" if kind is LetterKind.CONFIRM else person.name,
            reply_to=self.newsletter.reply_to,
            subject=letter.subject,
            date=now,
            message_id=tokens.message_id(self.secret, self.newsletter.id, occasion, person.id, domain),
            list_id=f"{self.newsletter.id}.{domain}",
            # Nobody can leave a list that they are not on.
            list_unsubscribe=letter.unsubscribe if kind is LetterKind.WELCOME else None,
            list_help=self.newsletter.base_url,
        )
