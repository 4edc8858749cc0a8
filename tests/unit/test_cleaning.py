"""Cleaning: invisible characters, broken words, links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.cleaning import (
    classify_links,
    clean_text,
    mend_hyphenation,
    read_abstract,
    take_links,
    words,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  two\r\n lines\tand\u00a0more ", "two lines and more"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("zero\u200bwidth\ufeff \u2060joined", "zerowidth joined"),
        ("\u202eoverride\u202c \u2066isolate\u2069", "override isolate"),
        ("bell\x07 null\x00 del\x7f c1\x9b", "bell null del c1"),
        ("cafe\u0301", "caf\u00e9"),
        ("e\u200b\u0301", "\u00e9"),
        ("μ-Bench -- S^{2}FT 67\\%", "μ-Bench -- S^{2}FT 67\\%"),
        ("lone \ud800 surrogate", "lone surrogate"),
        (" \n ", ""),
    ],
)
def test_text_is_one_visible_line(raw: str, clean: str) -> None:
    """Invisible characters go, white space becomes one space, everything that a reader sees stays."""
    assert clean_text(raw) == clean


@given(st.text())
def test_cleaning_is_idempotent(text: str) -> None:
    """What is clean stays as it is, and can always be written as UTF-8."""
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\n" not in once.encode("utf-8").decode()


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("they suf- fer from", "they suffer from"),
        ("defect anoma- lies, the", "defect anomalies, the"),
        ("we in- troduce a", "we introduce a"),
        ("27,039 high- resolution images", "27,039 high-resolution images"),
        ("a classifier- based method", "a classifier-based method"),
        ("in 4- bit precision", "in 4-bit precision"),
        ("a t- test and K- means", "a t-test and K-means"),
        ("dis- til- lation", "distillation"),
        ("coarse- and fine-grained", "coarse- and fine-grained"),
        ("resource- and time-consuming", "resource- and time-consuming"),
        ("pre- or post-training", "pre- or post-training"),
        ("low- to high-level", "low- to high-level"),
        ("Vor- und Nachteile", "Vor- und Nachteile"),
        ("multi- rather than single-turn", "multi- rather than single-turn"),
        ("the question- Can models plan?", "the question- Can models plan?"),
        ("PLeaS -- Merging Models", "PLeaS -- Merging Models"),
        ("pages 3- 5", "pages 3- 5"),
    ],
)
def test_broken_words_are_mended_by_form(broken: str, whole: str) -> None:
    """Without evidence, broken words are joined, compounds keep their hyphen, suspended hyphens stay."""
    assert mend_hyphenation(broken) == whole


def test_the_page_decides_between_a_word_and_a_compound() -> None:
    """What the page writes more often elsewhere wins over the form."""
    assert (
        mend_hyphenation("a pre- trained model", words("pretrained and pretrained")) == "a pretrained model"
    )
    assert mend_hyphenation("a frame- work", words("a framework")) == "a framework"
    assert mend_hyphenation("a video- text model", words("video-text pairs")) == "a video-text model"
    assert mend_hyphenation("Mixture-of- Experts", words("the mixture-of-experts")) == "Mixture-of-Experts"


def test_two_words_of_the_page_make_a_compound() -> None:
    """Halves that stand alone elsewhere are words, so the hyphen between them is real."""
    assert mend_hyphenation("an image- caption pair", words("image and caption")) == "an image-caption pair"
    assert mend_hyphenation("an image- caption pair", words("image only")) == "an imagecaption pair"


@given(st.text(alphabet="abAB- .", max_size=60))
def test_mending_is_idempotent_and_only_takes_hyphens_and_spaces(text: str) -> None:
    """A mended text has no more to mend, and no letter is lost."""
    once = mend_hyphenation(text)
    assert mend_hyphenation(once) == once
    assert once.replace("-", "").replace(" ", "") == text.replace("-", "").replace(" ", "")


@pytest.mark.parametrize(
    ("sentence", "link"),
    [
        ("Code is available at https://github.com/a/b.", "https://github.com/a/b"),
        ("Code is available at: https://github.com/a/b .", "https://github.com/a/b"),
        ("Code and models are released athttps://github.com/a/b.", "https://github.com/a/b"),
        ("Our code (https://github.com/a/b) is public.", "https://github.com/a/b"),
        ("Project page: “https://a.github.io/”.", "https://a.github.io/"),
        ("Please see https://a.org/x_(y)!", "https://a.org/x_(y)"),
        ("MFTCoder is open-sourced at https://github.com/a/MFTCOder", "https://github.com/a/MFTCOder"),
        (
            "The source code of FlexLLM is publicly available at https://github.com/a/b.",
            "https://github.com/a/b",
        ),
        ("Code: https://github.com/a/b{https://github.com/a/b}.", "https://github.com/a/b"),
        ("The code is at github.com/a/b.", "https://github.com/a/b"),
        ("Code: https://github.com/a/number\\_cookbook", "https://github.com/a/number_cookbook"),
    ],
)
def test_a_sentence_that_only_points_at_the_link_goes(sentence: str, link: str) -> None:
    """The link comes out without the punctuation around it, and the abstract reads on without it."""
    assert take_links(f"We beat e.g. GPT-4 by 5%. {sentence}") == ("We beat e.g. GPT-4 by 5%.", (link,))


@pytest.mark.parametrize(
    "sentence",
    [
        "HiFi-SR outperforms all other methods in every test (https://github.com/a/b).",
        "We improve accuracy by 5% and release the code at https://github.com/a/b.",
        "Sampling with https://github.com/a/b halves the cost.",
    ],
)
def test_a_sentence_that_says_more_keeps_its_link(sentence: str) -> None:
    """Nothing but pure pointers is taken out."""
    assert take_links(f"We train models. {sentence}") == (
        f"We train models. {sentence}",
        ("https://github.com/a/b",),
    )


def test_a_link_that_is_kept_nowhere_else_stays_in_the_text() -> None:
    """Only one link can be the code; the sentence of the second is the only place that knows it."""
    text = "A. Code is at https://github.com/a/b. More code is at https://github.com/a/c."
    assert take_links(text)[0] == "A. More code is at https://github.com/a/c."


def test_an_abstract_of_pointers_only_stays() -> None:
    """An abstract is never emptied."""
    assert take_links("Code: https://github.com/a/b.")[0] == "Code: https://github.com/a/b."


def test_a_sentence_without_the_space_before_it_goes_alone() -> None:
    """A missing space after the full stop does not take the sentence before with it."""
    assert take_links("It is faster.Code is at https://github.com/a/b.")[0] == "It is faster."


@pytest.mark.parametrize(
    ("links", "code", "project"),
    [
        (["https://github.com/a/b"], "https://github.com/a/b", None),
        (["https://gitlab.com/a/b", "https://a.io"], "https://gitlab.com/a/b", "https://a.io"),
        (["https://huggingface.co/org/model"], "https://huggingface.co/org/model", None),
        (["https://huggingface.co/datasets/o/d", "https://github.com/a/b"], "https://github.com/a/b", None),
        (["https://huggingface.co/spaces/o/demo"], None, "https://huggingface.co/spaces/o/demo"),
        (["https://github.com/org"], None, "https://github.com/org"),
        (["https://align-prop.github.io/"], None, "https://align-prop.github.io/"),
        (["https://arxiv.org/abs/2510.01459", "https://doi.org/10.1/x"], None, None),
        (["https://github.com.evil.example/a/b"], None, "https://github.com.evil.example/a/b"),
        ([], None, None),
    ],
)
def test_repositories_are_code_and_other_pages_are_the_project(
    links: list[str], code: str | None, project: str | None
) -> None:
    """A forge goes before Hugging Face; papers are neither; look-alike hosts are no forge."""
    assert classify_links(links) == (code, project)


def test_what_the_source_says_itself_wins() -> None:
    """A given code link is kept, and the sentence of another one stays, so that none is lost."""
    text = "A. Code is at https://github.com/a/b."
    assert read_abstract(text, code="https://github.com/x/y") == (text, "https://github.com/x/y", None)
    assert read_abstract(text, code="http://GitHub.com/A/b/").text == "A."


@given(
    st.lists(
        st.sampled_from(
            [
                "Code is at ",
                "https://github.com/a/b",
                "https://a.io",
                ". ",
                "We win",
                "{x}",
                " ",
                ")",
                "at",
                "- ",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_reading_an_abstract_again_changes_nothing(text: str) -> None:
    """An abstract that was written out and read back is the same, with the same links."""
    once = read_abstract(text)
    assert read_abstract(once.text, code=once.code, project=once.project) == once


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """No text raises, and every link is an address."""
    _, links = take_links(text)
    assert all(link.lower().startswith(("http://", "https://")) for link in links)
    read_abstract(text)
