"""preview: what would go out now, as files to look at."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import edition_json, print_json, print_lines
from newsletter.cli.work import NOTHING_NEW, local_now, write_files
from newsletter.errors import NotFound

__all__ = ["preview"]

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.", file_okay=False)]
As = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="This subscriber's copy.")]


@async_command
async def preview(
    out: Out, reader: As = None, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Write what would go out now as files to look at.

    index.html shows email.html, email.txt and email.eml. Sends nothing and changes nothing.
    """
    async with open_app(config, now) as app:
        edition = await app.desk.propose(local_now(app), app.clock.now())
        if edition is None:
            raise NotFound(f"{NOTHING_NEW} `newsletter collect` picks up entries.")
        files = await app.preview(app.desk.draft(edition, app.clock.now()).published, reader)
    write_files(out, files)
    if json:
        print_json({"edition": edition_json(edition), "outbox": None, "preview": str(out), "mailbox": None})
    else:
        print_lines([edition.subject, f"Look at it: {out / 'index.html'}"])
