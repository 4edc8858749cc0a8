"""The list in the store: imports, tags, what is known of a person, and forgetting them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from support.samples import NOW, edition, entry

from newsletter.adapters.stores.schema import bounces, clicks_by_reader, history, letters
from newsletter.adapters.stores.schema import outbox as copies
from newsletter.adapters.stores.schema import subscribers as rows
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.wishes import Like, Wishes
from newsletter.errors import NotFound
from newsletter.ports import Erased, Imported

ADA = "ada.lovelace@example.org"
EVERYTHING = NewSubscriber(
    ADA,
    "Ada Lovelace-Byron",
    ("Agents",),
    ("Quaternions",),
    ("Hamilton",),
    ("Robots",),
    ("founder",),
    {"city": "Londinium"},
    {"frequency": Frequency.WEEKLY, "weekdays": (0, 6), "hour": 7, "zone": "Europe/London",
     "paused_until": date(2026, 5, 1)},
    "de",
)  # fmt: skip
TOMORROW = NOW + timedelta(days=1)


async def events(database) -> list[tuple[int, str, str]]:
    async with database.read() as connection:
        query = sa.select(history.c.subscriber_id, history.c.event, history.c.source).order_by(history.c.id)
        return [tuple(row) for row in await connection.execute(query)]


async def test_everything_that_a_file_says_is_kept(subscribers):
    """Tags, attributes, rhythm and language beside the wishes; the same once more changes nothing."""
    assert await subscribers.add([EVERYTHING], NOW) == Imported(added=1)
    person = await subscribers.find(ADA)
    assert (person.name, person.tags, person.attributes) == (
        EVERYTHING.name,
        ("founder",),
        {"city": "Londinium"},
    )
    assert person.rhythm == Rhythm(**EVERYTHING.rhythm)
    assert (person.language, person.created, person.wishes.muted) == ("de", NOW, ("Robots",))
    assert [found async for found in subscribers.all()] == [person]
    assert await subscribers.add([EVERYTHING], TOMORROW) == Imported(unchanged=1)


async def test_what_a_file_does_not_say_stays(subscribers):
    """Of attributes and of the rhythm each by itself; an empty value takes one away."""
    await subscribers.add([EVERYTHING], NOW)
    later = NewSubscriber(
        ADA, attributes={"city": "", "size": "5"}, rhythm={"hour": None}, more_tags=("new", "founder")
    )
    assert await subscribers.add([later], TOMORROW) == Imported(updated=1)
    person = await subscribers.find(ADA)
    assert person.attributes == {"size": "5"}
    assert person.rhythm == replace(Rhythm(**EVERYTHING.rhythm), hour=None)
    assert (person.tags, person.name, person.language) == (("founder", "new"), EVERYTHING.name, "de")
    assert await subscribers.attribute_names() == ("size",)


async def test_only_who_is_new_has_it_in_their_history(subscribers, database):
    """With the source; those who were there already have not agreed to anything."""
    await subscribers.add([NewSubscriber("a@example.org")], NOW, "operator")
    await subscribers.add([NewSubscriber("a@example.org", "A"), NewSubscriber("b@example.org")], NOW)
    ids = [(await subscribers.find(f"{name}@example.org")).id for name in "ab"]
    assert await events(database) == [(ids[0], "subscribe", "operator"), (ids[1], "subscribe", "import")]


async def test_a_rehearsal_changes_nothing(subscribers, database):
    """And says what would happen."""
    await subscribers.add([NewSubscriber("a@example.org"), NewSubscriber("b@example.org")], NOW)
    gone = await subscribers.find("b@example.org")
    await subscribers.move(gone.id, Event.UNSUBSCRIBE, NOW, "test")
    before = [person async for person in subscribers.all()], await events(database)
    people = [NewSubscriber(f"{name}@example.org", "New") for name in "abc"]
    assert await subscribers.add(people, NOW, rehearse=True) == Imported(
        1, 1, 0, 1, {"b@example.org": SubscriberStatus.UNSUBSCRIBED}
    )
    assert ([person async for person in subscribers.all()], await events(database)) == before


async def test_tags_sort_people(subscribers):
    """They are put on and taken off, of all that are named or of none; the list can be asked for them."""
    await subscribers.add([NewSubscriber(f"{name}@example.org") for name in "abc"], NOW)
    assert await subscribers.tag(["a@example.org", "B@example.org"], ["x", "y"], [], NOW) == 2
    assert await subscribers.tag(["a@example.org", "c@example.org"], ["x"], ["y"], NOW) == 2
    assert await subscribers.tag(["a@example.org"], ["x"], ["y"], NOW) == 0
    with pytest.raises(NotFound, match=r"d@example\.org"):
        await subscribers.tag(["c@example.org", "d@example.org"], [], ["x"], NOW)
    assert [person.email async for person in subscribers.all(tag="x")] == [
        f"{name}@example.org" for name in "abc"
    ]
    assert [person.email async for person in subscribers.all(SubscriberStatus.ACTIVE, "y")] == [
        "b@example.org"
    ]
    assert await subscribers.counts("y") == {SubscriberStatus.ACTIVE: 1}


@pytest.fixture
async def ada(entries, editions, outbox, subscribers, database) -> int:
    """Somebody of whom everything is known that can be: copies in five states among it."""
    await entries.add([entry(n) for n in range(1, 6)], NOW)
    daily = replace(EVERYTHING, rhythm=None, language=None)
    await subscribers.add([daily, NewSubscriber("bo@example.org", "Bo")], NOW)
    number = (await subscribers.find(ADA)).id
    await subscribers.like(number, Like("paper:1", "Liked by Ada", "Agents", (("engine", 1.0),)), NOW)
    issues = [
        (await editions.publish(edition(n, n, slot=NOW + timedelta(days=n)), "<p>", "text", "0" * 16, NOW)).id
        for n in range(1, 6)
    ]
    async with database.read() as connection:
        query = sa.select(copies.c.id).where(copies.c.subscriber_id == number).order_by(copies.c.edition_id)
        accepted, deferred, sending, _, rejected = await connection.scalars(query)
    await outbox.record([accepted, deferred, sending, rejected], [], NOW)
    said = f"550 5.1.1 <{ADA}> unknown"
    decided = [
        (accepted, Decision(DeliveryState.ACCEPTED, 1, "250 Ok")),
        (deferred, Decision(DeliveryState.DEFERRED, 1, said, NOW)),
        (rejected, Decision(DeliveryState.REJECTED, 1, said)),
    ]
    await outbox.record([], decided, NOW)
    mail = {"kind": "welcome", "created": NOW, "state": "accepted", "attempts": 1, "reason": said}
    back = {"outbox_id": rejected, "at": NOW, "source": "mail", "kind": "hard", "cause": "mailbox",
            "status": "5.1.1", "detail": said}  # fmt: skip
    async with database.begin() as connection:
        await connection.execute(sa.insert(letters).values(subscriber_id=number, changed=NOW, **mail))
        await connection.execute(sa.insert(bounces).values(key="1", subscriber_id=number, **back))
        await connection.execute(sa.insert(bounces).values(key="2", subscriber_id=None, **back))
        await connection.execute(
            sa.insert(clicks_by_reader).values(subscriber_id=number, edition_id=issues[0], place=1, at=NOW)
        )
    return number


async def test_a_record_holds_everything(subscribers, ada):
    """In the order in which it happened."""
    record = await subscribers.record(ada)
    assert record.person == await subscribers.find(ADA)
    assert [(line.event, line.source) for line in record.history] == [("subscribe", "import")]
    assert [(copy.edition, copy.state.value) for copy in record.copies] == [
        (1, "accepted"),
        (2, "deferred"),
        (3, "sending"),
        (4, "pending"),
        (5, "rejected"),
    ]
    assert [letter.kind for letter in record.letters] == ["welcome"]
    assert [bounce.status for bounce in record.bounces] == ["5.1.1"]
    assert [(click.edition, click.place, click.at) for click in record.clicks] == [(1, 1, NOW)]
    with pytest.raises(NotFound):
        await subscribers.record(99)


async def test_whoever_is_erased_is_forgotten(subscribers, database, outbox, ada):
    """Nothing of them is left but a hash and counts: what was to be sent is suppressed, what is on its way
    is not touched, and its outcome is taken without the server's words."""
    assert await subscribers.erase("ADA.Lovelace@example.org", TOMORROW, "operator") == Erased(
        known=True, cleared=True
    )
    with pytest.raises(NotFound):
        await subscribers.find(ADA)
    assert [person.email async for person in subscribers.all()] == ["bo@example.org"]
    record = await subscribers.record(ada)
    assert (record.person.email, record.person.name, record.person.wishes) == ("", "", Wishes())
    assert (record.person.tags, record.person.attributes, record.person.rhythm) == ((), {}, Rhythm())
    assert (record.person.language, record.score, record.letters, record.clicks) == ("", 0, (), ())
    assert record.person.status == SubscriberStatus.ERASED
    assert [(line.event, line.source) for line in record.history] == [("erase", "operator")]
    states = ["accepted", "suppressed", "sending", "suppressed", "rejected"]
    assert [(copy.state.value, copy.reason) for copy in record.copies] == [(state, "") for state in states]
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(bounces)) == 0
        query = sa.select(copies.c.id).where(copies.c.subscriber_id == ada, copies.c.state == "sending")
        row = await connection.scalar(query)
    assert await outbox.wanted([row]) == frozenset()
    await outbox.record([], [(row, Decision(DeliveryState.REJECTED, 1, f"550 <{ADA}>"))], TOMORROW)
    assert (await subscribers.record(ada)).copies[2].reason == ""


