"""Ranking: what counts, what is said about it, and what keeps the top from being all the same."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.boosts import Boost
from newsletter.core.model import Entry
from newsletter.core.page import parse_page
from newsletter.core.ranking import Weights, rank

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
PAPERS = parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)
PLAIN = Weights(sameness=0.0)
EDITOR = shipped_editor()

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
        listed=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    max_size=15,
    unique_by=lambda entry: entry.id,
)


def order(*entries: Entry, weights: Weights = PLAIN) -> list[str]:
    return [item.entry.id for item in rank(entries, EDITOR, weights, NOW)]


def reasons(entry: Entry) -> tuple[str, ...]:
    return rank([entry], EDITOR, PLAIN, NOW)[0].reasons


@given(entries=ENTRIES, seed=st.integers(0, 99))
def test_the_ranking_is_complete_and_does_not_depend_on_the_order(entries: list[Entry], seed: int) -> None:
    """Every entry has one rank from 1 on, scores never rise, and each has at least one reason."""
    ranked = rank(entries, EDITOR, Weights(), NOW)
    assert [item.rank for item in ranked] == list(range(1, len(entries) + 1))
    assert {item.entry.id for item in ranked} == {entry.id for entry in entries}
    assert all(above.score >= below.score for above, below in pairwise(ranked))
    assert all(item.reasons for item in ranked)
    assert rank(random.Random(seed).sample(entries, len(entries)), EDITOR, Weights(), NOW) == ranked


def test_more_votes_comments_and_stars_are_better() -> None:
    """Each count alone moves an entry up."""
    base = Entry(id="b", title="Walnuts", upvotes=5, comments=1, stars=10)
    for better in ({"upvotes": 50}, {"comments": 9}, {"stars": 900}):
        assert order(base, replace(base, id="c", **better)) == ["c", "b"]


def test_votes_count_by_orders_of_magnitude() -> None:
    """From 0 to 10 is a longer way than from 100 to 110."""
    scores = [
        rank([Entry(id="a", title="Walnuts", upvotes=n)], EDITOR, PLAIN, NOW)[0].score
        for n in (0, 10, 100, 110)
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
    assert "200 votes" not in rank([many], EDITOR, weights, NOW)[0].reasons


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
    assert reasons(entry) == ("42 votes", "2nd on the source's page", "has code", "posted today")
    assert reasons(Entry(id="a", title="Walnuts")) == ("judged by its text alone",)
    assert reasons(Entry(id="a", title="W", position=110)) == ("111th on the source's page",)
    assert reasons(Entry(id="a", title="W", published=NOW - timedelta(days=1))) == ("posted yesterday",)
    assert reasons(Entry(id="a", title="W", project="https://example.org")) == ("has a project page",)


def test_the_first_of_the_day_says_what_it_is_first_in() -> None:
    """Where it stands out among at least three: the most votes, the fastest growing, the most discussed."""
    slow = Entry(id="slow", title="Walnuts", upvotes=90, listed=NOW - timedelta(days=4))
    fast = Entry(id="fast", title="Hazelnuts", upvotes=60, listed=NOW - timedelta(hours=4), comments=12)
    rest = [Entry(id=str(n), title="Peanuts", upvotes=n, listed=slow.listed, comments=n) for n in range(3)]
    told = {item.entry.id: item.reasons for item in rank([slow, fast, *rest], EDITOR, PLAIN, NOW)}
    assert told["fast"][:2] == ("fastest-growing today", "60 votes")
    assert "most discussed today" in told["fast"]
    assert told["slow"][0] == "most votes today"
    assert not any("today" in reason for id_ in "12" for reason in told[id_])


def test_votes_that_came_quickly_count_more() -> None:
    """Of two with the same votes, the one that was listed later leads."""
    old = Entry(id="a", title="Walnuts", upvotes=20, listed=NOW - timedelta(hours=20))
    assert order(old, replace(old, id="b", listed=NOW - timedelta(hours=3))) == ["b", "a"]


def test_a_boost_lifts_what_it_names_and_says_so() -> None:
    """By a keyword in whatever spelling, an author or an organization; below 0 it holds back."""
    plain = Entry(id="a", title="Pecans", upvotes=9)
    meant = replace(plain, id="b", title="Walnuts", authors=("Ada Lovelace",), organization="Nut Lab")
    for key in ({"keywords": ("walnut",)}, {"author": "ada lovelace"}, {"organization": "Nut lab"}):
        for weight, first in ((0.5, "b"), (-0.5, "a")):
            boost = Boost(weight=weight, name="nuts", **key)
            ranked = rank([plain, meant], EDITOR, PLAIN, NOW, [boost])
            assert ranked[0].entry.id == first
            assert ("editor's choice: nuts" in ranked[0].reasons) == (weight > 0)


def test_entries_without_votes_can_stand_among_those_with() -> None:
    """One that nobody counts votes for is above one that readers passed over and below a favourite."""
    voted = [
        Entry(id=f"v{n}", title="Walnuts", upvotes=n, listed=NOW - timedelta(hours=12)) for n in (0, 30, 60)
    ]
    assert order(*voted, Entry(id="x", title="Walnuts")).index("x") in (1, 2)


def test_a_paper_like_one_above_it_steps_back_and_says_so() -> None:
    """Five of the same do not lead the page: the first stays, another subject comes before the second."""
    same = [
        Entry(
            id=f"lora-{n}", title="Low-rank adapters for language models", summary="Adapters.", upvotes=60 - n
        )
        for n in range(5)
    ]
    other = Entry(id="robot", title="A robot folds laundry", summary="Grasping cloth.", upvotes=25)
    ranked = rank([*same, other], EDITOR, Weights(), NOW)
    assert [item.entry.id for item in ranked][:2] == ["lora-0", "robot"]
    assert ranked[2].reasons[-1] == "close to a paper above it"
    assert "close to a paper above it" not in ranked[0].reasons


def test_without_votes_the_seed_page_keeps_its_head_and_mixes_it() -> None:
    """The page's own order leads where nothing else is known; the top five are not five of a kind."""
    ranked = rank(PAPERS, EDITOR, Weights(), NOW)
    assert ranked[0].entry.title.startswith("MoVA")
    assert sum("lora" in item.entry.title.casefold() for item in ranked[:10]) <= 2
    assert {item.entry.position for item in ranked[:5]} <= set(range(10))
