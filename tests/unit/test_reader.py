"""What one reader gets: order, selection and reasons by what they follow, mute and like; the example list."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.likeness import like_of
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.core.reader import Arrangement, arrange_for
from newsletter.core.readerindex import ReaderIndex, Reason, ReasonKind
from newsletter.core.schemes import Filer
from newsletter.core.topics import CATCH_ALL
from newsletter.core.wishes import MOST_LIKES, Like, Wishes, with_like

EXAMPLE = Path(__file__).parents[2] / "subscribers" / "example.csv"
ABSTRACTS = {
    1: "We steer robots with language models that plan grasping.",
    2: "A planner lets tool-using agents share memory.",
    3: "Grasping of soft objects by tactile sensing.",
    4: "Diffusion models paint images from scene graphs.",
    5: "A sampler makes diffusion models faster by consistency distillation.",
    6: "Graph transformers on molecules. Code is available.",
    7: "Tactile grasping with a soft robot hand and tactile sensing.",
    8: "Agents write unit tests.",
}
AUTHORS = {2: ("Yoshua Bengio", "Ada Lovelace"), 5: ("José Núñez",), 7: ("Ada Lovelace",)}


def ranked(rank: int, **fields: Any) -> RankedEntry:
    known = {"id": f"paper:{rank}", "title": f"Paper {rank}", "summary": ABSTRACTS[rank]}
    entry = Entry(**{**known, "authors": AUTHORS.get(rank, ()), **fields})
    return RankedEntry(entry=entry, rank=rank, score=1 / rank, reasons=(), line="")


EDITION = Edition(
    newsletter="papers",
    number=1,
    slot=datetime(2026, 3, 11, 7, 30, tzinfo=UTC),
    subject="Paper 1",
    preheader="",
    sections=(
        Section(topic="Robotics", entries=(ranked(1), ranked(3))),
        Section(topic="Image generation", entries=(ranked(4), ranked(5))),
        Section(topic="Agents", entries=(ranked(2),)),
        Section(topic=CATCH_ALL, entries=(ranked(6, keywords=("Graph neural networks",)),)),
    ),
    also=(ranked(7, title="Feeling with Robot Hands"), ranked(8, title="Agents that Test")),
)
INDEX = ReaderIndex.of(EDITION)


def arranged(**wishes: Any) -> Arrangement:
    made = arrange_for(INDEX, Wishes(**wishes))
    assert made
    return made


def order(arrangement: Arrangement) -> list[tuple[int, ...]]:
    """The sections by index, each with its entries."""
    return [(section.index, *section.entries) for section in arrangement.sections]


# Following


def test_who_wishes_nothing_gets_the_editors_order() -> None:
    """The lead out of its section, the others as the edition has them, without reasons."""
    plain = arranged()
    assert (plain.lead, plain.picks, plain.also, plain.reasons) == (1, (), (7, 8), {})
    assert order(plain) == [(0, 3), (1, 4, 5), (2, 2), (3, 6)]
    assert [section.count for section in plain.sections] == [2, 2, 1, 1]


def test_followed_topics_come_first_in_the_order_of_the_edition() -> None:
    """Written as people write them; what the edition does not have is passed over."""
    made = arranged(topics=("AGENTS", " image\tgeneration ", "Cooking"))
    assert order(made) == [(1, 4, 5), (2, 2), (0, 3), (3, 6)]
    assert made.followed == {1, 2}


def test_a_followed_topic_finds_what_has_no_section() -> None:
    """An entry shown by title only is picked where it names the topic in its title or its keywords."""
    made = arranged(topics=("Agents",))
    assert (made.picks, made.also) == ((8,), (7,))
    assert made.reasons == {8: Reason(ReasonKind.KEYWORD, "Agents")}


def test_a_followed_keyword_moves_its_entries_and_their_sections() -> None:
    """To the front of its section, the section behind those of followed topics and before the others."""
    made = arranged(keywords=("consistency distillation",), topics=("Agents",))
    assert order(made) == [(2, 2), (1, 5, 4), (0, 3), (3, 6)]
    assert made.reasons[5] == Reason(ReasonKind.KEYWORD, "consistency distillation")


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("Diffusion Model", {4, 5}),
        ("diffusion", {4, 5}),
        ("diffus", set()),
        ("graph neural network", {6}),
        ("tool-using agents share memory", {2}),
        ("tool-using agents share nothing", set()),
        ("sensing tactile", set()),
        ("", set()),
        ("!", set()),
    ],
)
def test_keywords_are_whole_words(keyword: str, found: set[int]) -> None:
    """In title, keywords or abstract, in their order, singular or plural, of any number of words."""
    assert arranged(keywords=(keyword,)).reasons.keys() == found


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("yoshua  bengio", {2}),
        ("Bengio, Yoshua", {2}),
        ("Jose Nunez", {5}),
        ("Ada Lovelace", {2, 7}),
        ("Lovelace", set()),
    ],
)
def test_authors_are_known_by_their_whole_names(author: str, found: set[int]) -> None:
    """Whatever the case, the accents and the order of the names."""
    made = arranged(authors=(author,))
    assert {rank for rank, reason in made.reasons.items() if reason.kind is ReasonKind.AUTHOR} == found


def test_what_answers_most_wishes_comes_first() -> None:
    """Among the picks and inside of a section, and the strongest reason is the one to show."""
    made = arranged(authors=("Ada Lovelace",), keywords=("unit tests", "tactile", "hand"))
    assert made.picks == (7, 8)
    assert made.reasons[7] == Reason(ReasonKind.AUTHOR, "Ada Lovelace")
    assert made.reasons[3] == Reason(ReasonKind.KEYWORD, "tactile")
    assert arranged(keywords=("tactile", "soft")).reasons[3].wish == "tactile, soft"


def test_the_lead_stays_the_editors() -> None:
    """Whatever somebody follows; it can have a reason of its own."""
    made = arranged(keywords=("language models",), topics=("Agents",))
    assert made.lead == 1
    assert made.reasons == {
        1: Reason(ReasonKind.KEYWORD, "language models"),
        8: Reason(ReasonKind.KEYWORD, "Agents"),
    }


# Muting


@pytest.mark.parametrize(
    ("muted", "hidden"),
    [
        ("robotics", {1, 3}),
        ("Agents", {2, 8}),
        ("graph neural networks", {6}),
        ("Bengio, Yoshua", {2}),
        ("robot hand", {7}),
        ("code", set()),
    ],
)
def test_muted_is_not_shown(muted: str, hidden: set[int]) -> None:
    """A topic, a person, or words of title, line or keywords; a word in passing in the abstract hides
    nothing."""
    made = arranged(muted=(muted,))
    assert {*made.in_full, *made.also} == set(range(1, 9)) - hidden


def test_a_muted_lead_gives_way_to_the_best_of_the_rest() -> None:
    """And is out of its section's count."""
    made = arranged(muted=("Robotics",))
    assert made.lead == 2
    assert order(made) == [(1, 4, 5), (2,), (3, 6)]
    assert [section.count for section in made.sections] == [2, 1, 1]


