"""How well scores agree with votes: Spearman's correlation of ranks, and nDCG of the best."""

from collections.abc import Sequence
from math import log2, sqrt
from statistics import fmean

__all__ = ["ndcg", "ranks", "spearman"]


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """The correlation of the ranks; what is equal shares its ranks. 0 where one of them is constant."""
    first, second = ranks(one), ranks(other)
    mean = (len(first) + 1) / 2
    first, second = [rank - mean for rank in first], [rank - mean for rank in second]
    spread = sqrt(sum(rank * rank for rank in first) * sum(rank * rank for rank in second))
    return sum(a * b for a, b in zip(first, second, strict=True)) / spread if spread else 0.0


def ranks(values: Sequence[float]) -> list[float]:
    """From 1 for the least; equal values get the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            found[at] = (start + 1 + end) / 2
        start = end
    return found


def ndcg(scores: Sequence[float], gains: Sequence[float], places: int = 10) -> float:
    """The gains of the best by score, each over the binary logarithm of its place + 1, as a share of what
    the best by gain would bring (Järvelin and Kekäläinen, 2002). What has equal scores shares its gains, so
    that the order of the input does not matter."""
    ideal = _discounted(sorted(gains, reverse=True)[:places])
    by_score: dict[float, list[float]] = {}
    for score, gain in zip(scores, gains, strict=True):
        by_score.setdefault(score, []).append(gain)
    shared = [fmean(by_score[score]) for score in sorted(scores, reverse=True)]
    return _discounted(shared[:places]) / ideal if ideal else 1.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))
