"""What one reader gets: the order of the sections by the topics followed; and the example list."""

import csv
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.reader import Arrangement, arrange_for
from newsletter.core.schemes import Filer

TOPICS = ("Image generation", "Agents", "Reasoning", "Also interesting")
EXAMPLE = Path(__file__).parents[2] / "subscribers" / "example.csv"


def test_followed_topics_come_first_in_the_order_of_the_edition() -> None:
    """What one follows is moved up; the rest keeps its order."""
    assert arrange_for(TOPICS, ("Reasoning", "Agents")) == Arrangement((1, 2, 0, 3), frozenset({1, 2}))


def test_case_and_white_space_do_not_matter_and_unknown_topics_are_ignored() -> None:
    """Names are compared as people write them."""
    assert arrange_for(TOPICS, (" IMAGE\tgeneration ", "Cooking")) == Arrangement(
        (0, 1, 2, 3), frozenset({0})
    )


def test_who_follows_nothing_gets_the_editors_order() -> None:
    """No preference changes nothing."""
    assert arrange_for(TOPICS, ()) == Arrangement((0, 1, 2, 3), frozenset())


@given(sections=st.lists(st.text(max_size=9), max_size=9), followed=st.lists(st.text(max_size=9), max_size=5))
def test_every_section_is_there_once(sections: list[str], followed: list[str]) -> None:
    """Following a topic never hides another."""
    made = arrange_for(sections, followed)
    assert sorted(made.order) == list(range(len(sections)))
    assert set(made.order[: len(made.followed)]) == made.followed


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
