"""Choose and arrange: today's candidates become an edition.

    candidates ──not too old or new──▶ rank ──▶ the best ──group──▶ sections, by their best entry
                                            └──▶ the next best: titles only ──▶ the number of the rest

Pure and repeatable: the same candidates, policy and times make the same edition.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from newsletter.core.boosts import Boost
from newsletter.core.editor import Editor
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.ranking import Weights, rank
from newsletter.core.summary import one_line
from newsletter.core.topics import Topic, group, is_catch_all

__all__ = ["EditionPolicy", "arrange"]

_SUBJECT_LIMIT = 69
"""A subject stays under 70 characters."""
_TOPIC_LIMIT = 31
"""So that more than a third of the subject is left for the title."""
_NATURAL_END = re.compile(
    r"\s+(?=(?:to|for|with|via|in|from|by|using|through|on|under|without|towards?|based)\b)|[:?!](?=\s)|\s[-–—]+\s",
    re.IGNORECASE,
)
"""Where a title may end early and still read as a whole."""


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
) -> Edition | None:
    """The edition of a slot, or None where there are too few candidates. `slot` and `now` are aware."""
    current = [entry for entry in candidates if _is_ripe(entry, policy, now)]
    if len(current) < max(policy.min_entries, 1):
        return None
    ranked = rank(current, policy.editor, policy.weights, now, policy.boosts)
    best = _with_lines(ranked[: policy.max_entries], policy.editor)
    others = ranked[policy.max_entries :]
    sections = _sections(best, policy)
    return Edition(
        newsletter=newsletter,
        number=number,
        slot=slot,
        subject=_subject(best, sections),
        preheader=_preheader(best),
        sections=sections,
        also=_with_lines(others[: policy.max_also], policy.editor),
        rest=tuple(item.entry.id for item in others[policy.max_also :]),
    )


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


def _sections(best: Sequence[RankedEntry], policy: EditionPolicy) -> tuple[Section, ...]:
    """The best entries by topic, the section with the best entry first, what fits nowhere last."""
    by_id = {item.entry.id: item for item in best}
    sections = [
        Section(topic=found.topic, entries=tuple(sorted((by_id[id_] for id_ in found.ids), key=_rank)))
        for found in group([item.entry for item in best], policy.editor, policy.topics)
    ]
    return tuple(
        sorted(sections, key=lambda section: (is_catch_all(section.topic), _rank(section.entries[0])))
    )


def _rank(item: RankedEntry) -> int:
    return item.rank


def _subject(best: Sequence[RankedEntry], sections: Sequence[Section]) -> str:
    """The best title, shortened, then the topic of the next best that is about something else."""
    title = _folded(best[0].entry.title) or "New papers"
    topic = _second_topic(best, sections)
    plus = next((f", plus {name}" for name in _names(topic) if len(name) <= _TOPIC_LIMIT), "")
    head = _shortened(title, _SUBJECT_LIMIT - len(plus))
    return head + (plus.replace(", p", " P", 1) if head.endswith(("?", "!")) else plus)


def _second_topic(best: Sequence[RankedEntry], sections: Sequence[Section]) -> str:
    topic_of = {item.entry.id: section.topic for section in sections for item in section.entries}
    topics = (topic_of[item.entry.id] for item in best[1:])
    lead = topic_of[best[0].entry.id]
    return next((_folded(topic) for topic in topics if topic != lead and not is_catch_all(topic)), "")


def _shortened(title: str, room: int) -> str:
    """At most `room` characters of a title: to where it may end naturally, else to a word and "…"."""
    if len(title) <= room:
        return title
    ends = [end for end in _ends(title) if room // 3 <= end <= room]
    if ends:
        return title[: max(ends)].rstrip(" :,;–-")
    cut = title[: room - 1].rsplit(" ", 1)[0] if " " in title[: room - 1] else title[: room - 1]
    return cut.rstrip(" :,;–-") + "…"


def _ends(title: str) -> Iterable[int]:
    """Positions at which a title may end: before a preposition, at a colon, after a question."""
    return (found.end() if found[0] in "?!" else found.start() for found in _NATURAL_END.finditer(title))


def _preheader(best: Sequence[RankedEntry]) -> str:
    """The second and third best titles; where there are none, what the best is about."""
    titles = "; ".join(filter(None, (_folded(item.entry.title) for item in best[1:3])))
    return titles or _folded(best[0].line)


def _names(topic: str) -> tuple[str, ...]:
    """What a topic may be called in a subject, the fullest first; none for no topic."""
    return (_lowered(topic), _lowered(topic.split(" and ")[0])) if topic else ()


def _lowered(topic: str) -> str:
    """A topic inside a sentence: its first word in lower case, unless it is written with other capitals."""
    first = topic.split(" ", 1)[0]
    return topic if any(letter.isupper() for letter in first[1:]) else topic[:1].lower() + topic[1:]


def _folded(text: str) -> str:
    return " ".join(text.split())
