"""The votes that an entry will have tomorrow: those it has, and those that still come.

How fast votes come is judged by how fast they came so far and by the expected interest, the latter weighing
more the shorter the entry has been listed: the mean of a rate with a gamma prior (Gelman et al., Bayesian
Data Analysis, section 2.6). An entry whose votes nobody counts has only what is expected of it.
"""

from collections.abc import Sequence
from datetime import datetime
from math import exp
from statistics import fmean, median

from newsletter.core.interest import Interest
from newsletter.core.model import Entry

__all__ = ["foreseen_votes", "growth"]

_AHEAD = 15.0
"""Hours until the votes are counted again, in the data on later votes."""
_PRIOR_HOURS, _PRIOR_VOTES = 5.0, 0.2
"""What is expected counts like so many hours, in which so large a part of the day's mean votes came."""
_USUAL_VOTES, _USUAL_HOURS = 10.0, 12.0
"""Of a day that nothing is known of."""


def foreseen_votes(
    entries: Sequence[Entry], interest: Sequence[Interest], now: datetime, trust: float = 1.0
) -> list[float]:
    """For each entry. `trust` stretches what is expected: at 0 all are expected to find the same interest."""
    voted = [entry.upvotes for entry in entries if entry.upvotes is not None]
    usual = (fmean(voted) if voted else 0.0) or _USUAL_VOTES
    ages = [_hours(entry, now) for entry in entries]
    known = [
        age for entry, age in zip(entries, ages, strict=True) if age is not None and entry.upvotes is not None
    ]
    usual_age = median(known) if known else _USUAL_HOURS
    shares = _shares(entries, interest, trust)
    foreseen = []
    for entry, age, share in zip(entries, ages, shares, strict=True):
        votes, hours = entry.upvotes or 0, 0.0
        if entry.upvotes is not None:
            hours = usual_age if age is None else age
        rate = (votes + _PRIOR_VOTES * usual * share) / (_PRIOR_HOURS + hours)
        foreseen.append(votes + _AHEAD * rate)
    return foreseen


def growth(entry: Entry, now: datetime) -> float | None:
    """Votes an hour since readers have been able to vote; None where that is not known."""
    hours = _hours(entry, now)
    if entry.upvotes is None or hours is None:
        return None
    return entry.upvotes / (_PRIOR_HOURS + hours)


def _hours(entry: Entry, now: datetime) -> float | None:
    """For how long readers have been able to vote."""
    return None if entry.listed is None else max(0.0, (now - entry.listed).total_seconds() / 3600)


def _shares(entries: Sequence[Entry], interest: Sequence[Interest], trust: float) -> list[float]:
    """How much interest each will find, 1 on average. A head start counts only where no votes tell of it."""
    unseen = [entry.upvotes is None and entry.listed is not None for entry in entries]
    starts = [found.exposure for found, counts in zip(interest, unseen, strict=True) if counts]
    usual = fmean(starts) if starts else 0.0
    told = [
        found.merit + (found.exposure if counts else usual)
        for found, counts in zip(interest, unseen, strict=True)
    ]
    powers = [exp(trust * (value - max(told))) for value in told]
    mean = fmean(powers) if powers else 1.0
    return [power / mean for power in powers]
