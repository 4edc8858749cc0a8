"""One part of a rendered edition, cut at its sentinels once and put together for each reader."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import TemplateError
from newsletter.render.marks import BLOCKS, VALUES, mark_pattern

__all__ = ["Block", "Node", "Part", "Value", "compile_part"]


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value of the reader's comes."""

    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """A section, its line in the contents, or a note to those who follow its topic."""

    name: str
    index: int
    nodes: tuple["Node", ...]


Node = str | Value | Block


@dataclass(frozen=True, slots=True)
class Part:
    """Text, values and blocks; sections and lines of contents also stand for places to be filled."""

    nodes: tuple[Node, ...]
    blocks: Mapping[tuple[str, int], Block]
    """The sections and lines of contents, by name and index."""

    def fill(self, values: Mapping[str, str], order: Sequence[int], followed: Collection[int]) -> str:
        """The text with `values` put in as they are and place number n filled by block `order[n]`."""
        return "".join(self._fill(self.nodes, values, order, followed))

    def _fill(
        self,
        nodes: tuple[Node, ...],
        values: Mapping[str, str],
        order: Sequence[int],
        followed: Collection[int],
    ) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, str):
                yield node
            elif isinstance(node, Value):
                yield values[node.name]
            elif node.name != "FOLLOWED":
                chosen = self.blocks[node.name, order[node.index]]
                yield from self._fill(chosen.nodes, values, order, followed)
            elif node.index in followed:
                yield from self._fill(node.nodes, values, order, followed)


def compile_part(source: str, nonce: str, sections: int, what: str) -> Part:
    """Cut `source`; TemplateError, naming the part as `what`, unless each mark is where it must be."""
    parser = _Parser(iter(mark_pattern(nonce).split(source)), sections, what)
    nodes = tuple(parser.nodes(None))
    found = [node for node in nodes if isinstance(node, Block) and node.name != "FOLLOWED"]
    blocks = {(block.name, block.index): block for block in found}
    for name in ("SECTION", "CONTENTS"):
        indices = sorted(block.index for block in found if block.name == name)
        if indices != list(range(sections)) and (indices or name == "SECTION"):
            raise TemplateError(
                f"{what}: {name} is marked for {indices}, not once for each of {sections} sections"
            )
    if Value("UNSUBSCRIBE") not in nodes:
        raise TemplateError(
            f"{what}: every reader must see it, so put {{{{ reader.unsubscribe }}}} outside of blocks"
        )
    return Part(nodes, blocks)


@dataclass(frozen=True, slots=True)
class _Parser:
    tokens: Iterator[str | None]
    """Text, then name, index, edge of a mark, then text, and so on."""
    sections: int
    what: str

    def nodes(self, inside: tuple[str, int] | None) -> Iterator[Node]:
        """The nodes up to the end of the block `inside`, or of the whole."""
        for text in self.tokens:
            if text:
                yield text
            name = next(self.tokens, None)
            if name is None:
                break
            index, edge = int(next(self.tokens) or -1), next(self.tokens)
            if edge == "END" and (name, index) == inside:
                return
            yield self._node(name, index, edge, inside)
        if inside:
            raise TemplateError(f"{self.what}: {inside[0]} {inside[1]} begins and does not end")

    def _node(self, name: str, index: int, edge: str | None, inside: tuple[str, int] | None) -> Node:
        if edge is None and name in VALUES:
            return Value(name)
        nested = inside is not None and (name != "FOLLOWED" or inside[0] == "FOLLOWED")
        if edge != "BEGIN" or name not in BLOCKS or not 0 <= index < self.sections or nested:
            raise TemplateError(f"{self.what}: a mark that is unknown or out of place: {name} {index} {edge}")
        return Block(name, index, tuple(self.nodes((name, index))))
