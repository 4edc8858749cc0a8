"""How well entries are grouped by topic: days drawn from labelled papers, grouped without their labels."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from random import Random
from statistics import fmean
from typing import Any

from newsletter.core.editor import Editor
from newsletter.core.model import Entry
from newsletter.core.topics import group
from newsletter.evaluation.clustering import adjusted_mutual_information, adjusted_rand_index, v_measure

__all__ = ["DAYS", "PAPERS", "SEED", "days_of", "evaluate_topics"]

DAYS = 20
PAPERS = 60
SEED = 20_240_527
"""Of the drawing of days."""


def evaluate_topics(rows: Iterable[Mapping[str, Any]], editor: Editor) -> dict[str, Any]:
    """AMI, ARI and V-measure for each `source`, the mean over its days, and their means over all sources.

    A row has `title`, `abstract`, `label` and `source`.
    """
    by_source = sorted(rows, key=itemgetter("source", "title", "abstract"))
    sources = {
        source: _evaluate_source(list(papers), editor)
        for source, papers in groupby(by_source, key=itemgetter("source"))
    }
    return {
        "sources": sources,
        "mean_ami": round(fmean(figures["ami"] for figures in sources.values()), 4),
        "mean_ari": round(fmean(figures["ari"] for figures in sources.values()), 4),
    }


def days_of(papers: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The days drawn from a source's papers, each without a paper twice; all papers where there are few."""
    random = Random(SEED)  # noqa: S311 - the same days for everybody is the point
    return [random.sample(papers, min(PAPERS, len(papers))) for _ in range(DAYS)]


def _evaluate_source(papers: Sequence[Mapping[str, Any]], editor: Editor) -> dict[str, float]:
    days = [_evaluate_day(day, editor) for day in days_of(papers)]
    names = ("ami", "ari", "v_measure")
    means = (round(fmean(figures), 4) for figures in zip(*days, strict=True))
    return dict(zip(names, means, strict=True)) | {"entries": len(papers)}


def _evaluate_day(papers: Sequence[Mapping[str, Any]], editor: Editor) -> tuple[float, float, float]:
    entries = [
        Entry(id=str(number), title=paper["title"], summary=paper["abstract"])
        for number, paper in enumerate(papers)
    ]
    group_of = {id_: found.topic for found in group(entries, editor) for id_ in found.ids}
    groups = [group_of[entry.id] for entry in entries]
    labels = [paper["label"] for paper in papers]
    return (
        adjusted_mutual_information(labels, groups),
        adjusted_rand_index(labels, groups),
        v_measure(labels, groups),
    )
