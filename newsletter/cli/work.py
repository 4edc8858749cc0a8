"""The steps that several commands take, with what they print."""

import asyncio
import itertools
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
import typer

from newsletter.bootstrap import App
from newsletter.cli.output import (
    collected_json,
    edition_json,
    held_lines,
    outbox_json,
    outbox_line,
    print_json,
    print_lines,
    progress_bar,
    when,
)
from newsletter.cli.turn import current_turn
from newsletter.cli.waiting import waits_json, waits_line
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState
from newsletter.core.rhythm import Frequency
from newsletter.core.segments import Segment
from newsletter.core.series import edition_name, frequency_of, series_of
from newsletter.core.slots import local_time, next_slot
from newsletter.errors import ConfigError, NewsletterError, NotFound, ServerUnavailable
from newsletter.ports import PublishedEdition
from newsletter.services.collect import SourceReport
from newsletter.services.daily import DailyJob, Published
from newsletter.services.deliver import Delivery
from newsletter.services.post import Post
from newsletter.services.publish import Draft

__all__ = [
    "NOTHING_NEW",
    "chosen_slots",
    "collect_lines",
    "drafted",
    "drafts_lines",
    "local_now",
    "newest_of_each",
    "nothing_due",
    "of_each",
    "published_line",
    "rehearse",
    "send_due",
    "settle_drafts",
    "standing_json",
    "standing_lines",
    "standings_json",
    "tell_operator",
    "waiting_lines",
    "write_files",
]


log = structlog.get_logger()

NOTHING_NEW = (
    "Nothing would go out: fewer entries than [edition] min_entries are new and within max_age_days."
)


def local_now(app: App) -> datetime:
    """This moment as a slot: local time to the second."""
    return local_time(app.clock.now().replace(microsecond=0), app.schedule.zone)


async def chosen_slots(
    app: App, slot: str | None, now: datetime, segment: Segment | None = None
) -> list[tuple[DailyJob, datetime]]:
    """The slots to serve: those due, of the days and of the week, or this very moment for `--slot now`, which
    may be for some only. Raises NotFound where that is nobody."""
    if slot is None and segment is not None:
        raise typer.BadParameter("--segment is for an extra edition: say --slot now as well.")
    if slot is None:
        return [(job, due) for job in await app.jobs() if (due := await job.due(now))]
    if slot != "now":
        raise typer.BadParameter(f'--slot takes "now" (it is {slot!r}).')
    job = app.extra_job(segment)
    if segment is not None and not await app.editions.has_readers(job.desk.audience, local_now(app)):
        raise NotFound(f"no reader who wants an edition today is in the segment {segment}.")
    return [(job, local_now(app))]


def of_each(published: Iterable[PublishedEdition | None]) -> dict[Frequency, PublishedEdition]:
    """Which of them is the daily edition, and which that of the week."""
    return {frequency_of(found.edition): found for found in published if found}


async def newest_of_each(app: App) -> dict[Frequency, PublishedEdition]:
    """The newest edition of each series."""
    return of_each(
        [await app.editions.newest(series_of(app.newsletter.id, frequency)) for frequency in Frequency]
    )


async def drafted(app: App, *, weekly: bool = False) -> Draft:
    """The edition that would go out at this moment, the daily one or the best of the week. Raises NotFound
    where there is none."""
    desk, now = app.weekly_desk if weekly else app.desk, app.clock.now()
    edition = await desk.propose(local_now(app), now)
    if edition is None:
        raise NotFound(f"{NOTHING_NEW} `newsletter collect` picks up entries.")
    return desk.draft(edition, now)


def nothing_due(app: App, now: datetime) -> str:
    """What to say where no slot is due."""
    upcoming = when(next_slot(app.schedule, now))
    return f"No slot is due. The next one is {upcoming}; --slot now makes an extra edition."


async def settle_drafts(app: App, *, quiet: bool) -> list[Published]:
    """End what waited for a person's word until now."""
    settled = list(await app.approval.settle(app.clock.now()))
    print_lines([] if quiet else map(published_line, settled))
    return settled


async def drafts_lines(app: App) -> list[str]:
    """What waits for a person's word."""
    return [waits_line(waiting, app.schedule.zone) for waiting in await app.approval.waiting()]


def collect_lines(reports: Sequence[SourceReport]) -> Iterator[str]:
    """A line for each source, and one for each thing that it could not read."""
    if not reports:
        yield "No sources are configured: add a [[sources]] table to newsletter.toml."
    for report in reports:
        if report.error:
            yield f"✗ {report.name}: {report.error}"
        else:
            entries = "1 entry" if report.entries == 1 else f"{report.entries} entries"
            yield f"✓ {report.name}: {entries}, {report.new} new"
        yield from (f"  ! {problem}" for problem in report.problems)


def published_line(published: Published) -> str:
    """What became of the slot."""
    outcome = published.outcome
    if published.edition is None:
        return f"No edition for {when(outcome.slot)}: {outcome.outcome}, {outcome.reason}."
    edition = published.edition.edition
    lines = [
        f"✓ Edition {edition_name(edition)} for {when(edition.slot)}: {edition.subject}",
        f"  {len(edition.featured)} entries in {len(edition.sections)} sections, "
        f"{len(edition.also)} more by title, {edition.more} on the web only",
    ]
    if published.draft and (steps := published.draft.fitting.steps):
        lines.append(f"  So that no mailbox cuts it short: {'; '.join(steps)}")
    return "\n".join(lines)


