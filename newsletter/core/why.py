"""Why somebody gets an edition, or does not: what planning decides, told of one person.

What somebody agreed to is known for every moment; of how often they want it, and of their tags, only how that
is now. So what follows from the latter is said with a word of doubt where it was changed since.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from newsletter.core.audience import Audience
from newsletter.core.consent import Event, move
from newsletter.core.model import Subscriber
from newsletter.core.model import SubscriberStatus as Status
from newsletter.core.rhythm import Frequency
from newsletter.errors import IllegalMove

__all__ = ["Change", "Expected", "Obstacle", "Refusal", "next_expected", "obstacle", "status_at", "why_not"]

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Obstacle(StrEnum):
    """What keeps an edition from somebody. The first that applies, in this order."""

    LATER = "later"
    """They came onto the list after it was planned."""
    UNCONFIRMED = "unconfirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    FREQUENCY = "frequency"
    PAUSED = "paused"
    WEEKDAY = "weekday"
    SEGMENT = "segment"
    CHANGED = "changed"
    """As they are now they would get it, but something was changed since."""


_BY_STATUS = {
    Status.PENDING: Obstacle.UNCONFIRMED,
    Status.UNSUBSCRIBED: Obstacle.UNSUBSCRIBED,
    Status.BOUNCED: Obstacle.BOUNCED,
    Status.COMPLAINED: Obstacle.COMPLAINED,
    Status.ERASED: Obstacle.ERASED,
}
_SAID = {
    Obstacle.LATER: "they came onto the list after it was planned",
    Obstacle.UNCONFIRMED: "they had not confirmed their address",
    Obstacle.UNSUBSCRIBED: "they had unsubscribed",
    Obstacle.BOUNCED: "their mailbox had refused too much, so they are no longer written to",
    Obstacle.COMPLAINED: "they had complained, so they are not written to",
    Obstacle.ERASED: "they had been erased",
    Obstacle.CHANGED: "as they are now they would get it, but their preferences, tags or [edition] segment "
    "were others then",
}


@dataclass(frozen=True, slots=True)
class Change:
    """Of what somebody agreed to."""

    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no copy, in a word and in a sentence's."""

    obstacle: Obstacle
    words: str


@dataclass(frozen=True, slots=True)
class Expected:
    """The edition that comes next for somebody."""

    slot: datetime
    leaves: datetime | None = None
    """Not before; None: at once."""


def obstacle(person: Subscriber, audience: Audience, slot: datetime) -> Obstacle | None:
    """What keeps the edition of this slot from a person as they are at its planning; None: they get it."""
    if person.status is not Status.ACTIVE:
        return _BY_STATUS[person.status]
    rhythm, day = person.rhythm, slot.date()
    if rhythm.frequency is not audience.frequency:
        return Obstacle.FREQUENCY
    if not rhythm.wants(day, audience.frequency):
        is_paused = not replace(rhythm, weekdays=()).wants(day, audience.frequency)
        return Obstacle.PAUSED if is_paused else Obstacle.WEEKDAY
    return None if audience.includes(person, slot) else Obstacle.SEGMENT


def status_at(
    instant: datetime, person: Subscriber, changes: Sequence[Change], asked: Collection[datetime] = ()
) -> Status | None:
    """The status of a person then; None before they were on the list. `changes` are all there were, the
    oldest first; `asked`, when letters were planned that ask for a confirmation."""
    created = person.created
    if created is None or instant < created:
        return None
    later = [change for change in changes if change.at > created or change.event is not Event.SUBSCRIBE]
    if not later:
        return person.status
    at_first = later[0].event is Event.CONFIRM or created in asked
    status = Status.PENDING if at_first else Status.ACTIVE
    for change in later:
        if change.at <= instant:
            status = _moved(status, change.event)
    return status


def why_not(
    person: Subscriber,
    audience: Audience,
    slot: datetime,
    *,
    status: Status | None,
    changed: datetime | None = None,
) -> Refusal | None:
    """Why the edition of this slot was not planned for somebody who had this `status` then, None being not on
    the list; None where it was. `changed` is when something about them was changed since, if it was."""
    found = obstacle(replace(person, status=status), audience, slot) if status else Obstacle.LATER
    if found is None:
        return (
            Refusal(Obstacle.CHANGED, f"{_SAID[Obstacle.CHANGED]} (changed on {changed:%Y-%m-%d})")
            if changed
            else None
        )
    if found in _SAID:
        return Refusal(found, _SAID[found])
    doubt = f" (as it is now: changed on {changed:%Y-%m-%d})" if changed else ""
    return Refusal(found, _wish(found, person, audience, slot) + doubt)


def next_expected(person: Subscriber, audience: Audience, slots: Iterable[datetime]) -> Expected | None:
    """The first edition of these slots that is for somebody as they are now; None where none is."""
    for slot in slots:
        if obstacle(person, audience, slot) is None:
            return Expected(slot, audience.not_before(person, slot))
    return None


def _moved(status: Status, event: Event) -> Status:
    try:
        return move(status, event)
    except IllegalMove:  # a history that is not whole
        return status


def _wish(found: Obstacle, person: Subscriber, audience: Audience, slot: datetime) -> str:
    """What they asked for, and so what this edition is not."""
    rhythm = person.rhythm
    match found:
        case Obstacle.FREQUENCY if rhythm.frequency is Frequency.WEEKLY:
            return "they get the edition of the week, and this is a daily one"
        case Obstacle.FREQUENCY:
            return "they get the daily editions, and this is that of the week"
        case Obstacle.PAUSED:
            return f"they have paused until {rhythm.paused_until}"
        case Obstacle.WEEKDAY:
            wanted = " and ".join(_DAYS[day] for day in rhythm.weekdays)
            return f"they want it on {wanted}, and this was for a {_DAYS[slot.weekday()][:-1]}"
        case _:
            return f"it was for those in {audience.segment}, where they do not belong"
