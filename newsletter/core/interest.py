"""The interest that an entry will find, expected from what is known before anybody has voted.

A linear model over the words of title and abstract, the names on it, a few facts, and how long it has been
listed. `training/ranking.py` makes its weights. Interest is in standard deviations of a day's votes on a
logarithmic scale; only differences within a day mean something. What a source does not say counts neither
for nor against an entry.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2s
from itertools import pairwise
from math import log, log1p, sqrt
from typing import NamedTuple

from newsletter.core.lexicon import Lexicon
from newsletter.core.model import Entry
from newsletter.core.terms import words

__all__ = ["Evidence", "Interest", "evidence", "expected_interest"]

_MOST_AUTHORS = 60
"""Further names tell nothing more."""
_LONGEST_HOURS, _LONGEST_DAYS = 72.0, 30.0
_NO_LETTER = re.compile(r"[\W_]+")


class Evidence(NamedTuple):
    """What the model looks at: terms of five kinds, each with how much of it there is."""

    text: Mapping[str, float]
    authors: Mapping[str, float]
    organization: Mapping[str, float]
    facts: Mapping[str, float]
    exposure: Mapping[str, float]
    """How long readers have been able to see it."""


class Interest(NamedTuple):
    """What is expected from each kind of evidence."""

    text: float
    authors: float
    organization: float
    facts: float
    exposure: float

    @property
    def merit(self) -> float:
        """What is expected of the entry itself, whenever it was listed."""
        return self.text + self.authors + self.organization + self.facts


def expected_interest(entry: Entry, weights: Lexicon, now: datetime) -> Interest:
    """By the weights of `training/ranking.py`, which have one column. `now` is aware."""
    return Interest(*(weights.add_up(found)[0] for found in evidence(entry, now)))


def evidence(entry: Entry, now: datetime) -> Evidence:
    """The terms of an entry. The model is trained on these, and asked with these."""
    return Evidence(
        text=_sparse("title ", _bigrams(words(entry.title))) | _sparse("", words(entry.summary)),
        authors=_authors(entry),
        organization={f"from {_plain(entry.organization)}": 1.0} if entry.organization else {},
        facts=_facts(entry),
        exposure=_exposure(entry, now),
    )


def _sparse(prefix: str, found: list[str]) -> dict[str, float]:
    """Terms by the logarithm of their count, such that long texts weigh as much as short ones."""
    counted = Counter(found)
    share = 1 / sqrt(len(counted)) if counted else 0.0
    return {prefix + term: (1 + log(count)) * share for term, count in counted.items()}


def _bigrams(found: list[str]) -> list[str]:
    """The words, and each pair of neighbours."""
    return [*found, *(f"{one} {other}" for one, other in pairwise(found))]


def _authors(entry: Entry) -> dict[str, float]:
    """By a digest of the name, so that the weights are no list of rated people."""
    names = (_plain(name).encode() for name in entry.authors[:_MOST_AUTHORS])
    return {f"@{blake2s(name, digest_size=6).hexdigest()}": 1.0 for name in names if name}


def _plain(name: str) -> str:
    return _NO_LETTER.sub("", name.casefold())


def _facts(entry: Entry) -> dict[str, float]:
    many = log1p(len(entry.authors))
    return {
        "# authors": many,
        "# authors squared": many * many,
        "# code": float(entry.code is not None),
        "# project": float(entry.project is not None),
        "# organization": float(entry.organization is not None),
    }


def _exposure(entry: Entry, now: datetime) -> dict[str, float]:
    if entry.listed is None:
        return {}
    hours = min(max((now - entry.listed).total_seconds() / 3600, 0.0), _LONGEST_HOURS)
    found = {"# log hours": log(hours + 0.5), "# hours": hours / 10}
    if entry.published is not None:
        days = (entry.listed - entry.published).total_seconds() / 86_400
        found["# days before"] = log1p(min(max(days, 0.0), _LONGEST_DAYS))
    return found
