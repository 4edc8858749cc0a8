"""What differs from reader to reader, marked in the rendered text by sentinels with an edition's nonce.

A value is `__<nonce>_EMAIL__`, or `__<nonce>_COUNT_3__` where there is one for each section or entry; a block
is what stands between `__<nonce>_SECTION_3_BEGIN__` and `__<nonce>_SECTION_3_END__`. In HTML the sentinels of
blocks are comments, which may stand anywhere. Sections go by their index, entries by their rank.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

__all__ = [
    "CONDITIONS",
    "NUMBERED_VALUES",
    "PLACES",
    "REASONS",
    "VALUES",
    "Marks",
    "click_mark",
    "is_nonce",
    "mark_pattern",
]

VALUES = ("UNSUBSCRIBE", "PREFERENCES", "MORE", "CLICK", "EMAIL", "NAME", "SUBJECT", "PREHEADER", "PICKED")
"""The same wherever they stand in a copy."""
NUMBERED_VALUES = ("COUNT", "LISTED", "WISH")
"""Of a section, of a section, of an entry."""
PLACES = ("SHOWN", "CONTENTS", "SECTION", "LEAD", "ENTRY", "PICK", "TITLE")
"""Blocks of which each reader gets some, in an order of their own, one after the other."""
REASONS = ("AUTHOR", "KEYWORD", "LIKE")
"""Blocks inside of an entry that say why a reader has it where it is: one of them at most."""
CONDITIONS = ("FOLLOWED", "PICKS", "TITLES", *REASONS)
"""Blocks that some readers get, where they stand."""


def is_nonce(text: str) -> bool:
    """Whether `text` is 16 lower-case hexadecimal digits."""
    return re.fullmatch("[0-9a-f]{16}", text) is not None


def click_mark(nonce: str) -> str:
    """Stands for the end of links that are counted for each reader. No template writes it: it comes with the
    addresses of entries."""
    return f"__{nonce}_CLICK__"


def mark_pattern(nonce: str) -> re.Pattern[str]:
    """Matches every sentinel, its comment included; the groups: name, number, BEGIN or END."""
    return re.compile(rf"(?:<!--)?__{nonce}_([A-Z]+)(?:_(\d+))?(?:_(BEGIN|END))?__(?:-->)?")


@dataclass(frozen=True)
class Marks:
    """The sentinels as templates write them: `{{ reader.email }}`, `{% call reader.section(3) %}`."""

    nonce: str
    comments: bool
    """Whether blocks are marked by HTML comments."""

    @property
    def unsubscribe(self) -> str:
        """Stands for the address of the page that ends this reader's subscription."""
        return self._value("UNSUBSCRIBE")

    @property
    def preferences(self) -> str:
        """Stands for the address of the page where this reader says what they follow."""
        return self._value("PREFERENCES")

    @property
    def more(self) -> str:
        """Stands for the address that asks for more like an entry, once a slash and its rank follow."""
        return self._value("MORE")

    @property
    def email(self) -> str:
        """Stands for the reader's address."""
        return self._value("EMAIL")

    @property
    def name(self) -> str:
        """Stands for the reader's name, which may be empty."""
        return self._value("NAME")

    @property
    def subject(self) -> str:
        """Stands for the subject of this copy; the title of the HTML document is the same."""
        return self._value("SUBJECT")

    @property
    def preheader(self) -> str:
        """Stands for what a mailbox shows beside the subject; it names nothing that the reader has muted."""
        return self._value("PREHEADER")

    @property
    def picked(self) -> str:
        """Stands for the number of picks."""
        return self._value("PICKED")

    def count(self, index: int) -> str:
        """Stands for the number of entries that the reader gets of section `index`, the lead included."""
        return self._value(f"COUNT_{index}")

    def listed(self, index: int) -> str:
        """Stands for the same without the lead."""
        return self._value(f"LISTED_{index}")

    def wish(self, rank: int) -> str:
        """Stands for what the reader follows in an entry, or has liked: inside the reasons."""
        return self._value(f"WISH_{rank}")

    def shown(self, count: int, caller: Callable[[], str]) -> str:
        """Only in copies with so many entries in full: for each of `edition.counts`."""
        return self._block("SHOWN", count, caller())

    def contents(self, index: int, caller: Callable[[], str]) -> str:
        """A section's line in the contents."""
        return self._block("CONTENTS", index, caller())

    def lead(self, rank: int, caller: Callable[[], str]) -> str:
        """An entry as the lead: each reader gets one."""
        return self._block("LEAD", rank, caller())

    def section(self, index: int, caller: Callable[[], str]) -> str:
        """A section; none for readers who get nothing of it but the lead."""
        return self._block("SECTION", index, caller())

    def entry(self, rank: int, caller: Callable[[], str]) -> str:
        """An entry inside of its section."""
        return self._block("ENTRY", rank, caller())

    def followed(self, index: int, caller: Callable[[], str]) -> str:
        """Only for readers who follow the topic of section `index`."""
        return self._block("FOLLOWED", index, caller())

    def picks(self, caller: Callable[[], str]) -> str:
        """Only for readers who follow something in an entry of `edition.also`."""
        return self._block("PICKS", 0, caller())

    def pick(self, rank: int, caller: Callable[[], str]) -> str:
        """Such an entry in full, inside of the picks."""
        return self._block("PICK", rank, caller())

    def titles(self, caller: Callable[[], str]) -> str:
        """Only for readers who get entries of `edition.also` by title."""
        return self._block("TITLES", 0, caller())

    def title(self, rank: int, caller: Callable[[], str]) -> str:
        """Such an entry by its title, inside of the titles."""
        return self._block("TITLE", rank, caller())

    def author(self, rank: int, caller: Callable[[], str]) -> str:
        """Only for readers who follow one of the authors of an entry, inside of it."""
        return self._block("AUTHOR", rank, caller())

    def keyword(self, rank: int, caller: Callable[[], str]) -> str:
        """Only for readers who follow words that an entry has, inside of it."""
        return self._block("KEYWORD", rank, caller())

    def like(self, rank: int, caller: Callable[[], str]) -> str:
        """Only for readers who wanted more of one that is like it, inside of it."""
        return self._block("LIKE", rank, caller())

    def _value(self, name: str) -> str:
        return f"__{self.nonce}_{name}__"

    def _block(self, name: str, number: int, body: str) -> str:
        begin, end = (f"__{self.nonce}_{name}_{number}_{edge}__" for edge in ("BEGIN", "END"))
        if not self.comments:
            return f"{begin}{body}{end}"
        return Markup(f"<!--{begin}-->{body}<!--{end}-->")  # noqa: S704 - `body` was escaped by Jinja
