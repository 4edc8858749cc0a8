"""Words and phrases of a text, and how much two texts share: what ranking, topics and summaries count with.

Plain counting with the weights of the day's own texts (TF-IDF); no model, no list of known words but those
that say nothing (`FUNCTION`, `GENERIC`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt

__all__ = [
    "FUNCTION",
    "GENERIC",
    "Holders",
    "cosines",
    "holders_of",
    "phrases",
    "similarity",
    "vectors",
    "words",
]

_FUNCTION = """
a about above across after again against al all along also although among an and any are as at be because
been before being below between both but by can cannot could did do does doing down during e.g each either
et etc even every few first for from further get give given had has have having he hence her here how
however i i.e if in include including indeed instead into is it its itself just least less let like made
make many may might more moreover most much must near need neither no nor not now of off often on once one
only onto or other our out over own per perhaps rather same second several she should since so some still
such than that the their them themselves then there thereby therefore these they third this those three
through thus to too toward towards two under unlike until up upon us use used useful using various very via
vs was we well were what when where whether which while who whose why will with within without would yet you
your zero
"""
_ACADEMIC = """
ability ablation able accuracy achieve adaptation address advance advancement aim algorithm aligning allow
analysis analyze application apply approach art available average aware balancing based baseline behavior
benchmark best better beyond call capability capable case challenge challenging code com common comparable
compare compared complex component comprehensive compute concept conduct consider consistent consistently
contain context contribution crucial current data dataset deep deeper demonstrate design develop different
difficult direct diverse domain due easily easy effect effective effectively effectiveness efficiency
efficient efficiently emerge enable encourage end enhance ensure especially establish evaluate evaluation
evidence example existing experiment experimental explore exploring extensive extensively face fact feature
final find finding fine flexible focus form found framework full function fundamental future gain general
generate generation github goal good great greatly group help high higher highly http https identify impact
implement important improve improved improvement improving increase information input insight instance
integrate introduce investigate io issue key knowledge known lack language large larger lead learn learned
learning level leverage leveraging limit limitation limited line little llm llms long low lower main major
manner match mechanism method methodology model modeling multiple natural nature network neural new note
novel number object observe obtain open order original outperform output overall paper paradigm part
particular particularly perform performance perspective pipeline popular possible potential power powerful
practical practice present previous prior problem process produce promising propose proposed provide
publicly quality question range real recent recently reduce related release rely remain remains remarkable
report represent representation require research researcher respect result results rethinking reveal
revisiting robust role sample scale scenario set setting setup several show significant significantly
similar simple simply single size small smaller solution solve source space specific specifically stage
standard state state-of-the-art step strategy strong structure study substantial success successfully
suggest superior support system systematic target task technique term test time towards train trained
training type typically underlying understand understanding unified unique unlock unlocking unseen valuable
variety version way wide widely work world www year years yield
"""
FUNCTION = frozenset(_FUNCTION.split())
"""Words that hold a sentence together."""
GENERIC = FUNCTION | frozenset(_ACADEMIC.split())
"""Words that do not tell one paper of the field from another."""

_JOINED = re.compile(
    r"\b(pre|multi|self|semi|cross|co|non|inter|intra|sub|auto|fine(?=[- ]tun))[- ](?=[a-z])"
)
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
_PLURAL_KEPT = ("ss", "us", "is", "ics")


def words(text: str) -> list[str]:
    """Words in lower case and singular; "fine-tuning", "fine tuning" and "finetuning" are one word."""
    plain = _JOINED.sub(r"\1", text.casefold())
    return [_singular(word) for word in _WORD.findall(plain)]


def phrases(text: str, longest: int = 4) -> Counter[str]:
    """Every run of one to `longest` words with how often it occurs."""
    found = words(text)
    return Counter(
        " ".join(found[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(found) - length + 1)
    )


def _rarity(texts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """How much each term tells among these texts: about 1 for the rare, near 0 for what is everywhere."""
    holders = Counter(term for text in texts for term in text)
    return {term: log(1 + len(texts) / count) for term, count in holders.items()}


def vectors(texts: Sequence[Counter[str]]) -> list[dict[str, float]]:
    """TF-IDF vectors of length 1, without the words that say nothing."""
    weight = _rarity(texts)
    return [
        _unit({t: (1 + log(c)) * weight[t] for t, c in text.items() if t not in GENERIC and len(t) > 1})
        for text in texts
    ]


def similarity(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The cosine of two vectors of length 1: 0 nothing shared, 1 the same."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[term] for term, weight in one.items() if term in other)


Holders = Mapping[str, Sequence[tuple[int, float]]]
"""For each term, by number, the vectors that have it, and how much it weighs in them."""


def holders_of(numbered: Iterable[tuple[int, Mapping[str, float]]]) -> Holders:
    """An index of vectors, for `cosines`."""
    holders: dict[str, list[tuple[int, float]]] = {}
    for number, vector in numbered:
        for term, weight in vector.items():
            holders.setdefault(term, []).append((number, weight))
    return holders


def cosines(vector: Iterable[tuple[str, float]], holders: Holders) -> dict[int, float]:
    """The cosine of a vector of length 1 with each of an index that shares a term with it."""
    shared: dict[int, float] = {}
    for term, weight in vector:
        for number, theirs in holders.get(term, ()):
            shared[number] = shared.get(number, 0.0) + weight * theirs
    return shared


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = sqrt(sum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()} if length else {}


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(_PLURAL_KEPT):
        return word[:-1]
    return word
