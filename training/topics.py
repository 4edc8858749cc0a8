"""Train the weights behind sections: how papers are filed under other people's schemes and the house's own.

    python training/topics.py --data DIR --teacher FILE.npz [--folds 3] [--out FILE]

Reads `topics_dev.jsonl.gz` (title, abstract, label, source: papers that people filed) and, for words only,
`hf_daily_dev.jsonl.gz` from DIR, and what `teacher.py` made of them. Prints the figures of `newsletter eval
topics` as JSON: with `--folds`, each source measured on papers that the model has not seen (`unseen_papers`)
and by a model that has not seen the source at all (`unseen_sources`); then trains on everything, writes the
weights and prints what they reach on the papers that they were trained on (`trained_on`).

Nothing is drawn at random: folds go by a hash of the title, and a paper that two sources have is in one.
A minute on one core, and as long again for each fold and each source. Needs the extra `train`.

    labels of a source ──kernel ridge on words and the teacher's vectors──▶ its scores for all 14,500 papers
    all scores ──ridge on words alone──▶ a linear model that needs no teacher
    + the house's topics, labelled by their phrases (`house.py`), and the sources themselves
    ──reduced-rank regression──▶ `RANK` numbers a word, as int8
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from house import house_labels
from names import printed_name
from numpy.typing import NDArray
from papers import Row, fold_of, identity, papers_of, read
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import Ridge
from sklearn.preprocessing import normalize

from newsletter.adapters.weights import shipped_editor
from newsletter.core.lexicon import Lexicon
from newsletter.core.schemes import HOUSE, IDF, KINDS, entry_terms
from newsletter.evaluation.topics import evaluate_topics

RANK = 96
"""Dimensions: 64 cost 0.002 of AMI on unseen papers, 48 cost 0.012."""
PENALTY = 0.5
STUDENT_PENALTY = 0.3
"""Of the ridge regressions."""
NEARNESS = 2.0
"""How fast the teacher's kernel falls with the cosine distance."""
RAREST = 4
"""In how many papers a word must stand at least."""
TEMPERATURE = 0.08
KINDS_TEMPERATURE = 0.18
HOUSE_TEMPERATURE = 0.12
"""At which grouping papers that were left out of the training went best."""
BROAD = ("arxivcat-hf", "icml2026")
"""Sources that tell how a page of the day looks, but hardly how to cut it: two labels hold four fifths of the
papers of the one and two thirds of those of the other."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scheme:
    """A linear model from words to topics."""

    topics: tuple[str, ...]
    weights: Floats
    """One column a topic."""
    biases: Floats
    temperature: float


@dataclass(frozen=True)
class Corpus:
    """All papers."""

    keys: Sequence[str]
    """Their identities."""
    words: csr_matrix
    vocabulary: tuple[str, ...]
    rarity: Floats
    taught: NDArray[np.float32]
    """The teacher's vectors, centred, of length 1."""
    house: Sequence[str | None]
    """The house's topic, where the phrases tell."""
    rows: Sequence[Row]
    """Those with labels, once for each source that has them."""

    def places(self, rows: Sequence[Row]) -> NDArray[np.int64]:
        """Where the papers of these rows are."""
        place = {key: at for at, key in enumerate(self.keys)}
        return np.array([place[identity(row)] for row in rows])

    def likeness(self, some: NDArray[np.int64], others: NDArray[np.int64]) -> Floats:
        """The kernel of the teacher: words shared, and nearness of the vectors."""
        shared = (self.words[some] @ self.words[others].T).toarray()
        return np.asarray(shared + np.exp(NEARNESS * (self.taught[some] @ self.taught[others].T - 1)))


