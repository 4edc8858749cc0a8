"""How large a copy can get, whatever its reader wishes: known before the first one is written.

Everything that a reader may have is counted, each entry where it is largest. A copy is its pieces, joined: so
it weighs what they weigh.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Self

from newsletter.render.compiled import Block, Key, Node, Part, Places, is_sign, sign
from newsletter.render.marks import REASONS
from newsletter.render.quoted import quoted, unquoted

__all__ = ["Weight", "largest", "reason_weights"]

_USED, _MORE = 71, 5
"""Of a line at least so many octets are the text's own; to them come the sign that it goes on, CRLF, and two
for a first octet that is written as three."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a piece of text: octets in UTF-8, and as they are sent in quoted-printable."""

    plain: int = 0
    encoded: int = 0

    @classmethod
    def of(cls, piece: bytes) -> Self:
        """What this text weighs."""
        return cls(len(unquoted(piece).encode()), len(piece))

    @classmethod
    def at_most(cls, plain: int, octets: int) -> Self:
        """Of any text that has so many octets, and so many where those that must be are written as three."""
        return cls(plain, octets + _MORE * ceil(octets / _USED))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.plain + other.plain, self.encoded + other.encoded)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.plain - other.plain, self.encoded - other.encoded)


def largest(part: Part, values: Mapping[bytes, Weight], *, wish: Weight | None) -> Weight:
    """The most that a copy of this part weighs, with `values` as heavy as they get. `wish` is an ordinary one
    that is said under each entry; None for copies that say none."""
    return _Scale(values, wish).heaviest(part)


def reason_weights(part: Part, values: Mapping[bytes, Weight]) -> dict[Key, Weight]:
    """What each reason adds at most to a copy that says it, without the wish itself."""
    found: dict[Key, Weight] = {}
    for key, weight in _Scale(values, Weight()).reasons(part.nodes):
        found[key] = _most((weight, found.get(key, weight)))
    return found


_NUMBER = Weight.of(quoted("9999"))
"""Of entries: more than any edition has."""


@dataclass(frozen=True)
class _Scale:
    values: Mapping[bytes, Weight]
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
            case bytes():
                return self._value(node) if is_sign(node) else Weight.of(node)
            case Block(nodes=nodes):
                return self._all(nodes)
            case Places():
                return self._places(node)

    def _value(self, name: bytes) -> Weight:
        if name.startswith(sign("WISH")):
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
    return Weight(max(one.plain for one in weights), max(one.encoded for one in weights))
