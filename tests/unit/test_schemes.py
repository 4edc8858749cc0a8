"""What the trained weights tell of an entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.weights import shipped_editor
from newsletter.core.agreement import agreement, views_of
from newsletter.core.model import Entry
from newsletter.core.schemes import Filer, entry_terms

FILER = Filer(shipped_editor().topics)


def likeliest(title: str, summary: str = "") -> str:
    filed = FILER.file(Entry(id="x", title=title, summary=summary))
    return max(zip(filed.house, FILER.topics, strict=True))[1]


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        (
            "Low-rank adapters for parameter-efficient fine-tuning with LoRA",
            "Parameter-efficient fine-tuning",
        ),
        ("3D Gaussian splatting for novel view synthesis", "3D and view synthesis"),
        ("A vision-language-action policy for dexterous robot manipulation", "Robotics"),
        ("Zero-shot text-to-speech synthesis with neural codecs", "Speech and audio"),
        ("Message passing in graph neural networks for node classification", "Graphs and structured data"),
        (
            "Jailbreak attacks on aligned language models and how to defend against them",
            "Safety and robustness",
        ),
        ("Forecasting long multivariate time series with transformers", "Time series and tabular data"),
    ],
)
def test_a_paper_is_filed_where_an_editor_would_file_it(title: str, topic: str) -> None:
    """Clear titles are told by themselves."""
    assert likeliest(title) == topic


@given(title=st.text(max_size=60), summary=st.text(max_size=200))
def test_likelihoods_are_likelihoods(title: str, summary: str) -> None:
    """Whatever the text, each scheme gives every topic a part, and the parts are one."""
    filed = FILER.file(Entry(id="x", title=title, summary=summary))
    for likely in (filed.house, filed.kinds, *(scheme.likelihoods(filed.vector) for scheme in FILER.others)):
        assert sum(likely) == pytest.approx(1)
        assert min(likely) >= 0
    assert sum(weight**2 for weight in filed.terms.values()) == pytest.approx(1 if filed.terms else 0)


def test_words_of_the_title_count_most() -> None:
    """And a word that is repeated counts more, but not as often as it is repeated."""
    terms = entry_terms("Walnuts", "Beetles like beetles. Trees.")
    assert terms["walnut"] > terms["beetle"] > terms["tree"] == 1
    assert "like" not in terms


def test_papers_on_one_thing_agree_more() -> None:
    """Two on robots agree more than one on robots and one on proteins; the house always has a say."""
    titles = ("Robot grasping policies", "Learning robot manipulation", "Protein structure prediction")
    filed = [FILER.file(Entry(id=title, title=title)) for title in titles]
    views = views_of(filed, FILER)
    agreed = agreement(filed, views)
    assert agreed[0][1] > 3 * max(agreed[0][2], agreed[1][2])
    assert agreed[0][1] == agreed[1][0]
    assert sum(view.say for view in views) == pytest.approx(1)
    assert views[0].topics == FILER.topics
    assert views[0].say >= 0.25
