"""An edition changed before it goes: whatever is done to it, it stays one edition with all that it had."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import NOW, entry

from newsletter.core.headline import preheader, subject, telling_topics
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.phrases import ENGLISH
from newsletter.core.revision import above, below, found_in, moved, renamed, without
from newsletter.core.topics import CATCH_ALL
from newsletter.errors import InputError

TOPICS = ("Agents", "Vision", "Speech", CATCH_ALL)


def ranked(rank: int) -> RankedEntry:
    return RankedEntry(
        entry=entry(rank, title=f"Title {rank}"),
        rank=rank,
        score=1 / rank,
        reasons=("first",),
        line="A line.",
    )


def made(topics: Sequence[str], also: int = 0, rest: Sequence[str] = ()) -> Edition:
    """An edition whose entry of rank n stands under the n-th of `topics`."""
    items = [ranked(rank) for rank in range(1, len(topics) + 1)]
    grouped: dict[str, list[RankedEntry]] = {}
    for topic, item in zip(topics, items, strict=True):
        grouped.setdefault(topic, []).append(item)
    sections = sorted(
        (
            Section(topic=topic, entries=tuple(found), catch_all=topic == CATCH_ALL)
            for topic, found in grouped.items()
        ),
        key=lambda section: (section.catch_all, section.entries[0].rank),
    )
    return Edition(
        newsletter="papers",
        number=1,
        slot=NOW,
        subject=subject(items, telling_topics(sections), ENGLISH),
        preheader=preheader(items),
        sections=tuple(sections),
        also=tuple(ranked(rank) for rank in range(len(topics) + 1, len(topics) + also + 1)),
        rest=tuple(rest),
    )


def all_vision(entries: Sequence[Entry]) -> Mapping[str, str]:
    return {found.id: "Vision" for found in entries}


def ids(edition: Edition) -> list[str]:
    return [item.entry.id for item in (*edition.featured, *edition.also)]


def topic_of(edition: Edition, id_: str) -> str:
    [topic] = [s.topic for s in edition.sections if id_ in [item.entry.id for item in s.entries]]
    return topic


EDITIONS = st.builds(
    made,
    st.lists(st.sampled_from(TOPICS), min_size=1, max_size=9),
    st.integers(0, 5),
    st.lists(st.sampled_from(["hash:1", "hash:2"]), unique=True),
)


def check(edition: Edition, before: Edition, gone: frozenset[str] = frozenset()) -> None:
    """What holds of every changed edition."""
    items = [*edition.featured, *edition.also]
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    assert sorted(ids(edition)) == sorted(set(ids(before)) - gone)
    assert len(edition.featured) == min(len(before.featured), len(items))
    assert all(section.entries for section in edition.sections)
    assert len({section.topic for section in edition.sections}) == len(edition.sections)
    firsts = [(section.catch_all, section.entries[0].rank) for section in edition.sections]
    assert firsts == sorted(firsts)
    assert all(section.catch_all == (section.topic == CATCH_ALL) for section in edition.sections)
    stayed = set(ids(before)[: len(before.featured)]) & {item.entry.id for item in edition.featured}
    assert all(topic_of(edition, id_) == topic_of(before, id_) for id_ in stayed)
    assert edition.subject == subject(edition.featured, telling_topics(edition.sections), ENGLISH)
    assert (edition.number, edition.slot, edition.newsletter) == (1, NOW, "papers")


@given(EDITIONS, st.data())
def test_what_is_dropped_is_gone_and_nothing_else(edition: Edition, data: st.DataObject) -> None:
    """Ranks are whole, as many as before are told of in full where there are as many, and who stays stays in
    their section; where nothing is left there is no edition."""
    gone = data.draw(st.frozensets(st.sampled_from([*ids(edition), *edition.rest])))
    changed = without(edition, gone, ENGLISH, all_vision)
    if gone >= set(ids(edition)):
        assert changed is None
        return
    assert changed
    check(changed, edition, gone)
    assert changed.rest == tuple(id_ for id_ in edition.rest if id_ not in gone)


@given(EDITIONS, st.data())
def test_what_is_moved_stands_there_and_the_others_keep_their_order(
    edition: Edition, data: st.DataObject
) -> None:
    """Whatever moves where, over the border of those told of by title too; back again is as before, for the
    order."""
    order = ids(edition)
    which, to = (data.draw(st.integers(1, len(order))) for _ in range(2))
    changed = moved(edition, order[which - 1], to, ENGLISH, all_vision)
    check(changed, edition)
    assert ids(changed)[to - 1] == order[which - 1]
    assert [id_ for id_ in ids(changed) if id_ != order[which - 1]] == [
        id_ for id_ in order if id_ != order[which - 1]
    ]
    assert ids(moved(changed, order[which - 1], which, ENGLISH, all_vision)) == order


@given(EDITIONS)
def test_what_is_left_alone_stays_as_it_was(edition: Edition) -> None:
    """Nothing dropped, nothing moved: the same edition."""
    assert without(edition, (), ENGLISH, all_vision) == edition
    assert moved(edition, ids(edition)[0], 1, ENGLISH, all_vision) == edition
    assert renamed(edition, {}) == edition


@given(EDITIONS, st.data())
def test_one_place_up_or_down_is_one_place_on_the_page(edition: Edition, data: st.DataObject) -> None:
    """Within its section; the first of a section takes its section with it."""
    rank = data.draw(st.integers(1, len(edition.featured)))
    id_ = ids(edition)[rank - 1]
    topic = topic_of(edition, id_)

    def place(found: Edition) -> tuple[int, int]:
        topics = [section.topic for section in found.sections]
        section = found.sections[topics.index(topic)]
        return topics.index(topic), [item.entry.id for item in section.entries].index(id_)

    where = place(edition)
    up, down = above(edition, rank), below(edition, rank)
    stuck = where == (0, 0) or (where[1] == 0 and topic == CATCH_ALL)  # that section is always the last
    assert (up is None) == stuck
    if up is not None:
        section = where[0] - (where[1] == 0)
        assert place(moved(edition, id_, up, ENGLISH, all_vision)) == (section, max(where[1] - 1, 0))
    if down is not None:
        assert place(moved(edition, id_, down, ENGLISH, all_vision))[1] == where[1] + 1


def test_the_subject_follows_the_lead() -> None:
    """Dropped or overtaken, the first paper leaves it, and its topic with it."""
    edition = made(["Agents", "Vision", "Agents"], also=1)
    assert edition.subject == "Title 1, plus vision"
    dropped = without(edition, {entry(1).id}, ENGLISH, all_vision)
    assert dropped
    assert (dropped.subject, dropped.preheader) == ("Title 2, plus agents", "Title 3; Title 4")
    pinned = moved(edition, entry(3).id, 1, ENGLISH, all_vision)
    assert (pinned.subject, pinned.sections[0].topic) == ("Title 3, plus vision", "Agents")


def test_who_moves_up_joins_the_section_of_their_topic() -> None:
    """Where there is one, else what fits nowhere; a section without entries is gone."""
    edition = made(["Agents", "Vision"], also=1)
    joined = without(edition, {entry(1).id}, ENGLISH, all_vision)
    assert joined
    assert [(section.topic, len(section.entries)) for section in joined.sections] == [("Vision", 2)]
    loose = without(edition, {entry(1).id}, ENGLISH, lambda entries: {one.id: "Optics" for one in entries})
    assert loose
    assert [section.topic for section in loose.sections] == ["Vision", CATCH_ALL]
    assert loose.sections[1].catch_all


def test_entries_are_named_by_rank_or_id() -> None:
    """And one that is not there, or a rank that nobody has, is refused with those there are."""
    edition = made(["Agents", "Vision"], also=1)
    assert found_in(edition, "3").entry.id == found_in(edition, entry(3).id).entry.id == entry(3).id
    for name in ("4", "0", "", "arxiv:9999.99999"):
        with pytest.raises(InputError, match="1 to 3"):
            found_in(edition, name)
    for rank in (0, 4, -1):
        with pytest.raises(InputError, match="from 1 to 3"):
            moved(edition, entry(1).id, rank, ENGLISH, all_vision)


def test_entries_that_have_become_others_have_their_ids() -> None:
    """In full or by title; all else stays."""
    edition = made(["Agents"], also=1)
    changed = renamed(edition, {entry(1).id: "doi:1", entry(2).id: "doi:2", "other": "doi:3"})
    assert ids(changed) == ["doi:1", "doi:2"]
    assert changed.subject == edition.subject
