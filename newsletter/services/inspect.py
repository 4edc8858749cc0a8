"""One reader's copy of a draft with all that can be said of it: what `check` judges and `preview` shows.

The copy is made twice, from the edition to the bytes, and once for another reader: so it shows whether the
same comes out again, and whether anything of one reader reaches another.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from html import escape

from newsletter.core import tokens
from newsletter.core.model import Newsletter, Subscriber
from newsletter.core.reader import Arrangement
from newsletter.core.translation import Translator
from newsletter.core.wishes import Wishes
from newsletter.errors import NotFound
from newsletter.ports import DueCopy, Signer
from newsletter.render.check import SpamVerdict, Specimen, Told, check
from newsletter.render.copy import Copy
from newsletter.render.findings import Finding
from newsletter.render.marks import click_mark
from newsletter.render.personalise import Links
from newsletter.render.text import clean
from newsletter.render.view import EditionView, EntryView
from newsletter.services.compose import Composer, Written
from newsletter.services.publish import Draft, EditorialDesk

__all__ = ["Inspection", "Inspector", "SpamJudge"]

SpamJudge = Callable[[bytes], Awaitable[SpamVerdict | None]]
_SPAM_POINT = 14
_OTHER = DueCopy(0, 0, 2**40, "other.reader@example.net", "Another Reader", Wishes(), 0)


@dataclass(frozen=True)
class Inspection:
    """A copy, and what was found."""

    copy: Copy
    message: bytes
    arrangement: Arrangement
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Inspector:
    """Looks at drafts of one newsletter."""

    desk: EditorialDesk
    newsletter: Newsletter
    secret: bytes
    signer: Signer | None
    translator: Translator | None = None
    """Where the desk speaks another language than the newsletter."""

    async def inspect(self, draft: Draft, person: Subscriber, spam: SpamJudge | None) -> Inspection:
        """As this person would get it; without a judge of spam that point is not among the findings. Raises
        NotFound where they have muted all of it."""
        row = DueCopy(0, 0, person.id, person.email, person.name, person.wishes, 0)
        composer = self._composer(draft)
        written = composer.write(row)
        if written is None:
            raise NotFound(f"{person.email} has muted all of this edition, and would get no copy.")
        message, links = _message(composer, row), composer.links(row)
        specimen = Specimen(
            mjml=draft.rendered.mjml,
            mistake=None,  # a draft with one is never made
            laid_out=draft.rendered.laid_out,
            rendered=draft.rendered.html,
            nonce=draft.rendered.nonce,
            fitting=draft.fitting,
            html=written.copy.html,
            text=written.copy.text,
            message=message,
            again=_message(self._composer(self.desk.draft(draft.proposed, draft.created)), row),
            subject=clean(written.subject),
            entries=tuple(_told(draft.view, written, _click_of(draft, links))),
            outside=tuple(_outside(draft.view, written)),
            more=draft.view.more,
            archive=draft.view.archive,
            unsubscribe=links.unsubscribe,
            private=_private(row, links),
            other=_message(composer, _OTHER),
            other_private=_private(_OTHER, composer.links(_OTHER)),
            one_click=self._owner(links.unsubscribe) == person.id,
            dkim=self.signer.verifies(message) if self.signer else None,
            spam=await spam(message) if spam else None,
        )
        found = tuple(finding for finding in check(specimen) if spam or finding.point != _SPAM_POINT)
        return Inspection(written.copy, message, written.arrangement, found)

    def _composer(self, draft: Draft) -> Composer:
        return Composer(
            draft.published, self.newsletter, self.secret, self.signer, self.desk.phrases, self.translator
        )

    def _owner(self, unsubscribe: str) -> int | None:
        """Whose subscription a link ends."""
        token = unsubscribe.rpartition("/")[2]
        return tokens.read([self.secret], tokens.UNSUBSCRIBE, self.newsletter.id, token)


def _message(composer: Composer, row: DueCopy) -> bytes:
    message = composer.message(row)
    return message.data if message else b""


def _private(row: DueCopy, links: Links) -> tuple[str, ...]:
    return tuple(
        filter(None, (row.email, row.name, links.unsubscribe, links.preferences, links.more, links.click))
    )


def _click_of(draft: Draft, links: Links) -> tuple[str, str]:
    """What stands in links of entries for what is this reader's own in them, and that."""
    return click_mark(draft.rendered.nonce), links.click


def _told(view: EditionView, written: Written, own: tuple[str, str]) -> Iterator[Told]:
    """Each entry of this copy, with those of its links that either part has: then both must. `own` replaces
    in these what is a reader's own."""
    entries = {entry.rank: entry for entry in (*_featured(view), *view.also)}
    shown = {*written.arrangement.in_full, *written.arrangement.also}
    html, text = written.copy.html, written.copy.text
    for rank in sorted(shown):
        entry = entries[rank]
        hrefs = filter(None, (entry.href, *(link.href for link in entry.links)))
        links = (href.replace(*own) for href in hrefs)
        given = (link for link in dict.fromkeys(links) if escape(link) in html or link in text)
        yield Told(entry.title, tuple(given))


def _outside(view: EditionView, written: Written) -> Iterator[str]:
    """All texts of an email that are not the theme's, but for titles."""
    yield from (view.name, written.subject, written.preheader, *view.postal_address)
    yield from (section.topic for section in view.sections)
    yield from (clean(reason.wish) for reason in written.arrangement.reasons.values())
    for entry in (*_featured(view), *view.also):
        yield from (entry.line, entry.next_line, entry.organization, *entry.authors, *entry.reasons)


def _featured(view: EditionView) -> Iterator[EntryView]:
    return (entry for section in view.sections for entry in section.entries)
