"""The one-line summary of an entry: one sentence that says what is new, in the abstract's own words.

    abstract ──sentences──▶ the three of most worth ──starts × ends──▶ candidates ──▶ the best ──retell──▶ line

A candidate is a stretch of a sentence that begins and ends where a clause does, or two of them that say what
the authors did ("proposes ... and shows ..."). Its worth is the F1 that it is expected to reach against a
summary by a person: twice the chances of its words (`core.chances`) over its length and the usual length of
a summary. Nothing is invented: every word of content is the abstract's.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from newsletter.core.chances import Abstract, chances, read, worth
from newsletter.core.clauses import MARKS, Sentence, Start, ends, parse
from newsletter.core.lexicon import Lexicon
from newsletter.core.retelling import joined, retell, shorten
from newsletter.core.sentences import capitalised, clean, sentences, spelled_out, without_asides

__all__ = ["one_line"]

_READ = 6_000
"""How many characters of an abstract are read; the longest real ones have about 3,000."""
_BEST = 3
"""How many sentences are looked at closely."""
_USUAL = 16
"""How many words a summary by a person has."""
_GAIN = 1.05
"""By how much two clauses must be better than one."""
_JOINED = 28
"""How many words each of two joined clauses has at most."""


class _Candidate(NamedTuple):
    """A stretch of a sentence that could be the line."""

    f1: float
    """Expected, from 0 to 1."""
    hits: float
    """How many of its words are expected in a summary."""
    words: int
    at: int
    """The number of its sentence."""
    start: Start
    end: int


def one_line(title: str, abstract: str, lines: Lexicon, limit: int = 240) -> str:
    """One whole sentence, at most `limit` characters, that says what is new; '' for an empty abstract.

    Where every candidate is longer than the limit, the best sentence is shortened where a clause ends.
    """
    text = clean(abstract[:_READ])
    parsed = [parse(without_asides(sentence)) for sentence in sentences(text)]
    parsed = [sentence for sentence in parsed if sentence.tokens]
    if not parsed:
        return shorten(capitalised(text), limit)
    line = _best_line(read(title, parsed), lines, limit)
    fuller = spelled_out(line, text)
    return fuller if len(fuller) <= limit else line


def _best_line(abstract: Abstract, lines: Lexicon, limit: int) -> str:
    """The best candidate that fits, as it is told."""
    candidates, hits = _candidates(abstract, lines)
    told = abstract.sentences
    best = candidates[0]
    pair = _best_pair(abstract, candidates, hits)
    if pair and pair[0] > best.f1 * _GAIN:
        line = joined(*((told[part.at], part.start, part.end) for part in pair[1:]))
        if len(line) <= limit:
            return line
    for candidate in candidates:
        line = retell(told[candidate.at], candidate.start, candidate.end)
        if len(line) <= limit:
            return line
    return shorten(retell(told[best.at], best.start, best.end), limit)


def _candidates(abstract: Abstract, lines: Lexicon) -> tuple[list[_Candidate], dict[int, list[float]]]:
    """All candidates of the best sentences, best first, and the chances of the words of those sentences."""
    worths = [worth(abstract, at, lines) for at in range(len(abstract.sentences))]
    order = sorted(range(len(worths)), key=lambda at: (-worths[at], at))[:_BEST]
    found: list[_Candidate] = []
    hits = {}
    for rank, at in enumerate(order):
        hits[at] = chances(abstract, at, rank, worths[order[0]] - worths[at], lines)
        found += _stretches(abstract.sentences[at], at, hits[at])
    return sorted(found, key=lambda candidate: -candidate.f1), hits


def _stretches(sentence: Sentence, at: int, hits: Sequence[float]) -> Iterator[_Candidate]:
    sums = [0.0, *accumulate(hits)]
    words = [0, *accumulate(token not in MARKS for token in sentence.tokens)]
    for start in sentence.starts:
        for end in ends(sentence, start):
            hit, count = sums[end] - sums[start.at], words[end] - words[start.at]
            yield _Candidate(2 * hit / (count + _USUAL), hit, count, at, start, end)


def _best_pair(
    abstract: Abstract, candidates: Sequence[_Candidate], hits: dict[int, list[float]]
) -> tuple[float, _Candidate, _Candidate] | None:
    """The best two clauses about what the authors did, in the order of the text, with their expected F1."""
    doing = [one for one in candidates if one.start.kind.startswith("we ") and one.words <= _JOINED][:10]
    best = None
    for one in doing:
        said = set(abstract.sentences[one.at].keys[one.start.at : one.end])
        for other in doing:
            if other.at > one.at:
                keys = abstract.sentences[other.at].keys
                new = sum(
                    [
                        hits[other.at][i] * (0.25 if keys[i] in said else 1.0)
                        for i in range(other.start.subject + 1, other.end)
                    ]
                )
                f1 = 2 * (one.hits + new + 0.5) / (one.words + other.words + _USUAL)
                if best is None or f1 > best[0]:
                    best = (f1, one, other)
    return best
