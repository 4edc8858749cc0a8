"""What may be asked of a reader: the parts of a segment. `core.segments` reads them."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from newsletter.core.address import domain_of
from newsletter.core.model import Subscriber

__all__ = ["All", "Attribute", "Created", "Either", "Known", "Named", "Not", "Segment"]

_PLAIN = re.compile(r'[^\s()"=!,:]+')
"""A name that needs no quotes."""


class Segment(ABC):
    """A condition that a subscriber meets or does not. `str` writes it so that it is read as the same."""

    __slots__ = ()

    @abstractmethod
    def matches(self, person: Subscriber) -> bool:
        """Whether they belong to it."""


class Known(StrEnum):
    """What a reader may have or follow by its name."""

    TAG = "tag"
    TOPIC = "topic"
    """They follow it."""
    LANGUAGE = "language"
    """They asked for it: "de" has those of "de-AT" too."""
    DOMAIN = "domain"
    """That of their address."""


@dataclass(frozen=True, slots=True)
class Named(Segment):
    """`tag:beta`."""

    kind: Known
    name: str

    def matches(self, person: Subscriber) -> bool:
        """By the name, whatever its case and spaces."""
        name = _folded(self.name)
        match self.kind:
            case Known.TAG:
                return name in map(_folded, person.tags)
            case Known.TOPIC:
                return name in map(_folded, person.wishes.topics)
            case Known.LANGUAGE:
                return f"{_folded(person.language)}-".startswith(f"{name}-")
            case Known.DOMAIN:
                return _folded(domain_of(person.email)) in (name, _a_label(name))

    def __str__(self) -> str:
        return f"{self.kind}:{_written(self.name)}"


@dataclass(frozen=True, slots=True)
class Attribute(Segment):
    """`attribute.plan = pro`, or `in (pro, team)` for one of several values."""

    name: str
    values: tuple[str, ...]

    def matches(self, person: Subscriber) -> bool:
        """Nobody who has no such attribute."""
        wanted, name = set(map(_folded, self.values)), _folded(self.name)
        return any(
            _folded(known) == name and _folded(value) in wanted for known, value in person.attributes.items()
        )

    def __str__(self) -> str:
        attribute, values = f"attribute.{_written(self.name)}", ", ".join(map(_written, self.values))
        return f"{attribute} = {values}" if len(self.values) == 1 else f"{attribute} in ({values})"


@dataclass(frozen=True, slots=True)
class Created(Segment):
    """`created before 2026-01-01`, or `after`: on the list since a day (UTC) before or after that one."""

    day: date
    after: bool

    def matches(self, person: Subscriber) -> bool:
        """Nobody of whom it is not known."""
        if person.created is None:
            return False
        created = person.created.date()
        return created > self.day if self.after else created < self.day

    def __str__(self) -> str:
        return f"created {'after' if self.after else 'before'} {self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Not(Segment):
    """Everybody else."""

    part: Segment

    def matches(self, person: Subscriber) -> bool:
        """Whether they are not in the part."""
        return not self.part.matches(person)

    def __str__(self) -> str:
        return f"not {_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class All(Segment):
    """Those who meet each of two conditions or more."""

    parts: tuple[Segment, ...]

    def matches(self, person: Subscriber) -> bool:
        """Whether they are in all of the parts."""
        return all(part.matches(person) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(map(_bracketed, self.parts))


@dataclass(frozen=True, slots=True)
class Either(Segment):
    """Those who meet one of two conditions or more."""

    parts: tuple[Segment, ...]

    def matches(self, person: Subscriber) -> bool:
        """Whether they are in one of the parts."""
        return any(part.matches(person) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(map(_bracketed, self.parts))


def _written(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bracketed(part: Segment) -> str:
    return f"({part})" if isinstance(part, All | Either) else str(part)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _a_label(domain: str) -> str:
    """In ASCII, as addresses are kept; as it is where it is no domain."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
