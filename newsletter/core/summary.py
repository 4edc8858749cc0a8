"""The one-line summary of an entry: the sentence of its abstract that says what is new.

    abstract ──sentences──▶ sentences ──_rated──▶ with their worth
             ──retell──▶ lines, told by a third person ──shorten──▶ the best, within the limit

The choice is made here, by the signs in the tables. How a sentence is told is in `core.retelling`.
Nothing is invented: every word of content is the abstract's.
"""

import re

from newsletter.core.retelling import retell, shorten
from newsletter.core.sentences import capitalised, clean, sentences, spelled_out
from newsletter.core.terms import GENERIC, words
from newsletter.core.wording import ADVERB, PAPER, PROPOSE, SHOW

__all__ = ["one_line"]

_STUDY = (
    r"study|investigate|explore|examine|analy[sz]e|evaluate|revisit|ask|compare|consider|test|search|"
    r"answer|focus|(?:conduct|perform|provide|carry)|adopt(?:ed)?|address|tackle|refine|break|argue|circumvent"
)
_ANNOUNCED = re.compile(
    rf"\bin {PAPER}\b|\bwe (?:[^;.]{{0,150}},? and (?:then )?)?{ADVERB}{PROPOSE}\b|^{PAPER} \w+s\b",
    re.IGNORECASE,
)
"""What most abstracts say once, where they come to their point."""

_NEWS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), worth)
    for pattern, worth in (
        (rf"\bwe (?:[^;.]{{0,150}},? and (?:then )?)?{ADVERB}{PROPOSE}\b", 3.0),
        (rf"\bwe (?:[^;.]{{0,150}},? and (?:then )?)?{ADVERB}{SHOW}\b", 2.5),
        (rf"\bwe {ADVERB}(?:{_STUDY})\b", 1.7),
        (rf"\bwe {ADVERB}(?:learn|train|use|employ|apply|utili[sz]e|assign|leverage|combine)\b", 1.0),
        (rf"\b{PAPER} (?:also )?(?:(?:{PROPOSE}|{SHOW}|{_STUDY}|give)|studies|analy[sz]es)s?\b", 2.7),
        (
            r"\b(?:our|the|these|experimental) (?:result|experiment|finding|analys[ie])s? "
            rf"{ADVERB}{SHOW}\b",
            2.0,
        ),
        (r"\b(?:main|key) (?:finding|result|insight) is\b", 2.5),
        (r"\b(?:main|key) (?:idea|contribution|innovation)\b", 1.0),
        (r"\bis (?:proposed|introduced|presented)\b", 2.0),
    )
)
"""Signs that a sentence says what is new; the strongest of them counts."""

_COSTS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cost)
    for pattern, cost in (
        # what everybody writes
        (r"\b(?:extensive|comprehensive|broad|thorough) (?:\w+ )?(?:experiment|evaluation|ablation)", 2.0),
        (r"\b(?:outperform|surpass|state-of-the-art|sota|competitive|superior)", 0.8),
        (
            r"\b(?:code|codes|data|dataset|datasets|models?|checkpoints?|website|page)\b.{0,40}\bavailable\b",
            5.0,
        ),
        (r"\bopen-?sourced? (?:at|our|the)\b|\bproject (?:web)?(?:site|page)\b|\bwe release\b", 3.0),
        (r"\bwe (?:hope|believe|conclude|hypothesi[sz]e|discuss|thank)\b|\bfuture (?:work|research)\b", 3.0),
        (r"\b(?:paves? the way|shed(?:s|ding)? light|insights? (?:for|into)|implications)\b", 1.5),
        # background rather than news
        (r"^(?:however|although|while|despite|recent|existing|previous|prior|traditional|current)\b", 1.2),
        (r"\b(?:has|have) (?:shown|demonstrated|achieved|become|emerged|been)\b", 0.8),
        (r"\b(?:remains?|challenging|struggle|suffer|fail to|limited by)\b", 0.4),
        # one step of several, or leaning on the sentence before
        (
            r"^(?:first|second|third|finally|lastly|next|then|afterward|furthermore|moreover|additionally|"
            r"in addition)",
            1.3,
        ),
        (
            r"^(?:more )?(?:specifically|concretely|in particular)|\bwe (?:then|additionally|also|further)\b",
            0.7,
        ),
        (r"^(?:for example|for instance|as a result|meanwhile|in practice|based on)\b", 1.3),
        (r"\b(?:the|our) proposed\b|\b(?:the|a) second\b|\balso\b", 0.7),
        (r"\(1\)|\(i+\)|\bi\)|\b1\)", 0.3),
        (r"^\(?(?:\d|[ivx]+)\)", 1.5),
        (r"\?$", 3.0),
        (r"\\[a-z]+|[{}^_$]", 0.4),
    )
)
"""Signs of background, of a lesser step, of praise; all of them count."""


