"""From an outbox row to the bytes that go out: the same bytes on every attempt."""

from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache, partial
from typing import NamedTuple

from newsletter.core import headline, tokens
from newsletter.core.address import domain_of
from newsletter.core.model import Edition, Newsletter
from newsletter.core.phrases import ENGLISH, Phrases
from newsletter.core.reader import Arrangement, arrange_for
from newsletter.core.readerindex import ReaderIndex
from newsletter.core.series import edition_name
from newsletter.core.translation import Translator
from newsletter.core.wishes import Wishes
from newsletter.errors import ConfigError, NewsletterError
from newsletter.ports import DueCopy, Envelope, Message, PublishedEdition, Signer
from newsletter.render.clicklinks import ClickLinks
from newsletter.render.compiled import Shape
from newsletter.render.copy import Copy
from newsletter.render.digest import RenderedEdition
from newsletter.render.marks import click_mark
from newsletter.render.mime import Letterhead, SharedHeaders
from newsletter.render.personalise import Links, Personaliser, Reader, Sheet

__all__ = ["Composer", "Written", "click_links_of", "links_of"]

_NONE = Wishes()
_SHEETS = 64
"""Kept of an edition: most readers have no wishes, or those of many others."""


class Written(NamedTuple):
    """A copy before it becomes a message."""

    copy: Copy
    subject: str
    preheader: str
    arrangement: Arrangement


