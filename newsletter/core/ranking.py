"""Which entries matter most today, and why.

    entries ──signals──▶ what is known of each: votes, comments, stars, links, date, place, text
            ──relevance──▶ their weighted sum; what a source does not say counts as the day's average
            ──spread──▶ the best first, each held back by its likeness to those above it
            ──▶ ranked entries, each with its reasons in words

Spreading is the maximal marginal relevance of Carbonell and Goldstein, on TF-IDF vectors.

The result depends on the set of entries, not on their order; ties are broken by id.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log1p

from newsletter.core.model import Entry, RankedEntry
from newsletter.core.terms import phrases, similarity, vectors

__all__ = ["Weights", "rank"]

_MANY_VOTES, _MANY_COMMENTS, _MANY_STARS, _MANY_AUTHORS = 250, 30, 20_000, 40
"""Where the logarithmic scales end: about the most that a day sees."""
_FRESH_DAYS = 3.0
"""The age at which freshness is down to a half."""
_PLACES = 16.0
"""The place in a source's list at which its worth is down to a half."""
_WINDOW = 120
"""How many of the best are spread; nobody reads further."""
_UNRELATED = 0.06
"""Likeness that any two papers of the field have; only what exceeds it holds one back."""
_HELD_BACK = 0.12
"""From how much on this is given as a reason."""
_PROMISES = (
    (re.compile(r"\btechnical report\b", re.IGNORECASE), 0.5),
    (re.compile(r"\b\d+(?:\.\d+)? ?B\b|\b(?:billion|trillion|million)\b"), 0.3),
    (
        re.compile(
            r"\bopen-?sourc|\bpublicly available\b|\bwe release\b|\bcode is available\b", re.IGNORECASE
        ),
        0.2,
    ),
    (re.compile(r"\b(?:survey|the first|for the first time)\b", re.IGNORECASE), 0.15),
    (re.compile(r"\d ?%|\d ?[x×]\b"), 0.1),
)
"""What the text itself promises, and how much it tells: made for a day without votes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts; 0 switches it off. Every signal itself runs from 0 to 1."""

    votes: float = 1.0
    comments: float = 0.2
    stars: float = 0.25
    links: float = 0.12
    """A link to code, or less for a project page."""
    freshness: float = 0.3
    position: float = 0.5
    """The place in the source's own list."""
    text: float = 0.2
    """Size of the team and what the abstract promises; only where there are no votes."""
    sameness: float = 1.0
    """How much an entry is held back by its likeness to one above it."""


@dataclass(frozen=True, slots=True)
class _Signal:
    """One thing known of an entry: its value from 0 to 1 and the reason that it makes, if any."""

    value: float
    reason: str = ""


_Signals = Mapping[str, _Signal]


def rank(entries: Sequence[Entry], weights: Weights, now: datetime) -> tuple[RankedEntry, ...]:
    """All entries, the best first, each with its reasons. `now` is aware."""
    ordered = sorted(entries, key=lambda entry: entry.id)
    signals = [_signals(entry, now) for entry in ordered]
    relevance = _relevance(signals, weights)
    likeness = vectors([phrases(f"{entry.title} . {entry.title} . {entry.summary}", 2) for entry in ordered])
    placed = _spread(relevance, likeness, weights.sameness)
    return tuple(
        RankedEntry(
            entry=ordered[index],
            rank=place,
            score=round(score, 6),
            reasons=_reasons(signals[index], weights, held_back=relevance[index] - score > _HELD_BACK),
        )
        for place, (index, score) in enumerate(placed, start=1)
    )


def _signals(entry: Entry, now: datetime) -> _Signals:
    """What is known of an entry, by the name of its weight; what is not known is not in it."""
    found: dict[str, _Signal | None] = {
        "votes": _counted(entry.upvotes, _MANY_VOTES, "vote"),
        "comments": _counted(entry.comments, _MANY_COMMENTS, "comment"),
        "stars": _counted(entry.stars, _MANY_STARS, "star"),
        "links": _links(entry),
        "freshness": _freshness(entry, now),
        "position": _position(entry),
        "text": _text(entry) if entry.upvotes is None else None,
    }
    return {name: signal for name, signal in found.items() if signal is not None}


