"""What every store promises of letters and of the door, whatever database is behind it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from support.samples import NOW

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.letters import SqlLetters
from newsletter.adapters.stores.schema import history, letters, subscribers
from newsletter.adapters.stores.signups import SqlSignups
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.consent import Event
from newsletter.core.delivery import MOVES, Decision
from newsletter.core.letters import RETRIES, SPACING, STALE, LetterKind
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import SubscriberStatus as Status
from newsletter.errors import IllegalMove, NotFound
from newsletter.ports import ClaimedLetter

ADA = "ada@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def box(database: Database) -> SqlLetters:
    return SqlLetters(database)


@pytest.fixture
def door(database: Database) -> SqlSignups:
    return SqlSignups(database)


async def rows(database: Database, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        found = await connection.execute(sa.select(*(table.c[name] for name in columns)).order_by(table.c.id))
        return [tuple(row) for row in found]


async def claimed(box: SqlLetters, now: datetime = NOW) -> ClaimedLetter:
    letter = await box.claim(now)
    assert letter is not None
    return letter


# The door


async def test_who_is_unknown_becomes_pending_and_is_asked(
    database: Database, door: SqlSignups, subscribers: SqlSubscribers
) -> None:
    """With the history of it; the same request again within a day changes nothing and asks nobody."""
    assert await door.subscribe(ADA, "Ada", NOW) is LetterKind.CONFIRM
    assert await door.subscribe("ADA@example.org", "Eve", NOW + SPACING - MINUTE) is None
    person = await subscribers.find(ADA)
    assert (person.status, person.name, person.created) == (Status.PENDING, "Ada", NOW)
    assert await rows(database, history, "event", "source", "at") == [("subscribe", "form", NOW)]
    assert await door.subscribe(ADA, "", NOW + SPACING) is LetterKind.CONFIRM


@pytest.mark.parametrize("event", [Event.UNSUBSCRIBE, Event.BOUNCE])
async def test_who_has_left_can_come_back(
    door: SqlSignups, subscribers: SqlSubscribers, event: Event
) -> None:
    """By asking for it themselves; the name that is known stays."""
    await subscribers.add([NewSubscriber(ADA, "Ada")], NOW)
    number = (await subscribers.find(ADA)).id
    await subscribers.move(number, event, NOW, "test")
    assert await door.subscribe(ADA, "Eve", NOW) is LetterKind.CONFIRM
    person = await subscribers.find(ADA)
    assert (person.id, person.status, person.name) == (number, Status.PENDING, "Ada")


async def test_who_is_active_gets_the_welcome_letter_again_and_who_complained_nothing(
    database: Database, door: SqlSignups, subscribers: SqlSubscribers
) -> None:
    """At most once a day; and neither is moved by what anybody may have written into a form."""
    await subscribers.add([NewSubscriber(ADA), NewSubscriber("bo@example.org")], NOW)
    await subscribers.move((await subscribers.find("bo@example.org")).id, Event.COMPLAIN, NOW, "test")
    assert [await door.subscribe(ADA, "", NOW) for _ in range(2)] == [LetterKind.WELCOME, None]
    assert await door.subscribe("bo@example.org", "", NOW) is None
    assert (await subscribers.find(ADA)).status is Status.ACTIVE
    assert (await subscribers.find("bo@example.org")).status is Status.COMPLAINED
    assert await rows(database, letters, "kind") == [("welcome",)]


async def test_requests_at_once_of_two_processes_plan_one_letter(
    database: Database, other: Database, door: SqlSignups
) -> None:
    """Whoever of them is first; nobody is on the list twice."""
    requests = [store.subscribe(ADA, "", NOW) for _ in range(20) for store in (door, SqlSignups(other))]
    planned = await asyncio.gather(*requests)
    assert sorted(map(str, planned)) == sorted(["confirm", *["None"] * 39])
    assert len(await rows(database, letters, "id")) == 1
    assert len(await rows(database, history, "id")) == 1


async def test_confirming_makes_active_with_a_clean_score_and_welcomes_once(
    database: Database, door: SqlSignups, subscribers: SqlSubscribers
) -> None:
    """A second time is no news."""
    await door.subscribe(ADA, "", NOW)
    number = (await subscribers.find(ADA)).id
    await set_score(database, 5.0)
    assert [await door.confirm(number, NOW) for _ in range(2)] == [Status.ACTIVE] * 2
    assert await rows(database, history, "event", "source") == [("subscribe", "form"), ("confirm", "link")]
    assert await rows(database, letters, "kind") == [("confirm",), ("welcome",)]
    assert await score(database) == 0.0


async def set_score(database: Database, value: float) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.update(subscribers).values(score=value))


async def score(database: Database) -> float:
    [(found,)] = await rows(database, subscribers, "score")
    return float(found)


async def test_who_has_left_does_not_come_back_by_an_old_link(
    database: Database, door: SqlSignups, subscribers: SqlSubscribers
) -> None:
    """Confirming answers to a request, and theirs is over."""
    await door.subscribe(ADA, "", NOW)
    number = (await subscribers.find(ADA)).id
    await subscribers.move(number, Event.UNSUBSCRIBE, NOW, "link")
    with pytest.raises(IllegalMove):
        await door.confirm(number, NOW)
    with pytest.raises(NotFound):
        await door.confirm(number + 1, NOW)
    assert await rows(database, letters, "kind") == [("confirm",)]


async def test_one_goodbye_a_day(door: SqlSignups, subscribers: SqlSubscribers) -> None:
    """However often somebody leaves."""
    await subscribers.add([NewSubscriber(ADA)], NOW)
    number = (await subscribers.find(ADA)).id
    times = (NOW, NOW + SPACING - MINUTE, NOW + SPACING)
    assert [await door.say_goodbye(number, now) for now in times] == [True, False, True]


# Claims


async def test_a_claim_is_on_the_disk_and_nobody_else_gets_it(
    database: Database, other: Database, box: SqlLetters, door: SqlSignups
) -> None:
    """Of many claims at once, of two processes, each letter is one's."""
    for number in range(5):
        await door.subscribe(f"reader{number}@example.org", "", NOW)
    claims = [store.claim(NOW) for _ in range(5) for store in (box, SqlLetters(other))]
    found = [letter.id for letter in await asyncio.gather(*claims) if letter]
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert set(await rows(database, letters, "state", "attempts")) == {("sending", 1)}
    assert await box.waiting() == 5


