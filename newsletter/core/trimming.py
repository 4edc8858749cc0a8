"""An edition with fewer entries: what has no room in the email is on the web, and nothing gets lost.

Ranks stay what they were, and so does the lead. Entries that leave are the first of the rest, in their order,
and may be told of by a later edition.
"""

from dataclasses import replace

from newsletter.core.headline import preheader, subject, telling_topics
from newsletter.core.model import Edition, RankedEntry, Section
from newsletter.core.phrases import Phrases

__all__ = ["trimmed"]


def trimmed(edition: Edition, *, per_topic: int, also: int, featured: int, phrases: Phrases) -> Edition:
    """At most so many entries in each section, by title only, and in all sections together; each is the best
    of its kind. `per_topic` and `featured` are at least 1."""
    best = [item for section in edition.sections for item in section.entries[:per_topic]]
    kept = sorted(best, key=_rank)[:featured]
    titles = edition.also[:also]
    if len(kept) == len(edition.featured) and len(titles) == len(edition.also):
        return edition
    ranks = {item.rank for item in kept}
    sections = tuple(filter(_has_entries, (_only(section, ranks) for section in edition.sections)))
    staying = ranks.union(item.rank for item in titles)
    leaving = [item for item in (*edition.featured, *edition.also) if item.rank not in staying]
    return replace(
        edition,
        subject=subject(kept, telling_topics(sections), phrases),
        preheader=preheader(kept),
        sections=sections,
        also=titles,
        rest=(*(item.entry.id for item in sorted(leaving, key=_rank)), *edition.rest),
    )


def _only(section: Section, ranks: set[int]) -> Section:
    return replace(section, entries=tuple(item for item in section.entries if item.rank in ranks))


def _has_entries(section: Section) -> bool:
    return bool(section.entries)


def _rank(item: RankedEntry) -> int:
    return item.rank
