"""How an entry would be filed: what the trained weights tell of its words.

A scheme is one way in which people sort papers into topics: the areas of a conference, the categories of
arXiv, the sections of a newsletter. The weights were trained on papers that were filed by hand under nine of
them, and on the house's own topics, whose names are printed above the sections.

    title, abstract ──terms──▶ weighted words ──Lexicon──▶ a vector ──Scheme──▶ how likely each topic is
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from operator import mul
from typing import Any, Self

from newsletter.core.lexicon import Lexicon
from newsletter.core.model import Entry
from newsletter.core.terms import FUNCTION, words

__all__ = ["HOUSE", "KINDS", "Filed", "Filer", "Scheme", "entry_terms", "softmax"]

HOUSE = "house"
"""The scheme whose topics are the names of sections."""
KINDS = "kinds"
"""Not a scheme of topics: which of the others a paper was filed under. It tells one kind of page from
another."""
IDF = "idf"
"""The column of how rare a term is, the first; the others are the dimensions of the vector."""
_RARITY = 0
_TITLE = 3
"""How often a word of the title counts."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The topics of one way of sorting, and the linear model that tells them."""

    topics: tuple[str, ...]
    biases: tuple[float, ...]
    heads: tuple[tuple[float, ...], ...]
    """One row a topic, as long as the vectors."""
    temperature: float
    broad: bool
    """Whether a page would fall into a few heaps under it: most papers of a day are in one or two topics."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From the parameters of the trained weights."""
        return cls(
            tuple(told["topics"]),
            tuple(told["biases"]),
            tuple(tuple(head) for head in told["heads"]),
            told["temperature"],
            told["broad"],
        )

    def likelihoods(self, vector: Sequence[float]) -> tuple[float, ...]:
        """How likely each topic is; together they are 1."""
        scores = [
            (bias + sum(map(mul, head, vector))) / self.temperature
            for bias, head in zip(self.biases, self.heads, strict=True)
        ]
        return softmax(scores)


@dataclass(frozen=True, slots=True)
class Filed:
    """One entry, as it would be filed."""

    terms: Mapping[str, float]
    """Its known words by weight: a vector of length 1."""
    known: float
    """How much of the text the known words are, from 0 to 1."""
    house: tuple[float, ...]
    """How likely each of the house's topics is, in the order of `Filer.topics`."""
    kinds: tuple[float, ...]
    """How likely each of the other schemes is the one that it was filed under."""
    vector: tuple[float, ...]


class Filer:
    """Files entries under every scheme of the trained weights."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        schemes = {name: Scheme.of(told) for name, told in lexicon.parameters["schemes"].items()}
        self._house = schemes.pop(HOUSE)
        self._kinds = schemes.pop(KINDS)
        self.others = tuple(schemes[name] for name in self._kinds.topics)
        """The schemes besides the house's, in the order of `Filed.kinds`."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The names of the house's topics."""
        return self._house.topics

    def file(self, entry: Entry) -> Filed:
        """What the words of an entry tell."""
        counted = entry_terms(entry.title, entry.summary)
        rarity = ((term, self._lexicon.number(term, _RARITY)) for term in counted)
        weighted = {term: counted[term] * rare for term, rare in rarity if rare is not None}
        length = sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        terms = {term: weight / length for term, weight in weighted.items()}
        vector = tuple(self._lexicon.add_up(terms)[_RARITY + 1 :])
        return Filed(
            terms=terms,
            known=len(terms) / max(len(counted), 1),
            house=self._house.likelihoods(vector),
            kinds=self._kinds.likelihoods(vector),
            vector=vector,
        )


def softmax(scores: Sequence[float]) -> tuple[float, ...]:
    """As parts of one, by the exponential of each score."""
    highest = max(scores)
    powers = [exp(score - highest) for score in scores]
    total = sum(powers)
    return tuple(power / total for power in powers)


def entry_terms(title: str, abstract: str) -> dict[str, float]:
    """The words of a paper by weight, one that is repeated a little more; those of the title count most."""
    counted = Counter(words(abstract))
    for word in words(title):
        counted[word] += _TITLE
    return {
        word: 1 + log(count)
        for word, count in counted.items()
        if len(word) > 1 and not word.isdigit() and word not in FUNCTION
    }
