"""An edition as templates see it: clean texts, safe links, the lead taken out of its section."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.core.model import Edition, Entry, Newsletter, RankedEntry, Section
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

    title: str
    href: str | None
    """Where the title leads, if anywhere."""
    line: str
    """The one-line summary."""
    next_line: str
    """The sentence after `line` in the abstract, for the lead; else empty."""
    votes: int | None
    authors: tuple[str, ...]
    organization: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A topic; `entries` lacks the lead, `count` does not."""

    index: int
    topic: str
    count: int
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """All that a template needs of the edition and its newsletter."""

    name: str
    number: int
    slot: datetime
    subject: str
    preheader: str
    language: str
    direction: str
    """"ltr" or "rtl", as the language has it."""
    lead: EntryView | None
    lead_section: SectionView | None
    """The section that the lead was taken from."""
    sections: tuple[SectionView, ...]
    also: tuple[EntryView, ...]
    featured: int
    """How many entries `lead` and `sections` have."""
    candidates: int
    more: int
    archive: str
    """The address of this edition on the web."""
    can_reply: bool
    postal_address: tuple[str, ...]


def view_edition(edition: Edition, newsletter: Newsletter) -> EditionView:
    """The view of `edition` that both templates share."""
    best = edition.featured[:1]
    lead = best[0] if best else None
    sections = tuple(_section(index, section, lead) for index, section in enumerate(edition.sections))
    home = next((i for i, section in enumerate(edition.sections) if lead and lead in section.entries), None)
    return EditionView(
        name=clean(newsletter.name),
        number=edition.number,
        slot=edition.slot,
        subject=clean(edition.subject),
        preheader=clean(edition.preheader),
        language=clean(newsletter.language),
        direction="rtl" if newsletter.language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr",
        lead=_entry(lead, is_lead=True) if lead else None,
        lead_section=None if home is None else sections[home],
        sections=sections,
        also=tuple(_entry(item) for item in edition.also),
        featured=len(edition.featured),
        candidates=edition.candidates,
        more=edition.more,
        archive=f"{newsletter.base_url}/archive/{edition.number}",
        can_reply=newsletter.reply_to is not None,
        postal_address=clean_lines(newsletter.postal_address),
    )


def _section(index: int, section: Section, lead: RankedEntry | None) -> SectionView:
    entries = tuple(_entry(item) for item in section.entries if item is not lead)
    return SectionView(index=index, topic=clean(section.topic), count=len(section.entries), entries=entries)


def _entry(ranked: RankedEntry, *, is_lead: bool = False) -> EntryView:
    entry = ranked.entry
    candidates = (entry.url, entry.project, entry.code, entry.discussion, entry.search)
    line = clean(ranked.line)
    return EntryView(
        title=clean(entry.title) or "Untitled",
        href=next(filter(None, map(safe_link, candidates)), None),
        line=line,
        next_line=_sentence_after(line, clean(entry.summary)) if is_lead else "",
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
