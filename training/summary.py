"""Train the one-line summaries: the weights of `newsletter/weights/lines.lexicon`.

    python training/summary.py --data DIR [--check]

DIR holds scitldr_train.jsonl.gz and scitldr_dev.jsonl.gz: abstracts with summaries by their authors and, in
the latter, by reviewers (SciTLDR, https://github.com/allenai/scitldr, Apache-2.0). Two models: a ridge
regression of each sentence's ROUGE-1 on its words and place, and a logistic regression of whether a word of
the best three sentences is in the closest summary. `--check` only prints the figures of a cross-validation
in five parts, beside those of simple baselines. Fixed seed. Ten seconds, the check half a
minute, on one core.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from papers import read as read_rows
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from newsletter.core.chances import (
    STANDINGS,
    WORDS,
    WORTHS,
    Abstract,
    read,
    sentence_marks,
    standing_marks,
    terms,
    word_marks,
)
from newsletter.core.clauses import MARKS, parse
from newsletter.core.lexicon import Lexicon
from newsletter.core.sentences import clean, sentences, without_asides
from newsletter.core.summary import one_line
from newsletter.evaluation.rouge import rouge_n, stems
from newsletter.evaluation.summary import Row, figures

SEED = 20_240_527
FOLDS = 5
SEVERAL = 3.0
"""The weight of a paper with several summaries, of which one with a single summary has 1."""
WEIGHTS = Path(__file__).parents[1] / "newsletter" / "weights" / "lines.lexicon"


class Paper:
    """An abstract as the product reads it, with what people wrote about it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        texts = [without_asides(text) for text in sentences(clean(" ".join(row["source"])))]
        self.abstract: Abstract = read(row["title"], [s for s in map(parse, texts) if s.tokens])
        references = [stems(target) for target in row["target"]]
        self.rouge = [
            max(rouge_n(1, stems(sentence.text), reference) for reference in references)
            for sentence in self.abstract.sentences
        ]
        told = [stems(sentence.text) for sentence in self.abstract.sentences]
        self.closest = Counter(
            max(references, key=lambda reference: max(rouge_n(1, text, reference) for text in told))
        )
        self.weight = SEVERAL if len(references) > 1 else 1.0

    def hits(self, at: int) -> list[int]:
        """For each token of a sentence whether the closest summary has it, as often as it has."""
        left, found = self.closest.copy(), []
        for token in self.abstract.sentences[at].tokens:
            stem = next(iter(stems(token)), "")
            found.append(int(left[stem] > 0))
            left[stem] -= 1
        return found


class Columns:
    """A sparse matrix that is written row by row: marks by number, terms where they are frequent enough."""

    def __init__(self, sizes: Sequence[int], least: int, rows: list[tuple[tuple[int, ...], list[str]]]):
        counts = Counter(term for _, found in rows for term in set(found))
        self.sizes, self.offsets = sizes, np.cumsum([0, *sizes])
        self.terms = sorted(term for term, count in counts.items() if count >= least)
        at = {term: self.offsets[-1] + number for number, term in enumerate(self.terms)}
        cells, ends = [], [0]
        for marks, found in rows:
            cells += [offset + mark for offset, mark in zip(self.offsets, marks, strict=False)]
            cells += [at[term] for term in dict.fromkeys(found) if term in at]
            ends.append(len(cells))
        shape = (len(rows), self.offsets[-1] + len(self.terms))
        self.matrix = sparse.csr_matrix((np.ones(len(cells)), cells, ends), shape=shape)
        self.matrix.sort_indices()  # sets have no order, and sums depend on it

    def tables(self, weights: Any) -> list[list[float]]:
        """The weights of the marks, a list for each kind."""
        return [
            [round(float(weight), 4) for weight in weights[start : start + size]]
            for start, size in zip(self.offsets, self.sizes, strict=False)
        ]

    def by_term(self, weights: Any) -> dict[str, float]:
        return dict(zip(self.terms, map(float, weights[self.offsets[-1] :]), strict=True))


def train(papers: Sequence[Paper]) -> Lexicon:
    """Both models; the second learns from what the first says of papers that it has not seen."""
    columns, targets, owners = _sentences(papers)
    weights = np.array([paper.weight for paper in papers])[owners]

    def fitted(rows: Any) -> Any:
        return Ridge(alpha=100.0, solver="lsqr", tol=1e-6).fit(
            columns.matrix[rows], targets[rows], sample_weight=weights[rows]
        )

    folds = _folds(len(papers))[owners]
    unseen = np.zeros(len(targets))
    for fold in range(FOLDS):
        unseen[folds == fold] = fitted(folds != fold).predict(columns.matrix[folds == fold])
    worth = fitted(np.ones(len(targets), bool)).coef_
    words, hits, importance = _words(papers, np.split(unseen, np.searchsorted(owners, range(1, len(papers)))))
    chance = LogisticRegression(C=0.03, max_iter=200).fit(words.matrix, hits, sample_weight=importance)
    return _lexicon(columns, worth, words, chance.coef_[0], float(chance.intercept_[0]))


