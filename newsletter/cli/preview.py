"""preview: what would go out now, as files to look at."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.check import counted
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, Reader, Weekly, async_command
from newsletter.cli.output import edition_json, print_json, print_lines
from newsletter.cli.work import drafted, write_files
from newsletter.config import ConfigFile
from newsletter.core.letters import LetterKind
from newsletter.core.model import Edition
from newsletter.errors import NotFound
from newsletter.render.findings import Status

__all__ = ["preview"]

HOST = "127.0.0.1"

Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where the files go.", file_okay=False)
]
Kind = Annotated[
    LetterKind | None,
    typer.Option("--letter", help="One of the small mails, in place of the edition.", show_choices=True),
]
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
    reader: Reader = None,
    letter: Kind = None,
    weekly: Weekly = False,
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
        await _watch(config, _Wanted(reader, letter, weekly), out, port, now, json=json)
        return
    if out is None:
        raise typer.BadParameter("--out says where the files go; --watch shows them in the browser.")
    async with open_app(config, now) as app:
        made = await _made(app, _Wanted(reader, letter, weekly))
    write_files(out, made.files)
    if json:
        edition = edition_json(made.edition) if made.edition else None
        print_json({"edition": edition, "outbox": None, "preview": str(out), "mailbox": None})
    else:
        print_lines([*made.lines, f"Look at it: {out / 'index.html'}"])


class _Wanted(NamedTuple):
    """What to look at: somebody's copy of the edition, or a letter to them."""

    reader: str | None
    letter: LetterKind | None
    weekly: bool


class _Made(NamedTuple):
    """What there is to look at."""

    files: dict[str, bytes]
    edition: Edition | None = None
    lines: tuple[str, ...] = ()
    """What to say of it in a terminal."""


async def _made(app: App, wanted: _Wanted, *, spam: bool = True) -> _Made:
    if wanted.letter:
        return _Made(await app.preview_letter(wanted.letter, wanted.reader))
    draft = await drafted(app, weekly=wanted.weekly)
    seen = await app.inspect(draft, wanted.reader, spam=spam)
    lines = [draft.edition.subject, counted(seen.findings), *draft.fitting.steps]
    lines += [f"! {found.name}: {found.detail}" for found in seen.findings if found.status is not Status.PASS]
    return _Made(app.preview(draft, seen), draft.edition, tuple(lines))


async def _watch(
    config: ConfigFile, wanted: _Wanted, out: Path | None, port: int, now: datetime | None, *, json: bool
) -> None:
    # Loaded where they are needed: every other command starts without them.
    from newsletter.cli.watch import serve_bench, watched
    from newsletter.web.bench import Bench
    from newsletter.web.server import listen

    async with open_app(config, now) as app:
        places, started = watched(app, config.path, weekly=wanted.weekly), app.clock.now()

    async def render() -> dict[str, bytes]:
        """With everything read from disk anew, and as of when the command was started."""
        async with open_app(config, started) as app:
            return (await _made(app, wanted, spam=False)).files

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
