"""An edition in another language than the newsletter's: its own words, never those of its entries."""

from dataclasses import dataclass, replace
from functools import cached_property

from newsletter.core.headline import subject, telling_topics
from newsletter.core.model import Edition
from newsletter.core.phrases import Phrases
from newsletter.core.wishes import Wishes

__all__ = ["Translator"]


@dataclass(frozen=True)
class Translator:
    """From the newsletter's words to those of another language."""

    home: Phrases
    other: Phrases

    def edition(self, edition: Edition) -> Edition:
        """With the names of its topics and its subject in the other language."""
        sections = tuple(replace(section, topic=self.topic(section.topic)) for section in edition.sections)
        words = subject(edition.featured, telling_topics(sections), self.other)
        return replace(edition, sections=sections, subject=words)

    def wishes(self, wishes: Wishes) -> Wishes:
        """What is wished by the name of a topic is meant in this language too."""
        return replace(
            wishes,
            topics=self._both(wishes.topics),
            muted=self._both(wishes.muted),
            likes=tuple(replace(like, topic=self.topic(like.topic)) for like in wishes.likes),
        )

    def topic(self, name: str) -> str:
        """A topic that is not of the house stays as it is."""
        first, bracket, number = name.rpartition(" (")
        if english := self._english.get(_folded(name)):
            return self.other.topic(english)
        if english := self._english.get(_folded(first)):
            return self.other.topic(f"{english}{bracket}{number}")
        return name

    @cached_property
    def _english(self) -> dict[str, str]:
        return {_folded(name): english for english, name in self.home.topics.items()}

    def _both(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*map(self.topic, names), *names)))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
