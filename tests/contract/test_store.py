"""What every store promises, whatever database is behind it."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from support.samples import NOW, PEOPLE, edition, entry
from support.schemas import make_old

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.schema import metadata
from newsletter.adapters.stores.schema import outbox as rows
from newsletter.adapters.stores.slots import SqlSlots
from newsletter.core.consent import Event
from newsletter.core.delivery import MOVES, Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState as State
from newsletter.core.model import SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.core.wishes import MOST_LIKES, Like, Wishes
from newsletter.errors import AlreadyRunning, ConfigError, IllegalMove, NotFound, StoreError
from newsletter.ports import Headline

LIKE = Like("arxiv:1", "Liked", "Agents", (("tool use", 0.8), ("memory", 0.6)))


async def ids(outbox: SqlOutbox) -> list[int]:
    return [row.id for row in await outbox.due(NOW, 0, 100)]


# Entries


async def test_an_entry_comes_back_as_it_was(entries):
    """Every field, with `first_seen` as the time of adding."""
    full = entry(
        1, authors=("A", "B"), published=NOW, upvotes=3, comments=0, stars=9, code="https://github.com/a/b",
        project="https://a.org", discussion="https://b.org", search="https://c.org", categories=("cs.AI",),
        keywords=("k",), organization="O", tldr="In short.", doi="10.1145/3292500", links=("https://d.org",),
    )  # fmt: skip
    assert await entries.add([full], NOW) == 1
    assert await entries.list() == (replace(full, first_seen=NOW),)


async def test_reading_the_same_twice_adds_nothing_and_refreshes_what_changed(entries):
    """`first_seen` stays, votes are the later ones, and silence does not erase what was known."""
    await entries.add([entry(1, upvotes=3, code="https://github.com/a/b"), entry(2)], NOW)
    later = NOW + timedelta(hours=1)
    assert await entries.add([entry(1, upvotes=5), entry(3)], later) == 1
    kept = {found.id: found for found in await entries.list()}
    first = kept[entry(1).id]
    assert (first.upvotes, first.code, first.first_seen) == (5, "https://github.com/a/b", NOW)
    assert len(kept) == 3


async def test_candidates_are_what_is_young_enough_and_was_not_told(entries, editions, planned):
    """Featured entries never come back for the same newsletter; for another they are new."""
    told = await entries.candidates("papers", NOW - timedelta(days=1))
    assert [found.id for found in told] == [entry(4).id, entry(5).id]
    assert len(await entries.candidates("other", NOW)) == 5
    assert await entries.candidates("papers", NOW + timedelta(seconds=1)) == ()


# Editions


async def test_publishing_freezes_plans_and_closes_at_once(editions, outbox, database, planned):
    """One row for each active subscriber, the slot sent, the edition as it was."""
    published = await editions.get("papers", 1)
    assert published.edition == edition(1, 1, 2, 3)
    assert (published.html, published.text, published.created) == ("<p>", "text", NOW)
    assert (await outbox.accounting(planned)).counts == {State.PENDING: 5}
    [outcome] = await SqlSlots(database).outcomes("papers")
    assert (outcome.slot, outcome.outcome, outcome.edition) == (NOW, Outcome.SENT, 1)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(edition(2, 4, 5), id="same slot"),
        pytest.param(edition(1, 4, 5, slot=NOW + timedelta(days=1)), id="same number"),
        pytest.param(edition(2, 3, 4, slot=NOW + timedelta(days=1)), id="an entry told before"),
    ],
)
async def test_a_second_edition_of_the_same_leaves_no_trace(editions, outbox, entries, planned, second):
    """The database refuses, and nothing of it remains."""
    assert await editions.publish(second, "", "", "0" * 16, NOW) is None
    assert len(await editions.list("papers")) == 1
    assert (await outbox.accounting(planned)).planned == 5
    assert len(await entries.candidates("papers", NOW)) == 2


async def test_editions_are_numbered_from_one(editions, planned):
    """For each newsletter on its own."""
    assert await editions.next_number("papers") == 2
    assert await editions.next_number("other") == 1
    assert await editions.newest("other") is None
    assert (await editions.newest("papers")).edition.number == 1
    assert await editions.headlines("papers") == (Headline(1, NOW, "Edition 1"),)
    assert await editions.headlines("papers", 2, 1) == (Headline(1, NOW, "Edition 1"),)
    assert await editions.headlines("papers", 1) == await editions.headlines("papers", 2, 0) == ()
    assert await editions.list("papers", 0) == ()
    with pytest.raises(NotFound, match="no edition 7"):
        await editions.get("papers", 7)


async def test_the_topics_of_the_newest_editions(entries, editions):
    """The newest first, their sections in order, without those of what fits no topic; no more than asked."""
    await entries.add([entry(n) for n in range(1, 7)], NOW)
    for number in (1, 2, 3):
        made = edition(number, number, slot=NOW + timedelta(days=number))
        [agents] = made.sections
        rest = replace(agents, topic="The rest", entries=edition(9, number + 3).sections[0].entries)
        sections = (replace(agents, topic=f"Topic {number}"), replace(rest, catch_all=True))
        await editions.publish(replace(made, sections=sections), "", "", "0" * 16, NOW)
    assert await editions.topics("papers", 2) == (("Topic 3",), ("Topic 2",))
    assert len(await editions.topics("papers", 9)) == 3
    assert await editions.topics("other", 9) == ()


async def test_a_slot_ends_once(database):
    """Whoever is second learns so and changes nothing."""
    slots = SqlSlots(database)
    assert await slots.close("papers", SlotOutcome(NOW, Outcome.EMPTY, "no new entries"), NOW)
    assert not await slots.close("papers", SlotOutcome(NOW, Outcome.SKIPPED, "late"), NOW)
    assert await slots.outcomes("papers") == (SlotOutcome(NOW, Outcome.EMPTY, "no new entries"),)


# The outbox


async def test_due_rows_come_in_order_a_page_at_a_time(outbox, planned):
    """With the address and wishes as they were when planned."""
    first = await outbox.due(NOW, 0, 3)
    rest = await outbox.due(NOW, first[-1].id, 3)
    assert [row.email for row in (*first, *rest)] == [person.email for person in PEOPLE]
    assert first[0].wishes == Wishes(topics=("Agents",))
    assert await outbox.count_due(NOW) == 5


async def test_a_planned_copy_keeps_the_wishes_of_its_time(outbox, subscribers, planned):
    """A second attempt must have the same bytes as the first."""
    row = (await outbox.due(NOW, 0, 1))[0]
    await subscribers.add([NewSubscriber("reader0@example.org", "New Name", ("Vision",), ("x",))], NOW)
    await subscribers.like(row.subscriber_id, LIKE, NOW)
    assert (await outbox.due(NOW, 0, 1))[0] == row
    assert (row.name, row.wishes) == ("Reader 0", Wishes(topics=("Agents",)))


async def test_a_copy_is_planned_with_all_wishes(entries, editions, outbox, subscribers):
    """Every kind of them, the likes too, as they were put in."""
    wishes = Wishes(topics=("T",), keywords=("k", "l"), authors=("A B",), muted=("m",), likes=(LIKE,))
    person = NewSubscriber(
        "ada@example.org", None, wishes.topics, wishes.keywords, wishes.authors, wishes.muted
    )
    await subscribers.add([person], NOW)
    known = await subscribers.find("ada@example.org")
    await subscribers.like(known.id, LIKE, NOW)
    await entries.add([entry(1)], NOW)
    await editions.publish(edition(1, 1), "", "", "0" * 16, NOW)
    assert (await subscribers.find("ada@example.org")).wishes == wishes
    assert (await outbox.due(NOW, 0, 1))[0].wishes == wishes


async def test_beginning_a_row_counts_the_attempt_and_takes_it_off_the_line(outbox, planned):
    """A row that somebody is sending is not due."""
    row = (await ids(outbox))[0]
    assert await outbox.record([row], [], NOW) == {row}
    assert row not in await ids(outbox)
    [interrupted] = await outbox.interrupted()
    assert (interrupted.id, interrupted.attempts) == (row, 1)


async def test_a_row_cannot_be_begun_twice(outbox, planned):
    """The second answer leaves it out."""
    row = (await ids(outbox))[0]
    await outbox.record([row], [], NOW)
    assert await outbox.record([row], [], NOW) == frozenset()


async def test_an_illegal_move_changes_nothing_at_all(outbox, planned):
    """Not even the legal ones of the same commit."""
    one, two, *_ = await ids(outbox)
    await outbox.record([one], [], NOW)
    with pytest.raises(IllegalMove):
        await outbox.record([], [(one, Decision(State.ACCEPTED, 1)), (two, Decision(State.ACCEPTED, 1))], NOW)
    assert (await outbox.accounting(planned)).counts == {State.PENDING: 4, State.SENDING: 1}


async def test_the_table_decides_every_move(outbox, database, planned):
    """Each of the 64 pairs is either in the table and made, or refused and changes nothing."""
    row = (await ids(outbox))[0]
    for before, after in product(State, State):
        async with database.begin() as connection:
            await connection.execute(sa.update(rows).where(rows.c.id == row).values(state=before.value))
        move = outbox.record([], [(row, Decision(after, 1))], NOW)
        if after in MOVES[before]:
            await move
        else:
            with pytest.raises(IllegalMove, match=f"cannot go to {after}"):
                await move
        async with database.read() as connection:
            state = await connection.scalar(sa.select(rows.c.state).where(rows.c.id == row))
        assert state == (after if after in MOVES[before] else before)


async def test_a_deferred_row_is_due_at_its_time(outbox, planned):
    """And not before."""
    row = (await ids(outbox))[0]
    later = NOW + timedelta(minutes=5)
    await outbox.record([row], [], NOW)
    await outbox.record([], [(row, Decision(State.DEFERRED, 1, "451 later", later))], NOW)
    assert await outbox.next_attempt() == later
    assert row not in await ids(outbox)
    assert row in [found.id for found in await outbox.due(later, 0, 10)]
    [failure] = await outbox.failures(planned)
    assert (failure.email, failure.state, failure.reason) == ("reader0@example.org", "deferred", "451 later")


async def test_whoever_unsubscribes_gets_nothing_that_is_planned(outbox, subscribers, planned):
    """From the same commit on: the row cannot be begun any more."""
    row = (await outbox.due(NOW, 0, 1))[0]
    assert (
        await subscribers.move(row.subscriber_id, Event.UNSUBSCRIBE, NOW, "test")
        is SubscriberStatus.UNSUBSCRIBED
    )
    assert await outbox.record([row.id], [], NOW) == frozenset()
    accounting = await outbox.accounting(planned)
    assert (accounting[State.SUPPRESSED], accounting[State.PENDING], accounting.planned) == (1, 4, 5)


async def test_one_process_sends_at_a_time(outbox, database, other, planned):
    """The second is told so; when the first has ended it may."""
    async with outbox.exclusive():
        with pytest.raises(AlreadyRunning, match=re.escape(database.name)):
            async with other.exclusive():
                pass
    async with other.exclusive():
        pass


# The list


async def test_an_import_adds_refreshes_and_brings_nobody_back(subscribers):
    """Two spellings of one address are one person."""
    await subscribers.add(PEOPLE, NOW)
    gone = await subscribers.find("reader0@example.org")
    await subscribers.move(gone.id, Event.UNSUBSCRIBE, NOW, "test")
    result = await subscribers.add(
        [
            PEOPLE[0],
            PEOPLE[1],
            NewSubscriber("READER2@example.org", "Renamed", ()),
            NewSubscriber("new@example.org"),
        ],
        NOW,
    )
    assert (result.added, result.updated, result.unchanged, result.suppressed) == (1, 1, 1, 1)
    assert (await subscribers.find("Reader2@example.org")).name == "Renamed"
    assert await subscribers.counts() == {SubscriberStatus.ACTIVE: 5, SubscriberStatus.UNSUBSCRIBED: 1}


async def test_a_later_mention_changes_only_what_it_says(subscribers):
    """None leaves a wish as it is, an empty list takes it away; likes are the reader's own business."""
    await subscribers.add([NewSubscriber("a@example.org", "A", ("T",), ("k",), ("N",), ("m",))], NOW)
    person = await subscribers.find("a@example.org")
    await subscribers.like(person.id, LIKE, NOW)
    same = await subscribers.add([NewSubscriber("a@example.org", None, ("T",), ("k",))], NOW)
    changed = await subscribers.add([NewSubscriber("a@example.org", keywords=(), muted=("x", "y"))], NOW)
    assert (same.unchanged, changed.updated) == (1, 1)
    assert (await subscribers.find("a@example.org")).wishes == Wishes(
        topics=("T",), authors=("N",), muted=("x", "y"), likes=(LIKE,)
    )


