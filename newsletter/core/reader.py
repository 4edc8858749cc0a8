"""What one subscriber gets of an edition: every section, those of the followed topics first."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Arrangement", "arrange_for"]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The sections of an edition in the order for one reader, by their index in the edition."""

    order: tuple[int, ...]
    """Every section once."""
    followed: frozenset[int]
    """Those that the reader follows."""


def arrange_for(section_topics: Sequence[str], followed: Sequence[str]) -> Arrangement:
    """The followed topics first, then the others, both as the edition has them.

    Names are the same if they differ in case or white space only; names that the edition does not have
    are ignored.
    """
    wanted = {_folded(name) for name in followed}
    chosen = [index for index, topic in enumerate(section_topics) if _folded(topic) in wanted]
    others = [index for index in range(len(section_topics)) if index not in chosen]
    return Arrangement(order=(*chosen, *others), followed=frozenset(chosen))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
