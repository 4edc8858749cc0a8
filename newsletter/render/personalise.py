"""One reader's copy of a rendered edition: compiled once, then filled by joining strings.

Values are put in where sentinels stood and never looked at again: no text of theirs is ever a template.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from newsletter.core.reader import Arrangement
from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.compiled import Block, Choice, Key, Node, Part, Places, Shape, compile_part
from newsletter.render.digest import RenderedEdition
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.text import clean, cut, safe_link
from newsletter.render.weight import Weight, largest, reason_weights

__all__ = ["Copy", "Links", "Personaliser", "Reader"]


_LONGEST_NAME, _LONGEST_WISH, _LONGEST_BESIDE = 80, 60, 200
"""Characters of what a reader is called, of what they follow, and of what stands beside a subject."""
_LONGEST_LOCAL, _LONGEST_DOMAIN, _LONGEST_SUBJECT = 64, 190, 70
"""Of an address by the rules of mail, the at sign included, and by those of `core.headline`."""
_ORDINARY_WISH = Weight.of("x" * 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Web addresses that are one reader's alone; those of all readers are of the same length."""

    unsubscribe: str
    preferences: str
    more: str
    """With a slash and the rank of an entry, it asks for more like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What one reader's copy depends on."""

    email: str
    name: str
    """May be empty."""
    links: Links
    subject: str
    preheader: str
    """What a mailbox shows beside the subject."""
    arrangement: Arrangement


@dataclass(frozen=True, slots=True)
class Copy:
    """The two parts of one reader's email."""

    html: str
    text: str


class Personaliser:
    """Makes the copies of one edition, well over ten thousand a second."""

    def __init__(self, rendered: RenderedEdition, shape: Shape) -> None:
        """Compile `rendered`, an edition of this shape; TemplateError where a mark is amiss."""
        sections = range(len(shape.sections))
        self._none = {f"{name}_{index}": "0" for name in ("COUNT", "LISTED") for index in sections}
        self._html = compile_part(rendered.html, rendered.nonce, shape, "the HTML part")
        self._text = compile_part(rendered.text, rendered.nonce, shape, "the plain text")
        _check_balance(self._html)
        self._room: _Room | None = None
        """Known with the first reader for whom reasons are to be said."""

    def copy(self, reader: Reader) -> Copy:
        """The copy of `reader`; ValueError if it cannot be one of this edition's."""
        arrangement = reader.arrangement
        wishes = {
            rank: cut(clean(reason.wish), _LONGEST_WISH) for rank, reason in arrangement.reasons.items()
        }
        if wishes and not self._has_room(arrangement, wishes, reader.links):
            arrangement = replace(arrangement, reasons={})
        values = _values(reader) | {f"WISH_{rank}": wish for rank, wish in wishes.items()}
        escaped = {name: escape(value, quote=True) for name, value in values.items()}
        numbers = self._numbers(arrangement)
        choice = _choice(arrangement)
        try:
            return Copy(self._html.fill(choice, escaped | numbers), self._text.fill(choice, values | numbers))
        except KeyError as error:
            raise ValueError(f"{error} is not of this edition") from error

    def largest(self, links: Links) -> Weight:
        """What the HTML of the largest copy weighs; everybody's links are as long as these."""
        return largest(self._html, _heaviest_values(links), wish=_ORDINARY_WISH)

    def _has_room(self, arrangement: Arrangement, wishes: Mapping[int, str], links: Links) -> bool:
        """Whether all reasons can be said. Where somebody's wishes are many and long, none is."""
        room = self._room = self._room or _Room.of(self._html, links)
        said = Weight()
        for rank, reason in arrangement.reasons.items():
            said += room.reasons.get((reason.kind.name, rank), Weight())
            said += Weight.of(escape(wishes[rank], quote=True))
        return said.encoded <= room.octets

    def _numbers(self, arrangement: Arrangement) -> dict[str, str]:
        numbers = {**self._none, "PICKED": str(len(arrangement.picks))}
        for section in arrangement.sections:
            numbers[f"COUNT_{section.index}"] = str(section.count)
            numbers[f"LISTED_{section.index}"] = str(len(section.entries))
        return numbers


