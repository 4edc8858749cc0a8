"""editions list, show, pause, resume, resolve: what was published, and how its copies stand."""

from itertools import chain
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.clicks import clicks_column, clicks_json
from newsletter.cli.look import day, headline
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import (
    edition_json,
    held_lines,
    outbox_json,
    outbox_line,
    print_json,
    print_lines,
    print_table,
    when,
)
from newsletter.cli.waiting import draft_json, draft_lines, find_draft, waits_json, waits_line
from newsletter.core.archive import edition_to_json
from newsletter.core.cleaning import clean_text
from newsletter.core.model import DeliveryState
from newsletter.core.rhythm import Frequency
from newsletter.core.series import edition_name, parse_edition_name, series_of
from newsletter.errors import NotFound
from newsletter.ports import PublishedEdition, WaitingEdition

__all__ = ["Name", "app"]

app = typer.Typer(help="What was published, and how its copies stand.", no_args_is_help=True)


def _name(text: str) -> str:
    if parse_edition_name("", text) is None:
        raise typer.BadParameter(f"{text!r} is not the number of an edition, such as 5 or w5.")
    return text


Name = Annotated[
    str,
    typer.Argument(metavar="NUMBER", help="As `editions list` shows it; w5 is of the week.", parser=_name),
]


@app.command("list")
@async_command
async def list_editions(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """All editions, the newest first; before them those that wait for a person's word."""
    async with open_app(config, now) as opened:
        found = [await opened.editions.list(series_of(opened.newsletter.id, often)) for often in Frequency]
        editions = sorted(chain(*found), key=lambda published: published.edition.slot, reverse=True)
        standings = [await _standing(opened, edition) for edition in editions]
        waiting = await opened.approval.waiting()
        if json:
            print_json({"editions": standings, "waiting": list(map(waits_json, waiting))})
            return
        print_lines(waits_line(draft, opened.schedule.zone) for draft in waiting)
        if not editions and waiting:
            return
        if not editions:
            print_lines(["Nothing was published yet: `newsletter run --slot now` makes the first edition."])
            return
        accountings = [await opened.outbox.accounting(published.id) for published in editions]
    print_table(
        ("NUMBER", "SLOT", "COPIES*", "SUBJECT*"),
        [
            (
                edition_name(published.edition),
                when(published.edition.slot),
                outbox_line(accounting),
                published.edition.subject,
            )
            for published, accounting in zip(editions, accountings, strict=True)
        ],
    )
    for published, accounting in zip(editions, accountings, strict=True):
        print_lines(held_lines(published, accounting))


@app.command("show")
@async_command
async def show_edition(
    name: Name,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every copy that did not arrive.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """One edition: its sections, why each entry stands where it stands, and who did not get a copy.

    Of one that waits for a person's word: the ids of its entries, and how it is approved.
    """
    # Loaded where it is needed: it brings the classifying of failures with it.
    from newsletter.cli.course import course_json, course_of, show_course

    async with open_app(config, now) as opened:
        if draft := await _draft(opened, name):
            if json:
                print_json(draft_json(draft))
            else:
                print_lines(draft_lines(draft, opened.schedule.zone))
            return
        published = await _find(opened, name)
        standing = await _standing(opened, published)
        course = await course_of(opened, published.id, every=everything)
        clicks = await opened.clicks.of(published.id)
        own = opened.settings.newsletter.language
    if json:
        print_json(
            standing
            | {
                "content": edition_to_json(published.edition),
                "clicks": clicks_json(clicks),
                **course_json(course),
            }
        )
        return
    edition = published.edition
    headline(f"Edition {edition_name(edition)}", f"{day(edition.slot)}, {edition.slot:%H:%M}")
    print_lines([edition.subject])
    print_lines(held_lines(published, course.accounting))
    column = clicks_column(clicks)
    if clicks:
        print_lines(["", f"      {column.heading}"])
    for section in edition.sections:
        print_lines(["", section.topic])
        print_lines(
            f"{item.rank:4d}. {column.of(item.rank)}{item.entry.title}\n      {'; '.join(item.reasons)}"
            for item in section.entries
        )
    if edition.also:
        print_lines(["", "Also new"])
        print_lines(f"{item.rank:4d}. {column.of(item.rank)}{item.entry.title}" for item in edition.also)
    print_lines(["", f"{edition.more} more on the web."])
    show_course(course, opened.schedule.zone, own)


@app.command()
@async_command
async def pause(
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever reads `newsletter status`.")
    ] = "by hand",
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Send no further copy of an edition, also where a send is running, until it is resumed."""
    async with open_app(config, now) as opened:
        published = await _find(opened, name)
        await opened.outbox.pause(published.id, clean_text(reason))
        paused = await _find(opened, name)
        await _tell(opened, name, paused.pause_notice, json=json)


@app.command()
@async_command
async def resume(name: Name, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Let the copies of a paused edition be sent after all, as if it were published now."""
    async with open_app(config, now) as opened:
        published = await _find(opened, name)
        await opened.outbox.resume(published.id, opened.clock.now())
        await _tell(
            opened, name, f"Edition {name} goes on: `newsletter send` delivers what is left.", json=json
        )


@app.command()
@async_command
async def resolve(
    name: Name,
    emails: Annotated[
        list[str] | None, typer.Argument(metavar="EMAIL", help="Only these; all without.")
    ] = None,
    resend: Annotated[bool, typer.Option("--resend", metavar="", help="Send them again.")] = False,
    accepted: Annotated[
        bool, typer.Option("--accepted", metavar="", help="Take them for delivered.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Decide on the copies of which nobody knows whether the server took them."""
    if resend == accepted:
        raise typer.BadParameter("say either --resend or --accepted.")
    state = DeliveryState.PENDING if resend else DeliveryState.ACCEPTED
    async with open_app(config, now) as opened:
        published = await _find(opened, name)
        resolved = await opened.outbox.resolve(published.id, state, opened.clock.now(), emails or None)
        what = "are to be sent again: `newsletter send` delivers them" if resend else "count as accepted"
        said = f"{resolved} of the copies that were unknown {what}." if resolved else _NONE_UNKNOWN
        await _tell(opened, name, said, json=json, resolved=resolved)


_NONE_UNKNOWN = "None of these copies is unknown: `newsletter editions show` says how each stands."


async def _draft(opened: App, name: str) -> WaitingEdition | None:
    """Where it waits for a person's word."""
    try:
        return await find_draft(opened, name)
    except NotFound:
        return None


async def _find(opened: App, name: str) -> PublishedEdition:
    """Raises NotFound."""
    found = parse_edition_name(opened.newsletter.id, name)
    if found is None:
        raise NotFound(f"there is no edition {name}.")
    return await opened.editions.get(*found)


async def _tell(opened: App, name: str, said: str, *, json: bool, **more: object) -> None:
    """What was done, and how the edition stands now."""
    published = await _find(opened, name)
    if json:
        print_json(await _standing(opened, published) | more)
    else:
        print_lines([said, outbox_line(await opened.outbox.accounting(published.id))])


async def _standing(opened: App, published: PublishedEdition) -> dict[str, object]:
    accounting = await opened.outbox.accounting(published.id)
    return edition_json(published.edition) | {
        "name": edition_name(published.edition),
        "outbox": outbox_json(accounting),
        "paused": published.paused,
    }
