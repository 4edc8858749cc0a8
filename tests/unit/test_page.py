"""Text pages: papers are found by their shape."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.page import parse_page
from newsletter.errors import InputError

SEEDS = Path(__file__).parents[2] / "seeds" / "papers.txt"
ABSTRACT = (
    "Widely used language models are trained on large amounts of text. In this paper, we ask how little they"
    " need, and find that a twentieth of it is enough. Experiments on seven benchmarks support our claims."
)
SECOND = ABSTRACT.replace("language", "vision")


def titles(page: str) -> list[str]:
    return [entry.title for entry in parse_page(page, name="page.txt")]


def test_the_seed_page_is_read_whole() -> None:
    """All 99 papers in their order: every other block after the five lines of furniture is a title."""
    page = SEEDS.read_text(encoding="utf-8")
    blocks = page.split("\n\n")[5:]
    entries = parse_page(page, name="papers.txt")
    assert [entry.title for entry in entries] == blocks[::2]
    assert [entry.position for entry in entries] == list(range(99))
    assert len({entry.id for entry in entries}) == 99
    assert all(
        entry.summary[:100] == block[:100]
        for entry, block in zip(entries, blocks[1::2], strict=True)
        if "- " not in block
    )


def test_the_seed_page_is_cleaned() -> None:
    """Broken words are mended with hyphens where they belong, and links are in `code` and `project`."""
    entries = parse_page(SEEDS.read_text(encoding="utf-8"), name="papers.txt")
    anomaly = entries[2]
    assert anomaly.title == "3CAD: A Large-Scale Real-World 3C Product Dataset for Unsupervised Anomaly"
    assert "they suffer from limitations in terms of the number of defect samples," in anomaly.summary
    assert "27,039 high-resolution images" in anomaly.summary
    assert anomaly.code == "https://github.com/EnquanYang2022/3CAD"
    assert anomaly.summary.endswith("the anomaly detection field.")
    suspended = " ".join(entry.summary for entry in entries)
    assert all(kept in suspended for kept in ("coarse- and ", "fine- and ", "rule- and ", "resource- and "))
    assert sum(entry.code is not None for entry in entries) == 20
    assert [entry.project for entry in entries if entry.project] == [
        "https://layoutllm-t2i.github.io",
        "https://aka.ms/BLURB",
        "https://robofume.github.io",
        "https://align-prop.github.io/",
    ]
    assert "athttps" not in suspended


@pytest.mark.parametrize(
    "page",
    [
        f"One\n\n{ABSTRACT}\n\nTwo\n\n{SECOND}",
        f"\ufeffnew\r\n\r\nOne  \r\n\r\n\r\n{ABSTRACT} \r\n\r\n \r\nTwo\r\n\r\n{SECOND}\r\n",
        f"New\n\nbyAK and others\n\nMar 11\n\nOne\n\n{ABSTRACT}\n\nVote\n\n12\n\nMay 2\n\nTwo\n\n{SECOND}\n3",
        f"One\n{ABSTRACT}\nUpvote\n12\n2 days ago\nTwo\n{SECOND}\n",
        f"Menu\nMar 11\nOne\n\n{ABSTRACT}\n\n1.2k\nTwo\n\n{SECOND}",
        f"One\n\nA. Lovelace, A. Turing and G. van Rossum\n\n{ABSTRACT}\n\nTwo\n\nMar 11, 2025\n\n{SECOND}",
        f"One\n\nAbstract\n\n{ABSTRACT}\n\nOur list\n\nTwo\n\n12 comments\n\n{SECOND}\n\nAbout us",
        f"A long word of welcome: {ABSTRACT}\n\nOne\n\n{ABSTRACT}\n\nTwo\n\n{SECOND}",
    ],
)
def test_furniture_is_passed_over_wherever_it_stands(page: str) -> None:
    """Line ends, a BOM, empty lines, menus, dates, counts and names change nothing."""
    entries = parse_page(page, name="page.txt")
    assert [(entry.title, entry.summary) for entry in entries] == [("One", ABSTRACT), ("Two", SECOND)]


def test_wrapped_titles_and_abstracts_are_joined() -> None:
    """Lines without an empty line between them are one title, or one abstract."""
    wrapped = ABSTRACT.replace("of text. ", "of text.\n").replace("twentieth of it", "twentieth\nof it")
    (entry,) = parse_page(f"Retrieval and\n  Generation\n\n{wrapped}\n", name="page.txt")
    assert (entry.title, entry.summary) == ("Retrieval and Generation", ABSTRACT)


def test_a_compound_that_was_wrapped_is_one_word() -> None:
    """Capitals tell nothing in a title; the line break does."""
    assert titles(f"Preserving Multi-\nModal Capabilities\n\n{ABSTRACT}") == [
        "Preserving Multi-Modal Capabilities"
    ]


def test_a_title_with_and_is_no_list_of_names() -> None:
    """Two capitalised halves of a title are no two authors."""
    assert titles(f"Subscribe\n\nLanguage Models and Reasoning Failures\n\n{ABSTRACT}") == [
        "Language Models and Reasoning Failures"
    ]


def test_paragraphs_stay_one_abstract() -> None:
    """A long block after an abstract belongs to it, and so does a whole sentence before the next title."""
    page = f"One\n\n{ABSTRACT}\n\n{SECOND}\n\nOur code is available at https://github.com/a/b.\n\nTwo\n\n{SECOND}"
    one, two = parse_page(page, name="page.txt")
    assert (one.summary, one.code, two.title) == (f"{ABSTRACT} {SECOND}", "https://github.com/a/b", "Two")


def test_a_paragraph_at_the_end_of_the_page_belongs_to_the_last_abstract() -> None:
    """The last abstract has no title after it to be mistaken for."""
    (entry,) = parse_page(f"One\n\n{ABSTRACT}\n\nWe also release all of the data.", name="page.txt")
    assert entry.summary == f"{ABSTRACT} We also release all of the data."


def test_a_title_may_be_repeated() -> None:
    """A page may list a paper more than once; each time is an entry."""
    assert titles(f"Same\n\n{ABSTRACT}\n\n" * 4) == ["Same"] * 4


def test_a_long_title_is_no_abstract() -> None:
    """Length alone does not make an abstract: it takes a sentence."""
    long_title = "Fine-tuning large language models: " + "strategies, scaling and " * 9 + "merging"
    assert titles(f"{long_title}\n\n{ABSTRACT}") == [long_title]


@pytest.mark.parametrize(
    "page", ["", "\n\n", "new\n\nSubscribe\n\nMar 11\n", "One\n\nTwo\n\nThree", ABSTRACT]
)
def test_a_page_without_papers_is_an_error_that_names_it(page: str) -> None:
    """The message says which page, and what a paper looks like."""
    with pytest.raises(InputError, match=r"^today\.txt: no papers found .* empty line"):
        parse_page(page, name="today.txt")


@given(st.text())
def test_any_text_is_papers_or_an_input_error(page: str) -> None:
    """Nothing else is ever raised, and papers have titles and abstracts."""
    try:
        entries = parse_page(page, name="page")
    except InputError:
        return
    assert all(entry.title and entry.summary for entry in entries)


_WORD = st.text(alphabet="abcdefghij", min_size=1, max_size=9)
_TITLE = st.lists(_WORD, min_size=1, max_size=9).map(lambda found: " ".join(found).capitalize() + " paper")
_ABSTRACT = st.lists(_WORD, min_size=110, max_size=150).map(lambda found: " ".join(found).capitalize() + ".")
_GAP = st.sampled_from(
    ["\n\n", "\n\n\n", "\r\n\r\n", " \n \n", "\n\nMar 11\n\n", "\n\n17\n\n", "\n\nShare\n\n"]
)


@given(st.lists(st.tuples(_GAP, _TITLE, _ABSTRACT), min_size=1, max_size=6, unique_by=lambda paper: paper[1]))
def test_every_paper_of_a_page_is_found(papers: list[tuple[str, str, str]]) -> None:
    """Entries in are entries out, in order, with their titles and abstracts."""
    page = "".join(f"{gap}{title}\n\n{abstract}" for gap, title, abstract in papers)
    found = [(entry.title, entry.summary) for entry in parse_page(page, name="page")]
    assert found == [(title, abstract) for _, title, abstract in papers]
