"""From an outbox row to the bytes that go out: the same bytes on every attempt."""

from datetime import datetime
from email.utils import parseaddr

from newsletter.core import tokens
from newsletter.core.address import domain_of
from newsletter.core.model import Newsletter
from newsletter.core.reader import arrange_for
from newsletter.errors import ConfigError, NewsletterError
from newsletter.ports import DueCopy, Envelope, Message, PublishedEdition, Signer
from newsletter.render.digest import RenderedEdition
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.personalise import Copy, Personaliser, Reader

__all__ = ["Composer"]


class Composer:
    """Writes the copies of one published edition."""

    def __init__(
        self, published: PublishedEdition, newsletter: Newsletter, secret: bytes, signer: Signer | None = None
    ) -> None:
        self._edition = published.edition
        self._date: datetime = published.created
        self._newsletter = newsletter
        self._secret = secret
        self._signer = signer
        self._topics = tuple(section.topic for section in self._edition.sections)
        rendered = RenderedEdition(published.html, published.text, published.nonce)
        self._personaliser = Personaliser(rendered, len(self._topics))
        _, self._sender = parseaddr(newsletter.sender)

    def check(self) -> None:
        """Write one copy for nobody. What fails here would fail for everybody, so it is the configuration's
        fault and no reader's: raises ConfigError."""
        try:
            self.message(DueCopy(0, 0, 0, "reader@example.org", "Reader", (), 0))
        except (NewsletterError, ValueError) as error:
            raise ConfigError(f"edition {self._edition.number} cannot be written: {error}") from error

    def message(self, row: DueCopy) -> Message:
        """What this reader gets, ready to be handed over."""
        data = build_message(self.copy(row), self._headers(row))
        if self._signer is not None:
            data = self._signer.sign(data)
        return Message(Envelope(self._sender, row.email), data)

    def copy(self, row: DueCopy) -> Copy:
        """HTML and plain text in this reader's order, with their own links."""
        arrangement = arrange_for(self._topics, row.topics)
        return self._personaliser.copy(
            Reader(
                email=row.email,
                name=row.name,
                unsubscribe_url=self._unsubscribe_url(row),
                order=arrangement.order,
                followed=arrangement.followed,
            )
        )

    def _headers(self, row: DueCopy) -> MessageHeaders:
        domain = domain_of(self._sender)
        return MessageHeaders(
            from_=self._newsletter.sender,
            to=row.email,
            to_name=row.name,
            reply_to=self._newsletter.reply_to,
            subject=self._edition.subject,
            date=self._date,
            message_id=tokens.message_id(
                self._secret, self._newsletter.id, self._edition.number, row.subscriber_id, domain
            ),
            list_id=f"{self._newsletter.id}.{domain}",
            list_unsubscribe=self._unsubscribe_url(row),
            list_help=self._newsletter.base_url,
        )

    def _unsubscribe_url(self, row: DueCopy) -> str:
        token = tokens.make(self._secret, tokens.UNSUBSCRIBE, self._newsletter.id, row.subscriber_id)
        return f"{self._newsletter.base_url}/unsubscribe/{token}"
