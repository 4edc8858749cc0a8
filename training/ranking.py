"""Train the expected interest: newsletter/weights/interest.lexicon.

    python training/ranking.py --data DIR [--out FILE] [--quick]

Data: DIR/hf_daily_dev.jsonl.gz, papers of the Hugging Face daily list with their votes, from the repository
2404589803/hf-daily-paper-newsletter-chinese (Apache-2.0). Nothing of it is shipped but the weights; authors
are in them by a digest of the name.

A ridge regression over the evidence of `newsletter.core.interest`, with an intercept for each day, so that
only differences within a day are learned; the target is log(1 + votes), standardised within the day. Solved
in its dual form. Before that, two cross-validations with `newsletter.evaluation`, printed as JSON: days at
random in five parts (seed 0), and five later blocks of days, each from all days before it. `--quick` leaves
them out. About four minutes and 2 GB on one core; 20 seconds with `--quick`. Needs the extra `train`.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import cycle, pairwise
from math import log, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import scipy.sparse as sparse
from papers import read
from scipy.linalg import cho_factor, cho_solve

from newsletter.adapters.weights import shipped_editor
from newsletter.core.interest import Evidence, evidence
from newsletter.core.lexicon import Lexicon
from newsletter.evaluation.ranking import entry_of, evaluate_ranking

WEIGHTS = Path(__file__).parents[1] / "newsletter" / "weights" / "interest.lexicon"
RIDGE = 6.0
SHARES = {"title": 1.0, "text": 1.0, "authors": 2.0, "organization": 0.05, "facts": 0.3, "exposure": 0.15}
"""How much of the prior variance each kind of evidence has, on average over papers."""
FEWEST = {"title": 2, "text": 3, "authors": 2, "organization": 2, "facts": 1, "exposure": 1}
"""Papers that a term must be in."""
RARITY, STANDARDISED = ("title", "text"), ("facts", "exposure")
"""Kinds whose terms weigh by their rarity; kinds whose terms are measures of different units."""
FOLDS, SEED = 5, 0
Row = Mapping[str, Any]
Terms = Mapping[str, Mapping[str, float]]


def main() -> None:
    options = argparse.ArgumentParser(description="Train the expected interest.")
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, default=WEIGHTS)
    options.add_argument("--quick", action="store_true")
    chosen = options.parse_args()
    rows = _rows(chosen.data / "hf_daily_dev.jsonl.gz")
    if not chosen.quick:
        for name, folds in (("random days", _random_days(rows)), ("later days", _later_days(rows))):
            print(json.dumps({name: cross_validate(folds)}), flush=True)
    lexicon = train(rows)
    chosen.out.write_bytes(lexicon.dump())
    print(json.dumps({"trained on": _evaluate(rows, lexicon), "terms": len(lexicon.index)}))


def train(rows: Sequence[Row]) -> Lexicon:
    """The weights of all terms, in one column."""
    found = [_by_kind(evidence(entry_of(row), datetime.fromisoformat(row["snapshot_at"]))) for row in rows]
    columns = [_matrix([terms[kind] for terms in found], kind) for kind in SHARES]
    everything = sparse.hstack([matrix for matrix, _, _ in columns]).tocsr()
    weights = _ridge(everything, _target(rows), rows)
    scales = np.concatenate([scale for _, _, scale in columns])
    terms = [term for _, names, _ in columns for term in names]
    return Lexicon.of(
        ("interest",),
        dict(zip(terms, zip((weights * scales).tolist(), strict=True), strict=True)),
        {},
        wide=True,
    )


def cross_validate(folds: Iterable[tuple[list[Row], list[Row]]]) -> dict[str, float]:
    """The evaluation's figures on days that were not trained on, as means over the folds."""
    found = [_evaluate(test, train(rows)) for rows, test in folds]
    known = {name: [figures[name] for figures in found if figures[name] is not None] for name in found[0]}
    days = sum(known.pop("days"))
    return {"days": days} | {name: round(fmean(values), 4) for name, values in known.items() if values}


def _rows(file: Path) -> list[Row]:
    return sorted(read(file), key=lambda row: (row["date"], row["id"]))


