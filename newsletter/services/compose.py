"""From an outbox row to the bytes that go out: the same bytes on every attempt."""

from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple

from newsletter.core import headline, tokens
from newsletter.core.address import domain_of
from newsletter.core.model import Newsletter
from newsletter.core.phrases import ENGLISH, Phrases
from newsletter.core.reader import Arrangement, arrange_for
from newsletter.core.readerindex import ReaderIndex
from newsletter.core.wishes import Wishes
from newsletter.errors import ConfigError, NewsletterError
from newsletter.ports import DueCopy, Envelope, Message, PublishedEdition, Signer
from newsletter.render.compiled import Shape
from newsletter.render.digest import RenderedEdition
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.personalise import Copy, Links, Personaliser, Reader

__all__ = ["Composer", "Written", "links_of"]


class Written(NamedTuple):
    """A copy before it becomes a message."""

    copy: Copy
    subject: str
    preheader: str
    arrangement: Arrangement


class Composer:
    """Writes the copies of one published edition."""

    def __init__(
        self,
        published: PublishedEdition,
        newsletter: Newsletter,
        secret: bytes,
        signer: Signer | None = None,
        phrases: Phrases = ENGLISH,
    ) -> None:
        self._edition = published.edition
        self._date: datetime = published.created
        self._newsletter = newsletter
        self._secret = secret
        self._signer = signer
        self._phrases = phrases
        rendered = RenderedEdition(published.html, published.text, published.nonce)
        self._personaliser = Personaliser(rendered, Shape.of(self._edition))
        self._index = ReaderIndex.of(self._edition)
        self._topics = headline.telling_topics(self._edition.sections)
        self._featured = frozenset(item.rank for item in self._edition.featured)
        _, self._sender = parseaddr(newsletter.sender)

    def check(self) -> None:
        """Write one copy for nobody. What fails here would fail for everybody, so it is the configuration's
        fault and no reader's: raises ConfigError."""
        try:
            self.message(DueCopy(0, 0, 0, "reader@example.org", "Reader", Wishes(), 0))
        except (NewsletterError, ValueError) as error:
            raise ConfigError(f"edition {self._edition.number} cannot be written: {error}") from error

    def message(self, row: DueCopy) -> Message | None:
        """What this reader gets, ready to be handed over; None where they have muted all of the edition."""
        written = self.write(row)
        return Message(Envelope(self._sender, row.email), self.sealed(written, row)) if written else None

    def sealed(self, written: Written, row: DueCopy) -> bytes:
        """The whole message, signed where there is a key."""
        data = build_message(written.copy, self._headers(row, written.subject))
        return self._signer.sign(data) if self._signer else data

    def links(self, row: DueCopy) -> Links:
        """What only this reader's copy leads to."""
        return links_of(row.subscriber_id, self._newsletter, self._edition.number, self._secret)

    def write(self, row: DueCopy) -> Written | None:
        """HTML and plain text in this reader's order and selection, with their own links; None where they
        have muted all of the edition."""
        arrangement = arrange_for(self._index, row.wishes)
        if arrangement is None:
            return None
        subject, preheader = self._headline(arrangement)
        reader = Reader(
            email=row.email,
            name=row.name,
            links=self.links(row),
            subject=subject,
            preheader=preheader,
            arrangement=arrangement,
        )
        return Written(self._personaliser.copy(reader), subject, preheader, arrangement)

    def _headline(self, arrangement: Arrangement) -> tuple[str, str]:
        """Subject and preheader: the edition's own, unless this reader does not get all that it features."""
        full = set(arrangement.in_full)
        if full.issuperset(self._featured):
            return self._edition.subject, self._edition.preheader
        best = [item for item in (*self._edition.featured, *self._edition.also) if item.rank in full]
        return headline.subject(best, self._topics, self._phrases), headline.preheader(best)

    def _headers(self, row: DueCopy, subject: str) -> MessageHeaders:
        domain = domain_of(self._sender)
        return MessageHeaders(
            from_=self._newsletter.sender,
            to=row.email,
            to_name=row.name,
            reply_to=self._newsletter.reply_to,
            subject=subject,
            date=self._date,
            message_id=tokens.message_id(
                self._secret, self._newsletter.id, self._edition.number, row.subscriber_id, domain
            ),
            list_id=f"{self._newsletter.id}.{domain}",
            list_unsubscribe=self.links(row).unsubscribe,
            list_help=self._newsletter.base_url,
        )


def links_of(subscriber_id: int, newsletter: Newsletter, number: int, secret: bytes) -> Links:
    """The addresses in this reader's copy of edition `number`: each for one purpose alone."""

    def link(purpose: str) -> str:
        token = tokens.make(secret, purpose, newsletter.id, subscriber_id)
        return f"{newsletter.base_url}/{purpose}/{token}"

    return Links(
        unsubscribe=link(tokens.UNSUBSCRIBE),
        preferences=link(tokens.PREFERENCES),
        more=f"{link(tokens.MORE)}/{number}",
    )