def test_muted_beats_followed() -> None:
    """Whoever mutes something never sees it, whatever else of it they follow."""
    made = arranged(authors=("Ada Lovelace",), topics=("Agents",), muted=("Agents", "ada lovelace"))
    assert not {2, 7, 8} & {*made.in_full, *made.also, *made.reasons}


def test_where_only_titles_are_left_the_best_of_them_leads() -> None:
    """A copy has a lead as long as there is anything."""
    made = arranged(muted=("Robotics", "Image generation", "Agents", CATCH_ALL))
    assert (made.lead, made.sections, made.also) == (7, (), ())


def test_where_all_is_muted_there_is_no_copy() -> None:
    """Neither an empty one nor one of muted things."""
    assert arrange_for(INDEX, Wishes(muted=("paper", "robot hands", "agents"))) is None
    assert arrange_for(ReaderIndex.of(replace(EDITION, sections=(), also=())), Wishes()) is None


# More like this


def test_what_is_like_a_liked_one_is_found() -> None:
    """By what they share and few others have, with the title that was liked."""
    liked = Like("old", "Soft Hands", "Robotics", (("tactile sensing", 1.0),))
    made = arranged(likes=(liked,))
    assert {3, 7} <= made.reasons.keys() <= {1, 3, 7}
    assert made.reasons[3] == Reason(ReasonKind.LIKE, "Soft Hands")


def test_the_newest_like_is_the_one_to_name() -> None:
    """Where two of them lead to the same entry."""
    likes = tuple(Like(name, name, "", (("tactile sensing", 1.0),)) for name in ("Older", "Newer"))
    assert arranged(likes=likes).reasons[7].wish == "Newer"


def test_the_same_topic_needs_less_in_common() -> None:
    """A word in common is not enough elsewhere."""
    like = Like("old", "Old", "Image generation", (("grasping", 0.15), ("diffusion", 0.15), ("x", 0.97)))
    assert arranged(likes=(like,)).reasons.keys() == {4, 5}
    assert arranged(likes=(replace(like, topic="Cooking"),)).reasons == {}


def test_what_was_looked_at_moves_an_entry_inside_of_its_section() -> None:
    """It neither moves the section, nor shows in full what was to be shown by title, nor is it named."""
    looked_at = Like("old", "Soft Hands", "", (("faster", 0.6), ("tactile sensing", 0.8)), clicked=True)
    made = arranged(likes=(looked_at,))
    image = next(section for section in made.sections if section.index == 1)
    assert image.entries == (5, 4)
    assert [section.index for section in made.sections] == [0, 1, 2, 3]
    assert (made.picks, made.reasons) == ((), {})


