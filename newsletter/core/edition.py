"""Choose and arrange: today's candidates become an edition.

    candidates ──not too old or new──▶ rank ──▶ the best ──group──▶ sections, by their best entry
                                            └──▶ the next best: titles only ──▶ the number of the rest

Pure and repeatable: the same candidates, policy and times make the same edition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from newsletter.core.boosts import Boost
from newsletter.core.editor import Editor
from newsletter.core.headline import preheader, subject, telling_topics
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.phrases import ENGLISH, Phrases
from newsletter.core.ranking import Weights, rank
from newsletter.core.summary import one_line
from newsletter.core.topics import Topic, group, is_catch_all

__all__ = ["EditionPolicy", "arrange", "topics_of"]


@dataclass(frozen=True, slots=True)
class EditionPolicy:
    """How much goes into an edition, and by which measure."""

    editor: Editor
    max_entries: int = 25
    min_entries: int = 1
    """With fewer candidates there is no edition."""
    max_also: int = 10
    """How many more are shown by their titles only."""
    max_age_days: int = 14
    """Candidates seen for the first time longer ago than this are left out."""
    settle: timedelta = timedelta(0)
    """Candidates seen for the first time less long ago than this wait for a later edition: by then their
    votes say more."""
    topics: tuple[Topic, ...] = ()
    weights: Weights = field(default_factory=Weights)
    boosts: tuple[Boost, ...] = ()


def arrange(
    candidates: Sequence[Entry],
    policy: EditionPolicy,
    *,
    newsletter: str,
    number: int,
    slot: datetime,
    now: datetime,
    since: datetime | None = None,
    phrases: Phrases = ENGLISH,
) -> Edition | None:
    """The edition of a slot, or None where there are too few candidates. `slot`, `now` and `since`, the slot
    of the edition before, are aware."""
    current = [entry for entry in candidates if _is_ripe(entry, policy, now)]
    if len(current) < max(policy.min_entries, 1):
        return None
    ranked = rank(current, policy.editor, policy.weights, now, policy.boosts)
    best = _with_lines(ranked[: policy.max_entries], policy.editor)
    others = ranked[policy.max_entries :]
    sections = _sections(best, policy, phrases)
    return Edition(
        newsletter=newsletter,
        number=number,
        slot=slot,
        since=since if since and since < slot else None,
        subject=subject(best, telling_topics(sections), phrases),
        preheader=preheader(best),
        sections=sections,
        also=_with_lines(others[: policy.max_also], policy.editor),
        rest=tuple(item.entry.id for item in others[policy.max_also :]),
    )


def topics_of(entries: Sequence[Entry], policy: EditionPolicy, phrases: Phrases = ENGLISH) -> dict[str, str]:
    """What the sections are called that these entries of one edition would stand in, by their ids."""
    found = group(entries, policy.editor, policy.topics)
    return {id_: phrases.topic(one.topic) for one in found for id_ in one.ids}


def _with_lines(ranked: Sequence[RankedEntry], editor: Editor) -> tuple[RankedEntry, ...]:
    return tuple(replace(item, line=_line(item.entry, editor)) for item in ranked)


def _line(entry: Entry, editor: Editor) -> str:
    return one_line(entry.title, entry.summary, editor.lines, tldr=entry.tldr or "")


def _is_ripe(entry: Entry, policy: EditionPolicy, now: datetime) -> bool:
    """Neither too old nor, where there is a time to settle, too fresh. Without one, what was picked up a
    moment after `now` was asked for is in as well."""
    if entry.first_seen is None:
        return True
    age = now - entry.first_seen
    return age <= timedelta(days=policy.max_age_days) and (not policy.settle or age >= policy.settle)


def _sections(best: Sequence[RankedEntry], policy: EditionPolicy, phrases: Phrases) -> tuple[Section, ...]:
    """The best entries by topic, the section with the best entry first, what fits nowhere last."""
    by_id = {item.entry.id: item for item in best}
    sections = [
        Section(
            topic=phrases.topic(found.topic),
            entries=tuple(sorted((by_id[id_] for id_ in found.ids), key=_rank)),
            catch_all=is_catch_all(found.topic),
        )
        for found in group([item.entry for item in best], policy.editor, policy.topics)
    ]
    return tuple(sorted(sections, key=lambda section: (section.catch_all, _rank(section.entries[0]))))


def _rank(item: RankedEntry) -> int:
    return item.rank
