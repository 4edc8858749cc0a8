"""What in an edition answers a reader's wishes: looked up in an index that is built once for all readers."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from newsletter.core.likeness import Likeness
from newsletter.core.model import Edition, RankedEntry
from newsletter.core.terms import phrases, words
from newsletter.core.wishes import Wishes

__all__ = ["ReaderIndex", "Reason", "ReasonKind", "folded"]

_LONGEST = 4
"""Words in a phrase of the index; longer keywords are looked for by all their runs of so many."""
_WORD = re.compile(r"[^\W_]+")

_Ranks = tuple[int, ...]


class ReasonKind(StrEnum):
    """Why an entry is a reader's own, the strongest first."""

    AUTHOR = "author"
    KEYWORD = "keyword"
    """Or the name of a topic, in an entry that has no section."""
    LIKE = "like"


class Reason(NamedTuple):
    """Why an entry stands higher than the editor put it."""

    kind: ReasonKind
    wish: str
    """What the reader follows, in the reader's words, or the title that they liked."""


@dataclass(frozen=True, slots=True)
class ReaderIndex:
    """One edition, ready to be arranged for any number of readers."""

    sections: tuple[_Ranks, ...]
    """The entries of each section, the best first."""
    also: _Ranks
    topics: Mapping[str, _Ranks]
    """The indices of the sections with this name."""
    named: Mapping[str, _Ranks]
    """The entries with a phrase in their titles, keywords or lines: what they say that they are about."""
    mentioned: Mapping[str, _Ranks]
    """The entries with a phrase there or in their abstracts."""
    authors: Mapping[str, _Ranks]
    likeness: Likeness
    section_of: Mapping[int, int]
    """The index of the section that an entry stands in."""

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Built once for all readers."""
        items = (*edition.featured, *edition.also)
        named = {item.rank: _named(item) for item in items}
        topics = ((folded(section.topic), at) for at, section in enumerate(edition.sections))
        return cls(
            sections=tuple(tuple(item.rank for item in section.entries) for section in edition.sections),
            also=tuple(item.rank for item in edition.also),
            topics=_inverted(topics),
            named=_inverted((phrase, rank) for rank, found in named.items() for phrase in found),
            mentioned=_inverted(
                (phrase, item.rank)
                for item in items
                for phrase in named[item.rank].union(phrases(item.entry.summary, _LONGEST))
            ),
            authors=_inverted(
                (_person(author), item.rank) for item in items for author in dict.fromkeys(item.entry.authors)
            ),
            likeness=Likeness.of(edition),
            section_of={
                item.rank: at for at, section in enumerate(edition.sections) for item in section.entries
            },
        )

    def sections_of(self, topics: Iterable[str]) -> frozenset[int]:
        """The indices of the sections with these names, whatever their case and white space."""
        return frozenset(at for topic in topics for at in self.topics.get(folded(topic), ()))

    def muted(self, names: Sequence[str]) -> set[int]:
        """The entries of these topics, with these words in title, keywords or line, or by these people."""
        hidden: set[int] = set()
        for section in self.sections_of(names):
            hidden.update(self.sections[section])
        for name in names:
            hidden.update(_having(self.named, _key(name)), self.authors.get(_person(name), ()))
        return hidden

    def matches(self, wishes: Wishes) -> dict[int, list[Reason]]:
        """Which entries answer which wishes, the strongest reason first."""
        found: dict[int, list[Reason]] = defaultdict(list)
        for ranks, reason in self._answers(wishes):
            for rank in ranks:
                found[rank].append(reason)
        return found

    def nudges(self, wishes: Wishes) -> Counter[int]:
        """With how many entries that its reader has looked at each one shares what they are about."""
        looked_at = (like for like in wishes.likes if like.clicked)
        return Counter(rank for like in looked_at for rank in self.likeness.alike(like))

    def _answers(self, wishes: Wishes) -> Iterator[tuple[Iterable[int], Reason]]:
        for author in dict.fromkeys(wishes.authors):
            yield self.authors.get(_person(author), ()), Reason(ReasonKind.AUTHOR, author)
        for keyword in dict.fromkeys(wishes.keywords):
            yield _having(self.mentioned, _key(keyword)), Reason(ReasonKind.KEYWORD, keyword)
        for topic in dict.fromkeys(wishes.topics):
            named = _having(self.named, _key(topic))
            others = [rank for rank in named if rank not in self.section_of]
            yield others, Reason(ReasonKind.KEYWORD, topic)
        for like in reversed(wishes.likes):
            if not like.clicked and (alike := self.likeness.alike(like)):
                yield alike, Reason(ReasonKind.LIKE, like.title)


# What names and words are looked up by


def _named(item: RankedEntry) -> set[str]:
    entry = item.entry
    return {
        phrase for text in (entry.title, item.line, *entry.keywords) for phrase in phrases(text, _LONGEST)
    }


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, _Ranks]:
    found: dict[str, list[int]] = defaultdict(list)
    for key, number in pairs:
        found[key].append(number)
    return {key: tuple(numbers) for key, numbers in found.items() if key}


def _having(index: Mapping[str, _Ranks], key: tuple[str, ...]) -> Collection[int]:
    """The entries in which all of these phrases stand."""
    if len(key) == 1:
        return index.get(key[0], ())
    sets = [frozenset(index.get(phrase, ())) for phrase in key]
    return sorted(frozenset.intersection(*sets)) if sets else ()


# Many readers have the same wishes, and all of them have them every day.
@lru_cache(maxsize=100_000)
def _key(name: str) -> tuple[str, ...]:
    """The phrases of the index that stand for these words."""
    found = words(name)
    runs = range(max(len(found) - _LONGEST, 0) + 1)
    return tuple(" ".join(found[at : at + _LONGEST]) for at in runs if found)


@lru_cache(maxsize=100_000)
def _person(name: str) -> str:
    """A name without case, accents and signs, first names first."""
    last, comma, first = name.partition(",")
    letters = unicodedata.normalize("NFKD", f"{first} {last}" if comma else name)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain.casefold()))


@lru_cache(maxsize=100_000)
def folded(name: str) -> str:
    """What the names of topics are compared by."""
    return " ".join(name.split()).casefold()
