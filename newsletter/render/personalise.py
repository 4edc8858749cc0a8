"""One reader's copy of a rendered edition: compiled once, then filled by joining what is encoded already.

    edition ──▶ Personaliser ──▶ Sheet, the same for all readers with the same wishes ──▶ Copy

Values are put in where sentinels stood and never looked at again: no text of theirs is ever a template.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Self

from newsletter.core.reader import Arrangement
from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.compiled import (
    Block,
    Choice,
    Key,
    Node,
    Part,
    Places,
    Shape,
    compile_part,
    merged,
    sign,
    source,
)
from newsletter.render.copy import Copy
from newsletter.render.digest import RenderedEdition
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.quoted import quoted, unquoted
from newsletter.render.text import clean, cut, safe_link
from newsletter.render.weight import Weight, largest, reason_weights

__all__ = ["Links", "Personaliser", "Reader", "Sheet"]


_EMAIL, _NAME = sign("EMAIL"), sign("NAME")
_UNSUBSCRIBE, _PREFERENCES, _MORE = sign("UNSUBSCRIBE"), sign("PREFERENCES"), sign("MORE")
_CLICK = sign("CLICK")
_LONGEST_NAME, _LONGEST_WISH, _LONGEST_BESIDE = 80, 60, 200
"""Characters of what a reader is called, of what they follow, and of what stands beside a subject."""
_LONGEST_LOCAL, _LONGEST_DOMAIN, _LONGEST_SUBJECT = 64, 190, 70
"""Of an address by the rules of mail, the at sign included, and by those of `core.headline`."""
_ORDINARY_WISH = Weight.of(quoted("x" * 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Web addresses that are one reader's alone; those of all readers are of the same length."""

    unsubscribe: str
    preferences: str
    more: str
    """With a slash and the rank of an entry, it asks for more like that."""
    click: str = ""
    """What their links to entries end in, where each reader's are counted."""


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


_Values = Mapping[bytes, bytes]
"""Encoded, by their signs."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A copy with room for what is one reader's alone."""

    html: Sequence[bytes]
    text: Sequence[bytes]
    html_values: _Values
    text_values: _Values

    def settled(self) -> Self:
        """The same in fewer pieces: worth its while where many readers get it."""
        html, text = (
            merged([values.get(piece, piece) for piece in pieces])
            for pieces, values in ((self.html, self.html_values), (self.text, self.text_values))
        )
        return type(self)(html, text, {}, {})

    def copy(self, email: str, name: str, links: Links) -> Copy:
        """That of this reader; ValueError where a link is none of the web."""
        own = {_EMAIL: clean(email), _NAME: cut(clean(name), _LONGEST_NAME), **_addresses(links)}
        html, text = _encoded(own)
        return Copy(
            _filled(self.html, {**self.html_values, **html}), _filled(self.text, {**self.text_values, **text})
        )


def _filled(pieces: Sequence[bytes], values: dict[bytes, bytes]) -> bytes:
    filled = b"".join(map(values.get, pieces, pieces))
    if b"\0" in filled:
        raise ValueError("a value has no text")
    return filled


class Personaliser:
    """Makes the copies of one edition."""

    def __init__(self, rendered: RenderedEdition, shape: Shape) -> None:
        """Compile `rendered`, an edition of this shape; TemplateError where a mark is amiss."""
        sections = range(len(shape.sections))
        self._none = {
            sign(f"{name}_{index}"): _number(0) for name in ("COUNT", "LISTED") for index in sections
        }
        self._html = compile_part(rendered.html, rendered.nonce, shape, "the HTML part")
        self._text = compile_part(rendered.text, rendered.nonce, shape, "the plain text")
        _check_balance(self._html)
        self._room: _Room | None = None
        """Known with the first reader for whom reasons are to be said."""

    def copy(self, reader: Reader) -> Copy:
        """The copy of `reader`; ValueError if it cannot be one of this edition's."""
        return self.sheet(reader).copy(reader.email, reader.name, reader.links)

    def sheet(self, reader: Reader) -> Sheet:
        """What is the same for everybody with this arrangement and subject, since everybody's links are of
        the same length; ValueError if it cannot be of this edition."""
        arrangement = reader.arrangement
        wishes = {rank: _wish(reason.wish) for rank, reason in arrangement.reasons.items()}
        html, text = ({sign(f"WISH_{rank}"): wish[part] for rank, wish in wishes.items()} for part in (0, 1))
        if wishes and not self._has_room(arrangement, html, reader.links):
            arrangement = replace(arrangement, reasons={})
        numbers = self._numbers(arrangement)
        beside_html, beside_text = _beside(reader.subject, reader.preheader)
        choice = _choice(arrangement)
        try:
            return Sheet(
                self._html.arranged(choice),
                self._text.arranged(choice),
                {**numbers, **beside_html, **html},
                {**numbers, **beside_text, **text},
            )
        except KeyError as error:
            raise ValueError(f"{error} is not of this edition") from error

    def largest(self, links: Links) -> Weight:
        """What the HTML of the largest copy weighs; everybody's links are as long as these."""
        return largest(self._html, _heaviest_values(links), wish=_ORDINARY_WISH)

    def _has_room(self, arrangement: Arrangement, wishes: _Values, links: Links) -> bool:
        """Whether all reasons can be said. Where somebody's wishes are many and long, none is."""
        room = self._room = self._room or _Room.of(self._html, links)
        reasons = ((reason.kind.name, rank) for rank, reason in arrangement.reasons.items())
        said = sum(room.reasons[reason] for reason in reasons if reason in room.reasons)
        return said + sum(map(len, wishes.values())) <= room.octets

    def _numbers(self, arrangement: Arrangement) -> _Values:
        numbers = {**self._none, sign("PICKED"): _number(len(arrangement.picks))}
        for section in arrangement.sections:
            numbers[b"\0COUNT_%d" % section.index] = _number(section.count)
            numbers[b"\0LISTED_%d" % section.index] = _number(len(section.entries))
        return numbers


