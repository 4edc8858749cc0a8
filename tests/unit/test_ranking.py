"""Ranking: what counts, what is said about it, and what keeps the top from being all the same."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.model import Entry
from newsletter.core.page import parse_page
from newsletter.core.ranking import Weights, rank

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
PAPERS = parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)
PLAIN = Weights(sameness=0.0)

COUNTS = st.none() | st.integers(0, 10_000)
ENTRIES = st.lists(
    st.builds(
        Entry,
        id=st.uuids().map(str),
        title=st.text(max_size=30),
        summary=st.text(max_size=60),
        upvotes=COUNTS,
        comments=COUNTS,
        stars=COUNTS,
        position=COUNTS,
        code=st.none() | st.just("https://example.org/code"),
        published=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=15,
    unique_by=lambda entry: entry.id,
)


def order(*entries: Entry, weights: Weights = PLAIN) -> list[str]:
    return [item.entry.id for item in rank(entries, weights, NOW)]


def reasons(entry: Entry) -> tuple[str, ...]:
    return rank([entry], PLAIN, NOW)[0].reasons


@given(entries=ENTRIES, seed=st.integers(0, 99))
def test_the_ranking_is_complete_and_does_not_depend_on_the_order(entries: list[Entry], seed: int) -> None:
    """Every entry has one rank from 1 on, scores never rise, and each has at least one reason."""
    ranked = rank(entries, Weights(), NOW)
    assert [item.rank for item in ranked] == list(range(1, len(entries) + 1))
    assert {item.entry.id for item in ranked} == {entry.id for entry in entries}
    assert all(above.score >= below.score for above, below in pairwise(ranked))
    assert all(item.reasons for item in ranked)
    assert rank(random.Random(seed).sample(entries, len(entries)), Weights(), NOW) == ranked


def test_more_votes_comments_and_stars_are_better() -> None:
    """Each count alone moves an entry up."""
    base = Entry(id="b", title="Walnuts", upvotes=5, comments=1, stars=10)
    for better in ({"upvotes": 50}, {"comments": 9}, {"stars": 900}):
        assert order(base, replace(base, id="c", **better)) == ["c", "b"]


def test_votes_count_by_orders_of_magnitude() -> None:
    """From 0 to 10 is a longer way than from 100 to 110."""
    scores = [
        rank([Entry(id="a", title="Walnuts", upvotes=n)], PLAIN, NOW)[0].score for n in (0, 10, 100, 110)
    ]
    assert scores[1] - scores[0] > 5 * (scores[3] - scores[2])


def test_an_unknown_count_is_neither_zero_nor_the_best() -> None:
    """What the source does not say counts as the day's average."""
    many, none, unknown = (Entry(id=str(n), title="Walnuts", upvotes=n) for n in (100, 0, None))
    assert order(many, none, unknown) == ["100", "None", "0"]


def test_code_freshness_and_the_source_place_count() -> None:
    """Each of them alone breaks the tie."""
    base = Entry(id="b", title="Walnuts", position=9, published=NOW - timedelta(days=9))
    for better in ({"code": "https://example.org/c"}, {"published": NOW}, {"position": 0}):
        assert order(base, replace(base, id="c", **better)) == ["c", "b"]


def test_a_weight_of_zero_switches_a_signal_off() -> None:
    """With no weight for votes, they neither move an entry nor appear as a reason."""
    few, many = Entry(id="a", title="Walnuts", upvotes=1), Entry(id="b", title="Walnuts", upvotes=200)
    weights = replace(PLAIN, votes=0.0)
    assert order(many, few, weights=weights) == ["a", "b"]
    assert "200 votes" not in rank([many], weights, NOW)[0].reasons


def test_ties_are_broken_by_id() -> None:
    """Equal entries stand in the order of their ids."""
    assert order(*(Entry(id=id_, title="Walnuts") for id_ in "cab")) == ["a", "b", "c"]


def test_reasons_are_true_short_and_the_strongest_first() -> None:
    """Words for what is known, in the order of what it brought, and nothing for what is not."""
    entry = Entry(
        id="a",
        title="Walnuts",
        upvotes=42,
        comments=1,
        stars=0,
        code="https://example.org/c",
        position=1,
        published=NOW - timedelta(hours=3),
    )
    assert reasons(entry) == (
        "42 votes",
        "2nd on the source's page",
        "posted today",
        "code available",
        "1 comment",
    )
    assert reasons(Entry(id="a", title="Walnuts")) == ("judged by its text alone",)
    assert reasons(Entry(id="a", title="W", position=110)) == ("111th on the source's page",)
    assert reasons(Entry(id="a", title="W", published=NOW - timedelta(days=1))) == ("posted yesterday",)
    assert reasons(Entry(id="a", title="W", project="https://example.org")) == ("project page",)


def test_a_paper_like_one_above_it_steps_back_and_says_so() -> None:
    """Five of the same do not lead the page: the first stays, another subject comes before the second."""
    same = [
        Entry(
            id=f"lora-{n}", title="Low-rank adapters for language models", summary="Adapters.", upvotes=60 - n
        )
        for n in range(5)
    ]
    other = Entry(id="robot", title="A robot folds laundry", summary="Grasping cloth.", upvotes=25)
    ranked = rank([*same, other], Weights(), NOW)
    assert [item.entry.id for item in ranked][:2] == ["lora-0", "robot"]
    assert ranked[2].reasons[-1] == "close to a paper above it"
    assert "close to a paper above it" not in ranked[0].reasons


def test_without_votes_the_seed_page_keeps_its_head_and_mixes_it() -> None:
    """The page's own order leads where nothing else is known; the top five are not five of a kind."""
    ranked = rank(PAPERS, Weights(), NOW)
    assert ranked[0].entry.title.startswith("MoVA")
    assert sum("lora" in item.entry.title.casefold() for item in ranked[:10]) <= 2
    assert {item.entry.position for item in ranked[:5]} <= set(range(10))
