"""An edition as templates see it: clean texts and safe links."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.core.model import Edition, Entry, Newsletter, RankedEntry
from newsletter.core.sentences import sentences
from newsletter.render.text import clean, clean_lines, host, safe_link

__all__ = ["EditionView", "EntryView", "Link", "SectionView", "view_edition"]

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_SECOND_SENTENCE = range(20, 300)


@dataclass(frozen=True, slots=True)
class Link:
    """Where else an entry can be found."""

    kind: str
    """"paper", "code", "project", "discussion" or "search"."""
    href: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry, ready to be set."""

    rank: int
    """From 1: what the marks of a reader call it by."""
    title: str
    href: str | None
    """Where the title leads, if anywhere."""
    topic: str
    """Of its section; empty where it has none."""
    line: str
    """The one-line summary."""
    next_line: str
    """The sentence after `line` in the abstract, for whoever has it as the lead; may be empty."""
    reasons: tuple[str, ...]
    """Why the editor ranked it so, if readers are to see that."""
    votes: int | None
    authors: tuple[str, ...]
    organization: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A topic with all of its entries, the best first."""

    index: int
    topic: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """All that a template needs of the edition and its newsletter."""

    name: str
    number: int
    slot: datetime
    subject: str
    language: str
    direction: str
    """"ltr" or "rtl", as the language has it."""
    lead: EntryView | None
    """The best entry, which stands in its section as well."""
    sections: tuple[SectionView, ...]
    also: tuple[EntryView, ...]
    featured: int
    """How many entries the sections have."""
    counts: range
    """How many entries a reader may have in full: from one to all."""
    candidates: int
    more: int
    archive: str
    """The address of this edition on the web."""
    can_reply: bool
    postal_address: tuple[str, ...]


def view_edition(edition: Edition, newsletter: Newsletter) -> EditionView:
    """The view of `edition` that both templates share."""
    sections = tuple(
        SectionView(
            index=index,
            topic=clean(section.topic),
            entries=tuple(_entry(item, newsletter, section.topic) for item in section.entries),
        )
        for index, section in enumerate(edition.sections)
    )
    also = tuple(_entry(item, newsletter) for item in edition.also)
    featured = sorted((entry for section in sections for entry in section.entries), key=lambda e: e.rank)
    return EditionView(
        name=clean(newsletter.name),
        number=edition.number,
        slot=edition.slot,
        subject=clean(edition.subject),
        language=clean(newsletter.language),
        direction="rtl" if newsletter.language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr",
        lead=featured[0] if featured else None,
        sections=sections,
        also=also,
        featured=len(featured),
        counts=range(1, len(featured) + len(also) + 1),
        candidates=edition.candidates,
        more=edition.more,
        archive=f"{newsletter.base_url}/archive/{edition.number}",
        can_reply=newsletter.reply_to is not None,
        postal_address=clean_lines(newsletter.postal_address),
    )


def _entry(ranked: RankedEntry, newsletter: Newsletter, topic: str = "") -> EntryView:
    entry = ranked.entry
    candidates = (entry.url, entry.project, entry.code, entry.discussion, entry.search)
    line = clean(ranked.line)
    return EntryView(
        rank=ranked.rank,
        title=clean(entry.title) or "Untitled",
        href=next(filter(None, map(safe_link, candidates)), None),
        topic=clean(topic),
        line=line,
        next_line=_sentence_after(line, clean(entry.summary)),
        reasons=tuple(map(clean, ranked.reasons)) if newsletter.show_reasons else (),
        votes=entry.upvotes,
        authors=tuple(filter(None, map(clean, entry.authors))),
        organization=clean(entry.organization or ""),
        links=_links(entry),
    )


def _links(entry: Entry) -> tuple[Link, ...]:
    named = [("paper", entry.url), ("code", entry.code), ("project", entry.project)]
    named += [("discussion", entry.discussion)]
    if safe_link(entry.url) is None:
        named += [("search", entry.search)]
    found = ((kind, safe_link(url)) for kind, url in named)
    return tuple(Link(kind, href, host(href)) for kind, href in found if href)


def _sentence_after(line: str, summary: str) -> str:
    """The sentence after the one that `line` was made of; empty if there is none of a fit length."""
    found = sentences(summary)
    words = set(line.casefold().split())
    shared = [len(words & set(sentence.casefold().split())) for sentence in found]
    best = max(shared, default=0)
    if 2 * best < len(words) or not words:
        return ""
    after = found[shared.index(best) + 1 :]
    return after[0] if after and len(after[0]) in _SECOND_SENTENCE else ""
