"""Words that a PDF broke at the end of a line: "suf- fer", "high- resolution".

A break is one of three things, and the evidence is asked in this order:

1. a suspended hyphen, before a conjunction ("coarse- and fine-grained"): it stays;
2. what the page itself writes elsewhere, "framework" or "high-resolution": the more frequent of the two;
3. nothing elsewhere: a half that usually makes compounds ("high-", "-based"), a digit or a single letter,
   or two halves that are words of the page tell a compound, which keeps its hyphen; any other is a broken
   word and is joined. Before a capital letter it may as well be a dash: that stays.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import pairwise

__all__ = ["mend_hyphenation", "words"]

_BREAK = re.compile(r"https?://\S+|(?<!\w)([^\W_]+)- ([^\W\d_]{2,})(?!\w|://)")
"""A break, or an address, in which a hyphen at the end is no break."""
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONJUNCTIONS = _listed("""
    and or to vs versus nor but not as rather instead through than then if und oder bis bzw sowie et ou
    og och eller
""")
_FIRST_HALVES = _listed("""
    all coarse cross end few fine first full half high large long low many multi non one open real
    second self short single small state text three two vision well zero
""")
_SECOND_HALVES = _listed("""
    agnostic augmented aware based centric dimensional driven efficient free friendly grained guided
    level of oriented quality related resolution scale shot specific supervised the time trained tuned
    tuning turn wide wise
""")


def words(text: str) -> Counter[str]:
    """How often a text has each word, each part of a compound and each pair of neighbouring parts.

    Broken words and addresses are no evidence for anything and are not counted.
    """
    counts: Counter[str] = Counter()
    for word in _WORD.findall(_BREAK.sub(" ", text.casefold())):
        parts = word.split("-")
        counts.update(parts)
        counts.update(f"{left}-{right}" for left, right in pairwise(parts))
    return counts


def mend_hyphenation(text: str, vocabulary: Mapping[str, int] | None = None) -> str:
    """The text without broken words; `vocabulary`: the `words` of the page, its own always count."""
    while "- " in text:
        known = words(text) + Counter(vocabulary or {})
        mended = _BREAK.sub(partial(_mend, known), text)
        if mended == text:
            break
        text = mended
    return text


def _mend(known: Mapping[str, int], match: re.Match[str]) -> str:
    left, right = match.groups()
    if left is None:
        return match[0]
    first, second = left.casefold(), right.casefold()
    if second in _CONJUNCTIONS:
        return match[0]
    joined, compound = known.get(first + second, 0), known.get(f"{first}-{second}", 0)
    if joined or compound:
        return left + right if joined > compound else f"{left}-{right}"
    if right[0].isupper() and not left.isupper():
        return match[0]
    return f"{left}-{right}" if _makes_compounds(first, second, known) else left + right


def _makes_compounds(first: str, second: str, known: Mapping[str, int]) -> bool:
    if len(first) == 1 or not first.isalpha():
        return True
    if first in _FIRST_HALVES or second in _SECOND_HALVES:
        return True
    return bool(known.get(first) and known.get(second))