@dataclass(frozen=True, slots=True)
class _Room:
    """What reasons may take in any copy of an edition."""

    octets: int
    reasons: Mapping[Key, Weight]
    """What each weighs without the wish."""

    @classmethod
    def of(cls, html: Part, links: Links) -> "_Room":
        """Beside everything else as long as it can be."""
        values = _heaviest_values(links)
        left = CLIP_LIMIT - largest(html, values, wish=None).encoded
        return cls(left, reason_weights(html, values))


def _values(reader: Reader) -> dict[str, str]:
    return _addresses(reader.links) | {
        "EMAIL": clean(reader.email),
        "NAME": cut(clean(reader.name), _LONGEST_NAME),
        "SUBJECT": clean(reader.subject),
        "PREHEADER": cut(clean(reader.preheader), _LONGEST_BESIDE),
    }


def _addresses(links: Links) -> dict[str, str]:
    return {
        "UNSUBSCRIBE": _web_address(links.unsubscribe),
        "PREFERENCES": _web_address(links.preferences),
        "MORE": _web_address(links.more),
    }


def _heaviest_values(links: Links) -> dict[str, Weight]:
    """Those of a reader who has everything as long as it can be."""
    addresses = {name: Weight.of(escape(url, quote=True)) for name, url in _addresses(links).items()}
    return addresses | {
        "EMAIL": _any(_LONGEST_LOCAL) + Weight.of("m" * _LONGEST_DOMAIN),
        "NAME": _any(_LONGEST_NAME),
        "SUBJECT": _any(_LONGEST_SUBJECT),
        "PREHEADER": _any(_LONGEST_BESIDE),
    }


def _any(characters: int) -> Weight:
    """Of so many characters, whichever they are: `&#x27;` takes six octets, an emoji twelve encoded."""
    return Weight(6 * characters, 12 * characters)


def _choice(arrangement: Arrangement) -> Choice:
    orders: dict[Key, Sequence[int]] = {
        ("CONTENTS", 0): [section.index for section in arrangement.sections],
        ("SECTION", 0): [section.index for section in arrangement.sections if section.entries],
        ("SHOWN", 0): (len(arrangement.in_full),),
        ("LEAD", 0): (arrangement.lead,),
        ("PICK", 0): arrangement.picks,
        ("TITLE", 0): arrangement.also,
        **{("ENTRY", section.index): section.entries for section in arrangement.sections},
    }
    shown: set[Key] = {("FOLLOWED", index) for index in arrangement.followed}
    shown.update((reason.kind.name, rank) for rank, reason in arrangement.reasons.items())
    if arrangement.picks:
        shown.add(("PICKS", 0))
    if arrangement.also:
        shown.add(("TITLES", 0))
    return Choice(orders, shown)


def _web_address(url: str) -> str:
    safe = safe_link(url)
    if safe is None or safe.startswith("mailto:"):
        raise ValueError("an address for this reader alone is not one of the web")
    return safe


def _check_balance(part: Part) -> None:
    """Blocks may go anywhere or nowhere only if each closes the elements that it opens."""
    sources = {source: what for what, source in _loose(part.nodes)}  # most reasons are set alike
    for source, what in sources.items():
        if error := balance_error(source):
            raise TemplateError(f"the HTML part: {what} must be whole elements, but {error}")


def _loose(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    """What some readers do not get: its name and its source."""
    for node in nodes:
        if isinstance(node, Places):
            yield from ((f"what is between {node.key[0]} blocks", text) for text in set(node.between))
            yield from _loose(tuple(node.blocks.values()))
        elif isinstance(node, Block):
            yield f"{node.key[0]} {node.key[1]}", _source(node.nodes)
            yield from _loose(node.nodes)


def _source(nodes: tuple[Node, ...]) -> str:
    pieces = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, Block):
            pieces.append(_source(node.nodes))
        elif isinstance(node, Places):
            pieces.append(_source(tuple(node.blocks.values())))
    return "".join(pieces)