async def test_what_a_dead_process_was_sending_is_sent_again(
    other: Database, box: SqlLetters, door: SqlSignups
) -> None:
    """After a while, as the same letter; whoever turns out to be alive has no word in it any more."""
    await door.subscribe(ADA, "", NOW)
    first = await claimed(SqlLetters(other))
    assert await box.claim(NOW + STALE - MINUTE) is None
    again = await claimed(box, NOW + STALE)
    assert (again.id, again.created, again.person, again.attempts) == (
        first.id,
        first.created,
        first.person,
        2,
    )
    late = Decision(State.REJECTED, 1, "550 late")
    assert not await SqlLetters(other).decide(first, late, NOW + STALE)
    assert await box.decide(again, Decision(State.ACCEPTED, 2), NOW + STALE)
    assert await box.waiting() == 0


async def test_a_deferred_letter_waits_for_its_time(box: SqlLetters, door: SqlSignups) -> None:
    """And lets others past."""
    await door.subscribe(ADA, "", NOW)
    letter = await claimed(box)
    await door.subscribe("bo@example.org", "", NOW)
    await box.decide(letter, Decision(State.DEFERRED, 1, "450", NOW + MINUTE), NOW)
    assert (await claimed(box)).person.email == "bo@example.org"
    assert await box.claim(NOW) is None
    assert (await claimed(box, NOW + MINUTE)).id == letter.id


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (LetterKind.CONFIRM, Event.CONFIRM),
        (LetterKind.CONFIRM, Event.ERASE),
        (LetterKind.CONFIRM, Event.COMPLAIN),
        (LetterKind.WELCOME, Event.UNSUBSCRIBE),
        (LetterKind.GOODBYE, Event.SUBSCRIBE),
    ],
)
async def test_who_has_moved_on_gets_no_letter(
    database: Database,
    box: SqlLetters,
    door: SqlSignups,
    subscribers: SqlSubscribers,
    kind: LetterKind,
    event: Event,
) -> None:
    """It is suppressed with the reason, deferred ones too; of who was erased there is not even that."""
    if kind is LetterKind.CONFIRM:
        await door.subscribe(ADA, "", NOW)
    else:
        await subscribers.add([NewSubscriber(ADA)], NOW)
    person = await subscribers.find(ADA)
    if kind is LetterKind.WELCOME:
        await door.subscribe(ADA, "", NOW)
    if kind is LetterKind.GOODBYE:
        await subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "link")
        await door.say_goodbye(person.id, NOW)
    letter = await claimed(box)
    assert letter.kind is kind
    await box.decide(letter, Decision(State.DEFERRED, 1, "450", NOW + MINUTE), NOW)
    await subscribers.move(person.id, event, NOW, "test")
    assert await box.claim(NOW + MINUTE) is None
    found = await rows(database, letters, "state", "reason", "next_attempt")
    gone = event is Event.ERASE
    assert found == ([] if gone else [("suppressed", "the subscriber has moved on", None)])


async def test_an_old_letter_is_given_up(database: Database, box: SqlLetters, door: SqlSignups) -> None:
    """After a day nobody waits for it any more."""
    await door.subscribe(ADA, "", NOW)
    assert await box.claim(NOW + RETRIES.lifetime + MINUTE) is None
    assert await rows(database, letters, "state") == [("expired",)]


@pytest.mark.parametrize("state", State)
async def test_a_letter_on_its_way_goes_where_the_table_says(
    database: Database, box: SqlLetters, door: SqlSignups, state: State
) -> None:
    """And nowhere else."""
    await door.subscribe(ADA, "", NOW)
    letter = await claimed(box)
    decision = Decision(state, 1, "why", NOW + MINUTE if state is State.DEFERRED else None)
    if state in MOVES[State.SENDING]:
        assert await box.decide(letter, decision, NOW)
        assert await rows(database, letters, "state", "reason") == [(state.value, "why")]
    else:
        with pytest.raises(IllegalMove):
            await box.decide(letter, decision, NOW)
        assert await rows(database, letters, "state") == [("sending",)]