def _evaluate(rows: Sequence[Row], interest: Lexicon) -> dict[str, Any]:
    return evaluate_ranking(rows, replace(shipped_editor(), interest=interest))


def _by_kind(found: Evidence) -> Terms:
    """The words of the title apart from those of the abstract."""
    kinds = found._asdict()
    text = kinds.pop("text")
    title = {term: share for term, share in text.items() if term.startswith("title ")}
    return kinds | {"title": title, "text": {term: text[term] for term in text if term not in title}}


def _matrix(found: Sequence[Mapping[str, float]], kind: str) -> tuple[Any, list[str], np.ndarray]:
    """One row a paper, scaled to the share of its kind; the terms; and by what each term was scaled."""
    holders = Counter(term for terms in found for term in terms)
    names = sorted(term for term, count in holders.items() if count >= FEWEST[kind])
    place = {term: at for at, term in enumerate(names)}
    cells = [
        (row, place[t], share) for row, terms in enumerate(found) for t, share in terms.items() if t in place
    ]
    if not cells:
        return sparse.csr_matrix((len(found), 0)), [], np.ones(0)
    at_row, at_column, values = zip(*cells, strict=True)
    matrix = sparse.csr_matrix((values, (at_row, at_column)), shape=(len(found), len(names)))
    scale = np.ones(len(names))
    if kind in RARITY:
        scale = np.array([1 + log(len(found) / holders[term]) for term in names])
    elif kind in STANDARDISED:
        deviation = matrix.toarray().std(axis=0)
        scale = 1 / np.where(deviation > 0, deviation, 1.0)
    matrix = matrix @ sparse.diags(scale)
    scale *= (share := sqrt(SHARES[kind] / matrix.power(2).sum(axis=1).mean()))
    return matrix * share, names, scale


def _target(rows: Sequence[Row]) -> np.ndarray:
    """The votes on a logarithmic scale, with mean 0 and deviation 1 within the day."""
    votes = np.log1p([row["upvotes"] for row in rows])
    for same_day in _days(rows).values():
        centred = votes[same_day] - votes[same_day].mean()
        votes[same_day] = centred / (centred.std() or 1.0)
    return votes


def _ridge(matrix: Any, target: np.ndarray, rows: Sequence[Row]) -> np.ndarray:
    """The weights of all columns: centred within each day, then the dual form, for there are more columns
    than rows."""
    days = _days(rows).values()
    cells = [(day, at, 1 / sqrt(len(same))) for day, same in enumerate(days) for at in same]
    day_of, at, share = zip(*cells, strict=True)
    means = sparse.csr_matrix((share, (day_of, at)), shape=(len(days), len(rows)))
    kernel = (matrix @ matrix.T).toarray().astype(np.float32)
    kernel -= means.T @ (means @ kernel)
    kernel -= (means.T @ (means @ kernel.T)).T
    kernel[np.diag_indices_from(kernel)] += RIDGE
    dual = cho_solve(cho_factor(kernel, overwrite_a=True), target)
    weights: np.ndarray = matrix.T @ (dual - means.T @ (means @ dual))
    return weights


def _days(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Which rows belong to each day."""
    days: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        days.setdefault(row["date"], []).append(at)
    return days


def _random_days(rows: Sequence[Row]) -> Iterable[tuple[list[Row], list[Row]]]:
    days = sorted(_days(rows))
    part = dict(zip(np.random.RandomState(SEED).permutation(days), cycle(range(FOLDS))))
    for fold in range(FOLDS):
        yield (
            [row for row in rows if part[row["date"]] != fold],
            [row for row in rows if part[row["date"]] == fold],
        )


def _later_days(rows: Sequence[Row]) -> Iterable[tuple[list[Row], list[Row]]]:
    """The second half of the days in blocks, each after what it is foreseen from."""
    days = sorted(_days(rows))
    bounds = [len(days) // 2 + round(len(days) / 2 * block / FOLDS) for block in range(FOLDS + 1)]
    for start, end in pairwise(bounds):
        known, new = set(days[:start]), set(days[start:end])
        yield [row for row in rows if row["date"] in known], [row for row in rows if row["date"] in new]


if __name__ == "__main__":
    main()
