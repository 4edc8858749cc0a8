"""One part of a rendered edition, cut at its sentinels once and put together for each reader.

A piece is text as it is sent, or the sign of a value, which no such text can be: NUL and the value's name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, pairwise
from typing import TypeGuard

from newsletter.core.model import Edition
from newsletter.errors import TemplateError
from newsletter.render.marks import CONDITIONS, NUMBERED_VALUES, PLACES, REASONS, VALUES, mark_pattern
from newsletter.render.quoted import quoted, unquoted

__all__ = [
    "Block",
    "Choice",
    "Key",
    "Node",
    "Part",
    "Places",
    "Shape",
    "compile_part",
    "is_sign",
    "merged",
    "sign",
    "source",
]

Key = tuple[str, int]
"""A name with the number of a section or entry; 0 where there is only one."""

_PARENTS = {
    "ENTRY": ("SECTION",),
    "PICK": ("PICKS",),
    "TITLE": ("TITLES",),
    "FOLLOWED": ("", "SECTION", "CONTENTS", "LEAD"),
    "WISH": REASONS,
    **dict.fromkeys(REASONS, ("LEAD", "ENTRY", "PICK")),
}
"""What a mark may stand in; the others stand in no block."""
_TOP = ("", 0)
_ROWS = 200
"""Remembered of a section."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an edition has to be marked for."""

    sections: tuple[tuple[int, ...], ...]
    """The ranks of the entries of each section."""
    also: tuple[int, ...]

    @classmethod
    def of(cls, edition: Edition) -> "Shape":
        """That of this edition."""
        sections = tuple(tuple(item.rank for item in section.entries) for section in edition.sections)
        return cls(sections, tuple(item.rank for item in edition.also))

    @property
    def ranks(self) -> tuple[int, ...]:
        """Of all entries."""
        return (*chain.from_iterable(self.sections), *self.also)

    def numbers(self, name: str, parent: int) -> Sequence[int]:
        """Those that a block of this name may have inside of its parent."""
        match name:
            case "SECTION" | "CONTENTS" | "FOLLOWED" | "COUNT" | "LISTED":
                return range(len(self.sections))
            case "ENTRY":
                return self.sections[parent]
            case "PICK" | "TITLE":
                return self.also
            case "PICKS" | "TITLES":
                return (0,)
            case "SHOWN":
                return range(1, len(self.ranks) + 1)
        return self.ranks


def sign(name: str) -> bytes:
    """The piece that stands for the value of this name."""
    return b"\0" + name.encode()


def is_sign(piece: bytes) -> bool:
    """Whether a piece stands for a value."""
    return piece.startswith(b"\0")


@dataclass(frozen=True, slots=True)
class Block:
    """What some readers get."""

    key: Key
    nodes: tuple["Node", ...]
    conditions: frozenset[Key]
    """Those of the blocks inside of it."""
    plain: tuple["Node", ...]
    """What is left of `nodes` where none of the conditions is true: for most entries of most readers."""
    pieces: tuple[bytes, ...] | None
    """The same where it is pieces alone."""


@dataclass(frozen=True, slots=True)
class Places:
    """Blocks of one name that follow each other: a reader gets some of them in some order."""

    key: Key
    """Their name and the number of what they stand in."""
    blocks: Mapping[int, Block]
    between: tuple[bytes, ...]
    """What the theme has between the first and the second, the second and the third, and so on."""
    conditions: frozenset[Key]
    """Those of the blocks inside of it."""
    row: Callable[[tuple[int, ...]], tuple[bytes, ...]] | None
    """The pieces of blocks in this order, where all are pieces alone and none of the conditions is true:
    remembered, since most readers have most of an edition in the same order."""


Node = bytes | Block | Places


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into one copy."""

    orders: Mapping[Key, tuple[int, ...]]
    """The numbers of the blocks that come to each of the places."""
    shown: Set[Key]
    """The conditions that are true."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces and blocks."""

    nodes: tuple[Node, ...]

    def arranged(self, choice: Choice) -> list[bytes]:
        """The pieces of a copy. Raises KeyError for what is not of this edition."""
        pieces: list[bytes] = []
        _arrange(self.nodes, choice, pieces)
        return pieces


