"""collect, publish, send, run: the steps of the daily job, and the job itself."""

from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, Slot, async_command
from newsletter.cli.output import collected_json, print_json, print_lines
from newsletter.cli.work import (
    chosen_slot,
    collect_lines,
    nothing_due,
    published_line,
    rehearse,
    send_due,
    standing_json,
    standing_lines,
)
from newsletter.core.slots import Outcome
from newsletter.errors import NewsletterError, SourceError, TemplateError
from newsletter.services.daily import Published

__all__ = ["collect", "publish", "run", "send"]

DryRun = Annotated[
    bool, typer.Option("--dry-run", metavar="", help="Collect, and preview what would go out; send nothing.")
]


@async_command
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


@async_command
async def publish(
    config: Config = DEFAULT_CONFIG, slot: Slot = None, now: Now = None, json: Json = False
) -> None:
    """Freeze the edition of the due slot and plan its outbox.

    Sends nothing: `newsletter send` does.
    """
    async with open_app(config, now) as app:
        instant = app.clock.now()
        chosen = await chosen_slot(app, slot, instant)
        published = await app.daily.publish(chosen, instant) if chosen else None
        edition = published.edition if published else None
        if json:
            print_json(await standing_json(app, edition))
        elif published is None:
            print_lines([nothing_due(app, instant)])
        else:
            print_lines([published_line(published), *await standing_lines(app, edition)])


@async_command
async def send(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Deliver what is pending, letters to single readers too.

    Goes on where an earlier run stopped, however that ended. What was accepted is not sent again.
    """
    async with open_app(config, now) as app:
        try:
            await send_due(app, quiet=json)
        finally:
            newest = await app.editions.newest(app.newsletter.id)
            if json:
                print_json(await standing_json(app, newest))
            else:
                print_lines(await standing_lines(app, newest) or ["Nothing was published yet."])


@async_command
async def run(
    config: Config = DEFAULT_CONFIG,
    slot: Slot = None,
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
        published, failure = await _publish_due(app, slot, quiet=json)
        edition = published.edition if published else None
        try:
            copies = await app.outbox.count_due(app.clock.now()) > 0
            if copies:
                edition = edition or await app.editions.newest(app.newsletter.id)
            await send_due(app, quiet=json, copies=copies)
        finally:
            if json:
                print_json(await standing_json(app, edition))
            else:
                print_lines(await standing_lines(app, edition))
    if failure:
        raise failure


async def _publish_due(
    app: App, slot: str | None, *, quiet: bool
) -> tuple[Published | None, NewsletterError | None]:
    """Serve the chosen slot, if any. What goes wrong is answered and not raised: what an earlier edition
    left to send is no worse for it."""
    now = app.clock.now()
    chosen = await chosen_slot(app, slot, now)
    if chosen is None:
        print_lines([] if quiet else [nothing_due(app, now)])
        return None, None
    reports = await app.collect()
    try:
        published = await app.daily.publish(chosen, app.clock.now(), reports)
    except TemplateError as error:
        return None, error
    print_lines([] if quiet else [*collect_lines(reports), published_line(published)])
    if published.outcome.outcome is Outcome.FAILED:
        return published, SourceError(f"nothing was published: {published.outcome.reason}")
    return published, None
