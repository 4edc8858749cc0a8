"""editions list, editions show: what was published, and how its copies stand."""

from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import (
    edition_json,
    outbox_json,
    outbox_line,
    print_json,
    print_lines,
    print_table,
    when,
)
from newsletter.core.archive import edition_to_json
from newsletter.ports import Failure, PublishedEdition

__all__ = ["app"]

app = typer.Typer(help="What was published, and how its copies stand.", no_args_is_help=True)

Number = Annotated[
    int, typer.Argument(metavar="NUMBER", help="As `editions list` shows it.", min=1, max=2**31)
]


@app.command("list")
@async_command
async def list_editions(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """All editions, the newest first."""
    async with open_app(config, now) as opened:
        editions = await opened.editions.list(opened.newsletter.id)
        standings = [await _standing(opened, edition) for edition in editions]
        if json:
            print_json({"editions": standings})
            return
        if not editions:
            print_lines(["Nothing was published yet: `newsletter run --slot now` makes the first edition."])
        else:
            print_table(
                ("NUMBER", "SLOT", "COPIES*", "SUBJECT*"),
                [
                    (
                        published.edition.number,
                        when(published.edition.slot),
                        outbox_line(await opened.outbox.accounting(published.id)),
                        published.edition.subject,
                    )
                    for published in editions
                ],
            )


@app.command("show")
@async_command
async def show_edition(
    number: Number, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """One edition: its sections, why each entry stands where it stands, and who did not get a copy."""
    async with open_app(config, now) as opened:
        published = await opened.editions.get(opened.newsletter.id, number)
        standing = await _standing(opened, published)
        failures = await opened.outbox.failures(published.id)
        accounting = await opened.outbox.accounting(published.id)
    if json:
        print_json(
            standing
            | {
                "content": edition_to_json(published.edition),
                "failures": [_failure_json(row) for row in failures],
            }
        )
        return
    edition = published.edition
    print_lines([f"Edition {edition.number}, {when(edition.slot)}", edition.subject, outbox_line(accounting)])
    for section in edition.sections:
        print_lines(["", section.topic])
        print_lines(
            f"{item.rank:4d}. {item.entry.title}\n      {'; '.join(item.reasons)}" for item in section.entries
        )
    if edition.also:
        print_lines(["", "Also new"])
        print_lines(f"{item.rank:4d}. {item.entry.title}" for item in edition.also)
    print_lines(["", f"{edition.more} more on the web."])
    if failures:
        print_table(
            ("ADDRESS", "STATE", "ATTEMPTS", "REASON*"),
            [(row.email, row.state, row.attempts, row.reason) for row in failures],
        )


async def _standing(opened: App, published: PublishedEdition) -> dict[str, object]:
    accounting = await opened.outbox.accounting(published.id)
    return edition_json(published.edition) | {"outbox": outbox_json(accounting)}


def _failure_json(row: Failure) -> dict[str, object]:
    return {
        "email": row.email,
        "state": row.state,
        "attempts": row.attempts,
        "reason": row.reason,
        "next_attempt": row.next_attempt.isoformat() if row.next_attempt else None,
    }
