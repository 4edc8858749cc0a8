"""Subscribers as JSON, as they are sent and as they are answered."""

from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from newsletter.core.address import normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.wishes import LONGEST_WISH, MOST_WISHES
from newsletter.errors import InputError
from newsletter.ports import Changes

__all__ = ["Address", "Body", "NewPerson", "PeoplePage", "Person", "PersonChanges"]

_LONGEST_NAME, _LONGEST_VALUE, _LONGEST_TAG = 200, 1000, 35
_HIGHEST_HOUR = 23


class Body(BaseModel):
    """What is sent. An unknown key is an error, because a misspelt one would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _address(text: str) -> str:
    try:
        return normalise_address(text)
    except InputError as error:
        raise ValueError(str(error).rstrip(".")) from None


def _said(text: str) -> str:
    if not (cleaned := clean_text(text)):
        raise ValueError("empty: leave it out")
    if ";" in cleaned:
        raise ValueError("no semicolons, since lists of subscribers separate such texts by them")
    return cleaned


def _once(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _zone(name: str) -> str:
    try:
        return name and ZoneInfo(name).key
    except (ValueError, LookupError, OSError):
        raise ValueError('no such time zone: write an IANA name, such as "Europe/Berlin"') from None


def _in_order(days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(days)))


Address = Annotated[str, Field(max_length=320), AfterValidator(_address)]
_Name = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(clean_text)]
_Wish = Annotated[str, Field(max_length=LONGEST_WISH), AfterValidator(_said)]
_Wishes = Annotated[tuple[_Wish, ...], Field(max_length=MOST_WISHES), AfterValidator(_once)]
_Key = Annotated[str, Field(max_length=LONGEST_WISH), AfterValidator(_said)]
_Value = Annotated[str, Field(max_length=_LONGEST_VALUE), AfterValidator(clean_text)]
_Attributes = Annotated[dict[_Key, _Value], Field(max_length=MOST_WISHES)]
_Language = Annotated[str, Field(max_length=_LONGEST_TAG, pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")]
_Weekday = Annotated[int, Field(ge=0, le=6)]


class RhythmBody(Body):
    """When somebody wants it; keys that are left out take their defaults."""

    frequency: Frequency = Frequency.DAILY
    weekdays: Annotated[tuple[_Weekday, ...], Field(max_length=7), AfterValidator(_in_order)] = Field(
        (), description="Those on which an edition is wanted, Monday is 0; empty where every day will do"
    )
    hour: int | None = Field(None, ge=0, le=_HIGHEST_HOUR, description="In their own zone: not before that")
    zone: Annotated[str, Field(max_length=100), AfterValidator(_zone)] = Field(
        "", description="An IANA name; empty for the newsletter's own"
    )
    paused_until: date | None = Field(None, description="The first day on which they want it again")

    def rhythm(self) -> Rhythm:
        """As the core has it."""
        return Rhythm(**{name: getattr(self, name) for name in type(self).model_fields})

    @classmethod
    def of(cls, rhythm: Rhythm) -> Self:
        """As JSON."""
        return cls(**{name: getattr(rhythm, name) for name in cls.model_fields})


class PersonChanges(Body):
    """What is to become different; what is left out stays, and lists and objects are replaced as a whole."""

    name: _Name | None = None
    topics: _Wishes | None = Field(None, description="Topics whose sections come first")
    keywords: _Wishes | None = Field(None, description="Words that entries are looked for by")
    authors: _Wishes | None = None
    muted: _Wishes | None = Field(None, description="Topics, keywords or authors, nothing of which is shown")
    tags: _Wishes | None = Field(None, description="What you sort people by; readers do not see it")
    attributes: _Attributes | None = Field(None, description="What else your programs know of them")
    rhythm: RhythmBody | None = None
    language: _Language | None = Field(None, description='Such as "de"; empty for the newsletter\'s own')

    def changes(self) -> Changes:
        """As the store takes them."""
        same = {name: getattr(self, name) for name in PersonChanges.model_fields if name != "rhythm"}
        return Changes(**same, rhythm=self.rhythm.rhythm() if self.rhythm else None)


class NewPerson(PersonChanges):
    """Somebody to put on the list."""

    email: Address
    confirmed: bool = Field(
        description="true: they have agreed, which you vouch for. false: they are asked by mail first"
    )


class Person(BaseModel):
    """Somebody on the list."""

    email: str
    status: SubscriberStatus
    name: str
    topics: tuple[str, ...]
    keywords: tuple[str, ...]
    authors: tuple[str, ...]
    muted: tuple[str, ...]
    tags: tuple[str, ...]
    attributes: dict[str, str]
    rhythm: RhythmBody
    language: str
    created: datetime | None

    @classmethod
    def of(cls, person: Subscriber) -> Self:
        """As JSON."""
        wishes = person.wishes
        return cls(
            email=person.email,
            status=person.status,
            name=person.name,
            topics=wishes.topics,
            keywords=wishes.keywords,
            authors=wishes.authors,
            muted=wishes.muted,
            tags=person.tags,
            attributes=dict(person.attributes),
            rhythm=RhythmBody.of(person.rhythm),
            language=person.language,
            created=person.created,
        )


class PeoplePage(BaseModel):
    """Some of the list, by address."""

    subscribers: list[Person]
    next: str | None = Field(description="The after of the next page; null on the last")
