"""collect, publish, send, run: the steps of the daily job, and the job itself."""

import sys
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, Part, Slot, command_for_each
from newsletter.cli.output import collected_json, print_json, print_lines
from newsletter.cli.work import (
    chosen_slots,
    collect_lines,
    drafts_lines,
    newest_of_each,
    nothing_due,
    of_each,
    published_line,
    rehearse,
    send_due,
    settle_drafts,
    standing_lines,
    standings_json,
    tell_operator,
    waiting_lines,
)
from newsletter.core.rhythm import Frequency
from newsletter.core.segments import Segment
from newsletter.core.slots import Outcome
from newsletter.errors import NewsletterError, SourceError, TemplateError
from newsletter.ports import PublishedEdition, WaitingEdition
from newsletter.services.daily import Published

__all__ = ["collect", "publish", "run", "send"]

DryRun = Annotated[
    bool, typer.Option("--dry-run", metavar="", help="Collect, and preview what would go out; send nothing.")
]


@command_for_each
async def collect(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Pick up new entries from every source."""
    async with open_app(config, now) as app:
        reports = await app.collect()
    if json:
        print_json(collected_json(reports))
    else:
        print_lines(collect_lines(reports))
    if reports and all(report.error for report in reports):
        raise SourceError("no source could be read.")


@command_for_each
async def publish(
    config: Config = DEFAULT_CONFIG,
    slot: Slot = None,
    segment: Part = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Freeze the edition of the due slot and plan its outbox.

    Sends nothing: `newsletter send` does.
    """
    async with open_app(config, now) as app:
        instant = app.clock.now()
        settled = await settle_drafts(app, quiet=json)
        chosen = await chosen_slots(app, slot, instant, segment)
        served = [await job.serve(due, instant) for job, due in chosen]
        published = [one for one in served if isinstance(one, Published)]
        editions = of_each(one.edition for one in (*settled, *published))
        if json:
            print_json(await standings_json(app, editions))
            return
        print_lines(map(published_line, published) if chosen else [nothing_due(app, instant)])
        print_lines([*await standing_lines(app, editions.values()), *await drafts_lines(app)])


@command_for_each
async def send(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Deliver what is pending, letters to single readers too.

    Goes on where an earlier run stopped, however that ended. What was accepted is not sent again.
    """
    async with open_app(config, now) as app:
        await settle_drafts(app, quiet=json)
        try:
            await send_due(app, quiet=json)
        finally:
            await tell_operator(app)
            newest = await newest_of_each(app)
            if json:
                print_json(await standings_json(app, newest))
            else:
                print_lines(await standing_lines(app, newest.values()) or ["Nothing was published yet."])
                print_lines(await drafts_lines(app))


@command_for_each
async def run(
    config: Config = DEFAULT_CONFIG,
    slot: Slot = None,
    segment: Part = None,
    dry_run: DryRun = False,
    now: Now = None,
    json: Json = False,
) -> None:
    """The daily job: collect, publish, send.

    Where no slot is due it says so, and only sends what an earlier run left.
    """
    async with open_app(config, now) as app:
        if dry_run:
            await rehearse(app, json=json)
            return
        try:
            settled = await settle_drafts(app, quiet=json)
            editions, failure = await _publish_due(app, slot, segment, quiet=json)
        finally:
            await tell_operator(app)
        editions = of_each(served.edition for served in settled) | editions
        try:
            await _ask(app)
            copies = await app.outbox.count_due(app.clock.now()) > 0
            if copies:
                editions = editions or await newest_of_each(app)
            await send_due(app, quiet=json, copies=copies)
        finally:
            await tell_operator(app)
            if json:
                print_json(await standings_json(app, editions))
            else:
                print_lines(await standing_lines(app, editions.values()) or await waiting_lines(app))
                print_lines(await drafts_lines(app))
    if failure:
        raise failure


async def _ask(app: App) -> None:
    """By mail, for a word on what waits. What goes wrong is said and no more: the edition waits all the same,
    and the next run tries again."""
    if app.asking is None:
        return
    try:
        await app.asking.ask(app.clock.now())
    except NewsletterError as error:
        sys.stderr.write(f"newsletter: the mail that asks for your word could not be sent: {error}\n")


async def _publish_due(
    app: App, slot: str | None, segment: Segment | None, *, quiet: bool
) -> tuple[dict[Frequency, PublishedEdition], NewsletterError | None]:
    """Serve the chosen slots, if any. What goes wrong is answered and not raised: what an earlier edition
    left to send is no worse for it."""
    now = app.clock.now()
    chosen = await chosen_slots(app, slot, now, segment)
    if not chosen:
        print_lines([] if quiet else [nothing_due(app, now)])
        return {}, None
    reports = await app.collect()
    print_lines([] if quiet else collect_lines(reports))
    published: list[Published] = []
    failure: NewsletterError | None = None
    for job, due in chosen:
        try:
            served = await job.serve(due, app.clock.now(), reports)
        except TemplateError as error:
            failure = error
            continue
        if isinstance(served, WaitingEdition):
            continue
        print_lines([] if quiet else [published_line(served)])
        published.append(served)
        if served.outcome.outcome is Outcome.FAILED:
            failure = SourceError(f"nothing was published: {served.outcome.reason}")
    return of_each(served.edition for served in published), failure