_LEANING: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), cost)
    for pattern, cost in (
        (
            r"\bthese (?:\w+ )?"
            r"(?:challenge|constraint|desirable|drawback|issue|limitation|problem|propert|shortcoming)",
            4.0,
        ),
        (r"\bthese (?:two|three|four|\w+s\b)", 1.0),
        (r"\bth(?:is|at) (?:question|issue|problem|limitation|gap|bottleneck)\b(?!, )", 0.8),
        (
            r"^(?:this|these|it|they|such|that|those|both|to do so|in doing so)\b(?! (?:paper|work|study))",
            1.6,
        ),
        (r"\b(?:th(?:is|ese) (?:\w+[- ])?\w+s?|these|the former|the latter|the above)\b", 0.5),
    )
)
"""Words that point to the sentence before, which a line on its own does not have."""

_READ = 6_000
"""How many characters of an abstract are read; the longest real ones have about 3,000."""


def one_line(title: str, abstract: str, limit: int = 240) -> str:
    """One whole sentence, at most `limit` characters, that says what is new; '' for an empty abstract.

    Where every sentence is longer than the limit, the best is shortened where a clause ends.
    """
    text = clean(abstract[:_READ])
    lines = [(worth, retell(sentence)) for worth, sentence in _rated(title, text)]
    if not lines:
        return shorten(capitalised(text), limit)
    _, line = max(lines, key=lambda rated: _suited(rated[0], rated[1], limit))
    line = shorten(line, limit)
    fuller = spelled_out(line, text)
    return fuller if len(fuller) <= limit else line


def _rated(title: str, text: str) -> list[tuple[float, str]]:
    """Each sentence with its worth as a summary, in the order of the text."""
    subject, name = set(words(title)) - GENERIC, _name(title)
    rated, announced = [], False
    for index, sentence in enumerate(sentences(text)):
        worth = _worth(sentence, subject, name) - 0.06 * index
        if not announced and _ANNOUNCED.search(sentence):
            announced, worth = True, worth + 1.5
        rated.append((worth, sentence))
    return rated


def _worth(sentence: str, subject: set[str], name: str) -> float:
    worth = max((value for sign, value in _NEWS if sign.search(sentence)), default=-0.5)
    worth -= sum(cost for sign, cost in _COSTS if sign.search(sentence))
    if subject:
        worth += 1.6 * len(subject & set(words(sentence))) / len(subject)
    if name and name.casefold() in sentence.casefold():
        worth += 1.8 if sentence.casefold().startswith(name.casefold()) else 0.6
    return worth


def _suited(worth: float, line: str, limit: int) -> float:
    """Worth, less what it costs to lean on other sentences, to be too long or too short to say much."""
    worth -= sum(cost for sign, cost in _LEANING if sign.search(line))
    if len(line) < 80:
        return worth - (1.5 if len(line) < 50 else 0.5)
    length = len(re.sub(r"\s*\([^()]*\)", "", line))
    return worth - (0.8 + min(1.5 * (length - limit) / limit, 1.5) if length > limit else 0.0)


def _name(title: str) -> str:
    """What the paper calls its contribution: `MoVA` of "MoVA: Adapting ..."; '' where it has no name."""
    head, separator, _ = title.replace(" -- ", ": ").replace(" – ", ": ").partition(":")
    return head.strip() if separator and len(head.split()) <= 3 else ""