async def test_a_like_is_kept_once_until_it_is_taken_back(subscribers):
    """The newest last; of very many the oldest make room; forgetting what is not there is no error."""
    await subscribers.add(PEOPLE[:1], NOW)
    person = await subscribers.find("reader0@example.org")
    many = [replace(LIKE, entry=f"paper:{n}") for n in range(MOST_LIKES)]
    for like in (LIKE, *many, many[0], many[0]):
        await subscribers.like(person.id, like, NOW)
    await subscribers.unlike(person.id, many[1].entry, NOW)
    await subscribers.unlike(person.id, LIKE.entry, NOW)
    assert (await subscribers.get(person.id)).wishes.likes == (*many[2:], many[0])
    for change in (subscribers.like(99, LIKE, NOW), subscribers.unlike(99, "x", NOW)):
        with pytest.raises(NotFound):
            await change


async def test_new_wishes_take_the_place_of_all_but_likes(outbox, subscribers, planned):
    """From the next edition on: a planned copy keeps those that it was planned with."""
    row = (await outbox.due(NOW, 0, 1))[0]
    await subscribers.like(row.subscriber_id, LIKE, NOW)
    wishes = Wishes(keywords=("k",), authors=("A B",), muted=("m",), likes=(replace(LIKE, entry="other"),))
    await subscribers.wish(row.subscriber_id, wishes, NOW)
    assert (await subscribers.get(row.subscriber_id)).wishes == replace(wishes, likes=(LIKE,))
    assert (await outbox.due(NOW, 0, 1))[0] == row
    others = [person.wishes async for person in subscribers.all() if person.id != row.subscriber_id]
    assert others == [Wishes(topics=("Agents",))] * 4
    with pytest.raises(NotFound):
        await subscribers.wish(99, wishes, NOW)


