"""The measures of a grouping against figures worked out by hand, and what holds for all of them."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.evaluation.clustering import (
    adjusted_mutual_information,
    adjusted_rand_index,
    v_measure,
)

Measure = Callable[[Sequence[int], Sequence[int]], float]
ALL: list[Measure] = [adjusted_mutual_information, adjusted_rand_index, v_measure]
GROUPINGS = st.integers(1, 25).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 4), min_size=size, max_size=size)] * 2)
)


@pytest.mark.parametrize("measure", ALL)
def test_the_same_grouping_under_other_names_is_perfect(measure: Measure) -> None:
    """Names of groups do not matter."""
    assert measure([0, 0, 1, 1, 2], [5, 5, 3, 3, 9]) == pytest.approx(1)


def test_figures_worked_out_by_hand() -> None:
    """Six papers in two topics, one of them in the wrong group."""
    labels, groups = [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]
    # Pairs: 4 together in both, 6 by label, 7 by group, 15 in all; expected 6 * 7 / 15.
    assert adjusted_rand_index(labels, groups) == pytest.approx((4 - 2.8) / (6.5 - 2.8))
    # Scikit-learn 1.9 gives these for the same lists.
    assert adjusted_mutual_information(labels, groups) == pytest.approx(0.355245, abs=1e-5)
    assert v_measure(labels, groups) == pytest.approx(0.478704, abs=1e-5)


@pytest.mark.parametrize("measure", [adjusted_mutual_information, adjusted_rand_index])
def test_one_heap_and_all_alone_are_worth_nothing(measure: Measure) -> None:
    """What would agree by chance alone counts 0."""
    labels = [0, 0, 0, 1, 1, 1]
    assert measure(labels, [0] * 6) == pytest.approx(0, abs=1e-9)
    assert measure(labels, list(range(6))) == pytest.approx(0, abs=1e-9)


@given(GROUPINGS)
def test_measures_are_symmetric_and_at_most_one(pair: tuple[list[int], list[int]]) -> None:
    """Which is called the truth does not matter, and nothing is better than the same."""
    for measure in ALL:
        assert measure(*pair) == pytest.approx(measure(*reversed(pair)), abs=1e-9)
        assert measure(*pair) <= 1 + 1e-9