def _sentences(papers: Sequence[Paper]) -> tuple[Columns, Any, Any]:
    """A row for each sentence, its ROUGE-1 against the mean of its paper, and the number of the paper."""
    rows, targets, owners = [], [], []
    for number, paper in enumerate(papers):
        mean = sum(paper.rouge) / len(paper.rouge)
        for at, sentence in enumerate(paper.abstract.sentences):
            rows.append((sentence_marks(paper.abstract, at), list(terms(sentence))))
            targets.append(paper.rouge[at] - mean)
            owners.append(number)
    return Columns(WORTHS, 8, rows), np.array(targets), np.array(owners)


def _words(papers: Sequence[Paper], worths: Iterable[Any]) -> tuple[Columns, Any, Any]:
    """A row for each word of the best three sentences, whether it is in the summary, and its weight.

    The product looks at two; the third is for more words to learn from.
    """
    rows: list[tuple[tuple[int, ...], list[str]]] = []
    hits: list[int] = []
    weights: list[float] = []
    for paper, worth in zip(papers, worths, strict=True):
        order = np.argsort(-worth, kind="stable")[:3]
        for rank, at in enumerate(order):
            standing = standing_marks(at, rank, worth[order[0]] - worth[at])
            sentence = paper.abstract.sentences[at]
            marked = zip(sentence.keys, word_marks(paper.abstract, at, rank), paper.hits(at), strict=True)
            for key, marks, hit in marked:
                if key not in MARKS:
                    rows.append(((*standing, *marks), [key, "@" + sentence.opening]))
                    hits.append(hit)
                    weights.append(paper.weight)
    return Columns((*STANDINGS, *WORDS), 15, rows), np.array(hits), np.array(weights)


def _lexicon(columns: Columns, worth: Any, words: Columns, chance: Any, intercept: float) -> Lexicon:
    worths, chances = columns.by_term(worth), words.by_term(chance)
    rows = {term: (worths.get(term, 0.0), chances.get(term, 0.0)) for term in worths.keys() | chances.keys()}
    standing, placed, *tables = words.tables(chance)
    parameters = {
        "worths": columns.tables(worth),
        "intercept": round(intercept, 4),
        "standing": standing,
        "placed": placed,
        "words": tables,
    }
    return Lexicon.of(("worth", "chance"), rows, parameters)


def _folds(count: int) -> Any:
    return np.random.default_rng(SEED).permutation(count) % FOLDS


def check(train_rows: Sequence[Row], dev_rows: Sequence[Row]) -> dict[str, Any]:
    """Figures of lines made with weights that have not seen their papers, and of the baselines."""
    papers = [Paper(row) for row in (*train_rows, *dev_rows)]
    folds, lines = _folds(len(papers)), {}
    for fold in range(FOLDS):
        weights = train([paper for paper, other in zip(papers, folds, strict=True) if other != fold])
        for number in np.flatnonzero(folds == fold):
            row = papers[number].row
            lines[id(row)] = one_line(row["title"], " ".join(row["source"]), weights)
    ways: dict[str, Callable[[Row], str]] = {
        "cross-validated": lambda row: lines[id(row)],
        "first sentence": lambda row: row["source"][0],
        "first sentence with we": _first_we,
        "best sentence": _oracle,
    }
    parts = {"train": train_rows, "dev": dev_rows}
    return {name: {way: figures(rows, told) for way, told in ways.items()} for name, rows in parts.items()}


def _first_we(row: Row) -> str:
    told = (text for text in row["source"] if " we " in f" {text.lower()}")
    return str(next(told, row["source"][0]))


def _oracle(row: Row) -> str:
    references = [stems(target) for target in row["target"]]
    return str(max(row["source"], key=lambda text: max(rouge_n(1, stems(text), r) for r in references)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the one-line summaries.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="print figures only, write nothing")
    told = parser.parse_args()
    train_rows, dev_rows = (
        read_rows(told.data / "scitldr_train.jsonl.gz"),
        read_rows(told.data / "scitldr_dev.jsonl.gz"),
    )
    if told.check:
        print(json.dumps(check(train_rows, dev_rows), indent=1))
        return
    WEIGHTS.write_bytes(train([Paper(row) for row in (*train_rows, *dev_rows)]).dump())


if __name__ == "__main__":
    main()
