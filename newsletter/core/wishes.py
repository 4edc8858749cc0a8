"""What one subscriber asked for: to see first, not to see, and more of."""

from dataclasses import dataclass

__all__ = ["LONGEST_WISH", "MOST_LIKES", "MOST_WISHES", "Like", "Wishes"]

MOST_LIKES = 20
"""Of one subscriber; the oldest make room."""
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