def _arrange(nodes: tuple[Node, ...], choice: Choice, pieces: list[bytes]) -> None:
    for node in nodes:
        if isinstance(node, bytes):
            pieces.append(node)
        elif isinstance(node, Places):
            _arrange_places(node, choice, pieces)
        elif node.key in choice.shown:
            _arrange(node.nodes, choice, pieces)


def _arrange_places(places: Places, choice: Choice, pieces: list[bytes]) -> None:
    order = choice.orders[places.key]
    if places.row is not None and places.conditions.isdisjoint(choice.shown):
        pieces += places.row(order)
        return
    for place, number in enumerate(order):
        if place:
            pieces.append(places.between[place - 1])
        block = places.blocks[number]
        if not block.conditions.isdisjoint(choice.shown):
            _arrange(block.nodes, choice, pieces)
        elif block.pieces is not None:
            pieces += block.pieces
        else:
            _arrange(block.plain, choice, pieces)


def _places(key: Key, blocks: Mapping[int, Block], between: tuple[bytes, ...]) -> Places:
    conditions = frozenset[Key]().union(*(block.conditions for block in blocks.values()))
    pieces = {number: block.pieces for number, block in blocks.items() if block.pieces is not None}

    @lru_cache(maxsize=_ROWS)
    def row(order: tuple[int, ...]) -> tuple[bytes, ...]:
        gaps = (b"", *between)
        found = (piece for place, number in enumerate(order) for piece in (gaps[place], *pieces[number]))
        return tuple(piece for piece in found if piece)

    return Places(key, blocks, between, conditions, row if len(pieces) == len(blocks) else None)


def source(nodes: tuple[Node, ...]) -> str:
    """The text of all that is in there, without values."""
    return unquoted(b"".join(_texts(nodes)))


def _texts(nodes: tuple[Node, ...]) -> Iterator[bytes]:
    for node in nodes:
        if not isinstance(node, bytes):
            yield from _texts(node.nodes if isinstance(node, Block) else tuple(node.blocks.values()))
        elif not is_sign(node):
            yield node


def _block(key: Key, nodes: tuple[Node, ...]) -> Block:
    inside = [node for node in nodes if isinstance(node, Block)]
    conditions = frozenset(block.key for block in inside).union(*(block.conditions for block in inside))
    plain = tuple(node for node in nodes if not isinstance(node, Block))
    pieces = [node for node in plain if isinstance(node, bytes)]
    return Block(key, nodes, conditions, plain, merged(pieces) if len(pieces) == len(plain) else None)


def merged(pieces: Iterable[bytes]) -> tuple[bytes, ...]:
    """With neighbours that are texts as one."""
    groups = groupby(pieces, is_sign)
    return tuple(piece for signs, group in groups for piece in (group if signs else (b"".join(group),)))


def _is_text(node: Node) -> TypeGuard[bytes]:
    return isinstance(node, bytes) and not is_sign(node)


def compile_part(rendered: str, nonce: str, shape: Shape, what: str) -> Part:
    """Cut `rendered`; TemplateError, naming the part as `what`, unless each mark is where it must be."""
    parser = _Parser(iter(mark_pattern(nonce).split(rendered)), shape, what)
    nodes = parser.nodes(_TOP)
    found = Counter(places.key for places in _all_places(nodes))
    for key in _required(shape):
        if key not in found:
            raise TemplateError(f"{what}: {key[0]} is missing; copy its marks from the shipped theme")
    if twice := [key[0] for key, times in found.items() if times > 1]:
        raise TemplateError(f"{what}: {twice[0]} is marked for the same entries in two places")
    if sign("UNSUBSCRIBE") not in nodes:
        raise TemplateError(
            f"{what}: every reader must see it, so put {{{{ reader.unsubscribe }}}} outside of blocks"
        )
    return Part(nodes)


