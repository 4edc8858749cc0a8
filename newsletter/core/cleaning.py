"""Text from outside made fit to read: one line, no invisible characters, no broken words, links set apart.

Everything here is pure and stable: what has been cleaned is not changed by cleaning it again.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from newsletter.core.hyphens import mend_hyphenation, words
from newsletter.core.links import Links, classify_links, drop_pointers, find_links, mend_links, take_links

__all__ = [
    "Abstract",
    "Links",
    "classify_links",
    "clean_text",
    "mend_hyphenation",
    "read_abstract",
    "read_title",
    "take_links",
    "words",
]

_INVISIBLE = re.compile(
    "["
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls; those that are white space become a space
    r"\xad\u180e\u200b-\u200d\u2060-\u2064\ufeff"  # soft hyphen, zero width
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # direction: marks, overrides, isolates
    r"\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"  # annotations, no characters, tags
    r"\ud800-\udfff"  # halves of a pair, which no encoding takes
    "]"
)


class Abstract(NamedTuple):
    """An abstract fit to read, and where its links went."""

    text: str
    code: str | None
    project: str | None


def clean_text(text: str) -> str:
    """The text in NFC on one line: without controls, zero-width and direction characters."""
    return " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())


def read_title(text: str, vocabulary: Mapping[str, int] | None = None) -> str:
    """A title, cleaned; `vocabulary` as for `mend_hyphenation`."""
    return mend_hyphenation(clean_text(text), vocabulary)


def read_abstract(
    text: str,
    vocabulary: Mapping[str, int] | None = None,
    *,
    code: str | None = None,
    project: str | None = None,
) -> Abstract:
    """An abstract, cleaned, its links taken out; the `code` and `project` that the source names itself win.

    A sentence that only points at a link which is neither stays, so that no link is lost.
    """
    text = mend_hyphenation(mend_links(clean_text(text)), vocabulary)
    links = classify_links(find_links(text))
    code, project = code or links.code, project or links.project
    return Abstract(drop_pointers(text, [link for link in (code, project) if link]), code, project)