async def test_a_rhythm_and_a_language_are_settled(subscribers, planned):
    """All of it at once, of one person, for any rhythm that there is; wishes too where they are given, and
    likes stay."""
    person = await subscribers.find("reader1@example.org")
    await subscribers.like(person.id, LIKE, NOW)
    weekly = Rhythm(frequency=Frequency.WEEKLY, hour=0, zone="Asia/Tokyo", paused_until=date(2026, 12, 24))
    for rhythm in (weekly, Rhythm(weekdays=(0, 6), hour=23), Rhythm()):
        await subscribers.settle(person.id, rhythm, "de", NOW)
        found = await subscribers.get(person.id)
        assert (found.rhythm, found.language) == (rhythm, "de")
        assert found.wishes == Wishes(topics=("Agents",), likes=(LIKE,))
    wishes = Wishes(keywords=("k",))
    await subscribers.settle(person.id, weekly, "", NOW, wishes)
    found = await subscribers.get(person.id)
    assert (found.rhythm, found.language) == (weekly, "")
    assert found.wishes == replace(wishes, likes=(LIKE,))
    others = [other async for other in subscribers.all() if other.id != person.id]
    assert all((other.rhythm, other.language) == (Rhythm(), "") for other in others)
    with pytest.raises(NotFound):
        await subscribers.settle(99, weekly, "", NOW)


