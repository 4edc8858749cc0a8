"""How things stand, for people: the urgent first, and nothing of what there is not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.text import Text

from newsletter.bootstrap import App
from newsletter.cli.failures import failure_rows, where_rows
from newsletter.cli.look import BAD, DIM, GOOD, WAITS, bar, day, headline, moment, section, spell, told
from newsletter.cli.output import held_lines
from newsletter.cli.standing import Standing
from newsletter.cli.work import drafts_lines
from newsletter.core.cleaning import clean_text
from newsletter.core.model import DeliveryState as State
from newsletter.core.rhythm import Frequency
from newsletter.core.slots import Outcome, SlotOutcome, local_time
from newsletter.core.watch import STALE
from newsletter.ports.insight import EditionCounts, InFlight

__all__ = ["show"]

_SLOTS = 7
_SHOWN = 5
_OUTCOMES = {Outcome.SENT: GOOD, Outcome.EMPTY: DIM, Outcome.SKIPPED: WAITS, Outcome.FAILED: BAD}
_NOTHING_YET = "none yet: `newsletter run --slot now` makes the first edition"
Row = Sequence[str | Text]


async def show(app: App, standing: Standing) -> None:
    """All of it."""
    headline(standing.name, f"{day(standing.now)}, {standing.now:%H:%M}")
    section("Needs you", await _calls(app, standing))
    section("Last slots", list(_slots(standing)) or [(_NOTHING_YET,)])
    section("On its way", _flights(standing), await _note(app, standing), right=(2,))
    section("Next", _upcoming(standing))
    names, failures = standing.failed, standing.failures
    of = f"edition {names[0]}" if len(names) == 1 else f"editions {', '.join(names)}"
    shows = f"`newsletter editions show {names[-1]}` shows the addresses." if names else ""
    section(f"Failures of {of}", failure_rows(failures, _SHOWN), shows, right=(0,))
    section("Where", where_rows(failures, _SHOWN), right=(0,))
    section("Besides", [*_sources(app, standing), *_rest(standing)])


async def _calls(app: App, standing: Standing) -> list[Row]:
    """What does not go on without a person."""
    held = {one.id: one for one in standing.paused}
    doubtful = [one for one in standing.editions if one.accounting[State.UNKNOWN] and one.id not in held]
    for one in doubtful:
        held[one.id] = await app.outbox.edition(one.id)
    lines = [line for one in held.values() for line in held_lines(one, await app.outbox.accounting(one.id))]
    urgent = [*map(str, await app.watch.running(standing.now)), *lines]
    return [
        *[(told(line.removeprefix("  ! "), BAD),) for line in urgent],
        *[(told(line.removeprefix("· "), WAITS),) for line in await drafts_lines(app)],
    ]


def _flights(standing: Standing) -> Iterator[Row]:
    for one in standing.in_flight:
        done = one.planned - one.open
        colour = BAD if one.paused else GOOD
        yield (
            f"edition {one.name}",
            bar(done / one.planned, colour),
            f"{done} of {one.planned}",
            _what_is_left(one, standing),
        )


async def _note(app: App, standing: Standing) -> str:
    """What makes them go on."""
    moving = [one for one in standing.in_flight if not one.paused]
    later = min((one.next_attempt for one in moving if one.next_attempt), default=None)
    if any(one.due for one in moving) or (later and later <= standing.now):
        if await app.allowance() == 0:
            return "The warm-up plan allows no more copies today."
        return (
            "" if standing.rate else "`newsletter send` delivers what is due; `serve` does so every minute."
        )
    return f"The next are due {_soon(app, standing, later)}." if later else ""


def _soon(app: App, standing: Standing, instant: datetime) -> str:
    left = instant - standing.now
    at = moment(local_time(instant, app.schedule.zone))
    return f"{at}, in {spell(left)}" if left >= timedelta(minutes=1) else "within a minute"


def _what_is_left(one: InFlight, standing: Standing) -> str:
    parts = [
        "paused" if one.paused else "",
        f"{one.sending} on the wire" if one.sending else "",
        f"{one.due} to send{_pace(standing)}" if one.due else "",
        f"{one.waiting} for their readers' hours" if one.waiting else "",
        f"{one.deferred} to be tried again" if one.deferred else "",
    ]
    return ", ".join(filter(None, parts))


def _pace(standing: Standing) -> str:
    """Where something goes out at all."""
    left = standing.time_left
    return f" ({standing.rate:.0f} a minute, {spell(left)} left)" if left is not None else ""


def _slots(standing: Standing) -> Iterator[Row]:
    known = {(one.series, one.number): one for one in standing.editions}
    told_of = [
        (outcome, frequency)
        for frequency, outcomes in standing.slots.items()
        for outcome in outcomes[:_SLOTS]
    ]
    for outcome, frequency in sorted(told_of, key=lambda one: one[0].slot, reverse=True)[:_SLOTS]:
        series = standing.series[frequency]
        edition = known.get((series, outcome.edition)) if outcome.edition else None
        style = _OUTCOMES[outcome.outcome]
        yield moment(outcome.slot), told(outcome.outcome.value, style), _outcome(outcome, frequency, edition)


def _outcome(outcome: SlotOutcome, frequency: Frequency, edition: EditionCounts | None) -> str:
    weekly = frequency is Frequency.WEEKLY
    name = (
        f"edition {'w' if weekly else ''}{outcome.edition}" if outcome.edition else "weekly" if weekly else ""
    )
    counts = edition.accounting if edition else None
    share = f"{counts[State.ACCEPTED]} of {counts.planned} accepted" if counts else ""
    return ", ".join(filter(None, (name, share, clean_text(outcome.reason))))


def _upcoming(standing: Standing) -> Iterator[Row]:
    for frequency, slot in standing.upcoming.items():
        yield moment(slot), f"in {spell(slot - standing.now)}", frequency.value


def _sources(app: App, standing: Standing) -> Iterator[Row]:
    for source in standing.sources:
        if source.error:
            since = _since(app, source.succeeded)
            yield "Source", told(f"{source.name}: {clean_text(source.error)} ({since})", BAD)


def _since(app: App, succeeded: datetime | None) -> str:
    if succeeded is None:
        return "never read so far"
    return f"last read {moment(local_time(succeeded, app.schedule.zone))}"


def _rest(standing: Standing) -> Iterator[Row]:
    if standing.letters:
        yield (
            "Letters",
            "1 waits to be sent" if standing.letters == 1 else f"{standing.letters} wait to be sent",
        )
    week = [f"+{standing.joined}" if standing.joined else "", f"−{standing.left}" if standing.left else ""]
    change = " ".join(filter(None, week))
    people = ", ".join(f"{count} {name}" for name, count in standing.people.items()) or "none"
    yield "Subscribers", f"{people} ({change} in 7 days)" if change else people
    if standing.workers:
        yield "Workers", f"{len(standing.workers)} at work: {', '.join(standing.workers)}"
    for pulse in standing.pulses:
        silence = standing.now - pulse.at
        yield pulse.name.capitalize(), told(f"alive {spell(silence)} ago", BAD if silence > STALE else "")