async def test_a_copy_on_its_way_to_somebody_erased_is_not_tried_again(subscribers, outbox, ada, database):
    """The ledger suppresses it, as of whoever leaves."""
    await subscribers.erase(ADA, TOMORROW, "operator")
    async with database.read() as connection:
        query = sa.select(copies.c.id).where(copies.c.subscriber_id == ada, copies.c.state == "sending")
        row = await connection.scalar(query)
    await outbox.record([], [(row, Decision(DeliveryState.DEFERRED, 1, f"451 <{ADA}>", NOW))], TOMORROW)
    assert (await subscribers.record(ada)).copies[2].state == DeliveryState.SUPPRESSED


in_a_file = pytest.mark.parametrize("store_url", ["sqlite:///papers.db"])
"""What is about SQLite's files. When PostgreSQL's forget what was deleted is the server's affair."""


def traces(folder) -> dict[str, set[bytes]]:
    """What of Ada stands in which file of the database."""
    words = (b"ada.lovelace", b"Lovelace-Byron", b"Quaternions", b"Londinium", b"Liked by Ada")
    found = {
        file.name: {word for word in words if word in file.read_bytes()} for file in folder.glob("papers.db*")
    }
    return {name: words for name, words in found.items() if words}


@in_a_file
async def test_the_files_of_the_database_have_forgotten_as_well(subscribers, ada, tmp_path):
    """Neither free pages nor the journal keep a copy."""
    assert traces(tmp_path)
    await subscribers.erase(ADA, TOMORROW, "operator")
    assert traces(tmp_path) == {}


