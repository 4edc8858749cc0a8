"""ROUGE counts what two texts share, as Google's rouge-score does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from newsletter.evaluation.rouge import rouge_l, rouge_n, stems

WORDS = st.lists(st.sampled_from("abcde"), max_size=12)
TEXTS = [
    ("We propose a cache for adapters.", "A cache that keeps adapters in main memory is proposed."),
    ("Adapters, adapters and more adapters!", "We train adapters."),
    ("GPT-4 scores 81.8% on tests", "On 3 tests, GPT-4 scored 81 percent."),
    ("The cat sat on the mat and the dog lay.", "The dog lay on the mat while the cat sat."),
    ("Nothing in common", "with this one"),
]


@pytest.mark.parametrize(("one", "other"), TEXTS)
def test_figures_are_those_of_rouge_score(one: str, other: str) -> None:
    """The same, but for the stems of a few words (using, they), which nltk has changed in Porter's list."""
    theirs = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(one, other)
    found, reference = stems(one), stems(other)
    assert rouge_n(1, found, reference) == pytest.approx(theirs["rouge1"].fmeasure)
    assert rouge_n(2, found, reference) == pytest.approx(theirs["rouge2"].fmeasure)
    assert rouge_l(found, reference) == pytest.approx(theirs["rougeL"].fmeasure)


def test_words_are_compared_by_their_stems() -> None:
    """Lower case, letters and digits only; words of up to three letters stay as they are."""
    assert stems("Running BERT-based models (3x)!") == ["run", "bert", "base", "model", "3x"]
    assert stems("is was") == ["is", "was"]


@given(WORDS, WORDS)
def test_figures_are_shares(one: list[str], other: list[str]) -> None:
    """From 0 to 1, the same in both directions; a text is wholly itself."""
    for measure in (lambda a, b: rouge_n(1, a, b), lambda a, b: rouge_n(2, a, b), rouge_l):
        assert 0 <= measure(one, other) <= 1
        assert measure(one, other) == measure(other, one)
        assert measure(one, one) == 1 or len(one) < 2