def _all_places(nodes: tuple[Node, ...]) -> Iterator[Places]:
    for node in nodes:
        if isinstance(node, Places):
            yield node
            for block in node.blocks.values():
                yield from _all_places(block.nodes)
        elif isinstance(node, Block):
            yield from _all_places(node.nodes)


def _required(shape: Shape) -> Iterator[Key]:
    """All but the contents: no entry may get lost."""
    if shape.ranks:
        yield "LEAD", 0
    if shape.sections:
        yield "SECTION", 0
    yield from (("ENTRY", index) for index, ranks in enumerate(shape.sections) if ranks)
    if shape.also:
        yield from (("PICK", 0), ("TITLE", 0))


@dataclass(frozen=True, slots=True)
class _Parser:
    tokens: Iterator[str | None]
    """Text, then name, number, edge of a mark, then text, and so on."""
    shape: Shape
    what: str

    def nodes(self, inside: Key) -> tuple[Node, ...]:
        """The nodes up to the end of the block `inside`, or of the whole."""
        nodes: tuple[Node, ...] = tuple(self._nodes(inside))
        for name in PLACES:
            nodes = self._gathered(name, nodes, inside)
        return nodes

    def _nodes(self, inside: Key) -> Iterator[Node]:
        for text in self.tokens:
            if text:
                yield quoted(text)
            name = next(self.tokens, None)
            if name is None:
                break
            number, edge = next(self.tokens), next(self.tokens)
            if edge == "END" and (name, int(number or 0)) == inside:
                return
            yield self._node(name, number, edge, inside)
        if inside != _TOP:
            raise TemplateError(f"{self.what}: {inside[0]} {inside[1]} begins and does not end")

    def _node(self, name: str, number: str | None, edge: str | None, inside: Key) -> Node:
        if number is None and edge is None and name in VALUES:
            return sign(name)
        key = (name, int(number or 0))
        if number is not None and self._fits(key, inside):
            if edge is None and name in NUMBERED_VALUES:
                return sign(f"{name}_{number}")
            if edge == "BEGIN" and name in (*PLACES, *CONDITIONS):
                return _block(key, self.nodes(key))
        raise TemplateError(
            f"{self.what}: a mark that is unknown or out of place: {name} {number or ''} {edge or ''}"
        )

    def _fits(self, key: Key, inside: Key) -> bool:
        """Whether this may stand in there, and the edition has it."""
        name, number = key
        if name in (*REASONS, "WISH") and number != inside[1]:
            return False
        anywhere = name in ("COUNT", "LISTED")
        return (anywhere or inside[0] in _PARENTS.get(name, ("",))) and number in self.shape.numbers(
            name, inside[1]
        )

    def _gathered(self, name: str, nodes: tuple[Node, ...], inside: Key) -> tuple[Node, ...]:
        """With the blocks of this name, which must follow each other, as one node."""
        at = [place for place, node in enumerate(nodes) if isinstance(node, Block) and node.key[0] == name]
        if not at:
            return nodes
        blocks = [node for node in nodes[at[0] : at[-1] + 1] if isinstance(node, Block)]
        numbers = [block.key[1] for block in blocks]
        expected = list(self.shape.numbers(name, inside[1]))
        if sorted(numbers) != sorted(expected):
            raise TemplateError(
                f"{self.what}: {name} is marked for {numbers}, not once for each of {expected}"
            )
        between = [nodes[one + 1 : other] for one, other in pairwise(at)]
        texts = tuple(b"".join(filter(_is_text, middle)) for middle in between)
        if not all(_is_text(node) for middle in between for node in middle):
            raise TemplateError(
                f"{self.what}: {name} must be in one place, with nothing else of the reader's"
            )
        places = _places((name, inside[1]), dict(zip(numbers, blocks, strict=True)), texts)
        return (*nodes[: at[0]], places, *nodes[at[-1] + 1 :])
