"""Choosing and arranging an edition, and keeping it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.archive import edition_from_json, edition_to_json
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.page import parse_page
from newsletter.core.topics import Topic, is_catch_all
from newsletter.errors import InputError

NOW = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
SLOT = datetime(2026, 3, 11, 7, 0, tzinfo=timezone(timedelta(hours=1)))
SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
PAPERS = parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)

TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
COUNTS = st.none() | st.integers(0, 10**6)
NAMES = st.lists(st.text(min_size=1, max_size=12), max_size=3).map(tuple)
LINKS = st.none() | st.just("https://example.org/a?b=c&d")
ENTRIES = st.builds(
    Entry,
    id=st.uuids().map(str),
    title=st.text(max_size=160),
    summary=st.text(max_size=80),
    tldr=st.none() | st.text(min_size=1, max_size=40),
    authors=NAMES,
    url=LINKS,
    doi=st.none() | st.just("10.1145/3292500"),
    links=st.lists(st.just("https://example.org/b"), max_size=1).map(tuple),
    published=st.none() | TIMES,
    listed=st.none() | TIMES,
    upvotes=COUNTS,
    comments=COUNTS,
    stars=COUNTS,
    code=LINKS,
    project=LINKS,
    discussion=LINKS,
    search=LINKS,
    categories=NAMES,
    keywords=NAMES,
    organization=st.none() | st.text(min_size=1, max_size=12),
    source=st.text(max_size=12),
    position=COUNTS,
    first_seen=st.none() | TIMES,
)
RANKED = st.builds(
    RankedEntry,
    entry=ENTRIES,
    rank=st.integers(1, 99),
    score=st.floats(-9, 9),
    reasons=NAMES,
    line=st.text(max_size=60),
)
EDITIONS = st.builds(
    Edition,
    newsletter=st.text(max_size=12),
    number=st.integers(1, 9999),
    slot=TIMES,
    subject=st.text(max_size=69),
    preheader=st.text(max_size=99),
    sections=st.lists(
        st.builds(Section, topic=st.text(max_size=12), entries=st.lists(RANKED, max_size=3).map(tuple)),
        max_size=3,
    ).map(tuple),
    also=st.lists(RANKED, max_size=2).map(tuple),
    rest=st.lists(st.text(max_size=20), max_size=5).map(tuple),
)


def edition(candidates: list[Entry] | tuple[Entry, ...] = PAPERS, **policy: object) -> Edition | None:
    return arrange(
        candidates,
        EditionPolicy(shipped_editor(), **policy),
        newsletter="papers",
        number=7,
        slot=SLOT,
        now=NOW,
    )


def titled(*titles: str) -> list[Entry]:
    return [Entry(id=f"{n:02}", title=title, position=n) for n, title in enumerate(titles)]


def test_the_best_are_featured_the_next_named_and_the_rest_counted() -> None:
    """Every candidate is in one of the three, and nothing is lost."""
    made = edition()
    assert made is not None
    assert (len(made.featured), len(made.also), made.more) == (25, 10, 64)
    assert [item.rank for item in made.featured] == list(range(1, 26))
    assert [item.rank for item in made.also] == list(range(26, 36))
    assert made.candidates == 99
    assert (made.newsletter, made.number, made.slot) == ("papers", 7, SLOT)


def test_sections_come_by_their_best_entry_and_the_catch_all_last() -> None:
    """The lead opens the first section; inside a section the better entry stands first."""
    made = edition()
    assert made is not None
    firsts = [s.entries[0].rank for s in made.sections if not is_catch_all(s.topic)]
    assert firsts == sorted(firsts)
    assert firsts[0] == 1
    assert [is_catch_all(s.topic) for s in made.sections] == sorted(
        is_catch_all(s.topic) for s in made.sections
    )
    assert all([e.rank for e in s.entries] == sorted(e.rank for e in s.entries) for s in made.sections)


def test_the_seed_edition_has_a_specific_subject_and_a_helpful_preheader() -> None:
    """The best title, shortened where it may end, and what the next is about; then two more titles."""
    made = edition()
    assert made is not None
    assert made.subject == "MoVA: Adapting Mixture of Vision Experts, plus image generation"
    assert made.preheader == (
        "LayoutLLM-T2I: Eliciting Layout Guidance from LLM for Text-to-Image Generation; "
        "Coarse-to-Fine: Learning Compact Discriminative Representation for Single-Stage Image Retrieval"
    )


def test_too_few_candidates_make_no_edition() -> None:
    """None is the answer below the minimum, and always for nothing at all."""
    assert edition(titled("One", "Two"), min_entries=3) is None
    assert edition(titled("One", "Two", "Three"), min_entries=3) is not None
    assert edition([], min_entries=0) is None


def test_candidates_seen_too_long_ago_are_left_out() -> None:
    """The age counts from the day we saw it first; one never seen before is new."""
    old = Entry(id="old", title="Old", first_seen=NOW - timedelta(days=14, seconds=1))
    edge = Entry(id="edge", title="Edge", first_seen=NOW - timedelta(days=14))
    new = Entry(id="new", title="New")
    made = edition([old, edge, new])
    assert made is not None
    assert {item.entry.id for item in made.featured} == {"edge", "new"}
    assert made.candidates == 2
    assert edition([old]) is None


def test_candidates_settle_before_they_are_told() -> None:
    """Those seen too recently wait, and are there when their time has passed; without one nothing waits."""
    new = Entry(id="new", title="New", first_seen=NOW - timedelta(minutes=59))
    edge = Entry(id="edge", title="Edge", first_seen=NOW - timedelta(hours=1))
    made = edition([new, edge], settle=timedelta(hours=1))
    assert made is not None
    assert [item.entry.id for item in made.featured] == ["edge"]
    assert edition([new], settle=timedelta(hours=1)) is None
    assert edition([new]) is not None


def test_the_operators_topics_are_used() -> None:
    """A topic of the policy names a section."""
    made = edition(topics=(Topic("Coarse to fine", keywords=("coarse-to-fine", "coarse to fine")),))
    assert made is not None
    assert "Coarse to fine" in {section.topic for section in made.sections}


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Short and whole", "Short and whole"),
        (
            "A question that asks how far one can go before it is answered? An answer",
            "A question that asks how far one can go before it is answered?",
        ),
        (
            "NameIt: A method of immense and very considerable length that never comes to end",
            "NameIt: A method of immense and very considerable length that never…",
        ),
        (
            "A Unified and Simple Framework: Everything One Ever Wanted to Know About It",
            "A Unified and Simple Framework: Everything One Ever Wanted",
        ),
        ("x" * 90, "x" * 68 + "…"),
        (" \n ", "New papers"),
    ],
)
def test_a_long_title_is_shortened_where_it_may_end(title: str, subject: str) -> None:
    """Before a preposition or after a question; where there is no such place at a word, with an ellipsis."""
    made = edition(titled(title))
    assert made is not None
    assert made.subject == subject


def test_the_subject_of_a_question_goes_on_with_a_capital() -> None:
    """After a question mark no comma follows."""
    robots = ["Robot manipulation one", "Robot manipulation two"]
    made = edition(titled("Can Speech Models Sing?", "Speech recognition two", *robots))
    assert made is not None
    assert made.subject == "Can Speech Models Sing? Plus robotics"


def test_an_edition_of_one_entry_is_a_whole_edition() -> None:
    """The subject is the title alone, and the preheader says what the paper is about."""
    made = edition(
        [Entry(id="a", title="Alone", summary="We show that one paper is enough for one edition.")]
    )
    assert made is not None
    assert (made.subject, made.preheader) == ("Alone", "We show that one paper is enough for one edition.")


@given(candidates=st.lists(ENTRIES, min_size=1, max_size=12, unique_by=lambda entry: entry.id))
def test_subjects_are_short_and_on_one_line(candidates: list[Entry]) -> None:
    """Whatever the titles: under 70 characters, never empty, no line break in subject or preheader."""
    made = edition([Entry(id=entry.id, title=entry.title, summary=entry.summary) for entry in candidates])
    assert made is not None
    assert 0 < len(made.subject) < 70
    assert len(made.subject.splitlines()) == 1
    assert len(made.preheader.splitlines()) <= 1


@given(made=EDITIONS)
def test_an_edition_comes_back_from_the_archive_as_it_was(made: Edition) -> None:
    """Through JSON and back: equal in every value, times with their offsets."""
    back = edition_from_json(json.loads(json.dumps(edition_to_json(made))))
    assert back == made
    assert back.slot.utcoffset() == made.slot.utcoffset()
    assert edition_to_json(back) == edition_to_json(made)


@pytest.mark.parametrize("broken", [{}, {"newsletter": "x"}, {"sections": [{}]}])
def test_what_is_no_edition_is_an_input_error(broken: dict[str, object]) -> None:
    """A damaged archive says so instead of making an edition up."""
    with pytest.raises(InputError, match="archived edition"):
        edition_from_json(broken)
