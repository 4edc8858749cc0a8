"""backup, restore: a whole copy of the database, and the way back."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.adapters.stores.backups import PUT_BACK
from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, progress_bar, when
from newsletter.config import ConfigFile, load_settings
from newsletter.config.storing import is_server
from newsletter.core.consent import Event
from newsletter.core.series import edition_name, weekly_of
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.errors import ConfigError, InputError
from newsletter.ports import PublishedEdition

__all__ = ["backup", "restore"]

_SOURCE = "restore"
"""Of what the history of a person has of it."""


@async_command
async def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="Or a folder, for a file named by date and time.")
    ],
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=1, help="Delete all but the newest N of that folder."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", metavar="", help="Overwrite FILE.")] = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Copy the database to a file, while everything runs.

    The copy is checked, and only its owner can read it: it has everybody's address in it.
    """
    _expect_sqlite(config)
    async with open_app(config, now) as app:
        folder = target if target.is_dir() else None
        if keep is not None and folder is None:
            raise typer.BadParameter("--keep is for a folder that exists, and gets a new file each time.")
        file = app.backups.dated(target, app.clock.now()) if folder else target
        if file.exists() and not force:
            raise InputError(f"{file} exists already; name another file, or say --force.")
        with progress_bar(quiet=json) as bar:
            task = bar.add_task("Copying", total=None)
            revision = await app.backups.make(
                file, lambda done, total: bar.update(task, completed=done, total=total)
            )
        removed = app.backups.forget(folder, keep) if folder and keep else []
    if json:
        size = file.stat().st_size
        print_json(
            {"backup": str(file), "bytes": size, "revision": revision, "removed": [*map(str, removed)]}
        )
        return
    print_lines(_made(app, file))
    print_lines(f"  {old.name} was deleted" for old in removed)


@async_command
async def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `newsletter backup`.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Put a backup in the place of the database.

    What is there is kept beside it. What the backup calls pending may have gone out since, so it is held.
    """
    _expect_sqlite(config)
    async with open_app(config, now) as app:
        instant = app.clock.now()
        _ = app.keys  # without them nobody can be erased again, and it is better to know now
        restored = await app.backups.put_back(file, instant)
        gone = await _let_go(app, restored.kept, instant)
        held = await _held(app)
        skipped = await _skip(app, instant)
        if json:
            print_json(
                {
                    "database": str(app.database.path),
                    "revision": restored.revision,
                    "kept": str(restored.kept) if restored.kept else None,
                    "left": gone,
                    "held": [edition_name(published.edition) for published in held],
                    "skipped": [slot.isoformat() for slot in skipped],
                }
            )
            return
        print_lines([f"✓ {app.database.path} is the backup {file}"])
        print_lines([f"  what was there before is {restored.kept}"] if restored.kept else [])
        print_lines(_next_steps(held, skipped, gone))


def _expect_sqlite(config: ConfigFile) -> None:
    if is_server(load_settings(config).store.url):
        raise ConfigError(
            "[store] url: backup and restore are for SQLite; PostgreSQL has its own pg_dump and pg_restore. "
            "docs/operating.md has the commands."
        )


def _made(app: App, file: Path) -> Iterator[str]:
    yield f"✓ {file} ({file.stat().st_size / 1e6:.1f} MB) is a whole copy of {app.database.path}"
    secret = app.settings.newsletter.secret_file
    yield (
        "  Keep newsletter.toml and the keys with it"
        + (f", {secret} above all" if secret else "")
        + ": without them the links in sent mail stop working."
    )


async def _held(app: App) -> list[PublishedEdition]:
    series = (app.newsletter.id, weekly_of(app.newsletter.id))
    return [published for name in series for published in await app.editions.paused(name)]


async def _let_go(app: App, kept: Path | None, now: datetime) -> int | None:
    """Whoever has left since the backup was made does so again. How many these are; None where the database
    that was there cannot tell."""
    left = await app.backups.left_since(kept) if kept else None
    for person in left or ():
        if person.event is Event.ERASE:
            await app.subscribers.erase(person.email, now, _SOURCE)
        else:
            await app.subscribers.move(person.subscriber_id, person.event, now, _SOURCE)
    return None if left is None else len(left)


async def _skip(app: App, now: datetime) -> list[datetime]:
    """End the slots that are due: their editions may have gone out after the backup was made."""
    skipped = []
    for job in await app.jobs():
        if slot := await job.due(now):
            await app.slots.close(job.desk.series, SlotOutcome(slot, Outcome.SKIPPED, PUT_BACK), now)
            skipped.append(slot)
    return skipped


def _next_steps(held: list[PublishedEdition], skipped: list[datetime], gone: int | None) -> Iterator[str]:
    if gone:
        yield f"  {gone} who had left since are off the list again"
    elif gone is None:
        yield (
            "  ! Whoever left after the backup was made is on the list again: nothing here knows of them. "
            "Look into the returned mail, and `newsletter subscribers remove` takes them off."
        )
    for published in held:
        yield f"  ! {published.pause_notice}"
    for slot in skipped:
        yield (
            f"  ! The slot {when(slot)} is skipped: its edition may have gone out after the backup was made. "
            "If it did not, `newsletter run --slot now` makes one."
        )
    yield "Look at `newsletter status`, then start `newsletter serve` again."
