"""Links of entries that lead over our own pages, where it is counted that they are followed."""

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.core.clicks import LINKS

__all__ = ["ClickLinks"]

_COUNTED = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class ClickLinks:
    """What stands in an edition in place of its entries' addresses. No address is in it: where it leads is
    looked up, so that nobody can make one that leads elsewhere."""

    start: str
    """Of the pages for clicks, without a trailing slash."""
    name: Callable[[int, int], str]
    """That of a link, by the entry's rank and the place in `LINKS`."""
    reader: str = ""
    """The mark of what is each reader's own in it; empty where all readers have the same links."""

    def over(self, rank: int, kind: str, href: str) -> str:
        """The link to put in the place of `href`, which stays where it is none of the web."""
        if not href.startswith(_COUNTED):
            return href
        own = f"{self.start}/{self.name(rank, LINKS.index(kind))}"
        return f"{own}/{self.reader}" if self.reader else own
