"""How much of an entry's text an email shows. The size ladder takes away from it, step by step."""

from dataclasses import dataclass

__all__ = ["FULL", "Detail"]


@dataclass(frozen=True, slots=True)
class Detail:
    """What is shown of each entry; texts are cut at a word, and say by "…" that they were."""

    title: int = 300
    """The most characters of a title, so that a page that was taken for a title does no harm."""
    summary: int = 600
    """The most characters of the one-line summary."""
    second_sentence: bool = True
    """Whether the lead has one."""
    names: bool = True
    """Whether a second author, the organization and the editor's reasons are shown."""
    links: frozenset[str] = frozenset(("paper", "code", "project", "discussion", "search"))
    """The kinds of links besides the title's own."""


FULL = Detail()
