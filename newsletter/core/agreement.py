"""How likely any two entries of a page belong into one section.

The pages of a conference on vision are cut by other topics than a day of everything. So each scheme has a say
in how far two entries agree, by how much the page as a whole looks like what was filed under it; the house's
own topics always have one, and so have the words that two entries share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from operator import mul

from newsletter.core.schemes import Filed, Filer, Scheme, softmax
from newsletter.core.terms import similarity

__all__ = ["View", "agreement", "views_of"]

_HOUSE = 0.25
"""The least say of the house's topics; others share the rest, and what they leave is the house's as well."""
_WORDS = 1.0
"""The say of shared words, on top."""
_CONFIDENCE = 0.3
"""How far entries of one page count as independent evidence of what kind of page it is."""
_HEARD = 0.02
"""Schemes with less of a say are not asked."""
_LONG, _BROAD = 40, 0.5
"""On a page of more entries than this, schemes of a few broad fields have a say too, but only so much."""
_USUAL, _TOO_MUCH = 0.25, 0.4
"""How far a topic's part of a page may exceed its part of all that was filed under a scheme, as a term of
their divergence (Kullback and Leibler): up to the first by chance; from the second on the page is of another
kind, a list of papers on one question perhaps."""
_RARE = 0.02
"""The least part of all that a topic is taken to have."""


@dataclass(frozen=True, slots=True)
class View:
    """A page as one scheme sees it."""

    say: float
    topics: Sequence[str]
    likely: Sequence[Sequence[float]]
    """For each entry, how likely each topic is."""


def views_of(filed: Sequence[Filed], filer: Filer) -> list[View]:
    """The house's view, then those of the other schemes that have a say on this page; together they are 1."""
    says, heard = _says(filed), []
    for say, scheme in zip(says, filer.others, strict=True):
        if scheme.broad:
            say *= _BROAD if len(filed) > _LONG else 0.0
        if say > _HEARD:
            likely = [scheme.likelihoods(one.vector) for one in filed]
            say *= (1 - _HOUSE) * _fits(scheme, likely)
            heard.append(View(say, scheme.topics, likely))
    house = View(1 - sum(view.say for view in heard), filer.topics, [one.house for one in filed])
    return [house, *heard]


def agreement(filed: Sequence[Filed], views: Sequence[View]) -> list[list[float]]:
    """A symmetric matrix with a row an entry, about 0 to 2; its diagonal means nothing."""
    matrix = [[0.0] * len(filed) for _ in filed]
    for one, other in combinations(range(len(filed)), 2):
        together = sum(view.say * sum(map(mul, view.likely[one], view.likely[other])) for view in views)
        together += _WORDS * similarity(filed[one].terms, filed[other].terms)
        matrix[one][other] = matrix[other][one] = together
    return matrix


def _fits(scheme: Scheme, likely: Sequence[Sequence[float]]) -> float:
    """From 0 to 1: whether the page has no far greater part of any topic than what was filed there had."""
    shares = [sum(column) / len(likely) for column in zip(*likely, strict=True)]
    excess: float = max(s * log(s / max(b, _RARE)) for s, b in zip(shares, scheme.biases, strict=True))
    return min(1.0, max(0.0, (_TOO_MUCH - excess) / (_TOO_MUCH - _USUAL)))


def _says(filed: Sequence[Filed]) -> tuple[float, ...]:
    """How likely the page was filed under each of the other schemes; together they are 1."""
    kinds = zip(*(one.kinds for one in filed), strict=True)
    return softmax([_CONFIDENCE * sum(log(max(likely, 1e-12)) for likely in found) for found in kinds])
