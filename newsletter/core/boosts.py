"""What the operator wants to see higher, or lower, than readers alone would put it."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.core.model import Entry
from newsletter.core.terms import words

__all__ = ["Boost", "boosts_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """Entries of an author or an organization, or with one of some keywords, count so much more."""

    weight: float
    """Added to the score; below 0 it holds back."""
    name: str
    """What it is called where it is given as a reason."""
    keywords: tuple[str, ...] = ()
    """Words or phrases in title, abstract, keywords or categories; case and plurals do not matter."""
    author: str | None = None
    organization: str | None = None


def boosts_for(entry: Entry, boosts: Sequence[Boost]) -> tuple[Boost, ...]:
    """Those that the entry gets."""
    if not boosts:
        return ()
    said = _run(" . ".join((entry.title, entry.summary, *entry.keywords, *entry.categories)))
    authors, organization = {_run(name) for name in entry.authors}, _run(entry.organization or "")

    def meant(boost: Boost) -> bool:
        return (
            (boost.author is not None and _run(boost.author) in authors)
            or (boost.organization is not None and _run(boost.organization) == organization)
            or any(_run(keyword) in said for keyword in boost.keywords)
        )

    return tuple(boost for boost in boosts if meant(boost))


def _run(text: str) -> str:
    """The words with a space around each, so that only whole words are found."""
    return f" {' '.join(words(text))} "
