"""How well the entries of a day fit each topic, counted from their words.

A phrase counts by its strength for the topic, more in the title than in the abstract, and the less the more
entries of the day have it: on a page about fine-tuning the word says nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log1p

from newsletter.core.model import Entry
from newsletter.core.terms import GENERIC, phrases, words
from newsletter.core.vocabulary import BUILT_IN, Topic, Vocabulary

__all__ = ["FITS", "NEARLY_FITS", "Page"]

FITS = 1.2
"""The least affinity at which an entry belongs to a topic: one telling phrase, repeated or in the title."""
NEARLY_FITS = 0.9
_FITS_OWN = 0.6
"""The same for the operator's own topics, which go first."""
_STRONG, _WEAK = 1.0, 0.25
_TITLE = 3.0
"""What a phrase in the title counts, beside one in the abstract."""


@dataclass(frozen=True, slots=True)
class Page:
    """The entries of one day, counted."""

    titles: list[Counter[str]]
    texts: list[Counter[str]]
    """The phrases of each title, and of each title, keywords and abstract together."""
    written: list[str]
    """Titles and abstracts as they are."""
    own: tuple[str, ...]
    """The names of the operator's topics."""
    affinity: list[dict[str, float]]
    """How well each entry fits the topics that it fits at all."""

    @classmethod
    def of(cls, entries: Sequence[Entry], topics: Sequence[Topic]) -> "Page":
        titles = [phrases(entry.title) for entry in entries]
        texts = [
            phrases(f"{entry.title} . {' '.join(entry.keywords)} . {entry.summary}") for entry in entries
        ]
        affinity = _affinities(titles, texts, _vocabularies(topics))
        written = [f"{entry.title} {entry.summary}" for entry in entries]
        return cls(titles, texts, written, tuple(topic.name for topic in topics), affinity)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.texts)

    @property
    def share(self) -> int:
        """The most entries that one group may have."""
        return self.size // 3 if self.size >= 9 else self.size

    def fits(self, index: int, topic: str) -> bool:
        """Whether an entry belongs to a topic."""
        return self.affinity[index].get(topic, 0.0) >= (_FITS_OWN if topic in self.own else FITS)

    def best(self, index: int, topics: Sequence[str]) -> tuple[str, float]:
        """The topic that fits an entry best, with its affinity; ("", 0.0) where there is none."""
        ranked = [(self.affinity[index].get(topic, 0.0), topic) for topic in topics]
        affinity, topic = max(ranked, default=(0.0, ""))
        return topic, affinity


def _vocabularies(topics: Sequence[Topic]) -> dict[str, Vocabulary]:
    own = {topic.name: _own_vocabulary(topic) for topic in topics}
    taken = {name.casefold() for name in own}
    return own | {name: vocabulary for name, vocabulary in BUILT_IN.items() if name.casefold() not in taken}


def _own_vocabulary(topic: Topic) -> Vocabulary:
    known = {name.casefold(): vocabulary for name, vocabulary in BUILT_IN.items()}
    built_in = known.get(topic.name.casefold(), Vocabulary((), ()))
    said = [
        word for word in words(f"{topic.name} {topic.description}") if word not in GENERIC and len(word) > 1
    ]
    return Vocabulary((topic.name, *topic.keywords, *built_in.strong), (*said, *built_in.weak))


def _affinities(
    titles: Sequence[Counter[str]], texts: Sequence[Counter[str]], vocabularies: Mapping[str, Vocabulary]
) -> list[dict[str, float]]:
    """How well each text fits each topic. A phrase that the whole page shares tells little."""
    found: list[dict[str, float]] = [{} for _ in texts]
    for name, vocabulary in vocabularies.items():
        for phrase, strength in _weighted(vocabulary):
            holders = [index for index, text in enumerate(texts) if phrase in text]
            telling = strength * log(1 + len(texts) / max(len(holders), 1)) / log(1 + len(texts))
            for index in holders:
                often = log1p(texts[index][phrase]) + _TITLE * (phrase in titles[index])
                found[index][name] = found[index].get(name, 0.0) + telling * often
    return found


def _weighted(vocabulary: Vocabulary) -> list[tuple[str, float]]:
    weights: dict[str, float] = {}
    for strength, group_of_phrases in ((_WEAK, vocabulary.weak), (_STRONG, vocabulary.strong)):
        for phrase in group_of_phrases:
            weights[" ".join(words(phrase))] = strength
    return sorted(weights.items())
