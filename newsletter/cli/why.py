"""why: what happened to one address, which editions it did not get and why, and what comes next."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from newsletter.bootstrap import App, open_app
from newsletter.cli.look import BAD, DIM, GOOD, WAITS, day, headline, moment, section, spell, told
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines
from newsletter.cli.subscribers.options import Email
from newsletter.cli.subscribers.records import rhythm_of
from newsletter.core.address import normalise_address
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.series import name_in
from newsletter.core.slots import local_time
from newsletter.errors import NotFound
from newsletter.ports.records import CopyRecord
from newsletter.services.why import Missed, Story

if TYPE_CHECKING:
    from newsletter.cli.story import Happening

__all__ = ["why"]

Local = Callable[[datetime], datetime]

_LINES = 30
_LOOKED_AT = 5
"""Of the newest editions of each series."""
_NAMED = 6
"""Of editions that are missed for one reason."""
_EVERYTHING = 1_000_000
_COLOURS = {SubscriberStatus.ACTIVE: GOOD, SubscriberStatus.PENDING: WAITS}
_BACK = "a sign-up of their own brings them back"
_NEVER = {
    SubscriberStatus.PENDING: "nothing until they confirm: the letter that asks for it has the link",
    SubscriberStatus.UNSUBSCRIBED: f"nothing: they unsubscribed; {_BACK}",
    SubscriberStatus.BOUNCED: f"nothing: their mailbox refused too much; {_BACK}",
    SubscriberStatus.COMPLAINED: "nothing, for good: they complained",
    SubscriberStatus.ERASED: "nothing: they were erased",
}

All = Annotated[bool, typer.Option("--all", metavar="", help="The whole story, and every edition missed.")]


@async_command
async def why(
    email: Email,
    everything: All = False,
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    json: Json = False,
) -> None:
    """What happened to one address, which editions it did not get and why, and what comes next."""
    address = normalise_address(email)
    async with open_app(config, now) as app:
        try:
            person = await app.subscribers.find(address)
        except NotFound:
            await _erased(app, address, json=json)
            return
        found = await app.investigator.tell(person.id, _EVERYTHING if everything else _LOOKED_AT)
        if json:
            print_json(_to_json(app, found))
        else:
            _show(app, found, everything=everything)


async def _erased(app: App, address: str, *, json: bool) -> None:
    """Raises NotFound where that is not so."""
    if not await app.subscribers.is_erased(address):
        raise NotFound(
            f"{address} is not on the list, and was not erased from it: nothing ever happened to it here."
        )
    if json:
        print_json({"email": address, "status": SubscriberStatus.ERASED.value})
    else:
        print_lines([f"{address} was erased. Nothing else is known of it, and no import brings it back."])


def _show(app: App, found: Story, *, everything: bool) -> None:
    from newsletter.cli.story import story  # brings the classifying of bounces with it

    person = found.record.person

    def local(instant: datetime) -> datetime:
        return local_time(instant, app.schedule.zone)

    headline(person.email, person.name)
    section("Now", _standing(app, found, local))
    lines = story(found.record, local)
    shown = lines if everything else lines[-_LINES:]
    more = f"{len(lines) - len(shown)} earlier ones; --all shows them." if len(lines) > len(shown) else ""
    section("What happened", _timeline(shown, local), more)
    section("Not for them" if everything else "Of the newest editions, not for them", _grouped(found.missed))


def _grouped(missed: Sequence[Missed]) -> Iterator[Sequence[str]]:
    """Those that are missed for one reason stand together, the newest first."""
    by_words: dict[str, list[Missed]] = {}
    for one in missed:
        by_words.setdefault(one.refusal.words, []).append(one)
    for words, alike in by_words.items():
        names = ", ".join(one.edition for one in reversed(alike[:_NAMED]))
        earlier = "… " if len(alike) > _NAMED else ""
        yield f"{'editions' if len(alike) > 1 else 'edition'} {earlier}{names}", words


def _standing(app: App, found: Story, local: Local) -> Iterator[Sequence[str | Text]]:
    record = found.record
    person = record.person
    yield "Status", told(person.status, _COLOURS.get(person.status, BAD))
    if person.status is SubscriberStatus.ACTIVE:
        yield "Gets", _gets(person)
    if person.wishes.muted:
        yield "Muted", "; ".join(person.wishes.muted)
    if person.tags:
        yield "Tags", "; ".join(person.tags)
    if record.score:
        yield "Refusals", told(f"a score of {record.score:.1f} on {record.scored}", WAITS)
    for copy in _waiting(record.copies):
        yield "Waits", told(_wait(copy, app.clock.now(), local), WAITS)
    yield "Next", _next(app, found, local)


def _gets(person: Subscriber) -> str:
    language = f", in {person.language}" if person.language else ""
    return f"{rhythm_of(person)}{language}"


def _waiting(copies: Sequence[CopyRecord]) -> list[CopyRecord]:
    return [copy for copy in copies if copy.state in (State.PENDING, State.DEFERRED, State.SENDING)]


def _wait(copy: CopyRecord, now: datetime, local: Local) -> str:
    theirs = f"their copy of edition {name_in(copy.series, copy.edition)}"
    if copy.next_attempt and copy.next_attempt > now:
        return f"{theirs} until {moment(local(copy.next_attempt))}, in {spell(copy.next_attempt - now)}"
    return f"{theirs}, for `newsletter send`"


def _next(app: App, found: Story, local: Local) -> str | Text:
    person, now = found.record.person, app.clock.now()
    if person.status is not SubscriberStatus.ACTIVE:
        return told(_NEVER[person.status], DIM)
    if found.expected is None:
        return told("nothing within a year: no slot of the schedule is for them as they are now", BAD)
    slot, leaves = found.expected.slot, found.expected.leaves
    series = "the edition of the week" if person.rhythm.frequency == "weekly" else "the edition"
    return f"{series} of {moment(slot)}{_leaves(slot, leaves, local)}, in {spell((leaves or slot) - now)}"


def _leaves(slot: datetime, leaves: datetime | None, local: Local) -> str:
    """The day only where it is another than that of the slot."""
    if leaves is None:
        return ""
    at = local(leaves)
    return f", which leaves at {f'{at:%H:%M}' if at.date() == slot.date() else moment(at)}"


def _timeline(lines: Sequence["Happening"], local: Local) -> Iterator[Sequence[str | Text]]:
    """Each day is named once."""
    before = ""
    for line in lines:
        at = local(line.at)
        today = day(at)
        yield (
            told("" if today == before else today, DIM),
            told(f"{at:%H:%M}", DIM),
            told(line.mark, line.colour),
            line.words,
        )
        before = today


def _to_json(app: App, found: Story) -> dict[str, Any]:
    from newsletter.cli.story import story

    record, expected = found.record, found.expected
    person = record.person

    def local(instant: datetime) -> datetime:
        return local_time(instant, app.schedule.zone)

    return {
        "email": person.email,
        "number": person.id,
        "status": person.status.value,
        "rhythm": rhythm_of(person),
        "changed": record.changed.isoformat(),
        "story": [
            {
                "at": line.at.isoformat(),
                "kind": line.kind,
                "what": line.mark,
                "edition": line.edition,
                "words": line.words,
            }
            for line in story(record, local)
        ],
        "missed": [_missed_json(one) for one in found.missed],
        "next": (
            {"slot": expected.slot.isoformat(), "leaves": expected.leaves and expected.leaves.isoformat()}
            if expected
            else None
        ),
    }


def _missed_json(one: Missed) -> dict[str, Any]:
    return {
        "edition": one.edition,
        "slot": one.slot.isoformat(),
        "planned": one.planned.isoformat(),
        "reason": one.refusal.obstacle.value,
        "words": one.refusal.words,
    }
