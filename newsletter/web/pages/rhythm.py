"""The part of a reader's form that says when they want the newsletter, and in which language."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Self
from zoneinfo import available_timezones

from newsletter.core.model import Subscriber
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.web.pages.form import Problem

__all__ = ["PAUSES", "Choices", "RhythmForm", "zones_by_region"]

PAUSES = {"week": timedelta(days=7), "fortnight": timedelta(days=14), "month": timedelta(days=30)}
"""From today on; beside these there is "no" pause, and one until a "date"."""
_MARK = "rhythm"
"""The field that forms have which ask for all this; those of earlier versions do not."""
_REGIONS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip
"""The other names of the list are old ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What there is to choose from, the newsletter's own language and zone apart: they are empty texts."""

    weekdays: tuple[int, ...]
    """Those on which the newsletter comes, Monday is 0."""
    zones: Collection[str]
    languages: Collection[str]

    @classmethod
    def of(cls, person: Subscriber, weekdays: Collection[int], languages: Collection[str]) -> Self:
        """What this reader has already is among it."""
        return cls(
            weekdays=tuple(sorted(weekdays)),
            zones=_zones() | {"UTC", person.rhythm.zone},
            languages=languages,
        )

    @property
    def daily(self) -> bool:
        """Whether there are days to choose from, and so a week to sum up."""
        return len(self.weekdays) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RhythmForm:
    """What stands in its fields, each a text."""

    frequency: str
    weekdays: tuple[str, ...]
    hour: str
    zone: str
    language: str
    pause: str
    paused_until: str

    @classmethod
    def of(cls, rhythm: Rhythm, language: str, choices: Choices) -> Self:
        """As things are."""
        until = rhythm.paused_until
        wanted = rhythm.weekdays or choices.weekdays
        return cls(
            frequency=rhythm.frequency.value,
            weekdays=tuple(str(day) for day in choices.weekdays if day in wanted),
            hour="" if rhythm.hour is None else str(rhythm.hour),
            zone=rhythm.zone,
            language=language,
            pause="date" if until else "no",
            paused_until=until.isoformat() if until else "",
        )

    @classmethod
    def sent(cls, fields: Mapping[str, Sequence[str]], known: Self, choices: Choices) -> Self | None:
        """As a browser sends it, a field that is missing as it is `known`; None for a form that asks none
        of all this."""
        if _MARK not in fields:
            return None

        def last(name: str, default: str) -> str:
            return fields[name][-1] if name in fields else default

        return cls(
            frequency=last("frequency", known.frequency),
            # Boxes of which none is ticked are not sent.
            weekdays=tuple(dict.fromkeys(fields.get("weekday", ()))) if choices.daily else known.weekdays,
            hour=last("hour", known.hour),
            zone=last("zone", known.zone),
            language=last("language", known.language),
            pause=last("pause", known.pause),
            paused_until=last("paused-until", known.paused_until),
        )

    def problems(self, choices: Choices) -> tuple[Problem, ...]:
        """One for each field at most, in the order of the page."""
        return tuple(Problem(field, 0) for field in self._wrong(choices))

    def rhythm(self, choices: Choices, today: date) -> Rhythm:
        """What a form without problems asks for. A pause begins today, in the newsletter's zone."""
        days = tuple(sorted(map(int, self.weekdays)))
        return Rhythm(
            frequency=Frequency(self.frequency),
            weekdays=() if days == choices.weekdays else days,
            hour=int(self.hour) if self.hour else None,
            zone=self.zone,
            paused_until=self._paused_until(today),
        ).on(today)

    def _paused_until(self, today: date) -> date | None:
        if self.pause == "date":
            return _date(self.paused_until)
        return today + PAUSES[self.pause] if self.pause in PAUSES else None

    def _wrong(self, choices: Choices) -> Iterator[str]:
        no_day = choices.daily and self.frequency == Frequency.DAILY and not self.weekdays
        if self.frequency not in set(Frequency):
            yield "frequency"
        if no_day or not set(self.weekdays) <= set(map(str, choices.weekdays)):
            yield "weekdays"
        if self.hour not in {"", *map(str, range(24))}:
            yield "hour"
        if self.zone and self.zone not in choices.zones:
            yield "zone"
        if self.language and self.language not in choices.languages:
            yield "language"
        if self.pause not in {"no", "date", *PAUSES}:
            yield "pause"
        elif self.pause == "date" and _date(self.paused_until) is None:
            yield "paused-until"


def _date(text: str) -> date | None:
    """As browsers send it: "2026-12-03"."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text else None


@cache
def zones_by_region() -> Mapping[str, Sequence[str]]:
    """The IANA names of the zones that are named by places, by their first part."""
    names = sorted(available_timezones())
    return {region: [name for name in names if name.startswith(f"{region}/")] for region in _REGIONS}


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for names in zones_by_region().values() for name in names)