@pytest.mark.parametrize("event", [Event.UNSUBSCRIBE, Event.ERASE, Event.COMPLAIN])
async def test_whoever_leaves_takes_their_likes_along(
    entries, editions, outbox, subscribers, database, event
):
    """From the list and from the copies that were planned."""
    await subscribers.add(PEOPLE[:2], NOW)
    person, other = [found async for found in subscribers.all()]
    for one in (person, other):
        await subscribers.like(one.id, LIKE, NOW)
    await entries.add([entry(1)], NOW)
    await editions.publish(edition(1, 1), "", "", "0" * 16, NOW)
    await subscribers.move(person.id, event, NOW, "test")
    assert (await subscribers.get(person.id)).wishes.likes == ()
    assert (await subscribers.get(other.id)).wishes.likes == (LIKE,)
    async with database.read() as connection:
        planned = await connection.execute(sa.select(rows.c.likes).order_by(rows.c.subscriber_id))
        assert [len(likes) for likes in planned.scalars()] == [0, 1]


async def test_a_long_list_is_read_in_pages(subscribers):
    """Everybody once, in the order of their addresses."""
    await subscribers.add([NewSubscriber(f"r{n:05}@example.org") for n in range(2500)], NOW)
    emails = [person.email async for person in subscribers.all()]
    assert emails == sorted(set(emails))
    assert len(emails) == 2500
    assert [person async for person in subscribers.all(SubscriberStatus.BOUNCED)] == []


