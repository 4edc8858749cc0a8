"""demo: the whole job on the seed page, with a mail server of its own."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.folder import make_folder, make_secret
from newsletter.cli.options import Json, Now, async_command
from newsletter.cli.output import collected_json, print_json, print_lines
from newsletter.cli.work import (
    collect_lines,
    local_now,
    published_line,
    send_due,
    standing_json,
    standing_lines,
    write_files,
)
from newsletter.core.listfile import ListFile, NewSubscriber
from newsletter.errors import ConfigError, NotFound

__all__ = ["demo"]

FILES = {
    "newsletter.toml": "seeds/newsletter.toml",
    "papers.txt": "seeds/papers.txt",
    "subscribers.csv": "subscribers/example.csv",
}
_MADE = ("mailbox", "preview")
_MARK = "# Made by `newsletter demo`"

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Made anew each time.", file_okay=False)]


@async_command
async def demo(folder: Folder = Path("demo"), now: Now = None, json: Json = False) -> None:
    """The whole job on the seed page, with its own mail server.

    Collects, publishes, sends to the example list and writes previews. In the folder that it leaves
    every other command can be tried, with --config.
    """
    # Loaded where it is needed: every other command starts without a server.
    from newsletter.adapters.mailbox import LocalMailbox

    # What the environment says of a real newsletter must not reach this one.
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        del os.environ[name]
    _clear(folder)
    make_folder(folder, FILES)
    make_secret(folder / "newsletter.secret")
    mailbox, preview = folder / "mailbox", folder / "preview"
    async with (
        LocalMailbox(mailbox) as local,
        open_app(folder / "newsletter.toml", now, smtp_port=local.port) as app,
    ):
        await _subscribe(app, folder / "subscribers.csv")
        reports = await app.collect()
        published = await app.extra_job().publish(local_now(app), app.clock.now(), reports)
        if published.edition is None or published.draft is None:
            raise NotFound(published_line(published))
        write_files(preview, app.preview(published.draft, await app.inspect(published.draft, spam=False)))
        if not json:
            print_lines([*collect_lines(reports), published_line(published)])
        await send_due(app, quiet=json)
        if json:
            standing = await standing_json(app, published.edition, preview, mailbox)
            print_json(standing | {"collected": collected_json(reports)})
        else:
            print_lines([*await standing_lines(app, [published.edition]), *_what_next(folder)])


def _clear(folder: Path) -> None:
    """Take away what an earlier demo left; touch no folder of anybody else."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    config = folder / "newsletter.toml"
    if not config.is_file() or not config.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
        raise ConfigError(f"{folder} holds something else; choose another folder with --dir.")
    for name in _MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (*FILES, "newsletter.secret"):
        (folder / name).unlink(missing_ok=True)
    for file in folder.glob("newsletter.db*"):
        file.unlink()


async def _subscribe(app: App, file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [row for _, row in ListFile(lines, name=str(file))]
    people = [row for row in rows if isinstance(row, NewSubscriber)]
    await app.subscribers.add(people, app.clock.now())


def _what_next(folder: Path) -> Sequence[str]:
    config = f"--config {folder / 'newsletter.toml'}"
    newsletter = _as_called()
    return [
        "",
        f"Open       {folder / 'preview' / 'index.html'}",
        f"Read       {folder / 'preview' / 'email.txt'}",
        f"Mailbox    {newsletter} mailbox {config}",
        f"Look       {newsletter} status {config}",
        f"           {newsletter} editions show 1 {config}",
    ]


def _as_called() -> str:
    """The command as one has to type it here: from a virtual environment that is not active, by its path."""
    if shutil.which("newsletter"):
        return "newsletter"
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else "newsletter"
