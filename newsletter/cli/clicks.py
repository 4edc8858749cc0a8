"""How often the entries of an edition were followed, for people and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.core.clicks import LINKS
from newsletter.ports import LinkClicks

__all__ = ["ClicksColumn", "clicks_column", "clicks_json"]


@dataclass(frozen=True)
class ClicksColumn:
    """What stands between the rank of an entry and its title; nothing where none was followed."""

    people: Mapping[int, int] = field(default_factory=dict)
    """By rank, over all links of the entry."""
    machines: int = 0

    @property
    def heading(self) -> str:
        """What the figures are."""
        people = sum(self.people.values())
        return f"Before each title its clicks by people, {people} in all; {self.machines} more by machines"

    def of(self, rank: int) -> str:
        """The figure of this entry, as wide as the widest."""
        width = len(str(max(self.people.values(), default=0)))
        return f"{self.people.get(rank, 0):{width}d}  " if self.people else ""


def clicks_column(clicks: Sequence[LinkClicks]) -> ClicksColumn:
    """Of what is known of the edition's links."""
    people: Counter[int] = Counter()
    for found in clicks:
        people[found.place] += found.tally.people
    return ClicksColumn(people, sum(found.tally.machines for found in clicks))


def clicks_json(clicks: Sequence[LinkClicks]) -> list[dict[str, object]]:
    """One object for each link that was followed."""
    return [{"rank": found.place, "link": LINKS[found.link], **found.tally._asdict()} for found in clicks]
