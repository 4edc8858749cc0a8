"""The operator's own topics: which entries ask for them by their words.

A phrase counts by its strength for the topic, more in the title than in the abstract, and the less the more
entries of the day have it: on a page about fine-tuning the word says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log1p

from newsletter.core.model import Entry
from newsletter.core.terms import GENERIC, phrases, words

__all__ = ["FITS", "Topic", "affinities"]

FITS = 0.6
"""The least affinity at which an entry belongs to a topic: one telling phrase, repeated or in the title."""
_STRONG, _WEAK = 1.0, 0.25
_TITLE = 3.0
"""What a phrase in the title counts, beside one in the abstract."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the operator's choice. One of the house's names brings what the house knows of it."""

    name: str
    keywords: tuple[str, ...] = ()
    description: str = ""


def affinities(entries: Sequence[Entry], topics: Sequence[Topic]) -> list[dict[str, float]]:
    """How well each entry fits each topic by its name; topics that it does not fit at all are left out."""
    if not topics:
        return [{} for _ in entries]
    titles = [phrases(entry.title) for entry in entries]
    texts = [phrases(f"{entry.title} . {' '.join(entry.keywords)} . {entry.summary}") for entry in entries]
    found: list[dict[str, float]] = [{} for _ in entries]
    for topic in topics:
        for phrase, strength in _weighted(topic).items():
            holders = [at for at, text in enumerate(texts) if phrase in text]
            telling = strength * log(1 + len(texts) / max(len(holders), 1)) / log(1 + len(texts))
            for at in holders:
                often = log1p(texts[at][phrase]) + _TITLE * (phrase in titles[at])
                found[at][topic.name] = found[at].get(topic.name, 0.0) + telling * often
    return found


def _weighted(topic: Topic) -> Mapping[str, float]:
    """The phrases of a topic: its name and keywords in full, each word of name and description a little."""
    said = [word for word in words(f"{topic.name} {topic.description}") if word not in GENERIC]
    weights = {word: _WEAK for word in said if len(word) > 1}
    return weights | {" ".join(words(phrase)): _STRONG for phrase in (topic.name, *topic.keywords)}
