"""The interest that is expected before anybody has voted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.foresight import foreseen_votes
from newsletter.core.interest import Interest, evidence, expected_interest
from newsletter.core.lexicon import Lexicon
from newsletter.core.model import Entry

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
WALNUTS = Entry(id="a", title="Walnuts walk", summary="We crack walnuts.", authors=("Ada Lovelace",))
NEUTRAL = Interest(0.0, 0.0, 0.0, 0.0, 0.0)


def test_words_names_and_facts_add_up() -> None:
    """Each kind of evidence has its own part, so that reasons can be told from it."""
    ada = next(iter(evidence(WALNUTS, NOW).authors))
    rows = {"title walnut walk": [2.0], "crack": [3.0], ada: [0.5], "from nutlab": [0.25], "# code": [1.0]}
    weights = Lexicon.of(("interest",), rows, {}, wide=True)
    entry = replace(WALNUTS, organization="Nut Lab", code="https://example.org/code")
    found = expected_interest(entry, weights, NOW)
    assert found.text == pytest.approx(2 / 3**0.5 + 3 / 3**0.5, abs=0.01)
    assert (found.authors, found.organization, found.facts) == pytest.approx((0.5, 0.25, 1.0), abs=0.001)
    assert found.merit == found.text + found.authors + found.organization + found.facts


def test_names_are_looked_up_by_a_digest() -> None:
    """However it is written, a name is the same; and no name can be read in the weights."""
    spellings = [
        replace(WALNUTS, authors=(name,)) for name in ("Ada Lovelace", "ADA  LOVELACE", "ada-lovelace")
    ]
    assert len({tuple(evidence(entry, NOW).authors) for entry in spellings}) == 1
    assert not any("lovelace" in term for term in evidence(WALNUTS, NOW).authors)


def test_an_entry_that_says_nothing_has_no_evidence_of_it() -> None:
    """Without dates there is no exposure, without a text no words."""
    found = evidence(Entry(id="a", title=""), NOW)
    assert (found.text, found.authors, found.organization, found.exposure) == ({}, {}, {}, {})


@given(title=st.text(max_size=80), names=st.lists(st.text(max_size=20), max_size=4).map(tuple))
def test_whatever_stands_in_an_entry_interest_is_a_number(title: str, names: tuple[str, ...]) -> None:
    """Any text, any names."""
    entry = Entry(id="a", title=title, summary=title, authors=names, organization=title, listed=NOW)
    assert abs(expected_interest(entry, shipped_editor().interest, NOW).merit) < 100


def test_the_shipped_weights_know_what_readers_like() -> None:
    """A large team's open foundation model is expected to find more interest than a small study."""
    weights, team = shipped_editor().interest, tuple(f"Author {n}" for n in range(40))
    report = Entry(
        id="a", title="Qwen3 Technical Report", summary="We release open-weight large language models.",
        authors=team, code="https://github.com/a/b",
    )  # fmt: skip
    study = Entry(id="b", title="A note on a lemma of Walnut", summary="We study a lemma.", authors=("A B",))
    assert expected_interest(report, weights, NOW).merit > expected_interest(study, weights, NOW).merit + 1


def test_foreseen_votes_follow_growth_where_votes_are_and_interest_where_none_are() -> None:
    """The same votes in a shorter time promise more; without votes, what is expected decides."""
    slow = Entry(id="a", title="", upvotes=20, listed=NOW - timedelta(hours=20))
    fast = replace(slow, listed=NOW - timedelta(hours=2))
    unseen, liked = Entry(id="b", title=""), NEUTRAL._replace(text=1.0)
    votes = foreseen_votes([slow, fast, unseen, unseen], [NEUTRAL, NEUTRAL, NEUTRAL, liked], NOW)
    assert votes[1] > votes[0] > 20
    assert 0 < votes[2] < votes[3] < votes[0]


def test_a_head_start_is_not_counted_twice() -> None:
    """How long it has been listed changes what is expected only where no votes tell of it."""
    listed = Entry(id="a", title="", listed=NOW - timedelta(hours=5))
    ahead = NEUTRAL._replace(exposure=1.0)
    assert len(set(foreseen_votes([replace(listed, upvotes=3)] * 2, [NEUTRAL, ahead], NOW))) == 1
    assert len(set(foreseen_votes([listed] * 2, [NEUTRAL, ahead], NOW))) == 2
