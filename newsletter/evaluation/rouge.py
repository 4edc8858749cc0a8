"""ROUGE (Lin 2004): how many words, pairs of words or words in order a text shares with a reference.

As in Google's rouge-score: words are runs of a-z and 0-9 in lower case, those of more than three letters
reduced to their stems by Porter's algorithm.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import snowballstemmer

__all__ = ["rouge_l", "rouge_n", "stems"]

_WORD = re.compile(r"[a-z0-9]+")
_STEMMER = snowballstemmer.stemmer("porter")


def stems(text: str) -> list[str]:
    """The words of a text as ROUGE compares them."""
    return [_stem(word) if len(word) > 3 else word for word in _WORD.findall(text.lower())]


def rouge_n(size: int, found: Sequence[str], reference: Sequence[str]) -> float:
    """F1 of the runs of `size` stems, each counted as often as both have it; 0 to 1."""
    runs, others = _runs(size, found), _runs(size, reference)
    return _f1((runs & others).total(), runs.total(), others.total())


def rouge_l(found: Sequence[str], reference: Sequence[str]) -> float:
    """F1 of the longest sequence of stems that both have in the same order; 0 to 1."""
    longest = [0] * (len(reference) + 1)
    for stem in found:
        corner = 0
        for place, other in enumerate(reference, start=1):
            above = longest[place]
            longest[place] = corner + 1 if stem == other else max(above, longest[place - 1])
            corner = above
    return _f1(longest[-1], len(found), len(reference))


@cache
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def _runs(size: int, words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _f1(shared: int, one: int, other: int) -> float:
    return 2 * shared / (one + other) if shared else 0.0
