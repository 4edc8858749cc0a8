"""How a sentence of an abstract is told to readers: by a third person, without openings, and short enough.

    "In this paper, we propose CorDA, a method that ..."       ->  "CorDA is a method that ..."
    "To this end, we introduce a novel approach that uses ..."  ->  "A novel approach uses ..."
    "We find that small models ..."                             ->  "Small models ..."
    "We study the effect of ..."                                ->  "The authors study the effect of ..."

What does not fit these shapes keeps its own; no word of content is added.
"""

import re

from newsletter.core.sentences import capitalised
from newsletter.core.wording import ADVERB, PAPER, PROPOSE, SHOW

__all__ = ["retell", "shorten"]

_VERB = r"(?:(?:\w+ly|only|also|not) )*(?:(?!this\b|its\b|thus\b)\w+s|can|may|could|will)\b"

_OPENING = re.compile(
    rf"^(?:in {PAPER}|in this (?:paper|work|study|report)s?|here|"
    r"in (?:summary|short|particular|addition|response|practice|other words)|"
    r"(?:more )?(?:specifically|concretely|precisely|importantly)|moreover|furthermore|additionally|finally|"
    r"lastly|overall|however|thus|therefore|hence|meanwhile|notably|surprisingly|remarkably|interestingly|"
    r"consequently|conversely|afterwards?|first(?:ly)?|second(?:ly)?|third(?:ly)?|as (?:a result|such)|then|"
    r"next|instead|and|but|yet|jointly|together|collectively|to (?:this|that|these) (?:end|extent)s?|"
    r"(?:to|towards?|in|inspired|motivated|based|building|guided|given|with|for|by|drawing|using|"
    r"utili[sz]ing|leveraging|following)\b[^,]*\b(?:this|these|such|that|those|above|aforementioned|it|so|gap|problem|"
    r"the issues?|the challenges?)\b[^,]*"
    r")(?:,\s*|\s+(?=we\b))",
    re.IGNORECASE,
)
_PROPOSAL = re.compile(
    rf"^(?:.*?[\s,])??(?:we (?P<before>[^;.]{{0,150}}?,? and (?:then )?)?|{PAPER} (?:also )?)"
    rf"{ADVERB}{PROPOSE} ",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    rf"^(?:(?:[^,]*, ){{0,5}}?we (?:[^;.]{{0,150}}?,? and )?{ADVERB}{SHOW}|(?:in [^,]*, )?"
    r"(?:(?:our|the|these|experimental|empirical|theoretical) )*"
    rf"(?:results?|experiments|findings?|analys[ie]s|study|evaluations?) {ADVERB}{SHOW}|"
    r"(?:our|the) (?:main |key |central )*(?:finding|result|insight|observation) is) that[,:]? "
    r"(?:\(?(?:i|1|a)\) )?(?P<rest>.+)",
    re.IGNORECASE,
)
_LATER_CLAIMS = re.compile(r"[;,.]?(?: and)? \(?(?:ii|2|b)\) .*$")

_NAME = (
    r"(?:the (?:concept|notion|idea) of )?(?P<name>(?!an? |two |three |new |novel )[^,;:()]{2,70}?"
    r"(?: \([^()]{2,40}\))?(?:, or [\w-]+)?)"
)
_KIND = r"(?P<kind>an? (?:(?!to |by |where |which |that |whose |and )[^\s,;:]+ ){0,12}?[^\s,;:]+)"
_NOT_OF_KIND = (
    r"(?!(?:to|by|where|which|that|whose|and|for|of|in|on|with|from|based|"
    r"called|named|termed|dubbed|coined)\b)"
)
_PLAIN_KIND = rf"(?P<kind>an? {_NOT_OF_KIND}[^\s,;:]+(?: {_NOT_OF_KIND}[^\s,;:]+){{0,8}}?)"
_CALLED = r"(?:,? (?:– )?(?:called|named|termed|dubbed|coined|denoted(?: as)?|referred to as|namely),?|,)?"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), told)
    for pattern, told in (
        (rf"{_NAME},? (?P<rest>(?:(?<=, )an?|(?<=, )the) .+)", "{name} is {rest}"),
        (rf"{_NAME}, which (?P<rest>{_VERB}.+)", "{name} {rest}"),
        (
            rf"{_PLAIN_KIND}{_CALLED} (?P<name>(?-i:\w*[A-Z]\S*[A-Z0-9][^\s,]*?)(?: \([^()]*\))?)"
            r"(?: –)?,?(?P<rest> (?:that|which|where|to|for) .+|\.?$)",
            "{name} is {kind}{rest}",
        ),
        (rf"{_KIND},? (?:that|which) (?P<rest>{_VERB}.+)", "{kind} {rest}"),
    )
)
_COORDINATED = re.compile(
    r",? (?:and|then) (?:(?:we|then|also|further) )+.*$|"
    r", and (?:find|show|demonstrate|propose|introduce|present|develop|evaluate|provide|apply) .*$"
)
_KNOWN_AS_NEW = re.compile(
    r"^an? (?:\w+ (?:yet|but|and) )?(?:new|novel|first|simple|unified)\b", re.IGNORECASE
)
_LEANING = re.compile(r"\b(?:it|its|them|they|their|these|those)\b")
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


def retell(sentence: str) -> str:
    """The sentence as a third person would say it, with a capital and a full stop."""
    told = re.sub(r"^\(?(?:\d|[ivx]+)\)\.? ", "", sentence.strip())
    for _ in range(4):
        told = _OPENING.sub("", told)
    told = _recast(told).rstrip(" ,;:–-")
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


def _recast(sentence: str) -> str:
    """A proposal or a finding as a statement about the thing itself, where its shape allows."""
    claim = _CLAIM.match(sentence)
    if claim:
        return _our(_COORDINATED.sub("", _LATER_CLAIMS.sub("", claim["rest"])), "the")
    return _third_person(_stated(sentence) or sentence)


def _stated(sentence: str) -> str:
    """A proposal as a statement about what is proposed, or '' where it has another shape."""
    proposal = _PROPOSAL.match(sentence)
    thing = sentence[proposal.end() :] if proposal else ""
    if not proposal or (proposal["before"] and _LEANING.search(thing)):
        return ""
    for shape, told in _SHAPES:
        found = shape.match(thing)
        if found:
            return _COORDINATED.sub("", told.format(**_named(_as_new(found.groupdict()))))
    return ""


def _as_new(parts: dict[str, str]) -> dict[str, str]:
    """A kind of thing told of for the first time is a new one: "a method" is "a new method"."""
    kind = parts.get("kind", "")
    if kind and "name" not in parts and not _KNOWN_AS_NEW.match(kind):
        parts["kind"] = "a new " + kind.split(" ", 1)[1]
    return parts


def _named(parts: dict[str, str]) -> dict[str, str]:
    """A name of one word goes without its article: "the MoVA" is "MoVA"."""
    if len(parts.get("name", "").split()) == 2:
        parts["name"] = parts["name"].removeprefix("the ")
    return parts


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
