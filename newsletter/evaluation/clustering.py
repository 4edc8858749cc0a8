"""How well a grouping agrees with labels made by people: AMI, ARI and V-measure.

As in Vinh, Epps and Bailey (2010) and Hubert and Arabie (1985); the adjusted ones are 0 for a grouping by
chance and 1 for the same grouping. They are those of scikit-learn, which would be 200 MB more to install.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from math import comb, exp, lgamma, log

__all__ = ["adjusted_mutual_information", "adjusted_rand_index", "v_measure"]


def adjusted_mutual_information(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    """Shared information beyond chance, over the arithmetic mean of both entropies beyond chance."""
    if _same_trivially(labels, groups):
        return 1.0
    sizes, others = _sizes(labels), _sizes(groups)
    expected = _expected_information(sizes, others)
    beyond = _information(labels, groups) - expected
    possible = (_entropy(sizes) + _entropy(others)) / 2 - expected
    return beyond / possible if abs(possible) > 1e-15 else 0.0


def adjusted_rand_index(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    """Pairs that both put together or both apart, beyond chance."""
    if _same_trivially(labels, groups):
        return 1.0
    together = _pairs(Counter(zip(labels, groups, strict=True)).values())
    by_label, by_group = _pairs(_sizes(labels)), _pairs(_sizes(groups))
    expected = by_label * by_group / max(comb(len(labels), 2), 1)
    possible = (by_label + by_group) / 2 - expected
    return (together - expected) / possible if possible else 0.0


def v_measure(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    """The harmonic mean of homogeneity and completeness; not adjusted for chance."""
    shared = _information(labels, groups)
    entropies = _entropy(_sizes(labels)) + _entropy(_sizes(groups))
    return 2 * shared / entropies if entropies else 1.0


def _same_trivially(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> bool:
    kinds = len(set(labels)), len(set(groups))
    return kinds in {(0, 0), (1, 1), (len(labels), len(labels))}


def _sizes(labels: Sequence[Hashable]) -> list[int]:
    return sorted(Counter(labels).values())


def _pairs(sizes: Iterable[int]) -> int:
    return sum(comb(size, 2) for size in sizes)


def _entropy(sizes: Sequence[int]) -> float:
    total = sum(sizes)
    return -sum(size / total * log(size / total) for size in sizes)


def _information(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    total, by_label, by_group = len(labels), Counter(labels), Counter(groups)
    return sum(
        both / total * log(total * both / (by_label[label] * by_group[group]))
        for (label, group), both in Counter(zip(labels, groups, strict=True)).items()
    )


def _expected_information(sizes: Sequence[int], others: Sequence[int]) -> float:
    """Of two groupings with these sizes, drawn at random: the hypergeometric model, summed once a pair of
    sizes."""
    total = sum(sizes)
    return sum(
        times * often * _expected_of_pair(size, other, total)
        for size, times in sorted(Counter(sizes).items())
        for other, often in sorted(Counter(others).items())
    )


def _expected_of_pair(size: int, other: int, total: int) -> float:
    fixed = _log_factorials(size, other, total - size, total - other) - _log_factorials(total)
    return sum(
        both
        / total
        * log(total * both / (size * other))
        * exp(fixed - _log_factorials(both, size - both, other - both, total - size - other + both))
        for both in range(max(1, size + other - total), min(size, other) + 1)
    )


def _log_factorials(*numbers: int) -> float:
    return sum(lgamma(number + 1) for number in numbers)
