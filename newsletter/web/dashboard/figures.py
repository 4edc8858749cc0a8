"""What the numbers of a glance become on the page: charts, the rows of their tables, a few sentences."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from markupsafe import Markup

from newsletter.core.model import Accounting
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import SlotOutcome
from newsletter.ports.insight import EditionCounts, InFlight, Minute, Timeline
from newsletter.web.dashboard.charts import Part, area, bar, ceiling, columns
from newsletter.web.dashboard.glance import DAYS, SHOWN, Glance, readers_by_day
from newsletter.web.dashboard.words import compact, counted, day_and_time, number, share, span

__all__ = [
    "ORDER",
    "Chart",
    "Day",
    "Share",
    "accounting_bar",
    "bounces_chart",
    "editions_chart",
    "flight_bar",
    "flight_key",
    "flight_words",
    "growth",
    "hour_chart",
    "meter",
    "moves_chart",
    "on_one_day",
    "readers_chart",
    "shares",
    "slot_days",
    "state_name",
]

ORDER = (
    (State.ACCEPTED, "accepted"),
    (State.SENDING, "on their way"),
    (State.PENDING, "to be sent"),
    (State.DEFERRED, "deferred"),
    (State.REJECTED, "rejected"),
    (State.EXPIRED, "given up"),
    (State.UNKNOWN, "unknown"),
    (State.SUPPRESSED, "not wanted"),
)
"""In which a bar shows states, and what they are called."""
_FLIGHT = (
    ("accepted", "done"),
    ("sending", "on their way"),
    ("pending", "to be sent"),
    ("waiting", "waiting for their hour"),
    ("deferred", "deferred"),
)
_JOINED_AND_LEFT = (("joined", "joined"), ("left", "left"))
_BOUNCES = (
    ("bounce-hard", "hard"),
    ("bounce-soft", "soft"),
    ("bounce-complaint", "complaints"),
    ("bounce-other", "other"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """One state of an edition's copies."""

    kind: str
    label: str
    copies: int
    percent: str