def prepare(labelled: Sequence[Row], unlabelled: Sequence[Row], teacher: Path) -> Corpus:
    """Count words and weigh them."""
    papers = papers_of((*unlabelled, *labelled))
    counted = [entry_terms(*paper) for paper in papers.values()]
    holders = Counter(word for words in counted for word in words)
    kept = [{w: n for w, n in words.items() if holders[w] >= RAREST} for words in counted]
    vectorizer = DictVectorizer()
    words = vectorizer.fit_transform(kept)
    vocabulary = tuple(vectorizer.get_feature_names_out())
    rarity = np.array([np.log(len(papers) / holders[word]) + 1 for word in vocabulary])
    with np.load(teacher) as told:
        vector_of = dict(zip(told["keys"].tolist(), told["vectors"], strict=True))
    taught = np.stack([vector_of[key] for key in papers])
    return Corpus(
        keys=list(papers),
        words=normalize(words.multiply(rarity).tocsr()),
        vocabulary=vocabulary,
        rarity=rarity,
        taught=normalize(taught - taught.mean(0)),
        house=house_labels(list(papers.values())),
        rows=labelled,
    )


def train(corpus: Corpus, rows: Sequence[Row], unseen: Collection[str] = ()) -> dict[str, Scheme]:
    """Every scheme from these rows, without a look at the papers that are `unseen`."""
    seen = np.array([at for at, key in enumerate(corpus.keys) if key not in unseen])
    names = sorted({row["source"] for row in rows})
    sources = {name: [row for row in rows if row["source"] == name] for name in names}
    topics = {source: tuple(sorted({row["label"] for row in own})) for source, own in sources.items()}
    scores = np.hstack([taught_scores(corpus, own, topics[source], seen) for source, own in sources.items()])
    means = scores.mean(0)
    student = ridge(corpus.words[seen], scores - means, STUDENT_PENALTY)
    columns = np.cumsum([0, *(len(topics[source]) for source in sources)])
    schemes = {
        source: Scheme(topics[source], student[:, start:end], means[start:end], TEMPERATURE)
        for source, start, end in zip(sources, columns, columns[1:], strict=False)
    }
    told = [at for at in seen if corpus.house[at] is not None]
    labels = [str(corpus.house[at]) for at in told]
    kinds = plain(
        corpus.words[corpus.places(rows)], [row["source"] for row in rows], KINDS_TEMPERATURE, balanced=True
    )
    house = plain(corpus.words[told], labels, HOUSE_TEMPERATURE, balanced=False)
    return schemes | {KINDS: kinds, HOUSE: house}


def taught_scores(
    corpus: Corpus, rows: Sequence[Row], topics: Sequence[str], seen: NDArray[np.int64]
) -> Floats:
    """How far each seen paper belongs to each topic of a source, by kernel ridge regression."""
    own = corpus.places(rows)
    targets = np.eye(len(topics))[[topics.index(row["label"]) for row in rows]]
    means = targets.mean(0)
    penalty = PENALTY * np.eye(len(own))
    dual = np.linalg.solve(corpus.likeness(own, own) + penalty, targets - means)
    return np.asarray(corpus.likeness(seen, own) @ dual + means)


def plain(words: csr_matrix, labels: Sequence[str], temperature: float, *, balanced: bool) -> Scheme:
    """A ridge regression from words to labels; `balanced` as if all labels were equally frequent."""
    topics = tuple(sorted(set(labels)))
    targets = np.eye(len(topics))[[topics.index(label) for label in labels]]
    weights = targets @ (1 / targets.mean(0)) / len(topics) if balanced else np.ones(len(labels))
    biases = (targets * weights[:, None]).sum(0) / weights.sum()
    return Scheme(topics, ridge(words, targets - biases, PENALTY, weights), biases, temperature)


def ridge(words: csr_matrix, targets: Floats, penalty: float, weights: Floats | None = None) -> Floats:
    """One column of weights a target."""
    model = Ridge(penalty, fit_intercept=False, solver="sparse_cg", tol=1e-4)
    return np.asarray(model.fit(words, targets, sample_weight=weights).coef_.T)