@in_a_file
async def test_no_trace_is_left_where_pages_were_split(subscribers, database, tmp_path):
    """Among thousands who came in no order, before and after."""
    await subscribers.add([NewSubscriber(f"{n * 7919 % 4001:x}z{n}@example.org") for n in range(2000)], NOW)
    await subscribers.add([EVERYTHING], NOW)
    await subscribers.add([NewSubscriber(f"ada.{n * 7919 % 4001:x}@example.org") for n in range(2000)], NOW)
    await subscribers.add([replace(EVERYTHING, attributes={"long": "Londinium " * 100})], NOW)
    await subscribers.erase(ADA, TOMORROW, "operator")
    assert traces(tmp_path) == {}


@in_a_file
async def test_another_process_that_reads_holds_up_the_journal(subscribers, ada, tmp_path):
    """Which is said; erasing once more clears it."""
    from newsletter.adapters.stores.database import Database

    other = Database("sqlite:///papers.db", tmp_path)
    async with other.read() as connection:
        await connection.scalar(sa.select(rows.c.id))
        quick = Database("sqlite:///papers.db?timeout=0.1", tmp_path)
        quickly = type(subscribers)(quick, subscribers._tombstones)
        assert await quickly.erase(ADA, TOMORROW, "operator") == Erased(known=True, cleared=False)
        await quick.close()
    await other.close()
    assert await subscribers.erase(ADA, TOMORROW, "operator") == Erased(known=False, cleared=True)
    assert traces(tmp_path) == {}


