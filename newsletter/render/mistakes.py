"""What is wrong in a source that a person edits, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["Found", "Mistake", "did_you_mean"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """The first thing that is wrong in a source."""

    offset: int
    """Where, in characters from 0; at most the length of the source."""
    message: str
    """What is wrong and how to mend it."""

    def line(self, source: str) -> int:
        """Its line in `source`, from 1."""
        return source.count("\n", 0, self.offset) + 1


class Found(Exception):
    """Ends a search; never leaves the module that raises it."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(offset, message)


def did_you_mean(word: str, known: Iterable[str], form: str, *, cutoff: float = 0.7) -> str:
    """`; did you mean ...?` with the word of `known` that is most like `word`, written as `form`; or nothing.

    `cutoff` is from 0, where every word is like it, to 1."""
    close = get_close_matches(word.lower(), sorted(known), n=1, cutoff=cutoff)
    return f"; did you mean {form.format(close[0])}?" if close else ""
