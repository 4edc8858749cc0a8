"""How large a copy can get, whatever its reader wishes: known before the first one is written.

Everything that a reader may have is counted, each entry where it is largest. The encoded size is a bound: of
each line of 76 octets that quoted-printable allows at least 73 are used.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Self

from newsletter.render.compiled import Block, Key, Node, Part, Places, Value
from newsletter.render.marks import REASONS

__all__ = ["Weight", "largest", "reason_weights"]

_TRIPLED = re.compile(rb"[^\x20-\x3c\x3e-\x7e\n]|[ ](?=\n|\Z)|(?:(?<=\n)|\A)\.(?=\n|\Z)")
"""Octets that quoted-printable writes as three. What comes before and after a piece is not known: it may be
the end of a line."""
_USED = 73
"""Of a line of 76: one is the sign that it goes on, and an octet written as three is not torn apart."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a piece of text: octets in UTF-8, and in quoted-printable without the breaks of long lines."""

    plain: int = 0
    quoted: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """What this text weighs; its line ends become CRLF."""
        octets = text.encode("utf-8", "replace")
        tripled = len(_TRIPLED.findall(octets))
        return cls(len(octets), len(octets) + 2 * tripled + octets.count(b"\n"))

    @property
    def encoded(self) -> int:
        """At most so many octets as they are sent."""
        return self.quoted + 3 * ceil(self.quoted / _USED)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.plain + other.plain, self.quoted + other.quoted)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.plain - other.plain, self.quoted - other.quoted)


def largest(part: Part, values: Mapping[str, Weight], *, wish: Weight | None) -> Weight:
    """The most that a copy of this part weighs, with `values` as heavy as they get. `wish` is an ordinary one
    that is said under each entry; None for copies that say none."""
    return _Scale(values, wish).heaviest(part)


def reason_weights(part: Part, values: Mapping[str, Weight]) -> dict[Key, Weight]:
    """What each reason adds at most to a copy that says it, without the wish itself."""
    found: dict[Key, Weight] = {}
    for key, weight in _Scale(values, Weight()).reasons(part.nodes):
        found[key] = _most((weight, found.get(key, weight)))
    return found


_NUMBER = Weight.of("9999")
"""Of entries: more than any edition has."""


@dataclass(frozen=True)
class _Scale:
    values: Mapping[str, Weight]
    wish: Weight | None

    def heaviest(self, part: Part) -> Weight:
        """Everything, each entry where it is heaviest, and as the lead the one that gains most by it."""
        leads, titles = self._blocks(part, "LEAD"), self._blocks(part, "TITLE")
        entries = self._blocks(part, "ENTRY") | self._blocks(part, "PICK")
        by_title = [_most((weight - entries[rank], Weight())) for rank, weight in titles.items()]
        gains = [weight - entries.get(rank, Weight()) for rank, weight in leads.items()]
        return sum(by_title, self._all(part.nodes)) + _most(gains)

    def reasons(self, nodes: Iterable[Node]) -> Iterable[tuple[Key, Weight]]:
        """Each kind for each entry, in every place."""
        for node in nodes:
            if isinstance(node, Places):
                yield from self.reasons(node.blocks.values())
            elif isinstance(node, Block) and node.key[0] in REASONS:
                yield node.key, self._all(node.nodes)
            elif isinstance(node, Block):
                yield from self.reasons(node.nodes)

    def _all(self, nodes: Iterable[Node]) -> Weight:
        reasons: list[Weight] = []
        others: list[Weight] = []
        for node in nodes:
            is_reason = isinstance(node, Block) and node.key[0] in REASONS
            (reasons if is_reason else others).append(self._node(node))
        return sum(others, _most(reasons) if self.wish is not None else Weight())

    def _node(self, node: Node) -> Weight:
        match node:
            case str():
                return Weight.of(node)
            case Value(name):
                return self._value(name)
            case Block(nodes=nodes):
                return self._all(nodes)
            case Places():
                return self._places(node)

    def _value(self, name: str) -> Weight:
        if name.startswith("WISH"):
            return self.wish or Weight()
        return self.values.get(name, _NUMBER)

    def _places(self, places: Places) -> Weight:
        weights = [self._all(block.nodes) for block in places.blocks.values()]
        between = sum(map(Weight.of, places.between), Weight())
        match places.key[0]:
            case "LEAD" | "TITLE":  # weighed against the same entry in its section, or as a pick
                return between
            case "SHOWN":
                return _most(weights)
        return sum(weights, between)

    def _blocks(self, part: Part, name: str) -> dict[int, Weight]:
        found = (node for node in _places_in(part.nodes) if node.key[0] == name)
        return {rank: self._all(block.nodes) for node in found for rank, block in node.blocks.items()}


def _places_in(nodes: Iterable[Node]) -> Iterable[Places]:
    for node in nodes:
        if isinstance(node, Places):
            yield node
            yield from _places_in(node.blocks.values())
        elif isinstance(node, Block):
            yield from _places_in(node.nodes)


def _most(weights: Iterable[Weight]) -> Weight:
    """In each measure the most."""
    weights = tuple(weights) or (Weight(),)
    return Weight(max(one.plain for one in weights), max(one.quoted for one in weights))