async def test_no_file_brings_back_who_was_erased(subscribers, ada):
    """By any spelling of the address; who was never here can be kept away as well."""
    await subscribers.erase(ADA, NOW, "operator")
    assert await subscribers.erase("cy@example.org", NOW, "operator") == Erased(known=False, cleared=True)
    assert await subscribers.erase("cy@example.org", NOW, "operator") == Erased(known=False, cleared=True)
    people = [
        NewSubscriber("ADA.lovelace@example.org"),
        NewSubscriber("cy@example.org"),
        NewSubscriber("d@e.org"),
    ]
    result = await subscribers.add(people, NOW)
    assert (result.added, result.suppressed) == (1, 2)
    assert result.left == dict.fromkeys(
        ["ADA.lovelace@example.org", "cy@example.org"], SubscriberStatus.ERASED
    )
    assert [await subscribers.is_erased(email) for email in (ADA, "cy@example.org", "bo@example.org")] == [
        True,
        True,
        False,
    ]
    assert await subscribers.counts() == {SubscriberStatus.ACTIVE: 2, SubscriberStatus.ERASED: 2}


async def test_whoever_signs_up_again_is_somebody_new_and_can_be_erased_again(subscribers, database):
    """The old row knows nothing of the new one."""
    await subscribers.add([NewSubscriber(ADA)], NOW)
    await subscribers.erase(ADA, NOW, "operator")
    fresh = {
        **dict.fromkeys(("name", "zone"), ""),
        "email": ADA,
        "email_key": ADA,
        "topics": [],
        "status": "pending",
        "created": NOW,
        "changed": NOW,
    }
    async with database.begin() as connection:
        await connection.execute(sa.insert(rows).values(fresh))
    assert not await subscribers.is_erased(ADA)
    assert (await subscribers.add([NewSubscriber(ADA, "Ada")], NOW)).updated == 1
    assert (await subscribers.erase(ADA, NOW, "operator")).known
    assert await subscribers.is_erased(ADA)
    assert await subscribers.counts() == {SubscriberStatus.ERASED: 2}
    assert (await subscribers.add([NewSubscriber(ADA)], NOW)).suppressed == 1


async def test_a_new_secret_still_knows_who_was_erased_under_the_old_one(subscribers, database):
    """As long as the old one is given as well."""
    await subscribers.erase(ADA, NOW, "operator")
    old = subscribers._tombstones
    both = type(subscribers)(database, lambda key: (f"erased:new {key}", *old(key)))
    assert (await both.add([NewSubscriber(ADA)], NOW)).suppressed == 1
    assert await both.is_erased(ADA)
    assert await both.erase(ADA, NOW, "operator") == Erased(known=False, cleared=True)
    assert await both.counts() == {SubscriberStatus.ERASED: 1}


async def test_where_nobody_was_erased_nobody_asks_for_the_secret(database):
    """Commands that need none stay so."""
    from newsletter.adapters.stores.subscribers import SqlSubscribers

    plain = SqlSubscribers(database)
    assert (await plain.add([NewSubscriber(ADA)], NOW)).added == 1
    assert (await plain.find(ADA)).email == ADA
