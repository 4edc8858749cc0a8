"""preview: what would go out now, as files to look at."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import edition_json, print_json, print_lines
from newsletter.cli.work import NOTHING_NEW, local_now, write_files
from newsletter.core.model import Edition
from newsletter.errors import NotFound

__all__ = ["preview"]

HOST = "127.0.0.1"

Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where the files go.", file_okay=False)
]
As = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="This subscriber's copy.")]
Watch = Annotated[
    bool,
    typer.Option("--watch", metavar="", help="Show it in the browser, anew whenever the theme changes."),
]
Port = Annotated[
    int,
    typer.Option("--port", metavar="PORT", min=0, max=65535, help="Of --watch; 0 takes any that is free."),
]


@async_command
async def preview(
    out: Out = None,
    reader: As = None,
    watch: Watch = False,
    port: Port = 8030,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Show what would go out now. Sends nothing and changes nothing.

    --out writes files: index.html shows email.html, email.txt and email.eml. --watch shows them in the
    browser, on this machine only, for working on a theme, until stopped.
    """
    if watch:
        await _watch(config, reader, out, port, now, json=json)
        return
    if out is None:
        raise typer.BadParameter("--out says where the files go; --watch shows them in the browser.")
    async with open_app(config, now) as app:
        made = await _made(app, reader)
    write_files(out, made.files)
    if json:
        edition = edition_json(made.edition)
        print_json({"edition": edition, "outbox": None, "preview": str(out), "mailbox": None})
    else:
        print_lines([made.edition.subject, f"Look at it: {out / 'index.html'}"])


class _Made(NamedTuple):
    """What there is to look at."""

    edition: Edition
    files: dict[str, bytes]


async def _made(app: App, reader: str | None) -> _Made:
    edition = await app.desk.propose(local_now(app), app.clock.now())
    if edition is None:
        raise NotFound(f"{NOTHING_NEW} `newsletter collect` picks up entries.")
    return _Made(edition, await app.preview(app.desk.render(edition, app.clock.now()), reader))


async def _watch(
    config: Path, reader: str | None, out: Path | None, port: int, now: datetime | None, *, json: bool
) -> None:
    # Loaded where they are needed: every other command starts without them.
    from newsletter.cli.watch import serve_bench, watched
    from newsletter.web.bench import Bench
    from newsletter.web.server import listen

    async with open_app(config, now) as app:
        places, started = watched(app, config), app.clock.now()

    async def render() -> dict[str, bytes]:
        """With everything read from disk anew, and as of when the command was started."""
        async with open_app(config, started) as app:
            return (await _made(app, reader)).files

    bench = Bench(render)

    def show() -> None:
        if bench.problem:
            sys.stderr.write(f"newsletter: {bench.problem}\n")
        elif out:
            write_files(out, bench.files)

    def tell() -> None:
        show()
        if not json and not bench.problem:
            print_lines(["✓ Renewed."])

    with listen(HOST, port, "--port") as web:
        await bench.renew()
        if isinstance(bench.problem, NotFound):  # no file that is watched mends that
            raise bench.problem
        show()
        _announce(f"http://{HOST}:{web.getsockname()[1]}/", json=json)
        await serve_bench(bench, web, places, tell)


def _announce(address: str, *, json: bool) -> None:
    if json:
        print_json({"web": address})
    else:
        print_lines(
            [
                f"Look at  {address}",
                "It renews itself when the theme or the configuration changes. Stop with Ctrl-C.",
            ]
        )
