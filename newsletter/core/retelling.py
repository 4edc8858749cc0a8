"""How a stretch of an abstract is told to readers: by a third person, as one whole sentence.

    "In this paper, we propose CorDA, a method that ..."        ->  "Proposes CorDA, a method that ..."
    "We find that small models ..."                              ->  "Finds that small models ..."
    "To save memory, we present a cache, and show that ..."      ->  "Presents a cache, and shows that ..."

Verbs change their ending, "we" and "our" become the authors'; no word of content is added.
"""

import re

from newsletter.core.clauses import TOKEN, Sentence, Start
from newsletter.core.sentences import capitalised
from newsletter.core.wording import ANNOUNCING, third_person

__all__ = ["joined", "retell", "shorten"]

_OPENING = re.compile(
    r"^(?:\(?(?:\d|[ivx]+)\)\.? |"
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
_DOING = "|".join(sorted({verb for verb in ANNOUNCING.values()}, key=lambda verb: (-len(verb), verb)))
_FURTHER = re.compile(
    rf"(?P<and>,? and (?:(?:then|also|further|thus|finally|\w+ly) )*)(?P<we>we (?:\w+ly |also |then )*)?"
    rf"(?P<verb>{_DOING})\b(?! (?:of|is|are|to)\b)"
)
_INFINITIVE = re.compile(r"\b(?:to|can|that|which|not|will|may|could|who|ly) (?:\w+ly )?\w+(?: [\w-]+){0,4}$")
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
_STOP = (".", "!", "?", '."', ".”", ".)")


def retell(sentence: Sentence, start: Start, end: int) -> str:
    """The stretch of the sentence as a third person would say it, with a capital and a full stop."""
    return _whole(_told(sentence, start, end))


def joined(first: tuple[Sentence, Start, int], second: tuple[Sentence, Start, int]) -> str:
    """Two stretches that say what the authors did, as one sentence."""
    return _whole(f"{_told(*first).rstrip(' .')} and {_told(*second)}")


def _told(sentence: Sentence, start: Start, end: int) -> str:
    """The stretch without an opening; one that begins with its verb leaves out who acts."""
    spans = [found.span() for found in TOKEN.finditer(sentence.text)]
    stop = spans[end - 1][1] if end < len(spans) else len(sentence.text)
    if start.verb < 0:
        told = sentence.text[spans[start.at][0] : stop] if start.at else sentence.text[:stop]
        for _ in range(3):
            told = _OPENING.sub("", told)
        return _third_person(told)
    verb = third_person(ANNOUNCING[sentence.tokens[start.verb].lower()])
    adverbs = sentence.text[spans[start.at][0] : spans[start.verb][0]]
    rest = _FURTHER.sub(_furthered, sentence.text[spans[start.verb][1] : stop])
    return adverbs + verb + _third_person(rest)


def _furthered(found: re.Match[str]) -> str:
    """A second thing that the authors did, with its verb like the first; what others did stays."""
    if not found["we"] and _INFINITIVE.search(found.string[: found.start()][-60:]):
        return found[0]
    return found["and"] + third_person(found["verb"])


def _whole(told: str) -> str:
    told = told.strip().rstrip(" ,;:–-")
    return capitalised(told if told.endswith(_STOP) else told + ".")


def shorten(sentence: str, limit: int) -> str:
    """At most `limit` characters: without asides, else to the end of a clause, else to a word and "…"."""
    if len(sentence) <= limit:
        return sentence
    bare = re.sub(r"\s*\([^()]*\)", "", sentence)
    if len(bare) <= limit:
        return bare
    for ends in _CLAUSE_ENDS:
        cuts = [cut.start() for cut in ends.finditer(bare, 0, limit) if _stands_alone(bare[: cut.start()])]
        if cuts:
            return _ANNOUNCEMENT.sub("", bare[: cuts[-1]]).rstrip(" ,;:–") + "."
    cut = bare[: limit - 1].rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:–") + "…"


def _stands_alone(head: str) -> bool:
    """Whether the start of a sentence is long enough to say something and leaves no bracket or quote open."""
    return len(head) >= 60 and head.count("(") == head.count(")") and head.count('"') % 2 == 0


_OUR_DOING = re.compile(r"(?:(?<=^)|(?<=, )|(?<=and )|(?<=paper )|(?<=which )|(?<=: ))[Ww]e\b")


def _third_person(sentence: str) -> str:
    """We, us and our as the authors would be spoken of; the "we" of everybody ("what we see") stays."""
    told = _OUR_DOING.sub("the authors", sentence)
    return _our(told, "their" if "the authors" in told else "the")


def _our(sentence: str, whose: str) -> str:
    told = re.sub(r"(?<!\w)[Oo]ur\b", whose, sentence)
    if told.startswith("their "):
        told = "the " + told.removeprefix("their ")
    return re.sub(r"\bours\b", "theirs", told)
