"""Which sentence of an abstract tells what is new, and how likely each of its words is in a summary of it.

Two linear models with the weights of `lines.lexicon`: the column `worth` adds up to how much a sentence
shares with a summary that a person would write, the column `chance` to the log-odds that a word is in it.
What is counted besides the words themselves (place, openings, the title) are numbered marks, whose weights
are the lists of the parameters. Training and use count with the same functions.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import exp

from newsletter.core.clauses import MARKS, TOKEN, Sentence
from newsletter.core.lexicon import Lexicon
from newsletter.core.wording import FUNCTION

__all__ = [
    "STANDINGS",
    "WORDS",
    "WORTHS",
    "Abstract",
    "chances",
    "read",
    "sentence_marks",
    "standing_marks",
    "terms",
    "word_marks",
    "worth",
]

_FUNCTION = frozenset(word[:7] for word in FUNCTION)

WORTHS = (7, 5, 8, 11, 3)
"""How many marks of a sentence there are of each kind, see `sentence_marks`."""
STANDINGS = (21, 6)
"""As many for `standing_marks`."""
WORDS = (48, 16, 48)
"""As many for `word_marks`."""


_WIDE = 4
"""In how many sentences a word is spread as far as is told apart."""


@dataclass(slots=True, eq=False)
class Abstract:
    """Sentences with what the words of a title and of the other sentences tell about theirs."""

    sentences: Sequence[Sentence]
    title: frozenset[str]
    subject: frozenset[str]
    """The telling words of the title."""
    spread: Mapping[str, int]
    """In how many of the other sentences a word is, at most three."""


def read(title: str, sentences: Sequence[Sentence]) -> Abstract:
    """The sentences with the title's words and how the words are spread."""
    counts = Counter(chain.from_iterable([set(sentence.keys) for sentence in sentences]))
    spread = {key: count - 1 if count < _WIDE else _WIDE - 1 for key, count in counts.items()}
    entitled = frozenset([word[:7] for word in TOKEN.findall(title.lower())])
    return Abstract(sentences, entitled, entitled - _FUNCTION, spread)


def terms(sentence: Sentence) -> list[str]:
    """What of a sentence has a weight of its own: how it opens, and its words."""
    return ["^" + " ".join(sentence.keys[:3]), "@" + sentence.opening, *set(sentence.keys)]


def sentence_marks(abstract: Abstract, at: int) -> tuple[int, int, int, int, int]:
    """Place from the front and from the end, length, how much of the title is in it, and its opening."""
    sentence, left = abstract.sentences[at], len(abstract.sentences) - 1 - at
    length = len(sentence.keys) // 6
    first = bool(sentence.opening) and not any(other.opening for other in abstract.sentences[:at])
    return (
        at if at < 6 else 6,
        left if left < 4 else 4,
        length if length < 7 else 7,
        10 * len(abstract.subject.intersection(sentence.keys)) // (len(abstract.subject) or 1),
        2 if first else 1 if sentence.opening else 0,
    )


def worth(abstract: Abstract, at: int, lines: Lexicon) -> float:
    """How much of a summary a sentence is expected to hold, compared with the others of its abstract."""
    numbers, width = lines.numbers, len(lines.columns)
    rows = map(lines.index.get, terms(abstract.sentences[at]))
    known: float = lines.scales[0] * sum([numbers[row * width] for row in rows if row is not None])
    for table, mark in zip(lines.parameters["worths"], sentence_marks(abstract, at), strict=True):
        known += table[mark]
    return known


def standing_marks(at: int, rank: int, behind: float) -> tuple[int, int]:
    """How a sentence stands among those of its abstract: rank with worth behind the best, and place."""
    return 7 * min(rank, 2) + min(int(40 * behind), 6), min(at, 5)


def word_marks(abstract: Abstract, at: int, rank: int) -> Iterator[tuple[int, int, int]]:
    """What each word of a sentence is, as numbered marks.

    Its kind (told of in the title or not, telling or not) with its spread; its kind with the title's words
    around it; its kind with its place after the opening.
    """
    sentence, title, spread = abstract.sentences[at], abstract.title, abstract.spread
    keys, ranked = sentence.keys, 16 * min(rank, 2)
    opening = next((start.at for start in sentence.starts if start.kind), len(keys))
    places = (0,) * opening + _PLACES + (_PLACES[-1],) * (len(keys) - len(_PLACES))
    kinds = [2 * (key not in _FUNCTION) + (key in title) for key in keys]
    around = zip((0, *kinds), kinds, (*kinds[1:], 0), strict=False)
    return zip(
        [ranked + 4 * kind + spread[key] for kind, key in zip(kinds, keys, strict=True)],
        [8 * (before & 1) + 2 * kind + (after & 1) for before, kind, after in around],
        [4 * place + kind for place, kind in zip(places, kinds, strict=False)],
        strict=True,
    )


_PLACES = (*range(1, 7), *(7 + place // 6 for place in range(24)), 11)
"""Stretches of words after the opening; 0 is before it or without one."""


def chances(abstract: Abstract, at: int, rank: int, behind: float, lines: Lexicon) -> list[float]:
    """How likely each token of a sentence is in a summary by a person; 0.0 for marks of punctuation."""
    told = lines.parameters
    spread, around, placed = told["words"]
    numbers, width, scale = lines.numbers, len(lines.columns), lines.scales[1]
    sentence = abstract.sentences[at]
    standing, place = standing_marks(at, rank, behind)
    base = told["intercept"] + told["standing"][standing] + told["placed"][place]
    opening, *rows = map(lines.index.get, ("@" + sentence.opening, *sentence.keys))
    base += numbers[opening * width + 1] * scale if opening is not None else 0.0
    odds = [
        base
        + spread[a]
        + around[b]
        + placed[c]
        + (numbers[row * width + 1] * scale if row is not None else 0)
        for row, (a, b, c) in zip(rows, word_marks(abstract, at, rank), strict=True)
    ]
    return [
        0.0 if key in MARKS else 1 / (1 + exp(-odd)) for key, odd in zip(sentence.keys, odds, strict=True)
    ]
