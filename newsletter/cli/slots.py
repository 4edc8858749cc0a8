"""slots: the calendar of the schedule, and how each slot ended."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, Weekly, command_for_each
from newsletter.cli.output import print_json, print_lines, print_table, when
from newsletter.core.slots import Planned, SlotOutcome, calendar
from newsletter.services.daily import DailyJob

__all__ = ["slots"]

_SHOWN = timedelta(days=14)
_DAY = timedelta(days=1)

From = Annotated[
    str | None,
    typer.Option("--from", metavar="ISO8601", help="The first moment; by default today."),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="ISO8601", help="The moment before which they are; by default two weeks on."
    ),
]


@command_for_each
async def slots(
    from_: From = None,
    to: To = None,
    weekly: Weekly = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """The slots from one moment until before another, and how each ended.

    A time without an offset, or a date alone, is local time of the schedule's zone. A slot at --from is among
    them, one at --to is not. What falls on a holiday is named, and not served.
    """
    async with open_app(config, now) as app:
        job = app.weekly if weekly else app.daily
        start, end = _range(from_, to, app)
        outcomes = await job.slots.outcomes(job.desk.series)
    ended = {outcome.slot.date(): outcome for outcome in outcomes if not outcome.extra}
    planned = _planned(job, start, end)
    if json:
        print_json(_calendar_json(job.desk.series, planned, ended))
    else:
        _show(list(planned), ended)


def _range(from_: str | None, to: str | None, app: App) -> tuple[datetime, datetime]:
    zone = app.schedule.zone
    today = app.clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = _instant("--from", from_, zone) if from_ else today
    end = _instant("--to", to, zone) if to else start + _SHOWN
    if end.astimezone(UTC) < start.astimezone(UTC):
        raise typer.BadParameter(f"--to ({end.isoformat()}) is before --from ({start.isoformat()}).")
    return start, end


def _instant(option: str, text: str, zone: tzinfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f'{option}: {text!r} is no time; write a date such as "2026-03-11", or with a time such as'
            ' "2026-03-11T07:30" or "2026-03-11T07:30:00+01:00".'
        ) from None
    if not 1971 <= instant.year <= 9000:
        raise typer.BadParameter(f"{option}: the year must be between 1971 and 9000.")
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _planned(job: DailyJob, start: datetime, end: datetime) -> Iterator[Planned]:
    """In start <= slot < end. A day more on either side, as clocks may show a date twice."""
    zone = job.schedule.zone
    first, last = (start.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY)
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    return (planned for planned in calendar(job.schedule, first, last) if start <= planned.slot < end)


def _calendar_json(
    series: str, planned: Iterator[Planned], ended: Mapping[date, SlotOutcome]
) -> dict[str, list[dict[str, object]]]:
    """Those to be served, and beside them those that a holiday takes."""
    found: dict[str, list[dict[str, object]]] = {"slots": [], "holidays": []}
    for each in planned:
        outcome = ended.get(each.slot.date())
        known: dict[str, object] = {
            "slot": each.slot.isoformat(),
            "at": each.slot.astimezone(UTC).isoformat(),
            "series": series,
            "outcome": outcome.outcome if outcome else None,
            "reason": outcome.reason if outcome else "",
            "edition": outcome.edition if outcome else None,
        }
        if each.holiday:
            found["holidays"].append(known | {"holiday": each.holiday})
        else:
            found["slots"].append(known)
    return found


def _show(planned: Sequence[Planned], ended: Mapping[date, SlotOutcome]) -> None:
    if not planned:
        print_lines(["The schedule has no slot between these moments."])
        return
    rows = [
        (when(each.slot), f"{each.slot.astimezone(UTC):%Y-%m-%d %H:%M}", _told(each, ended))
        for each in planned
    ]
    print_table(("Slot", "UTC", "Outcome*"), rows)


def _told(planned: Planned, ended: Mapping[date, SlotOutcome]) -> str:
    outcome = ended.get(planned.slot.date())
    if outcome is None:
        return f"holiday: {planned.holiday}" if planned.holiday else ""
    detail = f"edition {outcome.edition}" if outcome.edition else outcome.reason
    return f"{outcome.outcome}: {detail}"
