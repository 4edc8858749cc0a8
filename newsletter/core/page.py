"""A text page, as a browser saves it, read by its shape.

    text ──▶ lines ──▶ blocks, long and short ──▶ papers: a title and an abstract

An *abstract* is a long block with sentences. Its *title* is the short block before it. Short blocks
elsewhere are page furniture and are passed over, whatever they say: menus, dates, counts, names. Where
several short blocks stand before an abstract, the title is the last one that the page does not repeat and
that is no list of names. A long block right after an abstract is its next paragraph, and so is a whole
sentence with further blocks after it. This module knows nothing of any particular site.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from newsletter.core.cleaning import clean_text, read_abstract, read_title, words
from newsletter.core.identity import identify
from newsletter.core.model import Entry
from newsletter.errors import InputError

__all__ = ["parse_page"]

_LONG = 200
"""Columns from which a block with a sentence in it is an abstract; titles are seldom above 150."""
_LONG_SENTENCE = 120
"""Columns from which a block that ends as a sentence does is one; few titles end with a full stop."""
_WRAPPED = 40
"""Columns that the lines of a wrapped paragraph have on average; those of a menu have fewer."""
_REPEATED = 3
"""How often a page says the same short line before it is furniture."""
_FEWEST_WORDS = 5
"""Words that a short paragraph of an abstract has at least."""

_SENTENCE = re.compile(r"[.!?][)\]\"'”’]*(?:\s|$)|[。！？]")
_CLOSED = re.compile(r"(?:[.…][)\]\"'”’]*|。[」』）]*|https?://\S+)$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_FURNITURE = re.compile(
    r"[\W\d_]*[km]?"  # counts and rules
    rf"|{_MONTH} \d{{1,2}}(?:,? \d{{4}})?|\d{{1,2}}\.? {_MONTH}(?: \d{{4}})?"  # dates
    r"|\S+ (?:second|minute|hour|day|week|month|year)s? ago"
    r"|(?-i:\d[\d.,]*[kKM]? [a-z]+)"  # "12 comments"
    r"|(?-i:by ?[A-Z].*)|authors?:.*|(?:submitted|published|posted|updated) (?:by|on) .*"
    r"|(?:abstract|summary|tl;dr):?",
    re.IGNORECASE,
)
_BETWEEN_NAMES = re.compile(r"(?:,| ·|;)(?: and| &)? | and | & ")
_NAME_PARTICLES = frozenset(
    ["al", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von"]
)


@dataclass(frozen=True)
class _Block:
    text: str
    long: bool


def parse_page(text: str, *, name: str) -> tuple[Entry, ...]:
    """The papers of a page, in its order; `position` counts from 0. `name` is the page's, for the message.

    Raises InputError if there is no paper on the page.
    """
    lines = [clean_text(line) for line in text.splitlines()]
    papers = list(_papers(lines))
    if not papers:
        raise InputError(
            f"{name}: no papers found on this page. A paper is a title, an empty line and its abstract,"
            f" a paragraph of about {_LONG} characters or more; save the page as text or give JSONL"
        )
    vocabulary = words("\n".join(lines))
    return tuple(_entry(*paper, place, vocabulary) for place, paper in enumerate(papers))


def _entry(raw_title: str, raw_abstract: str, position: int, vocabulary: Counter[str]) -> Entry:
    title = read_title(raw_title, vocabulary)
    abstract = read_abstract(raw_abstract, vocabulary)
    return Entry(
        id=identify(title=title),
        title=title,
        summary=abstract.text,
        code=abstract.code,
        project=abstract.project,
        position=position,
    )


def _papers(lines: list[str]) -> Iterator[tuple[str, str]]:
    repeated = {line for line, times in Counter(lines).items() if times >= _REPEATED}
    blocks = [block for block in _blocks(lines, repeated) if not _FURNITURE.fullmatch(block.text)]
    runs = [list(run) for _, run in groupby(blocks, key=lambda block: block.long)]
    for place, run in enumerate(runs):
        if place and run[0].long:
            after = runs[place + 1] if place + 1 < len(runs) else []
            is_last = place + 2 >= len(runs)
            more = after[:1] if after and _goes_on(after, repeated, is_last) else []
            yield _title(runs[place - 1], repeated).text, " ".join(block.text for block in run + more)


def _title(run: list[_Block], repeated: set[str]) -> _Block:
    likely = [block for block in run if block.text not in repeated and not _is_names(block.text)]
    return (likely or run)[-1]


def _goes_on(after: list[_Block], repeated: set[str], is_last: bool) -> bool:
    """Whether the first block after an abstract is its next paragraph: a sentence, and not the next title."""
    first = after[0]
    is_sentence = bool(_CLOSED.search(first.text)) and len(first.text.split()) >= _FEWEST_WORDS
    return is_sentence and first.text not in repeated and (is_last or first is not _title(after, repeated))


def _is_names(text: str) -> bool:
    """Whether most of a list reads as names of people; teams and misspelt names are among them."""
    if not re.search("[,·;]", text) or re.search("[:?!]", text):
        return False
    names = [name.split() for name in _BETWEEN_NAMES.split(text)]
    likely = [2 <= len(name) <= 4 and all(map(_is_name_part, name)) for name in names]
    return sum(likely) >= 2 and sum(likely) > len(names) / 2


def _is_name_part(word: str) -> bool:
    return word in _NAME_PARTICLES or word[0].isupper()


def _blocks(lines: list[str], repeated: set[str]) -> Iterator[_Block]:
    """The lines between empty lines, joined; furniture and long lines stand alone without empty lines too."""
    for is_text, group in groupby(lines, key=bool):
        if is_text:
            yield from _divide(list(group), repeated)


def _divide(lines: list[str], repeated: set[str]) -> Iterator[_Block]:
    joined = _join(lines)
    long_lines = [place for place, line in enumerate(lines) if _is_long(line)]
    if long_lines:
        last = long_lines[-1]
        is_open = not _CLOSED.search(lines[last])
        keys = [place in long_lines or (place > last and is_open) for place in range(len(lines))]
    elif _is_long(joined) and len(joined) >= _WRAPPED * len(lines):
        keys = [True] * len(lines)
    else:
        keys = [False] * len(lines)
    for long, group in groupby(zip(keys, lines, strict=True), key=lambda item: item[0]):
        part = [line for _, line in group]
        yield from (
            [_Block(_join(part), long)] if long else _short_blocks(part, repeated if long_lines else set())
        )


def _short_blocks(lines: list[str], repeated: set[str]) -> Iterator[_Block]:
    """Lines of one wrapped title are joined; furniture among them parts them."""
    for apart, group in groupby(lines, key=lambda line: line in repeated or bool(_FURNITURE.fullmatch(line))):
        part = list(group)
        yield from (_Block(text, False) for text in (part if apart else [_join(part)]))


def _join(lines: list[str]) -> str:
    """Wrapped lines as one; a hyphen at the end of a line and a capital after it are one compound."""
    return re.sub(r"(?<=\w-)\n(?=[A-Z])", "", "\n".join(lines)).replace("\n", " ")


def _is_long(text: str) -> bool:
    if not _SENTENCE.search(text):
        return False
    columns = sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text[:_LONG])
    return columns >= _LONG or (columns >= _LONG_SENTENCE and bool(_CLOSED.search(text)))
