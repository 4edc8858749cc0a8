"""Editions with fewer entries: the best stay, the others are on the web, and nothing gets lost."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.phrases import ENGLISH
from newsletter.core.trimming import trimmed

MANY = 10_000


def ranked(rank: int) -> RankedEntry:
    entry = Entry(id=f"hash:{rank}", title=f"Title of paper {rank}")
    return RankedEntry(entry=entry, rank=rank, score=1 / rank, reasons=(), line=f"Line of paper {rank}.")


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """With entries of any topic in the order of their ranks, others by title, and a rest."""
    topics = draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
    by_topic: dict[int, list[RankedEntry]] = {}
    for rank, topic in enumerate(topics, start=1):
        by_topic.setdefault(topic, []).append(ranked(rank))
    also = range(len(topics) + 1, len(topics) + 1 + draw(st.integers(0, 12)))
    return Edition(
        newsletter="papers",
        number=1,
        slot=datetime(2026, 11, 20, 7, tzinfo=UTC),
        subject="As it was",
        preheader="As it was",
        sections=tuple(
            Section(topic=f"Topic {topic}", entries=tuple(entries), catch_all=topic == 0)
            for topic, entries in by_topic.items()
        ),
        also=tuple(map(ranked, also)),
        rest=tuple(f"rest:{number}" for number in range(draw(st.integers(0, 3)))),
    )


limits = st.sampled_from([1, 2, 3, 5, 8, MANY])


def cut(edition: Edition, per_topic: int = MANY, also: int = MANY, featured: int = MANY) -> Edition:
    return trimmed(edition, per_topic=per_topic, also=also, featured=featured, phrases=ENGLISH)


@given(editions(), limits, st.one_of(st.just(0), limits), limits)
def test_nothing_is_lost(edition, per_topic, also, featured):
    """Each entry is in the email or counted as being on the web, once, and the number of candidates stays."""
    kept = cut(edition, per_topic, also, featured)
    shown = [item.entry.id for item in (*kept.featured, *kept.also)]
    before = [item.entry.id for item in (*edition.featured, *edition.also)]
    assert sorted((*shown, *kept.rest)) == sorted((*before, *edition.rest))
    assert kept.candidates == edition.candidates


@given(editions(), limits, st.one_of(st.just(0), limits), limits)
def test_the_best_stay(edition, per_topic, also, featured):
    """The lead always, of each topic the first, of all the best; with their ranks and in their order."""
    kept = cut(edition, per_topic, also, featured)
    assert kept.featured[0] == edition.featured[0]
    assert len(kept.featured) <= featured
    assert kept.also == edition.also[:also]
    before = {section.topic: section for section in edition.sections}
    for section in kept.sections:
        assert 1 <= len(section.entries) <= per_topic
        assert section.entries == before[section.topic].entries[: len(section.entries)]
        assert section.catch_all == before[section.topic].catch_all
    places = [edition.sections.index(before[section.topic]) for section in kept.sections]
    assert places == sorted(places)
    worst = kept.featured[-1].rank
    for section in edition.sections:
        for item in section.entries[:per_topic]:
            assert item in kept.featured or (len(kept.featured) == featured and item.rank > worst)


@given(editions(), limits, st.one_of(st.just(0), limits), limits)
def test_the_rest_begins_with_what_has_left(edition, per_topic, also, featured):
    """By rank, before what was left to the web already: a later edition may tell of it."""
    kept = cut(edition, per_topic, also, featured)
    left = kept.rest[: len(kept.rest) - len(edition.rest)]
    assert kept.rest[len(left) :] == edition.rest
    ranks = [int(id_.removeprefix("hash:")) for id_ in left]
    assert all(one < other for one, other in pairwise(ranks))


@given(editions(), limits, st.one_of(st.just(0), limits), limits)
def test_twice_is_once(edition, per_topic, also, featured):
    """What was trimmed already is not trimmed again."""
    kept = cut(edition, per_topic, also, featured)
    assert cut(kept, per_topic, also, featured) is kept


@given(editions(), limits, limits)
def test_smaller_and_smaller(edition, per_topic, featured):
    """Trimming step by step ends where trimming at once does, but for what the headline says."""
    kept = cut(cut(edition, per_topic, 5), per_topic, 3, featured)
    at_once = cut(edition, per_topic, 3, featured)
    assert kept.sections == at_once.sections
    assert kept.also == at_once.also
    assert sorted(kept.rest) == sorted(at_once.rest)


@given(editions())
def test_nothing_to_trim(edition):
    """An edition that is small enough stays the same, and keeps its headline."""
    assert cut(edition) is edition


@pytest.fixture
def edition() -> Edition:
    """Two topics, the second of which has the second and the fourth entry."""
    return Edition(
        newsletter="papers",
        number=1,
        slot=datetime(2026, 11, 20, 7, tzinfo=UTC),
        subject="Title of paper 1, plus vision",
        preheader="Title of paper 2; Title of paper 3",
        sections=(
            Section(topic="Agents", entries=(ranked(1), ranked(3))),
            Section(topic="Vision", entries=(ranked(2), ranked(4))),
        ),
        also=(ranked(5), ranked(6)),
        rest=("rest:1",),
    )


def test_by_topic(edition: Edition) -> None:
    """Topics lose their last entries alike."""
    kept = cut(edition, per_topic=1, also=1)
    assert [[item.rank for item in section.entries] for section in kept.sections] == [[1], [2]]
    assert kept.rest == ("hash:3", "hash:4", "hash:6", "rest:1")
    assert (kept.subject, kept.preheader) == ("Title of paper 1, plus vision", "Title of paper 2")


def test_headline_names_only_what_is_there(edition: Edition) -> None:
    """A topic that has gone is not promised; a section without entries is none."""
    kept = cut(edition, also=0, featured=1)
    assert [section.topic for section in kept.sections] == ["Agents"]
    assert (kept.subject, kept.preheader) == ("Title of paper 1", "Line of paper 1.")
    assert kept.rest == ("hash:2", "hash:3", "hash:4", "hash:5", "hash:6", "rest:1")
