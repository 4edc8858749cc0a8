"""Everything that happened to one address, which editions it did not get and why, and what comes next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from newsletter.core.audience import Audience, aside_segment
from newsletter.core.consent import Event
from newsletter.core.letters import LetterKind
from newsletter.core.model import SubscriberStatus
from newsletter.core.rhythm import Frequency
from newsletter.core.series import name_in, series_of
from newsletter.core.why import Change, Expected, Obstacle, Refusal, next_expected, status_at, why_not
from newsletter.ports import Editions, Planning, Subscribers
from newsletter.ports.records import PersonRecord

__all__ = ["Investigator", "Missed", "Story"]


@dataclass(frozen=True)
class Missed:
    """An edition of which somebody got no copy."""

    edition: str
    """Its name."""
    slot: datetime
    planned: datetime
    refusal: Refusal


@dataclass(frozen=True)
class Story:
    """What there is to tell of one person."""

    record: PersonRecord
    missed: tuple[Missed, ...]
    """The newest first."""
    expected: Expected | None
    """The next edition that is for them as they are now, if any is within a year."""


@dataclass(frozen=True)
class Investigator:
    """Looks into it; changes nothing."""

    newsletter: str
    """Its id."""
    subscribers: Subscribers
    editions: Editions
    audience: Callable[[Frequency], Audience]
    """Whom the editions of a series are for, as it is configured now."""
    upcoming: Callable[[Frequency], Iterator[datetime]]
    """The slots of a series that are still to come, within a year."""

    async def tell(self, subscriber_id: int, newest: int) -> Story:
        """With so many of the newest editions of each series looked at. Raises NotFound."""
        record = await self.subscribers.record(subscriber_id)
        often = record.person.rhythm.frequency
        series = [series_of(self.newsletter, frequency) for frequency in Frequency]
        plannings = chain(*[await self.editions.plannings(one, newest) for one in series])
        got = {(copy.series, copy.edition) for copy in record.copies}
        missed = [
            self._missed(record, planning)
            for planning in plannings
            if (planning.series, planning.number) not in got
        ]
        return Story(
            record,
            tuple(sorted(missed, key=lambda one: one.planned, reverse=True)),
            next_expected(record.person, self.audience(often), self.upcoming(often)),
        )

    def _missed(self, record: PersonRecord, planning: Planning) -> Missed:
        weekly = planning.series == series_of(self.newsletter, Frequency.WEEKLY)
        audience = self.audience(Frequency.WEEKLY if weekly else Frequency.DAILY)
        if segment := aside_segment(planning.reason):
            audience = replace(audience, segment=segment, aside=True)
        refusal = why_not(
            record.person,
            audience,
            planning.slot,
            status=_status_at(planning.at, record),
            changed=record.changed if record.changed > planning.at else None,
        )
        name = name_in(planning.series, planning.number)
        return Missed(name, planning.slot, planning.at, refusal or _UNEXPLAINED)


_UNEXPLAINED = Refusal(
    Obstacle.CHANGED, "as they are now they would get it: the [edition] segment or the list was another then"
)


def _status_at(instant: datetime, record: PersonRecord) -> SubscriberStatus | None:
    changes = [Change(line.at, Event(line.event.partition(":")[0])) for line in record.history]
    asked = {letter.created for letter in record.letters if letter.kind == LetterKind.CONFIRM}
    return status_at(instant, record.person, changes, asked)
