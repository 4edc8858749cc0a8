"""One reader's copy of a rendered edition: compiled once, then filled by joining strings.

Values are put in where sentinels stood and never looked at again: no text of theirs is ever a template.
"""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.compiled import Block, Node, Part, Value, compile_part
from newsletter.render.digest import RenderedEdition
from newsletter.render.text import clean, safe_link

__all__ = ["Copy", "Personaliser", "Reader"]


@dataclass(frozen=True, slots=True)
class Reader:
    """What one reader's copy depends on."""

    email: str
    name: str
    """May be empty."""
    unsubscribe_url: str
    """A web address that is this reader's alone."""
    order: tuple[int, ...]
    """The indices of all sections, in the order that this reader gets them."""
    followed: frozenset[int]
    """The indices of the sections whose topics the reader follows."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The two parts of one reader's email."""

    html: str
    text: str


class Personaliser:
    """Makes the copies of one edition, well over ten thousand a second."""

    def __init__(self, rendered: RenderedEdition, sections: int) -> None:
        """Compile `rendered`, an edition of so many `sections`; TemplateError where a mark is amiss."""
        self._sections = list(range(sections))
        self._html = compile_part(rendered.html, rendered.nonce, sections, "the HTML part")
        self._text = compile_part(rendered.text, rendered.nonce, sections, "the plain text")
        _check_balance(self._html)

    def copy(self, reader: Reader) -> Copy:
        """The copy of `reader`; ValueError if it cannot be one of this edition's."""
        if sorted(reader.order) != self._sections:
            raise ValueError(f"{reader.order} is not an order of {len(self._sections)} sections")
        values = {
            "UNSUBSCRIBE": _web_address(reader.unsubscribe_url),
            "EMAIL": clean(reader.email),
            "NAME": clean(reader.name),
        }
        escaped = {name: escape(value, quote=True) for name, value in values.items()}
        return Copy(
            html=self._html.fill(escaped, reader.order, reader.followed),
            text=self._text.fill(values, reader.order, reader.followed),
        )


def _web_address(url: str) -> str:
    safe = safe_link(url)
    if safe is None or urlsplit(safe).scheme == "mailto":
        raise ValueError("the unsubscribe address of a reader is not one of the web")
    return safe


def _check_balance(part: Part) -> None:
    """Blocks may go anywhere or nowhere only if each closes the elements that it opens."""
    for block in _blocks(part.nodes):
        if error := balance_error(_source(block.nodes)):
            raise TemplateError(
                f"the HTML part: {block.name} {block.index} must be whole elements, but {error}"
            )


def _blocks(nodes: tuple[Node, ...]) -> list[Block]:
    blocks = [node for node in nodes if isinstance(node, Block)]
    return blocks + [inner for block in blocks for inner in _blocks(block.nodes)]


def _source(nodes: tuple[Node, ...]) -> str:
    return "".join(
        _source(node.nodes) if isinstance(node, Block) else node
        for node in nodes
        if not isinstance(node, Value)
    )