def pack(corpus: Corpus, schemes: dict[str, Scheme]) -> Lexicon:
    """The weights as they are shipped: one row of `RANK` numbers a word, one a topic."""
    weights = np.hstack([scheme.weights for scheme in schemes.values()])
    told = corpus.words @ weights
    values, vectors = np.linalg.eigh(told.T @ told)
    basis = vectors[:, np.argsort(-values)[:RANK]]
    # An eigenvector may as well point the other way: its largest part is positive here, on every machine.
    basis = basis * np.sign(basis[np.abs(basis).argmax(0), np.arange(basis.shape[1])])
    rows = np.column_stack([corpus.rarity, weights @ basis])
    heads = iter(basis)
    return Lexicon.of(
        (IDF, *(f"d{at}" for at in range(basis.shape[1]))),
        {word: row.tolist() for word, row in zip(corpus.vocabulary, rows, strict=True)},
        {
            "schemes": {
                name: {
                    "topics": names_of(name, scheme),
                    "biases": [round(float(bias), 5) for bias in scheme.biases],
                    "heads": [[round(float(part), 4) for part in next(heads)] for _ in scheme.topics],
                    "temperature": scheme.temperature,
                    "broad": name in BROAD,
                }
                for name, scheme in schemes.items()
            }
        },
    )


def names_of(name: str, scheme: Scheme) -> list[str]:
    """Its topics as they are printed."""
    return list(scheme.topics) if name in (KINDS, HOUSE) else [printed_name(topic) for topic in scheme.topics]


def measure(rows: Sequence[Row], lexicon: Lexicon) -> dict[str, Any]:
    """The figures of `newsletter eval topics`, through the product's own grouping."""
    return evaluate_topics(rows, replace(shipped_editor(), topics=lexicon))


def cross_validate(corpus: Corpus, folds: int) -> dict[str, Any]:
    """Figures on papers, and on sources, that a model was not trained on; means over the folds."""
    papers, sources = [], {}
    for fold in range(folds):
        unseen = {key for key in corpus.keys if fold_of(key, folds) == fold}
        seen = [row for row in corpus.rows if identity(row) not in unseen]
        held = [row for row in corpus.rows if identity(row) in unseen]
        papers.append(measure(held, pack(corpus, train(corpus, seen, unseen)))["sources"])
        print(f"fold {fold + 1} of {folds}", file=sys.stderr)
    for source in sorted({row["source"] for row in corpus.rows}):
        own = [row for row in corpus.rows if row["source"] == source]
        unseen = {identity(row) for row in own}
        seen = [row for row in corpus.rows if row["source"] != source and identity(row) not in unseen]
        sources |= measure(own, pack(corpus, train(corpus, seen, unseen)))["sources"]
        print(f"without {source}", file=sys.stderr)
    return {"unseen_papers": means(papers), "unseen_sources": means([sources])}


def means(found: Sequence[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Over the folds, and over the sources."""
    table = {
        source: {key: round(fmean(one[source][key] for one in found), 4) for key in ("ami", "ari")}
        for source in found[0]
    }
    return {
        "sources": table,
        "mean_ami": round(fmean(figures["ami"] for figures in table.values()), 4),
        "mean_ari": round(fmean(figures["ari"] for figures in table.values()), 4),
    }


def main() -> None:
    """Read, measure, train, write."""
    parser = argparse.ArgumentParser(description="Train the weights behind sections.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--teacher", type=Path, required=True, metavar="FILE")
    parser.add_argument("--folds", type=int, default=0, help="measure on unseen papers and sources first")
    parser.add_argument("--out", type=Path, default=Path("newsletter/weights/topics.lexicon"))
    chosen = parser.parse_args()
    labelled, daily = (read(chosen.data / f"{name}_dev.jsonl.gz") for name in ("topics", "hf_daily"))
    corpus = prepare(labelled, daily, chosen.teacher)
    figures = cross_validate(corpus, chosen.folds) if chosen.folds else {}
    lexicon = pack(corpus, train(corpus, labelled))
    chosen.out.write_bytes(lexicon.dump())
    figures["trained_on"] = measure(labelled, lexicon)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
