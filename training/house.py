"""Which of the house's topics a paper is about, told by the phrases in its text: labels to learn from.

A model that learns from them sees all words of thousands of papers, and so finds a topic also where none of
these phrases stands. A phrase counts by its strength for the topic, more in the title than in the abstract,
and the less the more of the papers have it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log, log1p

from vocabulary import HOUSE_TOPICS, Vocabulary

from newsletter.core.terms import phrases, words

__all__ = ["house_labels"]

_STRONG, _WEAK = 1.0, 0.25
_TITLE = 3.0
"""What a phrase in the title counts, beside one in the abstract."""
_RARE = 5.0
"""The logarithm of one in how many papers must have a phrase for it to count fully."""
_SURE, _AHEAD = 1.5, 0.4
"""The least affinity that makes a label, and by how much it must exceed that to any other topic."""


def house_labels(papers: Sequence[tuple[str, str]]) -> list[str | None]:
    """The topic of each (title, abstract), None where the phrases do not tell."""
    titles = [phrases(title) for title, _ in papers]
    texts = [phrases(f"{title} . {abstract}") for title, abstract in papers]
    holders = Counter(phrase for text in texts for phrase in text)
    weights = {topic: _weighted(vocabulary) for topic, vocabulary in HOUSE_TOPICS.items()}
    return [
        _label(title, text, weights, holders, len(papers)) for title, text in zip(titles, texts, strict=True)
    ]


def _label(
    title: Counter[str],
    text: Counter[str],
    weights: Mapping[str, Mapping[str, float]],
    holders: Mapping[str, int],
    papers: int,
) -> str | None:
    affinity = dict.fromkeys(weights, 0.0)
    for topic, strengths in weights.items():
        for phrase, strength in strengths.items():
            if phrase in text:
                telling = strength * min(1.0, log(1 + papers / holders[phrase]) / _RARE)
                affinity[topic] += telling * (log1p(text[phrase]) + _TITLE * (phrase in title))
    best, second = sorted(affinity, key=lambda topic: -affinity[topic])[:2]
    sure = affinity[best] >= _SURE and affinity[best] - affinity[second] >= _AHEAD
    return best if sure else None


def _weighted(vocabulary: Vocabulary) -> dict[str, float]:
    weights: dict[str, float] = {}
    for strength, group in ((_WEAK, vocabulary.weak), (_STRONG, vocabulary.strong)):
        for phrase in group:
            weights[" ".join(words(phrase))] = strength
    return weights
