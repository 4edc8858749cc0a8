"""The words of an edition that are not from its entries, in the language of the newsletter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

__all__ = ["ENGLISH", "Phrases"]


@dataclass(frozen=True, slots=True)
class Phrases:
    """How sections are called, and how a subject goes on after the best title."""

    alone: str = "{title}"
    """A subject of one thing."""
    plus: str = "{title}, plus {topic}"
    """A subject of two things."""
    plus_after_end: str = "{title} Plus {topic}"
    """The same after a title that ends with a question mark or an exclamation mark."""
    week: str = "The week: {subject}"
    """A subject of the best of a week."""
    lowered: bool = True
    """Whether the name of a topic begins in lower case inside of a sentence."""
    conjunction: str = " and "
    """What joins two things in the name of a topic; before it a long name may end. "" where none may."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """The names of the house's topics in this language; what is not in here stays as it is."""

    def of_week(self) -> Self:
        """The words of an edition of the best of a week."""
        alone, plus, end = (
            self.week.format(subject=subject) for subject in (self.alone, self.plus, self.plus_after_end)
        )
        return replace(self, alone=alone, plus=plus, plus_after_end=end)

    def topic(self, name: str) -> str:
        """The name of a section in this language; "More to read (2)" by what stands before its number."""
        if name in self.topics:
            return self.topics[name]
        first, bracket, number = name.rpartition(" (")
        return f"{self.topics[first]}{bracket}{number}" if first in self.topics else name


ENGLISH = Phrases()
