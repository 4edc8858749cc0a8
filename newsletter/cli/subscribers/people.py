"""subscribers add, remove, tag, list."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from newsletter.bootstrap import App, open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, print_table
from newsletter.cli.subscribers.options import Email, Only, Status, Tag, chosen
from newsletter.core.address import normalise_address
from newsletter.core.consent import Event
from newsletter.core.listcolumns import RHYTHM, attribute_name, attribute_value, read_cell
from newsletter.core.listfile import NewSubscriber
from newsletter.core.listwriter import person_to_json
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.segments import Segment
from newsletter.errors import InputError

__all__ = ["add", "list_subscribers", "remove", "tag"]

_SHOWN = 100
"""People that `list` shows, where nobody asks for more."""

Words = list[str] | None


def _option(name: str, metavar: str, text: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text)


@async_command
async def add(
    email: Email,
    name: Annotated[str | None, _option("--name", "NAME", "As the To header shows it.")] = None,
    topics: Annotated[Words, _option("--topic", "TOPIC", "Followed; may be repeated.")] = None,
    keywords: Annotated[Words, _option("--keyword", "WORDS", "The same for words.")] = None,
    authors: Annotated[Words, _option("--author", "NAME", "The same for people.")] = None,
    muted: Annotated[Words, _option("--mute", "WHAT", "A topic, words or a person not to be shown.")] = None,
    tags: Annotated[Words, _option("--tag", "TAG", "To sort people by; may be repeated.")] = None,
    attributes: Annotated[
        Words, _option("--attribute", "NAME=VALUE", "What else is known; may be repeated.")
    ] = None,
    frequency: Annotated[str | None, _option("--frequency", "HOW", "daily or weekly.")] = None,
    weekdays: Annotated[Words, _option("--weekday", "DAY", "Only on these; may be repeated.")] = None,
    hour: Annotated[str | None, _option("--hour", "HOUR", "Not before, from 0 to 23.")] = None,
    zone: Annotated[str | None, _option("--zone", "NAME", 'Theirs, such as "Europe/Berlin".')] = None,
    language: Annotated[str | None, _option("--language", "TAG", 'Such as "de".')] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add one person who asked for it, or change what is known of them. Nobody who left is brought back."""
    given = {
        "name": name,
        "topics": topics,
        "keywords": keywords,
        "authors": authors,
        "muted": muted,
        "frequency": frequency,
        "weekdays": weekdays,
        "hour": hour,
        "zone": zone,
        "language": language,
    }
    said: dict[str, Any] = {
        column: read_cell(column, value) for column, value in given.items() if value is not None
    }
    rhythm = {column: said.pop(column) for column in RHYTHM if column in said}
    person = NewSubscriber(
        normalise_address(email),
        **said,
        more_tags=_tags(tags),
        rhythm=rhythm,
        attributes=dict(map(_attribute, attributes or ())),
    )
    async with open_app(config, now) as opened:
        result = await opened.subscribers.add([person], opened.clock.now(), "operator")
        for address, status in result.left.items():
            raise InputError(f"{address} is {status}: only they themselves can come back.")
        found = await opened.subscribers.find(person.email)
    if json:
        print_json({"subscriber": person_to_json(found)})
    else:
        print_lines([f"✓ {person.email} is on the list."])


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


@async_command
async def tag(
    emails: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="The addresses.")],
    add: Annotated[Words, _option("--add", "TAG", "Put on; may be repeated.")] = None,
    remove: Annotated[Words, _option("--remove", "TAG", "Take off; may be repeated.")] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Put tags on people, or take them off."""
    if not add and not remove:
        raise typer.BadParameter("say which tags to --add or to --remove.")
    addresses = list(map(normalise_address, emails))
    async with open_app(config, now) as opened:
        changed = await opened.subscribers.tag(addresses, _tags(add), _tags(remove), opened.clock.now())
    if json:
        print_json({"people": len(addresses), "changed": changed})
    else:
        print_lines([f"✓ {changed} of {len(addresses)} changed."])


@async_command
async def list_subscribers(
    status: Status = None,
    tag: Tag = None,
    only: Only = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"At most so many; {_SHOWN}, or all with --json."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """Who is on the list, and who left."""
    limit = limit if limit or json else _SHOWN
    people: list[Subscriber] = []
    async with open_app(config, now) as opened:
        counts = await (_counts(opened, tag, only) if only else opened.subscribers.counts(tag))
        async for person in chosen(opened, status, tag, only):
            if len(people) == limit:
                break
            people.append(person)
    asked = counts if status is None else {status: counts.get(status, 0)}
    more = sum(count for state, count in asked.items() if state is not SubscriberStatus.ERASED) - len(people)
    if json:
        listed = [person_to_json(person) for person in people]
        print_json({"subscribers": listed, "more": max(more, 0), "counts": counts})
        return
    if people:
        print_table(
            ("EMAIL", "NAME", "STATUS", "TAGS*", "FOLLOWS*", "MUTES*"), [_line(person) for person in people]
        )
    elif status:
        print_lines(
            [f"Nobody is {status}."] if not asked[status] else ["Of those nothing is known any more."]
        )
    if more > 0:
        print_lines([f"… and {more} more; --limit shows them, `newsletter subscribers export` writes all."])
    print_lines([", ".join(f"{count} {name}" for name, count in counts.items()) or _nobody(tag, only)])


async def _counts(app: App, tag: str | None, only: Segment) -> Counter[SubscriberStatus]:
    """How many of a segment are in which status."""
    return Counter([person.status async for person in chosen(app, None, tag, only)])


def _nobody(tag: str | None, only: Segment | None) -> str:
    if only:
        return f"Nobody is in {only}."
    return f"Nobody has the tag {tag}." if tag else "Nobody is on the list."


def _line(person: Subscriber) -> tuple[str, ...]:
    wishes = person.wishes
    follows = ", ".join((*wishes.topics, *wishes.keywords, *wishes.authors))
    return (
        person.email,
        person.name,
        person.status,
        ", ".join(person.tags),
        follows,
        ", ".join(wishes.muted),
    )


def _tags(given: Sequence[str] | None) -> tuple[str, ...]:
    tags: Any = read_cell("tags", list(given or ()))
    return tuple(tags)


def _attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f'--attribute: write NAME=VALUE (it is "{text}"); an empty value takes it away.')
    return attribute_name(name), attribute_value(value)
