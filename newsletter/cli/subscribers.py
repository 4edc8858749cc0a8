"""subscribers add, remove, list, import, export: the list."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, print_table
from newsletter.core.address import normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.core.consent import Event
from newsletter.core.listfile import (
    NewSubscriber,
    parse_csv,
    parse_jsonl,
    person_to_json,
    write_csv,
    write_jsonl,
)
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import InputError

__all__ = ["app"]

app = typer.Typer(help="The list of people who get the newsletter.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")]
Status = Annotated[
    SubscriberStatus | None,
    typer.Option("--status", metavar="STATUS", help=f"Only these: {', '.join(SubscriberStatus)}."),
]
InFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line, or .jsonl.")]
OutFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="CSV, or .jsonl; standard output without it.")
]
Everybody = Annotated[bool, typer.Option("--all", metavar="", help="Also those who left.")]


@app.command()
@async_command
async def add(
    email: Email,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="As the To header shows it.")
    ] = None,
    topics: Annotated[
        list[str] | None, typer.Option("--topic", metavar="TOPIC", help="Followed; may be repeated.")
    ] = None,
    keywords: Annotated[
        list[str] | None, typer.Option("--keyword", metavar="WORDS", help="The same for words.")
    ] = None,
    authors: Annotated[
        list[str] | None, typer.Option("--author", metavar="NAME", help="The same for people.")
    ] = None,
    muted: Annotated[
        list[str] | None,
        typer.Option("--mute", metavar="WHAT", help="A topic, words or a person not to be shown."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add one person who asked for it. Nobody who left is brought back."""
    person = NewSubscriber(
        normalise_address(email),
        None if name is None else clean_text(name),
        *(tuple(map(clean_text, given)) if given else None for given in (topics, keywords, authors, muted)),
    )
    async with open_app(config, now) as opened:
        result = await opened.subscribers.add([person], opened.clock.now())
        found = await opened.subscribers.find(person.email)
    if result.suppressed:
        raise InputError(f"{person.email} is {found.status}: only they themselves can come back.")
    if json:
        print_json({"subscriber": person_to_json(found)})
    else:
        print_lines([f"✓ {person.email} is on the list."])


@app.command()
@async_command
async def remove(email: Email, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Unsubscribe one person.

    Copies that are planned already are not sent to them either.
    """
    async with open_app(config, now) as opened:
        person = await opened.subscribers.find(normalise_address(email))
        await opened.subscribers.move(person.id, Event.UNSUBSCRIBE, opened.clock.now(), "operator")
        person = await opened.subscribers.get(person.id)
    if json:
        print_json({"subscriber": person_to_json(person)})
    else:
        print_lines([f"✓ {person.email} gets nothing more."])


@app.command("list")
@async_command
async def list_subscribers(
    status: Status = None, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Who is on the list, and who left."""
    async with open_app(config, now) as opened:
        people = [person async for person in opened.subscribers.all(status)]
        counts = await opened.subscribers.counts()
    if json:
        print_json({"subscribers": [person_to_json(person) for person in people], "counts": counts})
        return
    if status and not people:
        print_lines([f"Nobody is {status}."])
    if people:
        print_table(
            ("EMAIL", "NAME", "STATUS", "FOLLOWS*", "MUTES*"),
            [_line(person) for person in people],
        )
    print_lines([", ".join(f"{count} {name}" for name, count in counts.items()) or "Nobody is on the list."])


@app.command("import")
@async_command
async def import_subscribers(
    file: InFile, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Add the people of a file. Lines that cannot be read are reported, the others are added."""
    text = _read(file)
    parse = parse_jsonl if file.suffix in (".jsonl", ".ndjson") else parse_csv
    people, problems = parse(text, name=str(file))
    async with open_app(config, now) as opened:
        result = await opened.subscribers.add(people, opened.clock.now())
    counts = {name: getattr(result, name) for name in ("added", "updated", "unchanged", "suppressed")}
    if json:
        print_json(counts | {"problems": [str(problem) for problem in problems]})
    else:
        print_lines([f"✓ {file}: " + ", ".join(f"{count} {name}" for name, count in counts.items())])
        print_lines(f"  ! {problem}" for problem in problems)
    if problems and not people:
        raise InputError(f"{file}: nobody could be added.")


@app.command("export")
@async_command
async def export_subscribers(
    file: OutFile = None,
    everybody: Everybody = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Write the list as CSV or JSONL, as `subscribers import` reads it."""
    async with open_app(config, now) as opened:
        status = None if everybody else SubscriberStatus.ACTIVE
        people = [person async for person in opened.subscribers.all(status)]
    jsonl = json if file is None else file.suffix in (".jsonl", ".ndjson")
    content = "".join(write_jsonl(people) if jsonl else write_csv(people))
    if file is None:
        sys.stdout.write(content)
        return
    try:
        file.write_bytes(content.encode())
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}).") from error
    if json:
        print_json({"file": str(file), "subscribers": len(people)})
    else:
        print_lines([f"✓ {len(people)} people in {file}."])


def _line(person: Subscriber) -> tuple[str, ...]:
    wishes = person.wishes
    follows = ", ".join((*wishes.topics, *wishes.keywords, *wishes.authors))
    return person.email, person.name, person.status, follows, ", ".join(wishes.muted)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte {error.start}); save it as UTF-8.") from error