async def test_somebody_unknown_is_not_found(subscribers):
    """By number and by address."""
    with pytest.raises(NotFound, match=r"x@example\.org is not on the list"):
        await subscribers.find("x@example.org")
    with pytest.raises(NotFound):
        await subscribers.move(1, Event.UNSUBSCRIBE, NOW, "test")


# The database itself


async def test_the_migrations_lead_to_the_schema(database):
    """No difference between what the migrations make and what the code expects."""

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await database.ask(differences) == []


async def test_slots_of_an_older_version_keep_their_dates(tmp_path: Path):
    """One of each date is that of the schedule: what has seconds, or was for some, was made by hand."""
    aside = "an extra edition for a part of the readers"
    old = [("11T06:00:12", ""), ("11T07:30:00", ""), ("11T09:00:00", ""), ("12T07:00:00", aside)]
    slots = [
        {
            "newsletter": "papers",
            "slot": f"2026-03-{slot}+01:00",
            "outcome": "sent",
            "reason": reason,
            "edition": 1,
            "closed": "2026-03-12",
        }
        for slot, reason in [*old, ("12T07:30:00", "")]
    ]
    make_old(tmp_path / "papers.db", "0007", {"slots": slots})
    newer = Database("sqlite:///papers.db", tmp_path)
    outcomes = await SqlSlots(newer).outcomes("papers")
    regular = [f"{outcome.slot:%d %H:%M}" for outcome in outcomes if not outcome.extra]
    assert (len(outcomes), regular) == (5, ["12 07:30", "11 07:30"])
    await newer.close()


async def test_a_database_of_a_newer_version_is_refused(database, other):
    """Rather than guessed at."""
    async with database.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*newer version"):
        await SqlEntries(other).list()


async def test_a_damaged_database_is_refused_with_the_restore_step(tmp_path: Path):
    """Nothing is sent from it."""
    (tmp_path / "papers.db").write_bytes(b"this is no database, however long it is" * 100)
    database = Database("sqlite:///papers.db", tmp_path)
    with pytest.raises(StoreError, match=r"papers\.db: .*backup"):
        await SqlEntries(database).list()
    await database.close()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "papers.db"])
def test_a_store_that_keeps_nothing_or_is_not_known_is_refused(tmp_path: Path, url: str):
    """The key is named, with an example."""
    with pytest.raises(ConfigError, match=r"\[store\] url: .*sqlite:///newsletter\.db"):
        Database(url, tmp_path)
