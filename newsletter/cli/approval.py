"""editions approve, reject, drop, pin, move: a person's word on an edition that waits for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.editions import Name
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines
from newsletter.cli.waiting import draft_json, draft_lines, find_draft
from newsletter.cli.work import published_line, settle_drafts, standing_json, standing_lines
from newsletter.config import ConfigFile
from newsletter.core.cleaning import clean_text
from newsletter.core.revision import found_in
from newsletter.ports import WaitingEdition
from newsletter.services.daily import Published

__all__ = ["commands"]

Entry = Annotated[
    str, typer.Argument(metavar="ENTRY", help="Its rank or its id, as `editions show` has them.")
]
Rank = Annotated[int, typer.Argument(metavar="RANK", help="Where it is to stand, from 1.")]


@async_command
async def approve(name: Name, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Publish an edition that waits, with the changes made to it. Sends nothing: `newsletter send` does."""
    async with _in_hand(config, now, name, json=json) as (app, waiting):
        await _tell(app, await app.approval.approve(waiting, app.clock.now()), json=json)


@async_command
async def reject(
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever reads `newsletter status`.")
    ] = "by hand",
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Send nothing in place of an edition that waits; its papers may be in a later one."""
    async with _in_hand(config, now, name, json=json) as (app, waiting):
        await _tell(app, await app.approval.reject(waiting, clean_text(reason), app.clock.now()), json=json)


@async_command
async def drop(
    name: Name, entry: Entry, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Leave an entry out of an edition that waits; no later edition has it either, once this one is sent."""
    async with _in_hand(config, now, name, json=json) as (app, waiting):
        id_ = found_in(waiting.edition, entry).entry.id
        _show(app, await app.approval.drop(waiting, id_), json=json)


@async_command
async def pin(
    name: Name, entry: Entry, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Let an entry lead an edition that waits: the first in it, and in its subject."""
    async with _in_hand(config, now, name, json=json) as (app, waiting):
        id_ = found_in(waiting.edition, entry).entry.id
        _show(app, await app.approval.move(waiting, id_, 1), json=json)


@async_command
async def move(
    name: Name,
    entry: Entry,
    rank: Rank,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Put an entry of an edition that waits at another rank."""
    async with _in_hand(config, now, name, json=json) as (app, waiting):
        id_ = found_in(waiting.edition, entry).entry.id
        _show(app, await app.approval.move(waiting, id_, rank), json=json)


commands = (approve, reject, drop, pin, move)


@asynccontextmanager
async def _in_hand(
    config: ConfigFile, now: datetime | None, name: str, *, json: bool
) -> AsyncIterator[tuple[App, WaitingEdition]]:
    """The edition of this name, where it still waits. Raises NotFound."""
    async with open_app(config, now) as app:
        await settle_drafts(app, quiet=json)
        yield app, await find_draft(app, name)


async def _tell(app: App, decided: Published, *, json: bool) -> None:
    """What has become of its slot."""
    edition = decided.edition
    if json:
        told = {"outcome": decided.outcome.outcome, "reason": decided.outcome.reason}
        print_json(await standing_json(app, edition) | told)
    else:
        print_lines([published_line(decided), *await standing_lines(app, [edition] if edition else [])])


def _show(app: App, waiting: WaitingEdition, *, json: bool) -> None:
    """The edition as it is now."""
    if json:
        print_json(draft_json(waiting))
    else:
        print_lines(draft_lines(waiting, app.schedule.zone))
