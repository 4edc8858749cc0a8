"""Which entries matter most today, and why.

    entries ──interest──▶ the interest expected from text, names and links, votes or none
            ──foresight──▶ the votes by tomorrow, from those there are, their growth, and what is expected
            ──relevance──▶ with comments, code, stars, freshness, place and boosts: their weighted sum
            ──spread──▶ the best first, each held back by its likeness to those above it
            ──▶ ranked entries, each with its reasons in words

What a source does not say counts as the day's average. Spreading is the maximal marginal relevance of
Carbonell and Goldstein, on TF-IDF vectors. The result depends on the set of entries, not on their order; ties
are broken by id.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log1p

from newsletter.core.boosts import Boost, boosts_for
from newsletter.core.editor import Editor
from newsletter.core.foresight import foreseen_votes
from newsletter.core.interest import Interest, expected_interest
from newsletter.core.model import Entry, RankedEntry
from newsletter.core.reasons import Day, Reason
from newsletter.core.terms import cosines, holders_of, phrases, vectors

__all__ = ["Weights", "rank"]

_MANY_VOTES, _MANY_COMMENTS, _MANY_STARS = 250, 30, 20_000
"""Where the logarithmic scales come to 1: about the most that a day sees."""
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
_MOST_REASONS = 4
_AGE = 0.02
"""What age is told for at most: most entries of a day are equally new."""
_CODE = 0.1
"""What code is told for at least: it is in the expected interest too."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts; 0 switches it off. Every signal itself runs from 0 to about 1."""

    votes: float = 1.0
    """The votes foreseen, on a logarithmic scale."""
    interest: float = 1.0
    """How far the expected interest is trusted in foreseeing votes."""
    comments: float = 0.1
    stars: float = 0.05
    links: float = 0.0
    """A link to code, or less for a project page, beyond what the expected interest gives for it."""
    freshness: float = 0.2
    position: float = 0.5
    """The place in the source's own list."""
    sameness: float = 1.0
    """How much an entry is held back by its likeness to one above it."""


_SUMMED = ("votes", "comments", "stars", "links", "freshness", "position")


def rank(
    entries: Sequence[Entry], editor: Editor, weights: Weights, now: datetime, boosts: Sequence[Boost] = ()
) -> tuple[RankedEntry, ...]:
    """All entries, the best first, each with its reasons. `now` is aware."""
    ordered = sorted(entries, key=lambda entry: entry.id)
    interest = [expected_interest(entry, editor.interest, now) for entry in ordered]
    foreseen = foreseen_votes(ordered, interest, now, weights.interest)
    signals = [_signals(entry, votes, now) for entry, votes in zip(ordered, foreseen, strict=True)]
    boosted = [boosts_for(entry, boosts) for entry in ordered]
    relevance = [
        total + sum(boost.weight for boost in own)
        for total, own in zip(_weighted(signals, weights), boosted, strict=True)
    ]
    day = Day(ordered, interest, now)
    return tuple(
        RankedEntry(
            entry=ordered[index],
            rank=place,
            score=round(score, 6),
            reasons=_told(
                [
                    *_reasons(ordered[index], signals[index], interest[index], weights, day),
                    *(Reason(boost.weight, f"editor's choice: {boost.name}") for boost in boosted[index]),
                ],
                held_back=relevance[index] - score > _HELD_BACK,
            ),
        )
        for place, (index, score) in enumerate(_spread(relevance, ordered, weights.sameness), start=1)
    )


def _signals(entry: Entry, foreseen: float, now: datetime) -> Mapping[str, float]:
    """What is known of an entry, by the name of its weight; what is not known is not in it."""
    found = {
        "votes": log1p(foreseen) / log1p(_MANY_VOTES),
        "comments": _counted(entry.comments, _MANY_COMMENTS),
        "stars": _counted(entry.stars, _MANY_STARS),
        "links": 1.0 if entry.code else 0.7 if entry.project else 0.0,
        "freshness": _freshness(entry, now),
        "position": None if entry.position is None else 1 / (1 + entry.position / _PLACES),
    }
    return {name: value for name, value in found.items() if value is not None}


