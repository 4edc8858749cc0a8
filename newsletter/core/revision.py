"""What an editor changes in an edition before it goes: an entry left out, or put in another place.

The order is that of the ranks, over the entries of all sections and those told of by title. As many as before
are told of in full: where one leaves them, the first by title moves up; where one comes in from below, the
last of them moves down. The rest follows: sections, ranks, subject and what stands beside it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from newsletter.core.headline import preheader, subject, telling_topics
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.phrases import Phrases
from newsletter.core.topics import CATCH_ALL
from newsletter.errors import InputError

__all__ = ["Filing", "above", "below", "found_in", "moved", "renamed", "without"]

Filing = Callable[[Sequence[Entry]], Mapping[str, str]]
"""The topics of entries that stand in one edition, by their ids."""


def found_in(edition: Edition, which: str) -> RankedEntry:
    """The entry of this rank or id. Raises InputError."""
    order = _order(edition)
    for item in order:
        if which in (str(item.rank), item.entry.id):
            return item
    raise InputError(
        f"the edition has no entry {which!r}: name one by its id, or its rank, 1 to {len(order)}."
    )


def without(edition: Edition, ids: Collection[str], phrases: Phrases, filing: Filing) -> Edition | None:
    """Without these entries; None where no other is left."""
    order = [item for item in _order(edition) if item.entry.id not in ids]
    kept = replace(edition, rest=tuple(id_ for id_ in edition.rest if id_ not in ids))
    return _arranged(kept, order, phrases, filing) if order else None


def moved(edition: Edition, id_: str, rank: int, phrases: Phrases, filing: Filing) -> Edition:
    """With this entry at that rank, from 1; at 1 it leads the edition. Raises InputError for a rank that no
    entry has."""
    order = list(_order(edition))
    if not 1 <= rank <= len(order):
        raise InputError(f"there is no rank {rank}: the entries have those from 1 to {len(order)}.")
    item = found_in(edition, id_)
    order.remove(item)
    order.insert(rank - 1, item)
    return _arranged(edition, order, phrases, filing)


def above(edition: Edition, rank: int) -> int | None:
    """The rank at which an entry stands one place higher on the page, or its section does; None where neither
    can, as for the first and for a section of what fits nowhere."""
    before: Section | None = None
    for section in edition.sections:
        ranks = [item.rank for item in section.entries]
        if rank in ranks[1:]:
            return ranks[ranks.index(rank) - 1]
        if rank in ranks:
            is_same_kind = before is not None and before.catch_all == section.catch_all
            return before.entries[0].rank if before and is_same_kind else None
        before = section
    return rank - 1


def below(edition: Edition, rank: int) -> int | None:
    """The rank at which it stands one place lower in its section, or among those told of by title; None for
    the last there."""
    for items in (*(section.entries for section in edition.sections), edition.also):
        ranks = [item.rank for item in items]
        if rank in ranks[:-1]:
            return ranks[ranks.index(rank) + 1]
    return None


def renamed(edition: Edition, ids: Mapping[str, str]) -> Edition:
    """With other ids for its entries, which tell them apart as well."""

    def named(items: Sequence[RankedEntry]) -> tuple[RankedEntry, ...]:
        return tuple(
            replace(item, entry=replace(item.entry, id=ids.get(item.entry.id, item.entry.id)))
            for item in items
        )

    sections = tuple(replace(section, entries=named(section.entries)) for section in edition.sections)
    return replace(edition, sections=sections, also=named(edition.also))


def _order(edition: Edition) -> tuple[RankedEntry, ...]:
    return *edition.featured, *edition.also


def _arranged(edition: Edition, order: Sequence[RankedEntry], phrases: Phrases, filing: Filing) -> Edition:
    """The edition with these entries in this order."""
    ranked = [replace(item, rank=place) for place, item in enumerate(order, 1)]
    room = len(edition.featured)
    best, others = ranked[:room], ranked[room:]
    sections = _sections(edition, best, phrases, filing)
    return replace(
        edition,
        subject=subject(best, telling_topics(sections), phrases),
        preheader=preheader(best),
        sections=sections,
        also=tuple(others),
    )


def _sections(
    edition: Edition, best: Sequence[RankedEntry], phrases: Phrases, filing: Filing
) -> tuple[Section, ...]:
    """Entries stay where they are; one that comes in joins the section of its topic, where there is one, else
    what fits nowhere. The section with the best entry comes first, what fits nowhere last."""
    home = {item.entry.id: section.topic for section in edition.sections for item in section.entries}
    names = {section.topic for section in edition.sections}
    nowhere = next((section.topic for section in edition.sections if section.catch_all), "")
    nowhere = nowhere or phrases.topic(CATCH_ALL)
    topics: Mapping[str, str] = {}
    if any(item.entry.id not in home for item in best):
        topics = filing([item.entry for item in best])
    grouped: dict[str, list[RankedEntry]] = {}
    for item in best:
        topic = home.get(item.entry.id) or topics.get(item.entry.id, "")
        grouped.setdefault(topic if topic in names else nowhere, []).append(item)
    loose = {section.topic for section in edition.sections if section.catch_all} | {nowhere}
    sections = [
        Section(topic=name, entries=tuple(found), catch_all=name in loose) for name, found in grouped.items()
    ]
    return tuple(sorted(sections, key=lambda section: (section.catch_all, section.entries[0].rank)))
