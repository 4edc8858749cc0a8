"""Measuring the ranking: the measures, and what of the data is measured."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.ranking import Weights
from newsletter.evaluation.correlation import ndcg, ranks, spearman
from newsletter.evaluation.ranking import evaluate_ranking, later_votes

EDITOR = shipped_editor()
VOTES_ONLY = Weights(interest=0.0, comments=0.0, stars=0.0, freshness=0.0)
NUMBERS = st.lists(st.integers(0, 9), min_size=1, max_size=20)


def row(day: int, number: int, **known: object) -> dict[str, object]:
    return {
        "date": f"2026-03-{day:02d}",
        "snapshot_at": f"2026-03-{day:02d}T08:00:00Z",
        "id": f"2603.{day:02d}{number:03d}",
        "title": f"Walnuts {number}",
        "abstract": "We crack walnuts.",
        "upvotes": number,
    } | known


def test_equal_values_share_their_ranks() -> None:
    """As statisticians do: the mean of the ranks they would take."""
    assert ranks([30, 10, 20, 20]) == [4, 1, 2.5, 2.5]


def test_spearman_is_that_of_the_textbook() -> None:
    """1 for the same order, -1 for the reverse, 0 where nothing varies; ties as in scipy."""
    assert spearman([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 1, 1], [3, 2, 1]) == 0
    assert spearman([1, 2, 2, 4], [1, 3, 2, 2]) == pytest.approx(0.5)


def test_ndcg_is_the_share_of_what_the_best_order_brings() -> None:
    """1 for the best order; a good paper further down brings less; only the first ten places count."""
    assert ndcg([3, 2, 1], [9, 5, 0]) == 1
    assert ndcg([1, 2, 3], [9, 0, 0]) == pytest.approx(0.5)
    assert ndcg(range(11), [1, *([0] * 10)]) == 0
    assert ndcg([1, 2], [0, 0]) == 1


@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=15),
    seed=st.integers(0, 9),
)
def test_measures_do_not_depend_on_the_order_of_the_input(pairs: list[tuple[int, int]], seed: int) -> None:
    """Ties are shared, not broken by who comes first."""
    mixed = random.Random(seed).sample(pairs, len(pairs))
    for measure in (spearman, ndcg):
        one, other = (measure(*map(list, zip(*found, strict=True))) for found in (pairs, mixed))
        assert one == pytest.approx(other)


def test_only_votes_read_in_time_are_later_votes() -> None:
    """The last reading between 8 and 60 hours after the snapshot."""
    assert later_votes(row(1, 1, later=[[2.0, 5, "x"], [15.0, 7, "x"], [39.0, 9, "y"], [80.0, 11, "x"]])) == 9
    assert later_votes(row(1, 1, later=[[2.0, 5, "x"]])) is None
    assert later_votes(row(1, 1)) is None


def test_days_that_say_nothing_of_an_order_are_left_out() -> None:
    """Fewer than three papers, or equal votes only; without later votes there are no figures for them."""
    rows = (
        [row(1, n) for n in range(2)]
        + [row(2, n, upvotes=4) for n in range(5)]
        + [row(3, n) for n in range(5)]
    )
    figures = evaluate_ranking(rows, EDITOR)
    assert figures["days"] == 1
    assert figures["spearman"] is figures["baseline_ndcg10"] is None


def test_cold_ranking_knows_no_votes_and_warm_ranking_does() -> None:
    """The same papers, told apart by votes alone: no agreement without them, full agreement with them."""
    rows = [
        row(1, n, title="Walnuts", comments=n, github_stars=n, later=[[15, n * 2, "x"]]) for n in range(8)
    ]
    figures = evaluate_ranking(rows, EDITOR, VOTES_ONLY)
    assert figures["cold_spearman"] == 0
    assert figures["spearman"] == figures["baseline_spearman"] == figures["ndcg10"] == 1
    assert evaluate_ranking(reversed(rows), EDITOR, VOTES_ONLY) == figures
