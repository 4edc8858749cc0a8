"""The one-line summary of an entry: one sentence that says what is new, in the abstract's own words.

    abstract ──▶ sentences ──▶ the two of most worth ──▶ candidates ──▶ the best ──retell──▶ line

A candidate is a stretch of a sentence that begins and ends where a clause does. Its worth is the F1 that it
is expected to reach against a summary by a person: twice the chances of its words (`core.chances`) over its
length and the usual length of a summary. Nothing is invented: every word of content is the abstract's.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from newsletter.core.chances import Abstract, chances, read, worth
from newsletter.core.clauses import MARKS, TOKEN, Sentence, Start, ends, parse
from newsletter.core.lexicon import Lexicon
from newsletter.core.retelling import ENDS, retell, shorten
from newsletter.core.sentences import capitalised, clean, sentences, spelled_out, without_asides
from newsletter.core.wording import HOLLOW, POINTING

__all__ = ["one_line"]

_READ = 6_000
"""How many characters of an abstract are read; the longest real ones have about 3,000."""
_BEST = 2
"""How many sentences are looked at closely."""
_SHORTENED = 0.85
"""What a line that is too long keeps of its worth when its end is cut off."""
_SAYS_SOMETHING = 40
"""How many characters a summary of a source's own has at least; "They count." says too little."""
_USUAL = 16
"""How many words a summary by a person has."""
_HOLLOW = 0.8
"""What a sentence of wishes or about the code is worth of what it would be."""
_BACKGROUND = 0.8
"""The same for one that nobody announces."""
_NAMED = 1.15
"""The same for one that names what the title names."""
_LEANS = 0.9
"""The same for a stretch that points to what was said before."""


class _Candidate(NamedTuple):
    """A stretch of a sentence that could be the line."""

    f1: float
    """Expected, from 0 to 1, times what its sentence is worth."""
    at: int
    """The number of its sentence."""
    start: Start
    end: int


def one_line(title: str, abstract: str, lines: Lexicon, *, tldr: str = "", limit: int = 240) -> str:
    """One whole sentence, at most `limit` characters, that says what is new; '' for an empty abstract.

    The source's own summary in a sentence, `tldr`, is the line where it is one; of several sentences and of
    a long one the best part is taken, as of an abstract. Where every candidate is longer than the limit, the
    best sentence is shortened where a clause ends.
    """
    own = clean(tldr[:_READ])
    if len(own) >= _SAYS_SOMETHING:
        line = _whole_or_best(title, own, lines, limit)
        if len(line) >= _SAYS_SOMETHING and _is_whole(line, limit):
            return line
    text = clean(abstract[:_READ])
    parsed = _parsed(text)
    if not parsed:
        return shorten(capitalised(text), limit)
    line = _best_line(title, parsed, lines, limit)
    fuller = spelled_out(line, text)
    return fuller if len(fuller) <= limit else line


def _whole_or_best(title: str, text: str, lines: Lexicon, limit: int) -> str:
    """A text of one sentence that fits as it is, the best line of any other; '' where there are no words."""
    parsed = _parsed(text)
    if len(parsed) == 1 and len(text) <= limit and text.endswith(ENDS):
        return capitalised(text)
    return _best_line(title, parsed, lines, limit) if parsed else ""


def _parsed(text: str) -> list[Sentence]:
    found = [parse(without_asides(sentence)) for sentence in sentences(text)]
    return [sentence for sentence in found if sentence.tokens]


def _best_line(title: str, parsed: Sequence[Sentence], lines: Lexicon, limit: int) -> str:
    """The best candidate that fits, as it is told."""
    abstract = read(title, parsed)
    candidates = _candidates(title, abstract, lines)
    told = abstract.sentences
    best = candidates[0]
    retold = ((one.f1, retell(told[one.at], one.start, one.end)) for one in candidates)
    f1, line = next(((f1, line) for f1, line in retold if _is_whole(line, limit)), (0.0, ""))
    if f1 > best.f1 * _SHORTENED:
        return line
    short = shorten(retell(told[best.at], best.start, best.end), limit)
    whole = (retell(sentence, sentence.starts[0], len(sentence.tokens)) for sentence in told)
    return next((fits for fits in (short, line, *whole) if fits and _is_whole(fits, limit)), short)


def _is_whole(line: str, limit: int) -> bool:
    """Whether a line fits and is one sentence, without a cut or a quotation that is not closed."""
    quotes = line.count('"') % 2 or line.count("“") != line.count("”")
    asks_within = "?" in line[:-1]
    return len(line) <= limit and not quotes and not asks_within and not line.endswith("…")


def _candidates(title: str, abstract: Abstract, lines: Lexicon) -> list[_Candidate]:
    """All candidates of the sentences that are looked at, best first."""
    name = _name(title)
    worths = [worth(abstract, at, lines) for at in range(len(abstract.sentences))]
    order = sorted(range(len(worths)), key=lambda at: (-worths[at], at))
    naming = [at for at in order if name and name in abstract.sentences[at].tokens][:1]
    found: list[_Candidate] = []
    for rank, at in enumerate(list(dict.fromkeys([order[0], *naming, *order]))[:_BEST]):
        hits = chances(abstract, at, rank, worths[order[0]] - worths[at], lines)
        found += _stretches(abstract.sentences[at], at, hits, name)
    return sorted(found, key=lambda candidate: -candidate.f1)


def _stretches(sentence: Sentence, at: int, hits: Sequence[float], name: str) -> Iterator[_Candidate]:
    """All candidates of one sentence."""
    sums = [0.0, *accumulate(hits)]
    words = [0, *accumulate([token not in MARKS for token in sentence.tokens])]
    promise = 2.0 * (1.0 if sentence.opening else _BACKGROUND)
    promise *= 1.0 if HOLLOW.isdisjoint(sentence.tokens) else _HOLLOW
    for start in sentence.starts:
        for end in ends(sentence, start):
            hit, count = sums[end] - sums[start.at], words[end] - words[start.at]
            leans = not POINTING.isdisjoint(sentence.tokens[max(start.verb, start.at) : end])
            f1 = promise * hit / (count + _USUAL) * (_LEANS if leans else 1.0)
            if name and name in sentence.tokens[start.at : end]:
                f1 *= _NAMED
            yield _Candidate(f1, at, start, end)


def _name(title: str) -> str:
    """What a paper calls its contribution, as its first token: "mova" of "MoVA: ..."; '' without a name."""
    head, colon, _ = title.partition(":")
    named = TOKEN.findall(head.lower()) if colon and len(head.split()) <= 2 else []
    return str(named[0]) if named else ""
