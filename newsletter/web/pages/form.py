"""The form of a reader's wishes: filled in with what is known, and read from what was sent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.core.cleaning import clean_text
from newsletter.core.readerindex import folded
from newsletter.core.wishes import LONGEST_WISH, MOST_WISHES, Wishes
from newsletter.web.body import read_body

__all__ = ["Problem", "Stance", "TopicRow", "WishForm", "read_fields"]

_LARGEST = 2**18
"""Octets of a form: more than any form takes that is within the limits."""
_MOST_FIELDS = 1000
_TOPIC = "topic:"
"""Begins the names of the fields for topics; the topic follows."""
_LISTS = ("keywords", "authors", "muted")


class Stance(StrEnum):
    """What a reader wants of a topic."""

    FIRST = "first"
    AS_IT_COMES = "as-it-comes"
    NEVER = "never"


class TopicRow(NamedTuple):
    """A topic with the choice that is made."""

    topic: str
    stance: Stance


class Problem(NamedTuple):
    """Why a form cannot be kept."""

    field: str
    """As it is called on the page: "topics", the name of a list, "zone"."""
    number: int
    """How many wishes it has, where that is too many; else 0."""
    wish: str = ""
    """One that is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WishForm:
    """What stands in its fields."""

    topics: tuple[TopicRow, ...]
    keywords: str
    """A wish in each line, as in the other two."""
    authors: str
    muted: str
    forget: Collection[str] = ()
    """The ids of entries that the reader no longer wants more like."""

    @classmethod
    def of(cls, wishes: Wishes, offered: Iterable[str]) -> Self:
        """With these wishes; topics to choose from are those offered, and those that are followed."""
        names = {folded(name): name for name in (*wishes.topics, *offered)}
        followed, muted = (set(map(folded, names)) for names in (wishes.topics, wishes.muted))

        def stance(key: str) -> Stance:
            return Stance.NEVER if key in muted else Stance.FIRST if key in followed else Stance.AS_IT_COMES

        return cls(
            topics=tuple(TopicRow(name, stance(key)) for key, name in sorted(names.items())),
            keywords="\n".join(wishes.keywords),
            authors="\n".join(wishes.authors),
            muted="\n".join(name for name in wishes.muted if folded(name) not in names),
        )

    @classmethod
    def sent(cls, fields: Mapping[str, Sequence[str]]) -> Self:
        """As a browser sends it. What is no form of ours is refused: it must not be taken for one in which
        everything was deleted."""
        if any(name not in fields for name in _LISTS):
            raise HTTPException(400)
        rows = {
            topic: TopicRow(topic, Stance(values[-1]))
            for name, values in fields.items()
            if name.startswith(_TOPIC) and values[-1] in set(Stance)
            if (topic := clean_text(name.removeprefix(_TOPIC)))
        }
        lists = {name: fields[name][-1] for name in _LISTS}
        return cls(topics=tuple(rows.values()), forget=frozenset(fields.get("forget", ())), **lists)

    @property
    def wishes(self) -> Wishes:
        """What the form asks for, likes left out."""
        muted = (*self._topics(Stance.NEVER), *_lines(self.muted))
        return Wishes(
            topics=self._topics(Stance.FIRST),
            keywords=_lines(self.keywords),
            authors=_lines(self.authors),
            muted=tuple(dict.fromkeys(muted)),
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each field at most, in the order of the page."""
        found = []
        wishes = self.wishes
        for field in ("topics", *_LISTS):
            asked = getattr(wishes, field)
            long = next((wish for wish in asked if len(wish) > LONGEST_WISH), "")
            if len(asked) > MOST_WISHES:
                found.append(Problem(field, len(asked)))
            elif long:
                found.append(Problem(field, 0, long))
        return tuple(found)

    def _topics(self, stance: Stance) -> tuple[str, ...]:
        return tuple(row.topic for row in self.topics if row.stance is stance)


async def read_fields(request: Request) -> dict[str, list[str]]:
    """The fields of a form that a browser sent, `application/x-www-form-urlencoded`."""
    body = await read_body(request, _LARGEST)
    try:
        return parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error


def _lines(text: str) -> tuple[str, ...]:
    """Each wish once. The list as a file separates wishes by semicolons, so none can have one."""
    parts = (part for line in text.splitlines() for part in line.split(";"))
    return tuple(dict.fromkeys(wish for part in parts if (wish := clean_text(part))))
