"""More like this: what tells an entry apart in its edition, and which later entries share it.

Measured by cosine over the telling words and pairs of words. On papers with topics given by people (samples
of 35 from nine sources), half of what is found alike has the same label of a few dozen; one in six would by
chance.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Self

from newsletter.core.headline import shortened
from newsletter.core.model import Edition, Entry
from newsletter.core.terms import Holders, cosines, holders_of, phrases, vectors
from newsletter.core.topics import is_catch_all
from newsletter.core.wishes import Like

__all__ = ["Likeness", "like_of"]

_TELLING = 12
"""How many phrases stand for an entry."""
_LONGEST = 2
"""Words in a phrase."""
_TITLE_WEIGHT = 3
_TITLE = 60
"""Characters of a title in a reason."""
_ALIKE = 0.08
"""From this cosine on two entries are alike."""
_ALIKE_IN_TOPIC = 0.02
"""And from this one, if they are in sections of the same topic."""

_Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which entries of one edition are like one that somebody liked."""

    holders: Holders
    """The entries with a phrase, by rank, and how much it tells of each."""
    topics: Mapping[str, frozenset[int]]
    """The ranks in each section that has a topic."""

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Ready for any number of likes."""
        topics = {
            section.topic: frozenset(item.rank for item in section.entries)
            for section in edition.sections
            if not is_catch_all(section.topic)
        }
        return cls(holders_of(_vectors(edition).items()), topics)

    def alike(self, like: Like) -> list[int]:
        """The ranks of the entries that are like this one."""
        near = self.topics.get(like.topic, frozenset())
        return [
            rank
            for rank, cosine in cosines(like.phrases, self.holders).items()
            if cosine >= _ALIKE or (cosine >= _ALIKE_IN_TOPIC and rank in near)
        ]


def like_of(edition: Edition, rank: int) -> Like | None:
    """What to remember of the entry with this rank; None where the edition has none."""
    items = {item.rank: item for item in (*edition.featured, *edition.also)}
    if rank not in items:
        return None
    topics = (section.topic for section in edition.sections if items[rank] in section.entries)
    topic = next((topic for topic in topics if not is_catch_all(topic)), "")
    entry = items[rank].entry
    return Like(entry.id, shortened(entry.title, _TITLE), topic, _telling(_vectors(edition)[rank]))


def _telling(vector: _Vector) -> tuple[tuple[str, float], ...]:
    """The heaviest phrases, as a vector of length 1."""
    heaviest = sorted(vector.items(), key=lambda item: (-item[1], item[0]))[:_TELLING]
    length = sqrt(sum(weight * weight for _, weight in heaviest))
    return tuple((phrase, round(weight / length, 3)) for phrase, weight in heaviest)


def _vectors(edition: Edition) -> dict[int, _Vector]:
    """By rank, of every entry that the email shows."""
    items = (*edition.featured, *edition.also)
    return dict(zip([item.rank for item in items], vectors([_counted(i.entry) for i in items]), strict=True))


def _counted(entry: Entry) -> Counter[str]:
    counted = phrases(entry.summary, _LONGEST)
    for phrase, count in phrases(entry.title, _LONGEST).items():
        counted[phrase] += _TITLE_WEIGHT * count
    return counted