class _Prepared(NamedTuple):
    """What all readers with the same wishes get."""

    sheet: Sheet
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
        translator: Translator | None = None,
        *,
        test: datetime | None = None,
    ) -> None:
        """`translator` is for a rendering in another language than the newsletter's. `test` is when copies
        are sent as a test: their subjects say so, and their Message-IDs are those of no other copy, since a
        mailbox would drop the second of two."""
        self._edition = published.edition
        self._name = edition_name(published.edition)
        self._newsletter = newsletter
        self._secret = secret
        self._signer = signer
        self._phrases = phrases
        self._translator = translator
        self._test = test
        rendered = RenderedEdition(published.html, published.text, published.nonce)
        self._personaliser = Personaliser(rendered, Shape.of(self._edition))
        self._index = ReaderIndex.of(self._edition)
        self._topics = headline.telling_topics(self._edition.sections)
        self._featured = frozenset(item.rank for item in self._edition.featured)
        _, self._sender = parseaddr(newsletter.sender)
        self._domain = domain_of(self._sender)
        self._letterhead = Letterhead(
            SharedHeaders(
                from_=newsletter.sender,
                reply_to=newsletter.reply_to,
                date=published.created,
                list_id=f"{newsletter.id}.{self._domain}",
                list_help=newsletter.base_url,
            )
        )
        self._counted = click_mark(published.nonce) in published.html
        self._nobodys = self._links_of(0)
        self._prepared = lru_cache(maxsize=_SHEETS)(self._prepare)

    def check(self) -> None:
        """Write one copy for nobody. What fails here would fail for everybody, so it is the configuration's
        fault and no reader's: raises ConfigError."""
        try:
            self.message(DueCopy(0, 0, 0, "reader@example.org", "Reader", Wishes(), 0))
        except (NewsletterError, ValueError) as error:
            raise ConfigError(f"edition {self._name} cannot be written: {error}") from error

    def message(self, row: DueCopy) -> Message | None:
        """What this reader gets, ready to be handed over; None where they have muted all of the edition."""
        message = self.unsigned(row)
        return self.sign(message) if message else None

    def unsigned(self, row: DueCopy) -> Message | None:
        """The same without a signature."""
        prepared = self._prepared(row.wishes)
        if prepared is None:
            return None
        links, returned_to = self.links(row), self._return_path(row)
        by_mail = self._newsletter.leaves_by_mail
        data = self._letterhead.message(
            prepared.sheet.copy(row.email, row.name, links),
            to=row.email,
            to_name=row.name,
            subject=prepared.subject,
            message_id=self._message_id(row),
            list_unsubscribe=links.unsubscribe,
            # The token in it says whose copy it is, and the subject that it has not bounced.
            list_unsubscribe_mailto=f"{returned_to}?subject=unsubscribe" if by_mail else None,
        )
        # `render` leaves nothing to be stuffed or encoded but an address in another script.
        return Message(Envelope(returned_to, row.email), data, wire_ready=row.email.isascii())

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return self._signer is not None

    def sign(self, message: Message) -> Message:
        """With a signature, where there is a key. May be called in any thread."""
        if self._signer is None:
            return message
        return replace(message, data=self._signer.sign(message.data, canonical=True))

    def links(self, row: DueCopy) -> Links:
        """What only this reader's copy leads to."""
        return self._links_of(row.subscriber_id)

    def _links_of(self, subscriber_id: int) -> Links:
        return links_of(subscriber_id, self._newsletter, self._name, self._secret, counted=self._counted)

    def write(self, row: DueCopy) -> Written | None:
        """HTML and plain text in this reader's order and selection, with their own links; None where they
        have muted all of the edition."""
        prepared = self._prepared(row.wishes)
        if prepared is None:
            return None
        copy = prepared.sheet.copy(row.email, row.name, self.links(row))
        return Written(copy, prepared.subject, prepared.preheader, prepared.arrangement)

    def _return_path(self, row: DueCopy) -> str:
        """The envelope sender, which a bounce of this copy goes to and is known by."""
        if self._newsletter.bounces_to is None:
            return self._sender
        local, _, domain = self._newsletter.bounces_to.rpartition("@")
        return f"{local}+{tokens.make_envelope(self._secret, self._newsletter.id, row.id)}@{domain}"

    def _message_id(self, row: DueCopy) -> str:
        occasion = f"test of {self._name} {self._test.isoformat()}" if self._test else self._name
        return tokens.message_id(self._secret, self._newsletter.id, occasion, row.subscriber_id, self._domain)

    def _prepare(self, wishes: Wishes) -> _Prepared | None:
        meant = self._translator.wishes(wishes) if self._translator else wishes
        arrangement = arrange_for(self._index, meant)
        if arrangement is None:
            return None
        subject, preheader = self._headline(arrangement)
        subject = f"[Test] {subject}" if self._test else subject
        nobody = Reader(
            email="",
            name="",
            links=self._nobodys,
            subject=subject,
            preheader=preheader,
            arrangement=arrangement,
        )
        sheet = self._personaliser.sheet(nobody)
        return _Prepared(sheet.settled() if wishes == _NONE else sheet, subject, preheader, arrangement)

    def _headline(self, arrangement: Arrangement) -> tuple[str, str]:
        """Subject and preheader: the edition's own, unless this reader does not get all that it features."""
        full = set(arrangement.in_full)
        if full.issuperset(self._featured):
            return self._edition.subject, self._edition.preheader
        best = [item for item in (*self._edition.featured, *self._edition.also) if item.rank in full]
        return headline.subject(best, self._topics, self._phrases), headline.preheader(best)


def links_of(
    subscriber_id: int, newsletter: Newsletter, edition: str, secret: bytes, *, counted: bool = False
) -> Links:
    """The addresses in this reader's copy of the edition of this name: each for one purpose alone. `counted`
    says that links of entries are theirs too."""

    def token(purpose: str) -> str:
        return tokens.make(secret, purpose, newsletter.id, subscriber_id)

    def link(purpose: str) -> str:
        return f"{newsletter.base_url}/{purpose}/{token(purpose)}"

    return Links(
        unsubscribe=link(tokens.UNSUBSCRIBE),
        preferences=link(tokens.PREFERENCES),
        more=f"{link(tokens.MORE)}/{edition}",
        click=token(tokens.CLICK) if counted else "",
    )


def click_links_of(edition: Edition, newsletter: Newsletter, secret: bytes, nonce: str) -> ClickLinks | None:
    """What the links of its entries lead over; None where nobody counts them."""
    if not newsletter.counts_clicks:
        return None
    return ClickLinks(
        f"{newsletter.base_url}/c",
        partial(tokens.make_link, secret, edition.newsletter, edition.number),
        click_mark(nonce) if newsletter.clicks_by_reader else "",
    )