async def standings_json(app: App, editions: Mapping[Frequency, PublishedEdition]) -> dict[str, object]:
    """How the daily edition stands, beside it that of the week, and what waits for a person's word."""
    weekly = editions.get(Frequency.WEEKLY)
    return await standing_json(app, editions.get(Frequency.DAILY)) | {
        "weekly": await standing_json(app, weekly) if weekly else None,
        "waiting": [waits_json(waiting) for waiting in await app.approval.waiting()],
    }


async def standing_json(
    app: App, edition: PublishedEdition | None, preview: Path | None = None, mailbox: Path | None = None
) -> dict[str, object]:
    """How an edition and its copies stand."""
    return {
        "edition": edition_json(edition.edition) if edition else None,
        "outbox": outbox_json(await app.outbox.accounting(edition.id)) if edition else None,
        "preview": str(preview) if preview else None,
        "mailbox": str(mailbox) if mailbox else None,
    }


async def standing_lines(app: App, editions: Iterable[PublishedEdition]) -> list[str]:
    """The same for people, with what did not go well and what comes next."""
    lines: list[str] = []
    going = False
    for edition in editions:
        published = await app.outbox.edition(edition.id)
        going = going or not published.paused
        lines += await _copies_lines(app, published)
    return [*lines, *await _next_lines(app)] if going else lines


async def _copies_lines(app: App, edition: PublishedEdition) -> list[str]:
    accounting = await app.outbox.accounting(edition.id)
    mark = "✓" if accounting[DeliveryState.ACCEPTED] == accounting.planned else "·"
    lines = [f"{mark} Copies of edition {edition_name(edition.edition)}: {outbox_line(accounting)}"]
    lines += [
        f"  ! {failure.email}: {failure.state} after {_times(failure.attempts)}: {failure.reason}"
        for failure in await app.outbox.failures(edition.id, limit=5)
    ]
    return [*lines, *held_lines(edition, accounting)]


async def waiting_lines(app: App) -> Sequence[str]:
    """How many copies wait for their readers' hours, and until when; nothing where there are none."""
    return await _next_lines(app) if await app.outbox.count_waiting(app.clock.now()) else []


async def _next_lines(app: App) -> Sequence[str]:
    now = app.clock.now()
    waiting = await app.outbox.count_waiting(now)
    lines = [f"  {_copies_wait(waiting)} for their readers' time."] if waiting else []
    if await app.outbox.count_due(now):
        if await app.allowance() == 0:
            return [
                *lines,
                "  The warm-up plan allows no more copies today; `newsletter send` goes on tomorrow.",
            ]
        return [*lines, "  Next: `newsletter send` delivers what is pending."]
    if again := await app.outbox.next_attempt():
        at = when(local_time(again, app.schedule.zone))
        return [*lines, f"  Next: `newsletter send` from {at} on {'goes on' if waiting else 'tries again'}."]
    return lines


def _copies_wait(count: int) -> str:
    return "1 copy waits" if count == 1 else f"{count} copies wait"


def _times(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


async def rehearse(app: App, *, json: bool) -> None:
    """Collect, and write the preview of what would go out now; send nothing, publish nothing."""
    reports = await app.collect()
    edition = await app.desk.propose(local_now(app), app.clock.now())
    folder = app.settings.path("preview") / (app.newsletter.id if current_turn() else "")
    if edition is not None:
        draft = app.desk.draft(edition, app.clock.now())
        write_files(folder, app.preview(draft, await app.inspect(draft, spam=False)))
    if json:
        shown = edition_json(edition) if edition else None
        where = str(folder) if edition else None
        print_json(
            {
                "edition": shown,
                "outbox": None,
                "preview": where,
                "mailbox": None,
                "collected": collected_json(reports),
            }
        )
        return
    print_lines(collect_lines(reports))
    if edition is None:
        print_lines([NOTHING_NEW])
    else:
        print_lines(
            [f"Would go out: {edition.subject}", f"Look at it: {folder / 'index.html'}", "Nothing was sent."]
        )


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write them, making the folder where there is none. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror}).") from error


async def send_due(app: App, *, quiet: bool, copies: bool = True) -> None:
    """Deliver the letters that are due, and beside them the copies unless `copies` is False, with a progress
    bar on a terminal. SIGINT and SIGTERM let the messages that are on their way arrive and start no other; a
    second one ends at once."""
    with progress_bar(quiet=quiet, unit="copies") as progress:
        task = progress.add_task("Sending", total=await app.outbox.count_due(app.clock.now()))

        def advance(_: Decision) -> None:
            progress.advance(task)

        runs: list[Delivery | Post] = [await app.delivery(advance)] if copies else []
        if await app.letterbox.waiting():
            runs.append(app.post())
        try:
            with _stopped_by_signal(runs):
                ended = await asyncio.gather(*(run.run() for run in runs), return_exceptions=True)
        finally:
            await app.returns.count_rejections()
        for trouble in filter(None, ended):
            raise trouble


async def tell_operator(app: App) -> None:
    """How slots ended that nobody was told of yet. What goes wrong is logged: it stops nothing, and the next
    run tries again."""
    try:
        troubles = await app.heartbeat.tell(app.clock.now())
    except NewsletterError as error:
        troubles = (str(error),)
    for trouble in troubles:
        log.error("operator not told", error=trouble)


@contextmanager
def _stopped_by_signal(runs: Sequence[Delivery | Post]) -> Iterator[None]:
    """The first signal asks for a stop, the second does not wait for what is on its way."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    signals = (signal.SIGINT, signal.SIGTERM)
    hurry = itertools.count()
    turn = current_turn()

    def stop() -> None:
        if turn:
            turn.is_last = True
        for run in runs:
            run.stop()
        if next(hurry) and task is not None:
            task.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        raise ServerUnavailable("stopped while messages were on their way") from None
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
