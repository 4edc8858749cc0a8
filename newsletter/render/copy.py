"""The two parts of one email, as they are sent and as they are read."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from newsletter.render.quoted import quoted, unquoted

__all__ = ["Copy"]


@dataclass(frozen=True)
class Copy:
    """HTML and plain text of the same, each as pieces of `render.quoted`."""

    quoted_html: bytes
    quoted_text: bytes

    @classmethod
    def of(cls, html: str, text: str) -> Self:
        """Of parts that were written for one person."""
        return cls(quoted(html), quoted(text))

    @cached_property
    def html(self) -> str:
        """As a mail program decodes it."""
        return unquoted(self.quoted_html)

    @cached_property
    def text(self) -> str:
        """As a mail program decodes it."""
        return unquoted(self.quoted_text)
