"""An edition as templates see it: clean texts and safe links."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from newsletter.core.clicks import addresses
from newsletter.core.model import Edition, Entry, Newsletter, RankedEntry
from newsletter.core.sentences import sentences
from newsletter.core.series import archive_path
from newsletter.render.clicklinks import ClickLinks
from newsletter.render.detail import FULL, Detail
from newsletter.render.language import Language
from newsletter.render.text import clean, clean_lines, cut, host, safe_link

__all__ = ["EditionView", "EntryView", "Link", "SectionView", "view_edition"]

_TITLE = ("paper", "project", "code", "discussion", "search")
"""Where a title leads: to the first of these that there is."""
_SECOND_SENTENCE = range(20, 300)
_LONGEST_NAME = 80
"""Characters of a person or an organization."""


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
    published: datetime | None
    """When its source put it before readers, else when it was first seen; local time of the slot."""
    authors: tuple[str, ...]
    """Those to be named: the first, or both of two."""
    others: int
    """How many more there are."""
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
    since: datetime | None
    """The slot of the edition before; None for the first."""
    first_day: datetime
    """The day after `since`; without that, when the first of its entries was put before readers."""
    logo: str | None
    """The address of a picture for the masthead."""
    entry_language: str
    """That of titles and summaries, where it is not the language of the newsletter; else empty."""
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


def view_edition(
    edition: Edition,
    newsletter: Newsletter,
    language: Language,
    detail: Detail = FULL,
    clicks: ClickLinks | None = None,
) -> EditionView:
    """The view of `edition` that all templates share; with `clicks`, links of entries lead over these."""
    zone = edition.slot.tzinfo

    def view(item: RankedEntry, topic: str = "") -> EntryView:
        return _entry(item, newsletter, language, detail, zone, clean(topic), clicks)

    sections = tuple(
        SectionView(
            index=index,
            topic=clean(section.topic),
            entries=tuple(view(item, section.topic) for item in section.entries),
        )
        for index, section in enumerate(edition.sections)
    )
    also = tuple(view(item) for item in edition.also)
    featured = sorted((entry for section in sections for entry in section.entries), key=lambda e: e.rank)
    return EditionView(
        name=clean(newsletter.name),
        number=edition.number,
        slot=edition.slot,
        since=edition.since,
        first_day=_first_day(edition),
        logo=safe_link(newsletter.logo),
        entry_language="" if newsletter.entry_language == language.tag else newsletter.entry_language,
        lead=featured[0] if featured else None,
        sections=sections,
        also=also,
        featured=len(featured),
        counts=range(1, len(featured) + len(also) + 1),
        candidates=edition.candidates,
        more=edition.more,
        archive=newsletter.base_url + archive_path(edition),
        can_reply=newsletter.reply_to is not None,
        postal_address=clean_lines(newsletter.postal_address),
    )


def _first_day(edition: Edition) -> datetime:
    if edition.since:
        return min(edition.since + timedelta(days=1), edition.slot)
    listed = [day for item in edition.featured if (day := item.entry.listed or item.entry.first_seen)]
    return min(min(listed, default=edition.slot).astimezone(edition.slot.tzinfo), edition.slot)


def _entry(
    ranked: RankedEntry,
    newsletter: Newsletter,
    language: Language,
    detail: Detail,
    zone: tzinfo | None,
    topic: str,
    clicks: ClickLinks | None,
) -> EntryView:
    entry = ranked.entry
    links = tuple(_links(entry, ranked.rank, clicks))
    hrefs = {link.kind: link.href for link in links}
    line = clean(ranked.line)
    published = entry.listed or entry.first_seen
    authors = tuple(cut(name, _LONGEST_NAME) for name in map(clean, entry.authors) if name)
    named = authors[: 2 if detail.names and len(authors) == 2 else 1]
    reasons = ranked.reasons if newsletter.show_reasons and detail.names else ()
    return EntryView(
        rank=ranked.rank,
        title=cut(clean(entry.title), detail.title) or language.texts.gettext("Untitled"),
        href=next((hrefs[kind] for kind in _TITLE if kind in hrefs), None),
        topic=topic,
        line=cut(line, detail.summary),
        next_line=_sentence_after(line, clean(entry.summary)) if detail.second_sentence else "",
        reasons=tuple(language.reason(clean(reason)) for reason in reasons),
        votes=entry.upvotes,
        published=published.astimezone(zone) if published else None,
        authors=named,
        others=len(authors) - len(named),
        organization=cut(clean(entry.organization or ""), _LONGEST_NAME) if detail.names else "",
        links=tuple(link for link in links if link.kind in detail.links),
    )


def _links(entry: Entry, rank: int, clicks: ClickLinks | None) -> Iterator[Link]:
    """The search only where the entry has no page of its own."""
    found = {kind: href for kind, url in addresses(entry).items() if (href := safe_link(url))}
    if "paper" in found:
        found.pop("search", None)
    for kind, href in found.items():
        yield Link(kind, clicks.over(rank, kind, href) if clicks else href, host(href))


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