def _encoded(values: Mapping[bytes, str]) -> tuple[_Values, _Values]:
    """As they stand in HTML and in plain text."""
    text = {name: quoted(value) for name, value in values.items()}
    escaped = {name: shown for name, value in values.items() if (shown := escape(value)) != value}
    return {**text, **{name: quoted(shown) for name, shown in escaped.items()}}, text


# Many readers have the same wishes, and entries the same reason.
@lru_cache(maxsize=10_000)
def _wish(text: str) -> tuple[bytes, bytes]:
    shown = cut(clean(text), _LONGEST_WISH)
    return quoted(escape(shown)), quoted(shown)


# Those of the edition, unless somebody has muted what they name.
@lru_cache(maxsize=100)
def _beside(subject: str, preheader: str) -> tuple[_Values, _Values]:
    return _encoded(
        {sign("SUBJECT"): clean(subject), sign("PREHEADER"): cut(clean(preheader), _LONGEST_BESIDE)}
    )


@lru_cache(maxsize=1000)
def _number(number: int) -> bytes:
    return quoted(str(number))


@dataclass(frozen=True, slots=True)
class _Room:
    """What reasons may take in any copy of an edition."""

    octets: int
    reasons: Mapping[Key, int]
    """Octets of each without the wish."""

    @classmethod
    def of(cls, html: Part, links: Links) -> "_Room":
        """Beside everything else as long as it can be."""
        values = _heaviest_values(links)
        left = CLIP_LIMIT - largest(html, values, wish=None).encoded
        return cls(left, {key: weight.encoded for key, weight in reason_weights(html, values).items()})


def _addresses(links: Links) -> dict[bytes, str]:
    return {
        _CLICK: links.click,
        _UNSUBSCRIBE: _web_address(links.unsubscribe),
        _PREFERENCES: _web_address(links.preferences),
        _MORE: _web_address(links.more),
    }


def _heaviest_values(links: Links) -> dict[bytes, Weight]:
    """Those of a reader who has everything as long as it can be."""
    addresses = {name: Weight.of(quoted(escape(url))) for name, url in _addresses(links).items()}
    return addresses | {
        _EMAIL: _any(_LONGEST_LOCAL) + Weight.at_most(_LONGEST_DOMAIN, _LONGEST_DOMAIN),
        _NAME: _any(_LONGEST_NAME),
        sign("SUBJECT"): _any(_LONGEST_SUBJECT),
        sign("PREHEADER"): _any(_LONGEST_BESIDE),
    }


def _any(characters: int) -> Weight:
    """Of so many characters, whichever they are: `&#x27;` takes six octets, an emoji twelve encoded."""
    return Weight.at_most(6 * characters, 12 * characters)


def _choice(arrangement: Arrangement) -> Choice:
    orders: dict[Key, tuple[int, ...]] = {
        ("CONTENTS", 0): tuple([section.index for section in arrangement.sections]),
        ("SECTION", 0): tuple([section.index for section in arrangement.sections if section.entries]),
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
    sources = {html: what for what, html in _loose(part.nodes)}  # most reasons are set alike
    for html, what in sources.items():
        if error := balance_error(html):
            raise TemplateError(f"the HTML part: {what} must be whole elements, but {error}")


def _loose(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    """What some readers do not get: its name and its source."""
    for node in nodes:
        if isinstance(node, Places):
            yield from (
                (f"what is between {node.key[0]} blocks", unquoted(text)) for text in set(node.between)
            )
            yield from _loose(tuple(node.blocks.values()))
        elif isinstance(node, Block):
            yield f"{node.key[0]} {node.key[1]}", source(node.nodes)
            yield from _loose(node.nodes)
