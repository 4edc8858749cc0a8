"""Summaries are measured on the lines that readers get."""

import pytest

from newsletter.adapters.weights import shipped_editor
from newsletter.core.summary import one_line
from newsletter.evaluation.summary import evaluate_summary, figures

ROW = {
    "title": "A cache for adapters",
    "source": ["Adapters are many.", "In this paper, we propose a cache that keeps all adapters in memory."],
    "target": ["We propose a cache that keeps all adapters in memory.", "Bees hum."],
}


def test_the_best_reference_counts() -> None:
    """A line that is one of the references has everything, whatever the others say."""
    assert evaluate_summary([ROW], shipped_editor()) == {
        "rouge1": 100.0,
        "rouge2": 100.0,
        "rougeL": 100.0,
        "papers": 1,
    }


def test_the_line_is_that_of_the_product() -> None:
    """What is measured is `one_line` of the joined sentences; a row without a title is read as well."""
    row = {"source": ROW["source"], "target": ["A cache is proposed for adapters that are many."]}
    editor = shipped_editor()
    told = figures([row], lambda _: one_line("", " ".join(row["source"]), editor.lines))
    assert evaluate_summary([row], editor) == told
    assert 0 < told["rouge1"] < 100


def test_figures_are_means_over_papers() -> None:
    """In percent, each paper counting the same."""
    rows = [{"source": ["x"], "target": ["one two"]}, {"source": ["x"], "target": ["three four"]}]
    assert figures(rows, lambda _: "one two")["rouge1"] == pytest.approx(50.0)
