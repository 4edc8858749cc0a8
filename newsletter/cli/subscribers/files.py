"""subscribers import, subscribers export: the list as a file."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO

import typer
from rich.progress import Progress

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, progress_bar
from newsletter.cli.subscribers.options import Only, Status, Tag, chosen
from newsletter.cli.subscribers.problems import Problems
from newsletter.core.listcolumns import read_cell
from newsletter.core.listfile import ListFile
from newsletter.core.listwriter import ListWriter
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.segments import Segment
from newsletter.core.textlines import text_lines
from newsletter.errors import InputError
from newsletter.services.listimport import ListImport, Tally

__all__ = ["export_subscribers", "import_subscribers"]

_BLOCK = 1 << 16
_JSONL = (".jsonl", ".ndjson")
_PAGE = 1000
_SHOWN = 20
"""Problems that are shown to people; JSON has a thousand."""
_STANDARD = Path("-")

InFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="CSV with a header line, or .jsonl; - is standard input."),
]
OutFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="CSV, or .jsonl; standard output without it.")
]
Everybody = Annotated[bool, typer.Option("--all", metavar="", help="Also those who left.")]
DryRun = Annotated[bool, typer.Option("--dry-run", metavar="", help="Say what would happen; change nothing.")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="For everybody in the file; may be repeated."),
]
ProblemFile = Annotated[
    Path | None,
    typer.Option("--problems", metavar="FILE", help="Write there every row that is not taken, and why."),
]


@async_command
async def import_subscribers(
    file: InFile,
    tags: Tags = None,
    dry_run: DryRun = False,
    problems: ProblemFile = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add the people of a file, or change what is known of them.

    Rows that cannot be read are reported, the others are taken.
    Nobody who left is brought back.

    Columns that this program does not know become attributes.

    What is interrupted keeps what it has taken; once more, it goes on there.
    """
    given: Any = read_cell("tags", list(tags or ()))
    name = "standard input" if file == _STANDARD else str(file)
    with _opened(file, name) as stream, Problems(name, problems) as told:
        people, progress = _people(stream, name, jsonl=file.suffix in _JSONL, quiet=json)
        async with open_app(config, now) as opened:
            with closing(opened.first_lines()) as first_lines, progress:
                work = ListImport(
                    opened.subscribers, first_lines, opened.clock.now(), told.note, given, dry_run
                )
                try:
                    await work.run(people)
                except asyncio.CancelledError:
                    sys.stderr.write(f"newsletter: stopped; so far: {_counts(work.tally)}.\n")
                    raise
    if json:
        print_json(_report(work.tally, people, told, dry_run=dry_run))
    else:
        print_lines(_told(work.tally, people, told, name, dry_run=dry_run))
    if work.tally.invalid and not work.tally.people:
        raise InputError(f"{name}: nobody could be added.")


@async_command
async def export_subscribers(
    file: OutFile = None,
    everybody: Everybody = False,
    status: Status = None,
    tag: Tag = None,
    only: Only = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Write the list as CSV or JSONL, as `subscribers import` reads it.

    Without --all or --status, those who are active.

    A file is written whole or not at all, and only you can read it.
    """
    if everybody and status:
        raise typer.BadParameter("--all and --status exclude each other.")
    status = None if everybody else status or SubscriberStatus.ACTIVE
    async with open_app(config, now) as opened:
        if file is None or file == _STANDARD:
            await _write(opened, sys.stdout.write, status, tag, only, jsonl=json)
            return
        people = await opened.subscribers.counts(tag)
        total = sum(count for theirs, count in people.items() if status in (None, theirs))
        with _whole_file(file) as stream, progress_bar(quiet=json, unit="people") as progress:
            advance = partial(progress.advance, progress.add_task("Exporting", total=total))
            jsonl = file.suffix in _JSONL
            count = await _write(opened, stream.write, status, tag, only, jsonl=jsonl, told=advance)
    if json:
        print_json({"file": str(file), "subscribers": count})
    else:
        print_lines([f"✓ {count} people in {file}."])


async def _write(
    opened: App,
    write: Callable[[str], object],
    status: SubscriberStatus | None,
    tag: str | None,
    only: Segment | None,
    *,
    jsonl: bool,
    told: Callable[[int], object] = lambda _: None,
) -> int:
    names = () if jsonl else await opened.subscribers.attribute_names()
    writer = ListWriter(jsonl=jsonl, attributes=names)
    write(writer.header())
    count, page = 0, list[Subscriber]()
    async for person in chosen(opened, status, tag, only):
        page.append(person)
        count += 1
        if len(page) == _PAGE:
            write(writer.lines(page))
            told(len(page))
            page.clear()
    write(writer.lines(page))
    told(len(page))
    return count


@contextmanager
def _whole_file(file: Path) -> Iterator[IO[str]]:
    """A text file that takes its name once all of it is there. Raises InputError."""
    try:
        number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # with mode 0600
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}).") from error
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{file}: cannot be written ({error.strerror}).") from error
        raise


@contextmanager
def _opened(file: Path, name: str) -> Iterator[BinaryIO]:
    """A file that can be read twice. Raises InputError where it is not one, or not UTF-8."""
    try:
        with tempfile.TemporaryFile() if file == _STANDARD else file.open("rb") as stream:
            if file == _STANDARD:
                shutil.copyfileobj(sys.stdin.buffer, stream)
                stream.seek(0)
            # Before anything of it is taken: half a list would be a nuisance.
            for _ in text_lines(_blocks(stream), name=name):
                pass
            stream.seek(0)
            yield stream
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}).") from error


def _people(stream: BinaryIO, name: str, *, jsonl: bool, quiet: bool) -> tuple[ListFile, Progress]:
    """The rows of the file, and the bar that shows how far they are read."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    # No header of CSV begins so.
    jsonl = jsonl or stream.read(1) == b"{"
    stream.seek(0)
    progress = progress_bar(quiet=quiet)
    task = progress.add_task("Importing", total=size)
    blocks = _blocks(stream, lambda read: progress.advance(task, read))
    return ListFile(text_lines(blocks, name=name), name=name, jsonl=jsonl), progress


def _blocks(stream: BinaryIO, read: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
        read(len(block))


def _counts(tally: Tally) -> str:
    seldom = {"duplicates": "named twice", "invalid": "not readable"}
    counts = asdict(tally).items()
    return ", ".join(
        f"{count} {seldom.get(name, name)}" for name, count in counts if count or name not in seldom
    )


def _report(tally: Tally, people: ListFile, told: Problems, *, dry_run: bool) -> dict[str, object]:
    return {
        **asdict(tally),
        "problems": told.first,
        "more_problems": told.more,
        "attributes": list(people.attributes),
        "dry_run": dry_run,
    }


def _told(tally: Tally, people: ListFile, told: Problems, file: str, *, dry_run: bool) -> Iterator[str]:
    yield f"✓ {file}: {_counts(tally)}" + ("; but this was a rehearsal" if dry_run else "")
    if people.attributes:
        yield f"  Taken as attributes: {', '.join(people.attributes)}."
    yield from (f"  ! {problem}" for problem in told.first[:_SHOWN])
    if more := told.more + len(told.first[_SHOWN:]):
        yield f"  … and {more} more; --problems FILE writes all of them."
