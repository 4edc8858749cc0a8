"""Years of a schedule in every time zone, through `core.slots.due`, with a scheduler that misses its times.

    python tests/evaluation/years.py [--zones N] [--years N] [--start YEAR] [--seed N]

It wakes at its times or some time after, or twice at once as two processes do; it sleeps for days; its clock
is set back or runs ahead, and is put right; the time of the editions is changed. Then each local date of the
schedule must have exactly one outcome, each edition a date of its own, and what had none must say why. What
dates there are is found by looking at the zone's clock every half hour, not by the code that is examined.
Zones whose clocks are the same in all of these years are run once.
"""

import argparse
import json
import random
import sys
import time as stopwatch
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from multiprocessing import Pool
from zoneinfo import ZoneInfo, available_timezones

from newsletter.config.holidays import holiday_names
from newsletter.core.slots import Outcome, Schedule, SlotOutcome, due

__all__ = ["SCHEDULES", "Figures", "Store", "simulate", "zones"]

_START = 2010
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
_KEPT = 4 * _DAY
"""What a waking is told of, with what was before it: more than `due` looks back to."""
_WEEKEND = frozenset({5, 6})
_EVERY_DAY = frozenset(range(7))

holidays_of = cache(holiday_names)

SCHEDULES: tuple[tuple[time, frozenset[int], timedelta, tuple[str, ...], frozenset[int]], ...] = (
    (time(0, 0), _EVERY_DAY, 6 * _HOUR, (), frozenset()),
    (time(0, 30), _EVERY_DAY, 1 * _HOUR, (), frozenset()),
    (time(2, 0), _EVERY_DAY, 6 * _HOUR, (), frozenset()),
    (time(2, 30), _EVERY_DAY, 23 * _HOUR, ("US",), frozenset()),
    (time(3, 0), _EVERY_DAY - _WEEKEND, 6 * _HOUR, (), frozenset()),
    (time(7, 30), _EVERY_DAY, 6 * _HOUR, (), frozenset()),
    (time(7, 30), _EVERY_DAY - _WEEKEND, 6 * _HOUR, ("DE-BY", "12-24"), frozenset()),
    (time(7, 30), frozenset({4}), 30 * _HOUR, ("DE", "02-29"), _EVERY_DAY - _WEEKEND),
    (time(12, 0), _WEEKEND, 2 * _HOUR, (), frozenset()),
    (time(22, 30), _EVERY_DAY, 36 * _HOUR, ("JP",), frozenset()),
    (time(23, 30), _EVERY_DAY, 1 * _HOUR, (), frozenset()),
    (time(23, 59), _EVERY_DAY, 6 * _HOUR, ("02-29",), frozenset()),
)


@dataclass
class Store:
    """What is committed: one row for each local date, whoever tries."""

    rows: dict[date, SlotOutcome] = field(default_factory=dict)
    editions: list[tuple[date, datetime, datetime]] = field(default_factory=list)
    """The date, the slot and the time by the clock of whoever made it."""

    def close(self, outcome: SlotOutcome) -> bool:
        """False where the date has ended."""
        return self.rows.setdefault(outcome.slot.date(), outcome) is outcome

    def publish(self, slot: datetime, now: datetime) -> None:
        """One transaction."""
        if self.close(SlotOutcome(slot, Outcome.SENT, edition=len(self.editions) + 1)):
            self.editions.append((slot.date(), slot, now))

    def around(self, now: datetime) -> list[SlotOutcome]:
        """The latest rows, with those that are still to come."""
        found = []
        for outcome in reversed(self.rows.values()):
            found.append(outcome)
            if outcome.slot < now - _KEPT:
                break
        return found


@dataclass
class Figures:
    """What was counted, and what was wrong."""

    schedules: int = 0
    slots: int = 0
    served: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    wakings: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        """Those of another part."""
        for name in ("schedules", "slots", "served", "wakings"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for reason, count in other.skipped.items():
            self.skipped[reason] = self.skipped.get(reason, 0) + count
        self.violations += other.violations


def zones(first: int, years: int) -> list[list[str]]:
    """The names of all zones, together where their clocks are the same in all of these years."""
    found: dict[object, list[str]] = {}
    start, end = (
        datetime(first, 1, 1, tzinfo=UTC) - _DAY,
        datetime(first + years, 1, 1, tzinfo=UTC) + 9 * _DAY,
    )
    for name in sorted(available_timezones() - {"Factory", "localtime"}):
        found.setdefault(tuple(_changes(ZoneInfo(name), start, end)), []).append(name)
    return list(found.values())


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta | None]]:
    """From when on its clock has which offset, to the minute."""
    offset = start.astimezone(zone).utcoffset()
    yield start, offset
    while start < end:
        following = start + _DAY
        if following.astimezone(zone).utcoffset() != offset:
            while start.astimezone(zone).utcoffset() == offset:
                start += _MINUTE
            following, offset = start, start.astimezone(zone).utcoffset()
            yield start, offset
        start = following


def simulate(zone: str, first: int, years: int, seed: int) -> Figures:
    """Every schedule in this zone."""
    figures = Figures()
    start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(first + years, 1, 1, tzinfo=UTC)
    dates = _dates(ZoneInfo(zone), start, end)
    for number, (at, days, catch_up, holidays, instead) in enumerate(SCHEDULES):
        schedule = Schedule(at, ZoneInfo(zone), days, catch_up, holidays_of(holidays), instead)
        chance = random.Random(f"{seed} {zone} {number}")
        store = Store()
        figures.schedules += 1
        figures.wakings += _live(schedule, store, start, end, chance)
        figures.violations += [f"{zone} {at} {wrong}" for wrong in _judge(schedule, store, dates)]
        _count(figures, store)
    return figures


