"""Which sentence of an abstract tells what is new, and how likely each of its words is in a summary of it.

Two linear models with the weights of `lines.lexicon`: the column `worth` adds up to how much a sentence
shares with a summary that a person would write, the column `chance` to the log-odds that a word is in it.
What is counted besides the words themselves (place, openings, the title) are numbered marks, whose weights
are the lists of the parameters. Training and use count with the same functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from newsletter.core.clauses import MARKS, TOKEN, Sentence
from newsletter.core.lexicon import Lexicon

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

FUNCTION = frozenset(
    word[:7]
    for word in """
    a about above across after against all also although among an and any are as at be because been before
    being between both but by can could did do does due during each either even for from further had has have
    how however i if in include into is it its itself may more most much not no of on one only or other our
    over same several since so some still such than that the their them then there these they this those
    through thus to too two under unlike until up upon use used using via was we were well what when where
    whether which while who whose why will with within without would yet you
    """.split()
)
"""Words that tell nothing of the subject."""

WORTHS = (7, 5, 11, 11, 8, 11, 4)
"""How many marks of a sentence there are of each kind, see `sentence_marks`."""
STANDINGS = (21, 6)
"""As many for `standing_marks`."""
WORDS = (48, 16, 48, 6)
"""As many for `word_marks`."""


@dataclass(slots=True, eq=False)
class Abstract:
    """Sentences with what the words of a title and of the other sentences tell about theirs."""

    sentences: Sequence[Sentence]
    title: frozenset[str]
    spread: Mapping[str, int]
    """In how many of the sentences a word is."""


def read(title: str, sentences: Sequence[Sentence]) -> Abstract:
    """The sentences with the title's words and how the words are spread."""
    spread: dict[str, int] = {}
    for sentence in sentences:
        for key in set(sentence.keys):
            spread[key] = spread.get(key, 0) + 1
    return Abstract(sentences, frozenset(word.lower()[:7] for word in TOKEN.findall(title)), spread)


def terms(sentence: Sentence) -> list[str]:
    """What of a sentence has a weight of its own: how it opens, and its words."""
    return ["^" + " ".join(sentence.keys[:3]), "@" + sentence.opening, *set(sentence.keys)]


def sentence_marks(abstract: Abstract, at: int) -> tuple[int, ...]:
    """Place from the front, from the end and in tenths; how many sentences; length; title; first opening."""
    sentence, count = abstract.sentences[at], len(abstract.sentences)
    subject = abstract.title - FUNCTION
    shared = len(subject.intersection(sentence.keys)) / max(len(subject), 1)
    opens = bool(sentence.opening)
    first = opens and not any(other.opening for other in abstract.sentences[:at])
    return (
        min(at, 6),
        min(count - 1 - at, 4),
        10 * at // count,
        min(count, 10),
        min(len(sentence.keys) // 6, 7),
        int(10 * shared),
        2 * opens + first,
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


def word_marks(abstract: Abstract, at: int, rank: int) -> list[tuple[int, int, int, int]]:
    """What each word of a sentence is, as four numbered marks.

    Its kind (told of in the title or not, telling or not) with its spread; the title's words around it; its
    kind with its place after the opening; how often it has been said before.
    """
    sentence, title, spread = abstract.sentences[at], abstract.title, abstract.spread
    keys = sentence.keys
    opening = next((start.at for start in sentence.starts if start.kind), len(keys) + 1)
    entitled = [key in title for key in keys]
    entitled.append(False)
    ranked = 16 * min(rank, 2)
    said: dict[str, int] = {}
    marks, before = [], False
    for place, key in enumerate(keys):
        telling, titled = key not in FUNCTION, entitled[place]
        kind = 2 * telling + titled
        often = said[key] = said.get(key, -1) + 1
        marks.append(
            (
                ranked + 4 * kind + min(spread[key], 4) - 1,
                8 * before + 4 * telling + 2 * titled + entitled[place + 1],
                4 * _PLACES[max(min(place - opening, 29), -1)] + kind,
                2 * min(often, 2) + telling,
            )
        )
        before = titled
    return marks


_PLACES = (*range(1, 7), *(7 + (place - 6) // 6 for place in range(6, 30)), 0)
"""Stretches of words after the opening; the last is for all before it."""


def chances(abstract: Abstract, at: int, rank: int, behind: float, lines: Lexicon) -> list[float]:
    """How likely each token of a sentence is in a summary by a person; 0.0 for marks of punctuation."""
    told = lines.parameters
    first, second, third, fourth = told["words"]
    index, numbers, width, scale = lines.index, lines.numbers, len(lines.columns), lines.scales[1]
    sentence = abstract.sentences[at]
    standing, placed = standing_marks(at, rank, behind)
    base = told["intercept"] + told["standing"][standing] + told["placed"][placed]
    row = index.get("@" + sentence.opening)
    base += numbers[row * width + 1] * scale if row is not None else 0.0
    found = []
    for key, (a, b, c, d) in zip(sentence.keys, word_marks(abstract, at, rank), strict=True):
        row = index.get(key)
        odds = base + first[a] + second[b] + third[c] + fourth[d]
        if row is not None:
            odds += numbers[row * width + 1] * scale
        found.append(0.0 if key in MARKS else 1 / (1 + exp(-odds)))
    return found
