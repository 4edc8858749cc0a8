"""How a stretch of an abstract is told to readers: as one whole sentence, in the authors' own words.

"In this paper, we also propose CorDA, a method that ..."  ->  "We propose CorDA, a method that ..."
"""

import re

from newsletter.core.clauses import TOKEN, Sentence, Start
from newsletter.core.sentences import capitalised
from newsletter.core.wording import CLAIMING, DANGLING, PASSING

__all__ = ["ENDS", "retell", "shorten"]

_CLAUSE_ENDS = tuple(
    re.compile(pattern)
    for pattern in (
        r";|: |\s–\s|,? (?:while|whereas|although|which|where|whose|thereby|thus|including|such as|even when|"
        r"even if|so that|without|because|since|as well as|by \w+ing|using|via|when|"
        r"compared (?:to|with)|e\.g\.)\b|, (?=\w+ing\b)|, and (?:then )?(?=\w+s\b)",
        r",? (?:through|if|with|based on|for|from|across|under|over|in|during|(?<!similar )to)\b",
    )
)
_ANNOUNCEMENT = re.compile(
    r",? (?:by|in|through|with|on|into) (?:\w+ )?(?:two|three|four|five|the following) [\w -]+$"
)
ENDS = (".", "!", "?", '."', ".”", ".)")


def retell(sentence: Sentence, start: Start, end: int) -> str:
    """The stretch with a capital and a full stop, without "also" and the like before its verb."""
    text = sentence.text
    spans = [found.span() for found in TOKEN.finditer(text)]
    begin = spans[start.at][0] if start.at else 0
    told = text[begin : spans[end - 1][1] if end < len(spans) else len(text)]
    if start.verb >= 0:
        after = start.subject + 1
        while sentence.tokens[after] in PASSING:
            after += 1
        told = f"{text[begin : spans[start.subject][1]]} {told[spans[after][0] - begin :]}"
    told = told.strip().rstrip(" ,;:–-")
    return capitalised(told if told.endswith(ENDS) else told + ".")


def shorten(sentence: str, limit: int) -> str:
    """At most `limit` characters: without asides, else to the end of a clause, else to a word and "…"."""
    if len(sentence) <= limit:
        return sentence
    bare = re.sub(r"\s*\([^()]*\)", "", sentence)
    if len(bare) <= limit:
        return bare
    stop = min(limit, bare.find(": ", 60) + 1 or limit)
    for ends in _CLAUSE_ENDS:
        cuts = [cut.start() for cut in ends.finditer(bare, 0, stop) if _stands_alone(bare[: cut.start()])]
        if cuts:
            return _ANNOUNCEMENT.sub("", bare[: cuts[-1]]).rstrip(" ,;:–") + "."
    cut = bare[: limit - 1].rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:–") + "…"


def _stands_alone(head: str) -> bool:
    """Whether the start of a sentence is long enough to say something and leaves no bracket or quote open."""
    last = head.rsplit(None, 1)[-1].lower() if len(head) >= 60 else ""
    whole = last and last not in DANGLING and last not in CLAIMING
    return bool(whole) and head.count("(") == head.count(")") and head.count('"') % 2 == 0
