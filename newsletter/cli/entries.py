"""entries list, entries import."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, print_table, when
from newsletter.core.jsonl import entry_to_json, parse_entries_jsonl
from newsletter.errors import InputError

__all__ = ["app"]

app = typer.Typer(help="What was collected.", no_args_is_help=True)

Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, max=2**31, help="At most so many; all without it."),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, one entry a line; - is standard input.")]


@app.command("list")
@async_command
async def list_entries(
    limit: Limit = None, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """All entries, the newest first. With --json one object a line, as `entries import` reads them."""
    async with open_app(config, now) as opened:
        entries = await opened.entries.list(limit)
    if json:
        for entry in entries:
            print_json(entry_to_json(entry))
    elif not entries:
        print_lines(["Nothing was collected yet: `newsletter collect` does."])
    else:
        print_table(("SEEN", "SOURCE*", "TITLE*"), [(when(e.first_seen), e.source, e.title) for e in entries])


@app.command("import")
@async_command
async def import_entries(
    file: File, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Add entries from a file. Lines that cannot be read are reported, the others are added."""
    lines = _read(file)
    async with open_app(config, now) as opened:
        entries, problems = parse_entries_jsonl(lines, name=str(file))
        new = await opened.entries.add(entries, opened.clock.now())
    if json:
        print_json({"entries": len(entries), "new": new, "problems": [str(problem) for problem in problems]})
    else:
        print_lines([f"✓ {len(entries)} entries, {new} new", *(f"  ! {problem}" for problem in problems)])
    if problems and not entries:
        raise InputError(f"{file}: no line could be read.")


def _read(file: Path) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte {error.start}); save it as UTF-8.") from error
