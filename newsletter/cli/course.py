"""How the copies of one edition fared: how many are where, when they went, why some did not arrive."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.text import Text

from newsletter.bootstrap import App
from newsletter.cli.failures import failure_rows, where_rows
from newsletter.cli.look import BAD, DIM, GOOD, WAITS, bar, moment, section, spell
from newsletter.cli.output import failures_json, outbox_json, print_lines, print_table
from newsletter.core.failures import classify_failure
from newsletter.core.model import Accounting
from newsletter.core.slots import local_time
from newsletter.ports import Failure
from newsletter.ports.insight import Failures, Timeline

__all__ = ["Course", "course_json", "course_of", "show_course"]

_OF_A_CLASS = 4
_READ = 50
_EVERY = 10_000_000
_SHOWN = 8
_COLOURS = {
    "accepted": GOOD,
    "pending": WAITS,
    "deferred": WAITS,
    "rejected": BAD,
    "expired": BAD,
    "unknown": BAD,
    "suppressed": DIM,
}

Row = Sequence[str | Text]


@dataclass(frozen=True)
class Course:
    """Of one edition."""

    accounting: Accounting
    timeline: Timeline
    languages: dict[str, int]
    failures: Failures
    rows: tuple[Failure, ...]
    every: bool
    """Whether all rows are asked for."""


async def course_of(app: App, edition_id: int, *, every: bool) -> Course:
    """With every copy that did not arrive, or the first of them."""
    return Course(
        await app.outbox.accounting(edition_id),
        await app.insight.timeline(edition_id),
        await app.outbox.languages(edition_id),
        await app.insight.failures([edition_id]),
        await app.outbox.failures(edition_id, _EVERY if every else _READ),
        every,
    )


def show_course(course: Course, zone: tzinfo, own: str) -> None:
    """For people. `own` is the newsletter's language."""
    accounting = course.accounting
    section(f"Copies: {accounting.planned or 'nobody to send to'}", _states(accounting), right=(1, 2))
    section("Sending", [*_times(course.timeline, zone), *_languages(course.languages, own)])
    section("Failures", failure_rows(course.failures, _SHOWN), right=(0,))
    section("Where", where_rows(course.failures, _SHOWN), right=(0,))
    shown = _by_class(course.rows, len(course.rows) if course.every else _OF_A_CLASS)
    if not shown:
        return
    print_lines([""])
    print_table(
        ("ADDRESS", "STATE", "ATTEMPTS", "REASON*"),
        [(row.email, row.state, row.attempts, row.reason) for row in shown],
    )
    if len(shown) < len(course.rows):
        print_lines(["Of each kind the first; --all shows every one."])


def course_json(course: Course) -> dict[str, object]:
    """What `editions show` has of it."""
    line = course.timeline
    return {
        "failures": [_failure_json(row) for row in course.rows],
        "failures_by": failures_json(course.failures),
        "languages": course.languages,
        "sending": {
            "first": line.first.isoformat() if line.first else None,
            "last": line.last.isoformat() if line.last else None,
            "accepted": line.accepted,
            "busiest_minute": line.busiest,
        },
    }


def _states(accounting: Accounting) -> Iterator[Row]:
    counts = outbox_json(accounting)
    planned = counts.pop("planned")
    for state, count in counts.items():
        if count:
            share = count / planned
            yield state, str(count), _percent(share), bar(share, _COLOURS[state])


def _percent(share: float) -> str:
    """Neither nothing nor all, where it is only nearly so."""
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")


def _times(line: Timeline, zone: tzinfo) -> Iterator[Row]:
    if line.first is None or line.last is None:
        return
    yield "first accepted", _local(line.first, zone)
    if line.last - line.first:
        yield "last accepted", f"{_local(line.last, zone)}, {spell(line.last - line.first)} later"
    yield "fastest", f"{line.busiest} in a minute"


def _local(instant: datetime, zone: tzinfo) -> str:
    return f"{moment(local_time(instant, zone))}:{instant:%S}"


def _languages(languages: dict[str, int], own: str) -> Iterator[Row]:
    """Where there is more than the newsletter's own."""
    if set(languages) - {""}:
        yield "languages", ", ".join(f"{name or own} {count}" for name, count in languages.items())


def _by_class(rows: Sequence[Failure], most: int) -> list[Failure]:
    """The first of each class, so many at most and together, the largest class first."""
    classes: defaultdict[object, list[Failure]] = defaultdict(list)
    for row in rows:
        classes[row.state, classify_failure(row.reason)].append(row)
    return [row for alike in sorted(classes.values(), key=len, reverse=True) for row in alike[:most]]


def _failure_json(row: Failure) -> dict[str, object]:
    return {
        "email": row.email,
        "state": row.state,
        "attempts": row.attempts,
        "reason": row.reason,
        "next_attempt": row.next_attempt.isoformat() if row.next_attempt else None,
    }
