"""What differs from reader to reader, marked in the rendered text by sentinels with an edition's nonce.

A value is `__<nonce>_EMAIL__`; a block is what stands between `__<nonce>_SECTION_3_BEGIN__` and
`__<nonce>_SECTION_3_END__`. In HTML the sentinels of blocks are comments, which may stand anywhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

__all__ = ["BLOCKS", "VALUES", "Marks", "is_nonce", "mark_pattern"]

VALUES = ("UNSUBSCRIBE", "EMAIL", "NAME")
"""An address of the web, an address of mail, a name."""
BLOCKS = ("SECTION", "CONTENTS", "FOLLOWED")
"""A section; its line in the contents; the note that the reader follows its topic."""


def is_nonce(text: str) -> bool:
    """Whether `text` is 16 lower-case hexadecimal digits."""
    return re.fullmatch("[0-9a-f]{16}", text) is not None


def mark_pattern(nonce: str) -> re.Pattern[str]:
    """Matches every sentinel, its comment included; the groups: name, index, BEGIN or END."""
    return re.compile(rf"(?:<!--)?__{nonce}_([A-Z]+)(?:_(\d+)_(BEGIN|END))?__(?:-->)?")


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
    def email(self) -> str:
        """Stands for the reader's address."""
        return self._value("EMAIL")

    @property
    def name(self) -> str:
        """Stands for the reader's name, which may be empty."""
        return self._value("NAME")

    def section(self, index: int, caller: Callable[[], str]) -> str:
        """A place for a section; each reader's order says which one comes here."""
        return self._block("SECTION", index, caller())

    def contents(self, index: int, caller: Callable[[], str]) -> str:
        """A place in the contents, filled in the same order as the sections."""
        return self._block("CONTENTS", index, caller())

    def followed(self, index: int, caller: Callable[[], str]) -> str:
        """Shown only to readers who follow the topic of section `index`."""
        return self._block("FOLLOWED", index, caller())

    def _value(self, name: str) -> str:
        return f"__{self.nonce}_{name}__"

    def _block(self, name: str, index: int, body: str) -> str:
        begin, end = (f"__{self.nonce}_{name}_{index}_{edge}__" for edge in ("BEGIN", "END"))
        if not self.comments:
            return f"{begin}{body}{end}"
        return Markup(f"<!--{begin}-->{body}<!--{end}-->")  # noqa: S704 - `body` was escaped by Jinja