def _live(schedule: Schedule, store: Store, start: datetime, end: datetime, chance: random.Random) -> int:
    """Wake until the end; answers how often."""
    now, wrong, wakings = start, timedelta(0), 0
    while now < end:
        clock = now + wrong
        _wake(schedule, store, clock, chance)
        wakings += 1
        fate = chance.random()
        if wrong:
            wrong = timedelta(0)  # somebody has put the clock right
        elif fate < 0.004:
            wrong = -chance.choice((_HOUR, 23 * _HOUR, _DAY, 30 * _HOUR)) * chance.random()
        elif fate < 0.006:
            wrong = chance.choice((_HOUR, _DAY, 26 * _HOUR))
        elif fate < 0.008:
            shift = timedelta(minutes=chance.randrange(-300, 300))
            moved = (datetime.combine(date(2020, 1, 1), schedule.time) + shift).time()
            schedule = replace(schedule, time=moved)
        now = _next_waking(schedule, now, chance)
    for _ in range(4):  # and nobody looks any more
        now += _DAY
        _wake(schedule, store, now, chance)
    return wakings + 4


def _wake(schedule: Schedule, store: Store, clock: datetime, chance: random.Random) -> None:
    """As the daily job does; now and then two processes have asked before either has done anything."""
    told = store.around(clock)
    for _ in range(2 if chance.random() < 0.05 else 1):
        found = due(schedule, clock, told)
        for outcome in found.missed:
            store.close(outcome)
        if found.slot is not None:
            store.publish(found.slot, clock)


def _next_waking(schedule: Schedule, now: datetime, chance: random.Random) -> datetime:
    """About the schedule's next time, some time after it, or after a sleep of days."""
    fate = chance.random()
    if fate < 0.02:
        return now + chance.random() * 12 * _DAY
    if fate < 0.10:
        return now + chance.random() * 30 * _HOUR
    local = now.astimezone(schedule.zone)
    at = datetime.combine(local.date(), schedule.time, schedule.zone).astimezone(UTC)
    while at <= now:
        at += _DAY
    return at + (_MINUTE * chance.randrange(90) if fate < 0.5 else timedelta(0))


def _dates(zone: ZoneInfo, start: datetime, end: datetime) -> list[date]:
    """Those that the zone's clock shows."""
    found: list[date] = []
    while start <= end:
        shown = start.astimezone(zone).date()
        if not found or shown > found[-1]:
            found.append(shown)
        start += _HOUR / 2
    return found


def _judge(schedule: Schedule, store: Store, dates: list[date]) -> Iterator[str]:
    """What is wrong."""
    first = min(store.rows)  # where nothing has ended yet, nothing was missed
    of_schedule = [day for day in dates[:-1] if day >= first and day.weekday() in schedule.weekdays]
    yield from (f"{day}: no outcome" for day in of_schedule if day not in store.rows)
    shown = set(dates)
    gone = (day for day in store.rows if day not in shown and dates[0] <= day <= dates[-1])
    yield from (f"{day}: there is no such date" for day in gone)
    yield from _wrong_reasons(schedule, store)
    yield from _wrong_editions(schedule, store)


def _wrong_reasons(schedule: Schedule, store: Store) -> Iterator[str]:
    for day, outcome in store.rows.items():
        holiday = schedule.holiday(day)
        if holiday and outcome.reason != f"holiday: {holiday}":
            yield f"{day}: {outcome.outcome} {outcome.reason!r} on {holiday}"
        if outcome.outcome is Outcome.SKIPPED and not outcome.reason:
            yield f"{day}: skipped without a reason"


def _wrong_editions(schedule: Schedule, store: Store) -> Iterator[str]:
    served = Counter(day for day, _, _ in store.editions)
    yield from (f"{day}: two editions" for day, count in served.items() if count > 1)
    for day, slot, clock in store.editions:
        if not slot <= clock <= slot + schedule.catch_up:
            yield f"{day}: served at {clock}"
    for (_, before, _), (day, after, _) in pairwise(store.editions):
        if after < before:
            yield f"{day}: served after that of {before}"


def _count(figures: Figures, store: Store) -> None:
    figures.slots += len(store.rows)
    figures.served += len(store.editions)
    for outcome in store.rows.values():
        if outcome.outcome is Outcome.SKIPPED:
            reason = outcome.reason.split(":")[0]
            figures.skipped[reason] = figures.skipped.get(reason, 0) + 1


def _part(task: tuple[str, int, int, int]) -> Figures:
    return simulate(*task)


def main() -> int:
    """Run it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, help="only so many, evenly chosen")
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--start", type=int, default=_START, help="the first year")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    began, figures = stopwatch.monotonic(), Figures()
    same = zones(chosen.start, chosen.years)
    if chosen.zones:
        same = same[:: max(1, len(same) // chosen.zones)][: chosen.zones]
    with Pool(chosen.processes) as pool:
        tasks = [(names[0], chosen.start, chosen.years, chosen.seed) for names in same]
        for part in pool.imap_unordered(_part, tasks):
            figures.add(part)
    report = {
        "zones": sum(map(len, same)),
        "clocks": len(same),
        "years": chosen.years,
        "schedules": len(SCHEDULES),
        "runs": figures.schedules,
        "slots": figures.slots,
        "served": figures.served,
        "skipped": figures.skipped,
        "wakings": figures.wakings,
        "violations": len(figures.violations),
        "examples": figures.violations[:10],
        "seconds": round(stopwatch.monotonic() - began, 1),
    }
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if figures.violations else 0


if __name__ == "__main__":
    sys.exit(main())