def _counted(number: int | None, many: int) -> float | None:
    return None if number is None else min(1.0, log1p(max(number, 0)) / log1p(many))


def _freshness(entry: Entry, now: datetime) -> float | None:
    """By when readers could first hear of it; what came within a day is equally new."""
    since = entry.listed or entry.published
    if since is None:
        return None
    days = max(0.0, (now - since).total_seconds() / 86_400 - 1)
    return 1 / (1 + days / _FRESH_DAYS)


def _weighted(signals: Sequence[Mapping[str, float]], weights: Weights) -> list[float]:
    """The weighted sum for each entry; a signal that only others have counts as their average."""
    total = [0.0] * len(signals)
    for name in _SUMMED:
        weight = getattr(weights, name)
        known = [signal[name] for signal in signals if name in signal]
        typical = sum(known) / len(known) if known else 0.0
        total = [
            so_far + weight * signal.get(name, typical) for so_far, signal in zip(total, signals, strict=True)
        ]
    return total


def _spread(relevance: Sequence[float], entries: Sequence[Entry], sameness: float) -> list[tuple[int, float]]:
    """Indices with scores, best first: relevance less the likeness to what already stands above."""
    best = sorted(range(len(relevance)), key=lambda index: (-relevance[index], index))
    if not sameness:
        return [(index, relevance[index]) for index in best]
    window, beyond = best[:_WINDOW], best[_WINDOW:]
    texts = vectors([_counted_phrases(entries[index]) for index in window])
    holders = holders_of(enumerate(texts))
    waiting = dict.fromkeys(range(len(window)), 0.0)
    placed: list[tuple[int, float]] = []
    while waiting:
        score, at = max((relevance[window[at]] - sameness * near, -at) for at, near in waiting.items())
        placed.append((window[-at], score))
        del waiting[-at]
        for other, shared in cosines(texts[-at].items(), holders).items():
            if other in waiting:
                waiting[other] = max(waiting[other], shared - _UNRELATED)
    floor = placed[-1][1] if placed else 0.0
    return placed + [(index, min(relevance[index], floor)) for index in beyond]


def _counted_phrases(entry: Entry) -> Counter[str]:
    return phrases(f"{entry.title} . {entry.title} . {entry.summary}", 2)


def _reasons(
    entry: Entry, signals: Mapping[str, float], interest: Interest, weights: Weights, day: Day
) -> Iterator[Reason]:
    """All that may be said, with what it brought."""
    worth = {name: getattr(weights, name) * value for name, value in signals.items()}
    if weights.votes:
        yield from (Reason(worth["votes"], words) for words in day.votes(entry))
    yield Reason(worth.get("comments", 0.0), day.comments(entry))
    yield Reason(min(worth.get("freshness", 0.0), _AGE), day.age(entry))
    if entry.position is not None:
        yield Reason(worth["position"], f"{_ordinal(entry.position + 1)} on the source's page")
    yield Reason(max(_CODE, worth["links"], worth.get("stars", 0.0)), day.code(entry))
    share = weights.votes * weights.interest * (0.3 if entry.upvotes is None else 0.1)
    yield from (Reason(share * found.worth, found.words) for found in day.interest(interest))


def _told(reasons: Sequence[Reason], *, held_back: bool) -> tuple[str, ...]:
    """The strongest first, and last, what kept it from a better place."""
    strongest = sorted(
        (found for found in reasons if found.words and found.worth > 0), key=lambda r: -r.worth
    )
    told = [found.words for found in strongest[: _MOST_REASONS - held_back]]
    if held_back:
        told.append("close to a paper above it")
    return tuple(told) or ("judged by its text alone",)


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
