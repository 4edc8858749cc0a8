"""What commands print: one JSON object on stdout, or short text for people. Logs go to stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from newsletter.cli.turn import current_turn
from newsletter.core.model import Accounting, DeliveryState, Edition
from newsletter.core.series import edition_name
from newsletter.errors import NewsletterError, ServerUnavailable
from newsletter.ports import PublishedEdition
from newsletter.services.collect import SourceReport

if TYPE_CHECKING:
    from newsletter.ports.insight import Failures  # brings the classifying with it

__all__ = [
    "collected_json",
    "edition_json",
    "failures_json",
    "held_lines",
    "outbox_json",
    "outbox_line",
    "print_error",
    "print_heading",
    "print_json",
    "print_lines",
    "print_table",
    "progress_bar",
    "when",
]

_STATES = ("accepted", "rejected", "deferred", "expired", "suppressed", "unknown")


def print_json(value: Mapping[str, object]) -> None:
    """One object, on one line, as UTF-8. In the turn of one of several newsletters it becomes a part of the
    object that tells of all."""
    turn = current_turn()
    if turn and turn.keeps:
        turn.answer |= value
        return
    print(json.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201


def print_error(error: NewsletterError, newsletter: str = "") -> None:
    """A sentence on stderr, with whose trouble it is where there are several."""
    whose = f"{newsletter}: " if newsletter else ""
    sys.stderr.write(f"newsletter: {whose}{error}\n")
    if isinstance(error, ServerUnavailable):
        sys.stderr.write("Nothing is lost: what was not sent is pending, and `newsletter send` goes on.\n")


def print_heading(name: str) -> None:
    """For people: what follows is about this newsletter."""
    Console(highlight=False).rule(Text(name, style="bold"), align="left", style="dim")


def print_lines(lines: Iterable[str]) -> None:
    """For people. Names and titles are not markup."""
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """For people. Columns with an asterisk are folded where the terminal is narrow, the others never."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.removesuffix("*"), overflow="fold", no_wrap=not column.endswith("*"))
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(highlight=False).print(table)


def progress_bar(*, quiet: bool, unit: str = "") -> Progress:
    """How far a long piece of work is, how fast it goes and how long the rest takes, where somebody watches.
    `unit` is what is counted, such as "copies"; bytes without."""
    console = Console(stderr=True)
    done = MofNCompleteColumn() if unit else TaskProgressColumn()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        done,
        _Rate(unit),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=quiet or not console.is_terminal,
        transient=True,
    )


class _Rate(ProgressColumn):
    """So many of a unit a second; megabytes without one."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Nothing before there is something to measure."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text()
        return Text(f"{speed:,.0f} {self._unit}/s" if self._unit else f"{speed / 1e6:.1f} MB/s")


def when(instant: datetime | None) -> str:
    """A time to the minute with its zone, as people write it."""
    return instant.strftime("%a %Y-%m-%d %H:%M %z") if instant else ""


def edition_json(edition: Edition) -> dict[str, object]:
    """An edition as several parts rely on it."""
    return {
        "number": edition.number,
        "slot": edition.slot.isoformat(),
        "subject": edition.subject,
        "entries": len(edition.featured),
        "sections": [
            {"topic": section.topic, "entries": [item.entry.id for item in section.entries]}
            for section in edition.sections
        ],
    }


def outbox_json(accounting: Accounting) -> dict[str, int]:
    """`planned` is the sum of the others: what is on its way counts as pending."""
    pending = accounting[DeliveryState.PENDING] + accounting[DeliveryState.SENDING]
    return {
        "planned": accounting.planned,
        **{state: accounting[DeliveryState(state)] for state in _STATES},
        "pending": pending,
    }


def failures_json(failures: "Failures") -> dict[str, object]:
    """By what they have in common, and by where the copies were to go."""
    return {
        "by_class": [
            {
                "code": group.failure.code,
                "label": group.failure.label,
                "state": group.state,
                "copies": group.copies,
            }
            for group in failures.groups
        ],
        "by_domain": [
            {"domain": one.domain, "copies": one.copies, "mostly": one.mostly.label}
            for one in failures.domains
        ],
        "complete": failures.complete,
    }


def outbox_line(accounting: Accounting) -> str:
    """`28 planned: 27 accepted, 1 rejected`."""
    counts = outbox_json(accounting)
    planned = counts.pop("planned")
    return f"{planned} planned: " + (
        ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "nobody to send to"
    )


def held_lines(published: PublishedEdition, accounting: Accounting) -> Iterator[str]:
    """What waits for a person's word, with the command that gives it."""
    name = edition_name(published.edition)
    if published.paused:
        yield f"  ! {published.pause_notice}"
    if unknown := accounting[DeliveryState.UNKNOWN]:
        yield (
            f"  ! Edition {name}: nobody knows whether the server took {unknown} of its copies. "
            f"`newsletter editions resolve {name} --resend` sends them again, --accepted does not."
        )


def collected_json(reports: Sequence[SourceReport]) -> dict[str, object]:
    """What collecting gave, over all sources and for each."""
    return {
        "entries": sum(report.entries for report in reports),
        "new": sum(report.new for report in reports),
        "sources": [
            {
                "name": report.name,
                "entries": report.entries,
                "new": report.new,
                "problems": list(report.problems),
                "error": report.error,
            }
            for report in reports
        ],
    }