def test_four_that_were_looked_at_count_as_one_that_was_asked_for() -> None:
    """Then the entry is the reader's own, still without a word; muted it stays hidden, whatever was read."""
    looked_at = tuple(
        Like(f"old{n}", "Soft Hands", "", (("tactile sensing", 1.0),), clicked=True) for n in range(4)
    )
    assert arranged(likes=looked_at[:3]).picks == ()
    made = arranged(likes=looked_at)
    assert (made.picks, made.reasons) == ((7,), {})
    assert 7 not in arranged(likes=looked_at, muted=("tactile sensing", "Feeling with Robot Hands")).in_full


def test_there_is_room_for_so_many_likes_of_either_kind() -> None:
    """The oldest of its kind goes; looking at what one asked for changes nothing, asking for what one has
    looked at does."""
    likes: tuple[Like, ...] = ()
    for n in range(30):
        likes = with_like(with_like(likes, Like(f"a{n}", "", "", ())), Like(f"c{n}", "", "", (), True))
    assert len(likes) == 2 * MOST_LIKES
    assert {like.entry for like in likes} == {f"{kind}{n}" for kind in "ac" for n in range(10, 30)}
    assert with_like(likes, Like("a29", "", "", (), True)) == likes
    assert with_like(likes, Like("c29", "", "", ()))[-1] == Like("c29", "", "", ())
    assert len(with_like(likes, Like("c29", "", "", ()))) == 2 * MOST_LIKES - 1


def test_a_like_says_what_tells_an_entry_apart() -> None:
    """Its id, title and topic, and its telling phrases as a vector of length 1; nothing for a rank that the
    edition does not have."""
    like = like_of(EDITION, 5)
    assert like
    assert (like.entry, like.title, like.topic) == ("paper:5", "Paper 5", "Image generation")
    assert "consistency distillation" in dict(like.phrases)
    assert sum(weight * weight for _, weight in like.phrases) == pytest.approx(1, abs=0.01)
    assert [made.topic for rank in (6, 8) if (made := like_of(EDITION, rank))] == ["", ""]
    assert like_of(EDITION, 9) is None
    long = replace(EDITION, also=(ranked(7, title="Soft Hands: " + "Grasping with Feeling " * 9),))
    shortened = like_of(long, 7)
    assert shortened
    assert shortened.title.startswith("Soft Hands")
    assert len(shortened.title) <= 60


# All together


names = st.sampled_from(
    ["Robotics", "agents", "paper 4", "Ada Lovelace", "diffusion", "tactile", "paper", "graph", "", "ᚠ"]
)
lists = st.lists(names, max_size=4).map(tuple)
likes = st.lists(st.integers(1, 8).map(lambda rank: like_of(EDITION, rank)), max_size=3).map(tuple)


@given(st.builds(Wishes, topics=lists, keywords=lists, authors=lists, muted=lists, likes=likes))
def test_every_copy_has_each_entry_once_and_nothing_muted(wishes: Wishes) -> None:
    """All that is not muted, in one place each; the lead first; picks come from the titles; reasons belong to
    entries of the copy; the same wishes give the same copy."""
    made = arrange_for(INDEX, wishes)
    hidden = INDEX.muted(wishes.muted)
    left = [rank for rank in range(1, 9) if rank not in hidden]
    assert (made is None) == (not left)
    if made is None:
        return
    assert sorted((*made.in_full, *made.also)) == left
    assert made.lead == left[0]
    assert set(made.picks) <= {7, 8}
    assert made.reasons.keys() <= set(left)
    assert set(made.picks) <= made.reasons.keys()
    entries = chain.from_iterable(section.entries for section in made.sections)
    assert sum(section.count for section in made.sections) == len({*entries, made.lead} - {7, 8})
    assert arrange_for(ReaderIndex.of(EDITION), wishes) == made


@given(topics=lists, others=st.lists(st.text(max_size=9), max_size=5).map(tuple))
def test_following_hides_nothing(topics: tuple[str, ...], others: tuple[str, ...]) -> None:
    """Followed sections come first, and all the others are still there."""
    made = arranged(topics=(*topics, *others))
    assert sorted(section.index for section in made.sections) == [0, 1, 2, 3]
    assert {section.index for section in made.sections[: len(made.followed)]} == made.followed


def test_the_example_list_follows_topics_that_exist() -> None:
    """Demo subscribers have addresses that nobody owns and follow built-in topics."""
    with EXAMPLE.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    assert len(people) == 28
    assert len({person["email"] for person in people}) == 28
    assert all(
        person["email"].split("@")[1] in {"example.org", "example.com", "example.net"} for person in people
    )
    followed = {topic for person in people for topic in person["topics"].split(";") if topic}
    assert followed <= set(Filer(shipped_editor().topics).topics)
    assert any("," in person["name"] for person in people)
