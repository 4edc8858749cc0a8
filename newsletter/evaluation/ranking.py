"""How well entries are ranked: recorded days of the Hugging Face daily papers against readers' votes.

A row is one paper of one day: `date`, `snapshot_at`, `id`, `title`, `abstract`, `upvotes`, and where known
`authors`, `comments`, `arxiv_published`, `submitted_at`, `org`, `ai_keywords`, `github`, `github_stars`,
`project`, `arxiv_categories`, and `later`: [[hours after the snapshot, votes, who read them], …].

Each day is ranked by the product's own `rank`, from shuffled entries, as at the snapshot. What is measured is
relevance, which is the score with `sameness = 0`: readers vote for papers, not for a varied page.
Days with fewer than three papers, or with equal votes only, say nothing of an order and are left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from random import Random
from statistics import fmean
from typing import Any, TypeAlias

from newsletter.core.editor import Editor
from newsletter.core.jsonl import entry_from_json
from newsletter.core.model import Entry
from newsletter.core.ranking import Weights, rank
from newsletter.evaluation.correlation import ndcg, spearman

__all__ = ["LATER", "SEED", "days_of", "entry_of", "evaluate_ranking", "later_votes"]

SEED = 20_240_527
"""Of the shuffling."""
LATER = (8.0, 60.0)
"""Hours after the snapshot between which later votes count."""
_FEWEST = 3
_KEYS = {
    "id": "id",
    "title": "title",
    "summary": "abstract",
    "authors": "authors",
    "published": "arxiv_published",
    "listed": "submitted_at",
    "upvotes": "upvotes",
    "comments": "comments",
    "stars": "github_stars",
    "code": "github",
    "project": "project",
    "categories": "arxiv_categories",
    "keywords": "ai_keywords",
    "organization": "org",
}

Row: TypeAlias = Mapping[str, Any]


def evaluate_ranking(rows: Iterable[Row], editor: Editor, weights: Weights | None = None) -> dict[str, Any]:
    """Means over days: `cold_spearman` of the order without votes, comments and stars with the day's votes;
    `spearman` and `ndcg10` of the order at the snapshot with later votes, the `baseline_` ones of the order
    by votes alone. A figure is None where no day has what it needs."""
    relevance = replace(weights or Weights(), sameness=0.0)
    days = days_of(rows)
    cold = list(_cold(days, editor, relevance))
    warm = list(_warm(days, editor, relevance))
    names = ("spearman", "ndcg10", "baseline_spearman", "baseline_ndcg10")
    figures = zip(*warm, strict=True) if warm else ([] for _ in names)
    means = {name: _mean(found) for name, found in zip(names, figures, strict=True)}
    return {"days": len(cold), "cold_spearman": _mean(cold), **means}


def days_of(rows: Iterable[Row]) -> list[list[Row]]:
    """The papers of each day, shuffled the same way whatever the order of the rows."""
    random = Random(SEED)  # noqa: S311 - the same order for everybody is the point
    ordered = sorted(rows, key=itemgetter("date", "id"))
    return [
        random.sample(day, len(day))
        for _, found in groupby(ordered, itemgetter("date"))
        if (day := list(found))
    ]


def entry_of(row: Row) -> Entry:
    """The entry that the product would have had at the snapshot."""
    return entry_from_json({key: row.get(name) for key, name in _KEYS.items()}, f"{row['date']} {row['id']}")


def later_votes(row: Row) -> int | None:
    """The last votes that were read within the hours that count."""
    found = [(hours, votes) for hours, votes, _ in row.get("later") or () if LATER[0] <= hours <= LATER[1]]
    return max(found)[1] if found else None


def _cold(days: Sequence[Sequence[Row]], editor: Editor, weights: Weights) -> Iterator[float]:
    for day in days:
        votes = [row["upvotes"] for row in day]
        if _tells(votes):
            entries = [replace(entry_of(row), upvotes=None, comments=None, stars=None) for row in day]
            yield spearman(_scores(entries, day, editor, weights), votes)


def _warm(
    days: Sequence[Sequence[Row]], editor: Editor, weights: Weights
) -> Iterator[tuple[float, float, float, float]]:
    """All papers of the day are ranked; those whose later votes are known are compared."""
    for day in days:
        later = [later_votes(row) for row in day]
        known = [at for at, votes in enumerate(later) if votes is not None]
        truth = [float(later[at] or 0) for at in known]
        if _tells(truth):
            found = _scores([entry_of(row) for row in day], day, editor, weights)
            scores, votes = [found[at] for at in known], [float(day[at]["upvotes"]) for at in known]
            yield spearman(scores, truth), ndcg(scores, truth), spearman(votes, truth), ndcg(votes, truth)


def _tells(votes: Sequence[float]) -> bool:
    return len(votes) >= _FEWEST and len(set(votes)) > 1


def _scores(entries: Sequence[Entry], day: Sequence[Row], editor: Editor, weights: Weights) -> list[float]:
    now = datetime.fromisoformat(day[0]["snapshot_at"])
    score_of = {item.entry.id: item.score for item in rank(entries, editor, weights, now)}
    return [score_of[entry.id] for entry in entries]


def _mean(figures: Sequence[float]) -> float | None:
    return round(fmean(figures), 4) if figures else None
