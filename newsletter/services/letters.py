"""Writing the small mails around a subscription: to one person, for one occasion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from newsletter.core import tokens
from newsletter.core.address import domain_of
from newsletter.core.letters import LetterKind
from newsletter.core.model import Newsletter, Subscriber
from newsletter.ports import Envelope, Message, Signer
from newsletter.render.copy import Copy
from newsletter.render.language import Language
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
    abroad: Callable[[str], Theme | None] = lambda _: None
    """The theme in another language; None for one that it does not have."""

    def write(
        self,
        kind: LetterKind,
        person: Subscriber,
        now: datetime,
        next_edition: datetime | None = None,
        row: int = 0,
    ) -> tuple[Copy, Message]:
        """The letter in the reader's language, and the message that it becomes. `now` is in its Date and
        Message-ID; `next_edition` is local time; `row` is its number, by which its bounce is known."""
        theme = (self.abroad(person.language) if person.language else None) or self.theme
        letter = self.letter(kind, person, next_edition, theme.language)
        copy = render_letter(kind, letter, theme)
        data = build_message(copy, self._headers(kind, letter, person, now))
        signed = self.signer.sign(data, canonical=True) if self.signer else data
        return copy, Message(Envelope(self._return_path(row), person.email), signed)

    def letter(
        self, kind: LetterKind, person: Subscriber, next_edition: datetime | None, language: Language
    ) -> Letter:
        """What the letter says, before it is set."""
        return Letter.of(
            kind,
            self.newsletter,
            language,
            email=person.email,
            link=self._link(kind, person),
            unsubscribe=self._address(tokens.UNSUBSCRIBE, person),
            next_edition=next_edition,
        )

    def _return_path(self, row: int) -> str:
        bounces = self.newsletter.bounces_to
        if bounces is None:
            return parseaddr(self.newsletter.sender)[1]
        local, _, domain = bounces.rpartition("@")
        token = tokens.make_envelope(self.secret, tokens.letters_of(self.newsletter.id), row)
        return f"{local}+{token}@{domain}"

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
