"""Grouping by topic: what goes where, and the rules that hold on every day."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.model import Entry
from newsletter.core.page import parse_page
from newsletter.core.schemes import Filer
from newsletter.core.topics import CATCH_ALL, Topic, group, is_catch_all

SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
EDITOR = shipped_editor()
HOUSE = Filer(EDITOR.topics).topics
PAPERS = parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)

WORDS = st.sampled_from(
    [
        *(name.lower() for name in HOUSE),
        "lora",
        "diffusion",
        "robot",
        "speech",
        "graph",
        "the",
        "walnut",
        "zebra",
        "x",
    ]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
ENTRIES = st.lists(
    st.builds(Entry, id=st.uuids().map(str), title=TEXTS, summary=TEXTS),
    max_size=40,
    unique_by=lambda entry: entry.id,
)
TOPICS = st.lists(
    st.builds(
        Topic,
        name=st.sampled_from(["Agents", "Walnuts", "Also interesting", "Robots"]),
        keywords=st.tuples(WORDS),
    ),
    max_size=3,
    unique_by=lambda topic: topic.name,
).map(tuple)


def entry(number: int, title: str, summary: str = "") -> Entry:
    return Entry(id=f"{number:03}", title=title, summary=summary)


def topic_of(title: str, groups: tuple[object, ...] | None = None) -> str:
    found = groups or group(PAPERS, EDITOR)
    id_ = next(paper.id for paper in PAPERS if paper.title.startswith(title))
    return next(g.topic for g in found if id_ in g.ids)


@given(entries=ENTRIES, topics=TOPICS)
def test_every_entry_is_in_exactly_one_group(entries: list[Entry], topics: tuple[Topic, ...]) -> None:
    """Nothing is lost, nothing is told twice, no name is used twice and no group is empty."""
    groups = group(entries, EDITOR, topics)
    assert sorted(id_ for g in groups for id_ in g.ids) == sorted(e.id for e in entries)
    assert len({g.topic for g in groups}) == len(groups)
    assert all(g.ids for g in groups)


@given(entries=ENTRIES, topics=TOPICS)
def test_no_group_holds_more_than_a_third_or_one_alone(
    entries: list[Entry], topics: tuple[Topic, ...]
) -> None:
    """From nine entries on a section is at most a third; nobody stands alone but a single entry."""
    groups = group(entries, EDITOR, topics)
    if len(entries) >= 9:
        assert max(len(g.ids) for g in groups) <= len(entries) // 3
    if len(entries) > 1:
        assert min(len(g.ids) for g in groups) > 1


@given(entries=ENTRIES, topics=TOPICS, seed=st.integers(0, 99))
def test_the_order_of_the_entries_does_not_matter(
    entries: list[Entry], topics: tuple[Topic, ...], seed: int
) -> None:
    """The same papers in another order make the same page."""
    shuffled = random.Random(seed).sample(entries, len(entries))
    assert group(shuffled, EDITOR, topics) == group(entries, EDITOR, topics)


def test_no_entries_make_no_groups() -> None:
    """An empty day has no sections."""
    assert group((), EDITOR) == ()


def test_the_operators_topic_comes_first_and_takes_its_entries() -> None:
    """A keyword of the operator's topic outweighs the built-in topics."""
    own = Topic("Small models", keywords=("smaller models", "small language models", "model size"))
    groups = group(PAPERS, EDITOR, (own,))
    assert groups[0].topic == "Small models"
    assert topic_of("An Emulator for Fine-Tuning", groups) == "Small models"
    assert topic_of("Distilling Step-by-Step!", groups) == "Small models"


def test_an_own_topic_with_a_name_of_the_house_brings_what_the_house_knows() -> None:
    """Naming "robotics" is enough; keywords are not needed."""
    groups = group(PAPERS, EDITOR, (Topic("robotics"),))
    assert groups[0].topic == "robotics"
    assert topic_of("CARP", groups) == "robotics"


def test_the_description_of_a_topic_counts() -> None:
    """Words of the description find entries too, where they are rare enough to tell something."""
    pages = [entry(n, "A paper about nothing much", "It is long.") for n in range(6)]
    bees = [entry(10 + n, f"Observing the beehive, part {n}", "The beehive hums.") for n in range(3)]
    groups = group([*pages, *bees], EDITOR, (Topic("Insects", description="everything around a beehive"),))
    assert next(g for g in groups if g.topic == "Insects").ids == ("010", "011", "012")


def test_entries_with_a_word_of_their_own_make_a_group_of_its_name() -> None:
    """What no list knows is named by what its titles share, as they write it."""
    known = [entry(n, "Text-to-image diffusion models", "Image generation.") for n in range(3)]
    known += [entry(10 + n, "A robot that learns manipulation", "Robotics.") for n in range(3)]
    new = [entry(20 + n, f"Quantum Annealing, {what}", "") for n, what in enumerate(["hot", "cold", "warm"])]
    assert [g.topic for g in group([*known, *new], EDITOR)][-1:] != [CATCH_ALL]
    assert next(g for g in group([*known, *new], EDITOR) if g.topic == "Quantum annealing").ids == (
        "020",
        "021",
        "022",
    )


def test_the_seed_page_is_grouped_as_an_editor_would() -> None:
    """On a page about fine-tuning that does not swallow the day; the clear cases are where one looks."""
    expected = {
        "S-LoRA": "Parameter-efficient fine-tuning",
        "LQ-LoRA": "Parameter-efficient fine-tuning",
        "Visual Autoregressive Modeling": "Image generation",
        "LayoutLLM-T2I": "Image generation",
        "Aligning Text-to-Image Diffusion": "Image generation",
        "MoVA": "Multimodal models",
        "AlignGPT": "Multimodal models",
        "CARP": "Robotics",
        "Robot Fine-Tuning Made Easy": "Robotics",
        "Masked Thought": "Reasoning",
        "Improving Large Language Model Fine-tuning for Solving Math": "Reasoning",
        "Transfer Q Star": "Alignment and preference learning",
        "Understanding the Effects of RLHF": "Alignment and preference learning",
        "Moirai-MoE": "Time series and tabular data",
    }
    groups = group(PAPERS, EDITOR)
    assert {title: topic_of(title, groups) for title in expected} == expected
    assert max(len(g.ids) for g in groups) <= 20
    assert sum(len(g.ids) for g in groups if is_catch_all(g.topic)) <= 8