def _counted(number: int | None, many: int, what: str) -> _Signal | None:
    if number is None:
        return None
    reason = f"{number:,} {what}{'' if number == 1 else 's'}" if number > 0 else ""
    return _Signal(min(1.0, log1p(max(number, 0)) / log1p(many)), reason)


def _links(entry: Entry) -> _Signal:
    if entry.code:
        return _Signal(1.0, "code available")
    return _Signal(0.7, "project page") if entry.project else _Signal(0.0)


def _freshness(entry: Entry, now: datetime) -> _Signal | None:
    if entry.published is None:
        return None
    days = max(0.0, (now - entry.published).total_seconds() / 86_400)
    calendar = (now.date() - entry.published.astimezone(now.tzinfo).date()).days
    reason = {0: "posted today", 1: "posted yesterday"}.get(calendar, "")
    return _Signal(1 / (1 + days / _FRESH_DAYS), reason)


def _position(entry: Entry) -> _Signal | None:
    if entry.position is None:
        return None
    reason = f"{_ordinal(entry.position + 1)} on the source's page"
    return _Signal(1 / (1 + entry.position / _PLACES), reason)


def _text(entry: Entry) -> _Signal:
    said = f"{entry.title} {entry.summary}"
    promise = sum(worth for pattern, worth in _PROMISES if pattern.search(said))
    team = log1p(len(entry.authors)) / log1p(_MANY_AUTHORS)
    return _Signal(
        min(1.0, (promise + team) / 2), f"{len(entry.authors)} authors" if len(entry.authors) >= 15 else ""
    )


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _relevance(signals: Sequence[_Signals], weights: Weights) -> list[float]:
    """The weighted sum for each entry; a signal that only others have counts as their average."""
    total = [0.0] * len(signals)
    for name in ("votes", "comments", "stars", "links", "freshness", "position", "text"):
        known = [signal[name].value for signal in signals if name in signal]
        typical = sum(known) / len(known) if known else 0.0
        for index, signal in enumerate(signals):
            total[index] += getattr(weights, name) * (signal[name].value if name in signal else typical)
    return total


def _spread(
    relevance: Sequence[float], likeness: Sequence[Mapping[str, float]], sameness: float
) -> list[tuple[int, float]]:
    """Indices with scores, best first: relevance less the likeness to what already stands above."""
    waiting = sorted(range(len(relevance)), key=lambda index: (-relevance[index], index))
    waiting, beyond = waiting[:_WINDOW], waiting[_WINDOW:]
    nearest = dict.fromkeys(waiting, 0.0)
    placed: list[tuple[int, float]] = []
    while waiting:
        index = max(waiting, key=lambda i: (relevance[i] - sameness * nearest[i], -i))
        placed.append((index, relevance[index] - sameness * nearest[index]))
        waiting.remove(index)
        for other in waiting:
            excess = similarity(likeness[index], likeness[other]) - _UNRELATED
            nearest[other] = max(nearest[other], excess)
    floor = placed[-1][1] if placed else 0.0
    return placed + [(index, min(relevance[index], floor)) for index in beyond]


def _reasons(signals: _Signals, weights: Weights, *, held_back: bool) -> tuple[str, ...]:
    """In words, the strongest first; last, what kept it from a better place."""
    told = [
        (getattr(weights, name) * signal.value, signal.reason)
        for name, signal in signals.items()
        if signal.reason and getattr(weights, name) > 0
    ]
    reasons = [reason for _, reason in sorted(told, key=lambda item: (-item[0], item[1]))]
    if held_back:
        reasons.append("close to a paper above it")
    return tuple(reasons) or ("judged by its text alone",)
