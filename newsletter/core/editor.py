"""What the editor has learned: the trained weights behind topics, ranking and one-line summaries."""

from dataclasses import dataclass

from newsletter.core.lexicon import Lexicon

__all__ = ["Editor"]


@dataclass(frozen=True, slots=True)
class Editor:
    """Three sets of trained weights, which come with the program and are passed in from outside."""

    topics: Lexicon
    """What the words of a paper tell about its field."""
    interest: Lexicon
    """What the words of a paper and the names on it tell about the interest that it will find."""
    lines: Lexicon
    """What makes a sentence of an abstract the one that says what is new."""