@dataclass(frozen=True, slots=True)
class Day:
    """A slot on the strip."""

    slot: datetime
    kind: str
    outcome: str
    reason: str
    edition: int | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with what its axes say, and its numbers."""

    picture: Markup
    top: str
    """What the uppermost line stands for; the middle one is half of it above `bottom`."""
    first: str
    last: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bottom: str = "0"
    key: tuple[tuple[str, str], ...] = ()
    """The colours that are in it, and what each stands for."""


def shares(accounting: Accounting) -> tuple[Share, ...]:
    """The states that there are, in the order of the bar."""
    return tuple(
        Share(state.value, label, accounting[state], share(accounting[state], accounting.planned))
        for state, label in ORDER
        if accounting[state]
    )


def accounting_bar(edition: EditionCounts) -> Markup:
    """How its copies stand."""
    found = shares(edition.accounting)
    said = ", ".join(f"{number(one.copies)} {one.label}" for one in found) or "no copies"
    return bar([Part(one.kind, one.copies) for one in found], f"Copies of edition {edition.name}: {said}")


def flight_bar(flight: InFlight) -> Markup:
    """How far it has come."""
    done = flight.planned - flight.open
    return bar(_flight_parts(flight), f"{number(done)} of {number(flight.planned)} copies are done")


def flight_key(flights: Sequence[InFlight]) -> tuple[tuple[str, str], ...]:
    """What the colours of their bars stand for."""
    return _key(map(_flight_parts, flights), _FLIGHT)


def flight_words(flight: InFlight, glance: Glance) -> str:
    """The same in words, and what it waits for."""
    zone, to_send = glance.schedule.zone, flight.due + flight.sending
    said = [f"{number(flight.planned - flight.open)} of {number(flight.planned)} are done."]
    if flight.paused is not None:
        said.append(f"{counted(flight.open, 'copy waits', 'copies wait')} until it is resumed.")
    elif to_send:
        left = _time_left(flight, glance.rate)
        more = f": about {left} at {number(glance.rate)} a minute" if left else ""
        said.append(f"{counted(to_send, 'copy is', 'copies are')} to be sent now{more}.")
    if flight.waiting:
        said.append(f"{counted(flight.waiting, 'waits', 'wait')} for the hour of their reader.")
    if flight.deferred:
        said.append(f"{counted(flight.deferred, 'was', 'were')} deferred.")
    if flight.next_attempt and flight.next_attempt > glance.now:
        said.append(f"The next of these goes {day_and_time(flight.next_attempt, glance.now, zone)}.")
    return " ".join(said)


def on_one_day(timeline: Timeline, zone: tzinfo) -> bool:
    """Whether the first copy was accepted on the same day as the last."""
    ends = [end.astimezone(zone).date() for end in (timeline.first, timeline.last) if end]
    return len(set(ends)) < 2


def slot_days(outcomes: Sequence[SlotOutcome]) -> tuple[Day, ...]:
    """The last of them, the oldest first."""
    return tuple(
        Day(ended.slot, ended.outcome.value, _said(ended), ended.reason, ended.edition)
        for ended in reversed(outcomes[:SHOWN])
    )


def editions_chart(editions: Sequence[EditionCounts]) -> Chart:
    """Copies of each, the oldest first."""
    oldest_first = list(reversed(editions))
    stacks = [
        [Part(state.value, edition.accounting[state]) for state, _ in ORDER if state is not State.SUPPRESSED]
        for edition in oldest_first
    ]
    top = ceiling(max((sum(part.value for part in stack) for stack in stacks), default=0))
    return Chart(
        picture=columns(stacks, f"Copies of the last {counted(len(stacks), 'edition', 'editions')}", top),
        top=compact(top),
        first=_edition_day(oldest_first[0]) if oldest_first else "",
        last=_edition_day(oldest_first[-1]) if oldest_first else "",
        key=_key(stacks, [(state.value, label) for state, label in ORDER]),
        heads=("No.", "Day", "Copies", "Accepted", "Open", "Failed"),
        rows=tuple(_edition_row(edition) for edition in editions),
    )


def hour_chart(minutes: Sequence[Minute], now: datetime) -> Chart:
    """Accepted in each minute of the last hour."""
    counts = {minute.at: minute.accepted for minute in minutes}
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=59)
    values = [counts.get(start + timedelta(minutes=ago), 0) for ago in range(60)]
    top = ceiling(max(values))
    label = f"Copies accepted per minute in the last hour, {number(max(values))} at the most"
    return Chart(
        picture=columns([[Part("accepted", value)] for value in values], label, top),
        top=compact(top),
        first="an hour ago",
        last="now",
        heads=("Minutes ago", "Accepted"),
        rows=tuple((str(59 - n), number(value)) for n, value in enumerate(values) if value),
    )


def readers_chart(glance: Glance) -> Chart:
    """Active readers on each of the last days."""
    today = glance.now.date()
    found = readers_by_day(glance.readers, glance.list_days, today, DAYS)
    values = [readers for _, readers in found]
    top, bottom = _around(values)
    return Chart(
        picture=area(
            values, f"Active readers, from {number(values[0])} to {number(values[-1])}", bottom, top
        ),
        top=compact(top),
        bottom=compact(bottom),
        first=_short(found[0][0]),
        last="today",
        heads=("Day", "Active readers"),
        rows=tuple((_short(day), number(readers)) for day, readers in reversed(found)),
    )


def moves_chart(glance: Glance) -> Chart:
    """Who joined and who left each day."""
    found = {day.day: day for day in glance.list_days}
    days = _last_days(glance.now.date())
    pairs = [(found[day].joined, found[day].left) if day in found else (0, 0) for day in days]
    top = ceiling(max(joined + left for joined, left in pairs))
    joined, left = (sum(column) for column in zip(*pairs, strict=True))
    label = f"In {DAYS} days {number(joined)} joined and {number(left)} left"
    stacks = [[Part("joined", came), Part("left", went)] for came, went in pairs]
    return Chart(
        picture=columns(stacks, label, top),
        top=compact(top),
        first=_short(days[0]),
        last="today",
        key=_key(stacks, _JOINED_AND_LEFT),
        heads=("Day", "Joined", "Left"),
        rows=tuple(
            (_short(day), number(came), number(went))
            for day, (came, went) in reversed(list(zip(days, pairs, strict=True)))
            if came or went
        ),
    )


def bounces_chart(glance: Glance) -> Chart:
    """What came back each day, by kind."""
    counts: defaultdict[tuple[date, str], int] = defaultdict(int)
    for found in glance.bounce_days:
        counts[found.day, _kind(found.kind)] += found.count
    days = _last_days(glance.now.date())
    stacks = [[Part(kind, counts[day, kind]) for kind, _ in _BOUNCES] for day in days]
    top = ceiling(max(sum(part.value for part in stack) for stack in stacks))
    total = sum(counts.values())
    return Chart(
        picture=columns(stacks, f"In {DAYS} days {counted(total, 'message', 'messages')} came back", top),
        top=compact(top),
        first=_short(days[0]),
        last="today",
        key=_key(stacks, _BOUNCES),
        heads=("Day", *(label.capitalize() for _, label in _BOUNCES)),
        rows=tuple(
            (_short(day), *(number(part.value) for part in stack))
            for day, stack in reversed(list(zip(days, stacks, strict=True)))
            if any(part.value for part in stack)
        ),
    )


def meter(kind: str, value: int, most: int) -> Markup:
    """How much it is of the most, for those who see it; the number stands beside it."""
    return bar([Part(kind, value), Part("none", max(most - value, 0))], f"{number(value)} copies")


def state_name(state: State) -> str:
    """As the bars call it."""
    return dict(ORDER)[state]


def growth(glance: Glance, days: int) -> int:
    """By how many the active readers are more than so many days ago."""
    since = glance.now.date() - timedelta(days=days)
    return sum(day.joined - day.left for day in glance.list_days if day.day > since)


def _time_left(flight: InFlight, rate: float) -> str:
    """Until what can be sent now has been, at this rate a minute; empty where nobody can tell."""
    to_send = flight.due + flight.sending
    if flight.paused is not None or not to_send or not rate:
        return ""
    return span(timedelta(minutes=to_send / rate))


def _flight_parts(flight: InFlight) -> list[Part]:
    done = flight.planned - flight.open
    values = (done, flight.sending, flight.due, flight.waiting, flight.deferred)
    return [Part(kind, value) for (kind, _), value in zip(_FLIGHT, values, strict=True)]


def _said(ended: SlotOutcome) -> str:
    return f"edition {ended.edition}" if ended.edition else ended.outcome.value


def _edition_day(edition: EditionCounts) -> str:
    return _short(edition.slot.date())


def _edition_row(edition: EditionCounts) -> tuple[str, ...]:
    counts = edition.accounting
    under_way = counts[State.PENDING] + counts[State.SENDING] + counts[State.DEFERRED]
    failed = counts[State.REJECTED] + counts[State.EXPIRED] + counts[State.UNKNOWN]
    numbers = (counts.planned, counts[State.ACCEPTED], under_way, failed)
    return (edition.name, _edition_day(edition), *map(number, numbers))


def _around(values: Iterable[float]) -> tuple[float, float]:
    """The top and the bottom of an axis on which a small change of large numbers can be seen."""
    known = list(values)
    most, least = max(known, default=0.0), min(known, default=0.0)
    if least < most / 2:
        return ceiling(most), 0.0
    step = ceiling(max((most - least), most / 20)) / 2
    return step * (most // step + 1), max(step * (least // step), 0.0)


def _last_days(today: date) -> list[date]:
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _kind(kind: str) -> str:
    known = f"bounce-{kind}"
    return known if known in dict(_BOUNCES) else "bounce-other"


def _key(stacks: Iterable[Sequence[Part]], labels: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    there = {part.kind for stack in stacks for part in stack if part.value}
    return tuple((kind, label) for kind, label in labels if kind in there)
