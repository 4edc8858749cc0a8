"""What a mailbox shows of an edition before it is opened: the subject and the words beside it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from newsletter.core.model import RankedEntry, Section
from newsletter.core.phrases import Phrases

__all__ = ["preheader", "shortened", "subject", "telling_topics"]

_SUBJECT_LIMIT = 69
"""A subject stays under 70 characters."""
_TOPIC_LIMIT = 31
"""So that more than a third of the subject is left for the title."""
_NATURAL_END = re.compile(
    r"\s+(?=(?:to|for|with|via|in|from|by|using|through|on|under|without|towards?|based)\b)|[:?!](?=\s)|\s[-–—]+\s",
    re.IGNORECASE,
)
"""Where a title may end early and still read as a whole."""


def subject(best: Sequence[RankedEntry], topics: Mapping[int, str], phrases: Phrases) -> str:
    """The best title, shortened, then the topic of the next best that is about something else. `topics` has
    them by the ranks of the entries."""
    title = _folded(best[0].entry.title) or "New papers"
    names = _names(_second_topic(best, topics), phrases)
    topic = next((name for name in names if len(name) <= _TOPIC_LIMIT), "")
    if not topic:
        room = _SUBJECT_LIMIT - len(phrases.alone.format(title=""))
        return phrases.alone.format(title=shortened(title, room))
    longest = max(
        len(pattern.format(title="", topic=topic)) for pattern in (phrases.plus, phrases.plus_after_end)
    )
    head = shortened(title, _SUBJECT_LIMIT - longest)
    pattern = phrases.plus_after_end if head.endswith(("?", "!", "？", "！", "؟")) else phrases.plus
    return pattern.format(title=head, topic=topic)


def telling_topics(sections: Sequence[Section]) -> dict[int, str]:
    """The topics of entries by their ranks, but for those in sections of what fits no topic."""
    return {
        item.rank: section.topic for section in sections if not section.catch_all for item in section.entries
    }


def preheader(best: Sequence[RankedEntry]) -> str:
    """The second and third best titles; where there are none, what the best is about."""
    titles = "; ".join(filter(None, (_folded(item.entry.title) for item in best[1:3])))
    return titles or _folded(best[0].line)


def shortened(title: str, room: int) -> str:
    """At most `room` characters of a title: to where it may end naturally, else to a word and "…"."""
    if len(title) <= room:
        return title
    ends = [end for end in _ends(title) if room // 3 <= end <= room]
    if ends:
        return title[: max(ends)].rstrip(" :,;–-")
    cut = title[: room - 1].rsplit(" ", 1)[0] if " " in title[: room - 1] else title[: room - 1]
    return cut.rstrip(" :,;–-") + "…"


def _second_topic(best: Sequence[RankedEntry], topics: Mapping[int, str]) -> str:
    lead, *others = (topics.get(item.rank, "") for item in best)
    return next((_folded(topic) for topic in others if topic not in ("", lead)), "")


def _ends(title: str) -> Iterable[int]:
    """Positions at which a title may end: before a preposition, at a colon, after a question."""
    return (found.end() if found[0] in "?!" else found.start() for found in _NATURAL_END.finditer(title))


def _names(topic: str, phrases: Phrases) -> tuple[str, ...]:
    """What a topic may be called in a subject, the fullest first; none for no topic."""
    first = topic.split(phrases.conjunction)[0] if phrases.conjunction else topic
    names = (topic, first) if topic else ()
    return tuple(map(_lowered, names)) if phrases.lowered else names


def _lowered(topic: str) -> str:
    """A topic inside a sentence: its first word in lower case, unless it is written with other capitals."""
    first = topic.split(" ", 1)[0]
    return topic if any(letter.isupper() for letter in first[1:]) else topic[:1].lower() + topic[1:]


def _folded(text: str) -> str:
    return " ".join(text.split())
