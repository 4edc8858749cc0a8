"""How close the one-line summaries come to those that people wrote: ROUGE on papers in SciTLDR's format."""

from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import Any

from newsletter.core.editor import Editor
from newsletter.core.summary import one_line
from newsletter.evaluation.rouge import rouge_l, rouge_n, stems

__all__ = ["evaluate_summary", "figures"]

Row = Mapping[str, Any]


def evaluate_summary(rows: Iterable[Row], editor: Editor) -> dict[str, Any]:
    """ROUGE-1, -2 and -L (F1 in percent) of the lines that readers would get.

    A row has `source` (the sentences of an abstract, which are joined: the product splits text by itself),
    `target` (summaries by people) and, where known, `title`.
    """
    return figures(rows, lambda row: one_line(row.get("title") or "", " ".join(row["source"]), editor.lines))


def figures(rows: Iterable[Row], summary: Callable[[Row], str]) -> dict[str, Any]:
    """The same for any way to sum a row up; of each paper's references the best counts, for each measure."""
    scores = [_scores(summary(row), row["target"]) for row in rows]
    one, two, longest = (round(100 * fmean(column), 2) for column in zip(*scores, strict=True))
    return {"rouge1": one, "rouge2": two, "rougeL": longest, "papers": len(scores)}


def _scores(line: str, references: Iterable[str]) -> tuple[float, float, float]:
    found, wanted = stems(line), [stems(reference) for reference in references]
    return (
        max(rouge_n(1, found, reference) for reference in wanted),
        max(rouge_n(2, found, reference) for reference in wanted),
        max(rouge_l(found, reference) for reference in wanted),
    )
