"""migrate: from a SQLite file to the PostgreSQL database that the configuration names."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, progress_bar
from newsletter.errors import ConfigError

__all__ = ["migrate"]

_ALIVE = 150.0
"""Seconds: a scheduler gives a sign of life each minute."""


@async_command
async def migrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The SQLite file, newsletter.db as a rule.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Move everything from a SQLite file into the PostgreSQL database of [store] url.

    All of it or nothing, checked by counts and hashes of every table. What was half sent goes on from there.
    Stop `newsletter serve` first; afterwards the file is called FILE.moved.
    """
    async with open_app(config, now) as app:
        if app.database.kind != "postgresql":
            raise ConfigError(
                f"[store] url: name the PostgreSQL database to move to (it is {app.settings.store.url!r})."
            )
        # Brings the driver with it.
        from newsletter.adapters.stores.moving import move

        with progress_bar(quiet=json, unit="rows") as bar:
            tasks: dict[str, TaskID] = {}

            def told(table: str, done: int, total: int) -> None:
                if total and table not in tasks:
                    tasks[table] = bar.add_task(table, total=total)
                if table in tasks:
                    bar.update(tasks[table], completed=done)

            moved = await move(file, app.database, app.clock.now(), _ALIVE, told)
        target = app.database.name
    if json:
        tables = [asdict(table) for table in moved.tables]
        print_json({"from": str(file), "to": target, "tables": tables, "kept": str(moved.kept)})
        return
    print_lines(
        f"  {table.name:18} {table.rows:>12,} rows  {table.sha256[:16]}"
        for table in moved.tables
        if table.rows
    )
    rows = sum(table.rows for table in moved.tables)
    print_lines(
        [
            f"✓ {rows:,} rows are in {target}, the same by count and hash",
            f"  The file is now {moved.kept}; it has everybody's address in it: delete it when you are "
            "content.",
            "  Next: `newsletter status`, then `newsletter serve` or workers (docs/scaling.md).",
        ]
    )
