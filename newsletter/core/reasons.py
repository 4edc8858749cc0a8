"""Why an entry has its place, in words. Every reason is true of this entry on this day."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from newsletter.core.foresight import growth
from newsletter.core.interest import Interest
from newsletter.core.model import Entry

__all__ = ["Day", "Reason"]

_FEWEST = 3
"""To be the first of fewer is nothing to tell of."""
_MANY_COMMENTS, _MANY_STARS = 5, 100
_LIKED = 0.15
"""Expected interest from a name, or a subject, from which on readers can be said to like it."""


class Reason(NamedTuple):
    """What may be said of an entry, and how much it brought."""

    worth: float
    words: str


class Day:
    """What the entries of one ranking are compared with."""

    def __init__(self, entries: Sequence[Entry], interest: Sequence[Interest], now: datetime) -> None:
        self._now = now
        self._most_votes = _record(entry.upvotes for entry in entries)
        self._most_comments = _record(entry.comments for entry in entries)
        self._fastest = _record(growth(entry, now) for entry in entries)
        subjects = sorted((found.text for found in interest), reverse=True)
        self._liked_subject = max(subjects[len(subjects) // 5], _LIKED) if subjects else _LIKED

    def votes(self, entry: Entry) -> Iterable[str]:
        """Whether they come fastest, whether they are the most, or how many."""
        if not entry.upvotes:
            return
        if self._fastest is not None and growth(entry, self._now) == self._fastest:
            yield "fastest-growing today"
        is_first = entry.upvotes == self._most_votes
        yield "most votes today" if is_first else _many(entry.upvotes, "vote")

    def comments(self, entry: Entry) -> str:
        """Where there is a discussion."""
        if not entry.comments or entry.comments < _MANY_COMMENTS:
            return ""
        return "most discussed today" if entry.comments == self._most_comments else "much discussed"

    def code(self, entry: Entry) -> str:
        """Code, its stars where there are many, or a page."""
        if entry.code:
            has_stars = entry.stars is not None and entry.stars >= _MANY_STARS
            return f"code with {entry.stars:,} stars" if has_stars else "has code"
        return "has a project page" if entry.project else ""

    def age(self, entry: Entry) -> str:
        """Only of today and yesterday."""
        if entry.published is None:
            return ""
        days = (self._now.date() - entry.published.astimezone(self._now.tzinfo).date()).days
        return {0: "posted today", 1: "posted yesterday"}.get(days, "")

    def interest(self, found: Interest) -> Iterable[Reason]:
        """From whom it is and what it is about, where that makes readers' interest likely."""
        if found.organization >= _LIKED:
            yield Reason(found.organization, "from a lab whose papers readers like")
        elif found.authors >= _LIKED:
            yield Reason(found.authors, "by authors whose papers readers like")
        if found.text >= self._liked_subject:
            yield Reason(found.text, "the kind of paper that readers like")


def _record(values: Iterable[float | None]) -> float | None:
    """The highest of several, where one stands out."""
    known = [value for value in values if value is not None]
    return max(known) if len(known) >= _FEWEST and max(known) > min(known) else None


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
