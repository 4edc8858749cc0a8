"""What one subscriber asked for: to see first, not to see, and more of."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["LONGEST_WISH", "MOST_LIKES", "MOST_WISHES", "Like", "Wishes", "with_like"]

MOST_LIKES = 20
"""Of one subscriber and of each kind, asked for or looked at; the oldest make room."""
MOST_WISHES, LONGEST_WISH = 50, 100
"""Of one kind, and characters of one: what readers can ask for by themselves."""


@dataclass(frozen=True, slots=True)
class Like:
    """An entry of which somebody wanted more. It says by itself what to look for, so that neither a later
    change of the entry nor of the program changes a copy that is planned."""

    entry: str
    """Its id."""
    title: str
    """Short enough to be named in a reason."""
    topic: str
    """The section that it stood in; empty for one that was shown by its title only, or fits no topic."""
    phrases: tuple[tuple[str, float], ...]
    """What tells it apart from the others of its edition, as a vector of length 1."""
    clicked: bool = False
    """Whether its reader has looked at it, and no more: that counts for less, and is never named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All of them; none means the edition as the editor arranged it."""

    topics: tuple[str, ...] = ()
    """Names of topics whose sections come first."""
    keywords: tuple[str, ...] = ()
    """Words that entries are looked for by."""
    authors: tuple[str, ...] = ()
    """Names, as "Ada Lovelace" or "Lovelace, Ada"."""
    muted: tuple[str, ...] = ()
    """Topics, keywords or authors, nothing of which is shown."""
    likes: tuple[Like, ...] = ()
    """The newest last."""

    @property
    def asked_for(self) -> tuple[Like, ...]:
        """The likes without what was only looked at."""
        return tuple(like for like in self.likes if not like.clicked)


def with_like(likes: Iterable[Like], like: Like) -> tuple[Like, ...]:
    """These and this one as the newest, no more of either kind than there is room for. What somebody asked
    for is not made less by their looking at it."""
    known = tuple(likes)
    if like.clicked and any(one.entry == like.entry and not one.clicked for one in known):
        return known
    others = (*(one for one in known if one.entry != like.entry), like)
    same_kind = [one for one in others if one.clicked == like.clicked]
    gone = same_kind[:-MOST_LIKES]
    return tuple(one for one in others if one not in gone)
