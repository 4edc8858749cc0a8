"""subscribers show, subscribers erase: what a person can ask for."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, when
from newsletter.cli.subscribers.options import Email
from newsletter.core.address import normalise_address
from newsletter.core.listcolumns import WEEKDAYS
from newsletter.core.listwriter import person_to_json
from newsletter.core.model import Subscriber
from newsletter.core.series import name_in
from newsletter.ports.records import PersonRecord

__all__ = ["erase", "rhythm_of", "show"]

_PARTS = ("history", "copies", "letters", "bounces", "clicks")
_JSON_ONLY = ("series", "planned", "next_attempt")

Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]


@async_command
async def show(email: Email, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Everything that is known of one person, as they have a right to see it."""
    async with open_app(config, now) as opened:
        person = await opened.subscribers.find(normalise_address(email))
        record = await opened.subscribers.record(person.id)
    if json:
        print_json(_to_json(record))
    else:
        print_lines(_lines(record))


@async_command
async def erase(
    email: Email, yes: Yes = False, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """Forget one person for good. This cannot be undone.

    Everything that is known of them goes, and no file brings them back:
    what is kept is a keyed hash of the address.

    They themselves can sign up again.
    """
    address = normalise_address(email)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Forget everything about {address}? This cannot be undone.", abort=True, err=True)
    async with open_app(config, now) as opened:
        erased = await opened.subscribers.erase(address, opened.clock.now(), "operator")
    if json:
        print_json({"known": erased.known, "cleared": erased.cleared})
        return
    print_lines(
        ["✓ Erased: everything about this person is gone, and no import brings them back."]
        if erased.known
        else ["✓ Nothing was known of this address. No import will bring it here."]
    )
    if opened.database.kind == "postgresql":
        print_lines(
            [
                "  ! The server's files have traces until its next VACUUM of these tables, its journals and "
                "their archive for as long as they are kept."
            ]
        )
    if not erased.cleared:
        print_lines(
            [
                "  ! Another process is reading the database, so traces are in its journal until that ends; "
                "this command once more clears them."
            ]
        )


def _to_json(record: PersonRecord) -> dict[str, Any]:
    likes = [{"entry": like.entry, "title": like.title} for like in record.person.wishes.likes]
    return {
        **person_to_json(record.person),
        "number": record.person.id,
        "likes": likes,
        "changed": record.changed.isoformat(),
        "score": record.score,
        "scored": record.scored and record.scored.isoformat(),
        **{part: [_plain(asdict(item)) for item in getattr(record, part)] for part in _PARTS},
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}


def _lines(record: PersonRecord) -> Iterator[str]:
    for name, value in _facts(record):
        if value:
            yield f"{name:<11}{value}"
    for part in _PARTS:
        items = getattr(record, part)
        yield ""
        yield f"{part.capitalize()}: {len(items) or 'none'}"
        for item in items:
            shown = (_told(item, field.name) for field in fields(item) if field.name not in _JSON_ONLY)
            yield "  " + "  ".join(filter(None, shown))


def _facts(record: PersonRecord) -> Iterator[tuple[str, str]]:
    person = record.person
    yield "Email", person.email
    yield "Name", person.name
    yield "Number", str(person.id)
    yield "Status", f"{person.status}, changed {when(record.changed)}"
    yield "Since", when(person.created)
    yield "Language", person.language
    yield "Rhythm", rhythm_of(person)
    for kind in ("topics", "keywords", "authors", "muted"):
        yield kind.capitalize(), "; ".join(getattr(person.wishes, kind))
    yield "Liked", "; ".join(like.title for like in person.wishes.likes)
    yield "Tags", "; ".join(person.tags)
    yield "Attributes", "; ".join(f"{name}={value}" for name, value in person.attributes.items())
    if record.scored:
        yield "Bounced", f"a score of {record.score:g} on {record.scored}"


def rhythm_of(person: Subscriber) -> str:
    """When they want it, in words."""
    rhythm = person.rhythm
    parts = [
        rhythm.frequency.value,
        "on " + ", ".join(WEEKDAYS[day] for day in rhythm.weekdays) if rhythm.weekdays else "",
        f"from {rhythm.hour}:00" if rhythm.hour is not None else "",
        rhythm.zone,
        f"paused until {rhythm.paused_until}" if rhythm.paused_until else "",
    ]
    return " ".join(filter(None, parts))


def _told(item: Any, field: str) -> str:
    value = getattr(item, field)
    if hasattr(value, "hour"):
        return when(value)
    if field == "edition":
        return f"edition {name_in(item.series, value)}"
    label = {"attempts": "attempts ", "place": "entry ", "source": "by "}.get(field, "")
    return f"{label}{value}" if value != "" else ""
