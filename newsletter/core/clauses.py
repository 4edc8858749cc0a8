"""The words of a sentence, where its point begins, and where it may end.

    "To this end, we propose a method for long texts, which is fast."
                     ^ begins            ^ may end  ^ may end      ^ ends

Told from the words alone, without a grammar: lists of verbs that announce, of words that begin a clause or
a phrase, and of words that nothing may end with. What is doubtful is no end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from newsletter.core.wording import (
    ANNOUNCING,
    CLAIMING,
    CLAUSES,
    DANGLING,
    FINITE,
    LEANING,
    NUMBERS,
    PAPERS,
    PASSING,
    PHRASES,
)

__all__ = ["MARKS", "TOKEN", "Sentence", "Start", "ends", "parse", "starts"]

TOKEN = re.compile(r"[^\W_]+(?:-(?=[^\W_]))?|[,;:–]")
"""A word, as ROUGE counts them, with the hyphen that ties it to the next, or a mark that may end a clause."""
MARKS = frozenset(",;:–")

_OPENING = re.compile(
    r"(?:\(?(?:\d|[ivx]+)\)\.? |"
    r"(?:in (?:summary|short|particular|addition|response|practice|other words)|"
    r"in (?:this|the present|our) (?:paper|work|study|article|report)|"
    r"(?:more )?(?:specifically|concretely|precisely|importantly)|moreover|furthermore|additionally|finally|"
    r"lastly|overall|however|thus|therefore|hence|meanwhile|notably|"
    r"consequently|conversely|afterwards?|first(?:ly)?|second(?:ly)?|third(?:ly)?|as (?:a result|such)|then|"
    r"next|instead|here|to (?:this|that|these) (?:end|extent)s?|to do so|"
    r"to (?:address|tackle|solve|overcome|remedy|mitigate|resolve|alleviate) (?:this|these|those|such)\b[^,]*"
    r"),\s*|(?:but|yet|and|in (?:this|our) (?:paper|work)) (?=we\b))",
    re.IGNORECASE,
)
"""What leans on the sentence before, or says only where one is: "To this end, in this paper, "."""

_SUBJECTS = frozenset(("we", *PAPERS))
_BEGINNING = MARKS | CLAUSES | PHRASES | {"and"}
"""Before which tokens a line can end at all."""
_TOLD = frozenset(("fact", "idea", "insight", "observation", "hypothesis", "assumption", "claim", "evidence"))
"""Words that say nothing without the clause after them: "the fact | that ..."."""
_SHORTEST = 8
"""How many words a line has at least."""


class Start(NamedTuple):
    """Where a line may begin, as numbers of tokens."""

    at: int
    subject: int
    """The last word of the subject that announces, "we" or "paper"; -1 where the line begins otherwise."""
    verb: int
    """Its verb; -1 likewise."""
    kind: str
    """"we propose", "paper show", "claim" for what is said to be shown, "" for the whole sentence."""


@dataclass(slots=True, eq=False)
class Sentence:
    """A sentence with its tokens, in lower case, and their keys."""

    text: str
    tokens: list[str]
    keys: list[str]
    """The first letters of the tokens, under which weights are kept."""
    starts: list[Start]
    opening: str
    """How it comes to its point: "we propose"; '' where it does not."""


def parse(text: str) -> Sentence:
    """The sentence in tokens, with all places where a line may begin."""
    lower = text.lower()
    tokens = TOKEN.findall(lower if len(lower) == len(text) else text)
    begins = starts(tokens, _opened(text))
    opening = next((start.kind for start in begins if start.kind), "")
    return Sentence(text, tokens, [token[:7] for token in tokens], begins, opening)


def _opened(text: str) -> int:
    """How many tokens of a sentence are its openings."""
    end = 0
    while opening := _OPENING.match(text, end):
        end = opening.end()
    return len(TOKEN.findall(text[:end])) if end else 0


def starts(words: Sequence[str], opened: int = 0) -> list[Start]:
    """The sentence after its openings, then each "we propose" or "this paper shows", and what is shown.

    A sentence that comes to its point at once begins there only, and so does one that first leans on others.
    """
    found = []
    for subject in _SUBJECTS.intersection(words):
        at = -1
        for _ in range(words.count(subject)):
            at = words.index(subject, at + 1)
            start = _start(words, at)
            if start:
                found.append(start)
                if words[start.verb] in CLAIMING and words[start.verb + 1 : start.verb + 2] == ["that"]:
                    after = start.verb + 2 + (words[start.verb + 2 : start.verb + 3] == [":"])
                    found.append(Start(after, -1, -1, "claim"))
    found.sort()
    lead = words[opened : found[0].at] if found else ()
    whole = not found or (len(lead) > 2 and LEANING.isdisjoint(lead))
    return [Start(opened, -1, -1, ""), *found] if whole else found


def _start(words: Sequence[str], subject: int) -> Start | None:
    """The point that a subject comes to, where it begins a clause and a verb that announces follows it."""
    own = words[subject] == "we"
    first = subject if own else subject - 1
    if first < 0 or not (own or words[first] in {"this", "our", "the"}):
        return None
    if first and words[first - 1] not in MARKS and words[first - 1] not in {"and", "work", "paper", "here"}:
        return None
    verb = subject + 1
    while verb < len(words) and (words[verb] in PASSING or words[verb].endswith("ly")):
        verb += 1
    if verb >= len(words) or words[verb] not in ANNOUNCING:
        return None
    return Start(first, subject, verb, f"{'we' if own else 'paper'} {ANNOUNCING[words[verb]]}")


def ends(sentence: Sentence, start: Start) -> list[int]:
    """The numbers of the tokens before which a line from `start` may end, the end of the sentence last."""
    words = sentence.tokens
    verb, claims = _governing(sentence, start, words)
    begin = max(start.at, verb) + 1
    listed = words.index(":", begin) if ":" in words[begin:] else len(words) - 1
    if claims:
        begin = next((at for at in range(start.at + 1, listed) if words[at] in FINITE), listed)
    places = range(max(begin + 1, start.at + _SHORTEST, verb + 5), listed + 1)
    return [*(at for at in places if words[at] in _BEGINNING and _may_end(words, at, claims)), len(words)]


def _governing(sentence: Sentence, start: Start, words: Sequence[str]) -> tuple[int, bool]:
    """The verb that a line must go beyond, and whether the line says something that holds."""
    verb = start.verb
    if start.kind == "":
        verb = next((other.verb for other in sentence.starts if other.verb >= 0), -1)
    return verb, verb < 0 or words[verb + 1 : verb + 2] in (["that"], ["how"])


def _may_end(words: Sequence[str], at: int, claims: bool) -> bool:
    """Whether what stands before this token is whole, as far as words can tell."""
    word, before = words[at], words[at - 1]
    after, then = (*words[at + 1 : at + 3], "", "")[:2]
    if before in MARKS or before in DANGLING or before in CLAIMING or before[-1] == "-":
        return False
    if word == ":":
        return NUMBERS.isdisjoint(words[at - 5 : at])
    if word in MARKS:
        return word != "," or _ends_clause(after, then)
    if word == "and":
        return after in {"we", "thus", "thereby"} or (after in ANNOUNCING and not claims)
    if word in CLAUSES:
        return word != "such" or after == "as"
    return not claims and word in PHRASES and not _is_tied(words, at)


def _ends_clause(after: str, then: str) -> bool:
    """Whether a comma before these words ends a clause rather than a member of a list."""
    if after == "and":
        return ANNOUNCING.get(then) == then or then in {"we", "thus"}
    return after in CLAUSES or after in {"without", "so", "even", "we", "but", "with"} or after[-3:] == "ing"


def _is_tied(words: Sequence[str], at: int) -> bool:
    """Whether a phrase belongs to a list, a clause of its own or what is just before it: "trained | with"."""
    word, before, told = words[at], words[at - 1], words[:at]
    if (
        any(one == "," and other == "and" for one, other in pairwise(told))
        or "where" in told
        or "while" in told
    ):
        return True
    if before.endswith(("ed", "ing", "ly")) or (word == "that" and (word in told or before in _TOLD)):
        return True
    if word == "by":
        return not "".join(words[at + 1 : at + 2]).endswith("ing")
    return word == "to" and ("from" in told[-4:] or before.endswith("s") or before.isdigit())
