"""How things stand, as the store tells it: the same as counting the rows one by one, from indexes alone."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from support.samples import NOW, edition

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.insight import SqlInsight
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.schema import bounces, drafts, pulses
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState as State
from newsletter.ports.insight import BounceDay, ListDay, Minute, Pulse, Timeline

MINUTE = timedelta(minutes=1)
FULL = "452 4.2.2 <reader1@example.org> mailbox full"


@pytest.fixture
async def insight(database: Database) -> AsyncIterator[SqlInsight]:
    insight = SqlInsight(database.again())
    yield insight
    await insight.close()


async def send(outbox: SqlOutbox, decisions: list[Decision], now=NOW) -> None:
    """Begin as many rows as there are decisions, and decide them."""
    rows = [copy.id for copy in await outbox.due(now, 0, len(decisions))]
    await outbox.record(rows, [], now)
    await outbox.record([], list(zip(rows, decisions, strict=True)), now)


@pytest.fixture
async def mixed(outbox: SqlOutbox, planned: int) -> int:
    """Of five rows two are accepted, in different minutes; one is rejected, one deferred, one pending."""
    await send(outbox, [Decision(State.ACCEPTED, 1, "250 ok")])
    rejected = Decision(State.REJECTED, 1, "550 5.1.1 <reader2@example.org> no such user")
    deferred = Decision(State.DEFERRED, 1, FULL, NOW + timedelta(hours=1))
    await send(outbox, [Decision(State.ACCEPTED, 1, "250 ok"), rejected, deferred], NOW + 2 * MINUTE)
    return planned


async def test_editions_are_told_with_their_accounting(insight, outbox, mixed):
    """The same as counting every row."""
    [found] = await insight.editions(["papers"])
    assert (found.id, found.name, found.subject, found.paused) == (mixed, "1", "Edition 1", None)
    assert found.accounting == await outbox.accounting(mixed)
    assert found.accounting.planned == 5


async def test_the_newest_editions_of_the_asked_series_come_first(insight, editions, planned):
    """And no more of them than are wanted."""
    await editions.publish(
        edition(2, 4, slot=NOW + timedelta(days=1)), "<p>", "text", "0" * 16, NOW + timedelta(days=1)
    )
    assert [found.number for found in await insight.editions(["papers", "papers/weekly"])] == [2, 1]
    assert [found.number for found in await insight.editions(["papers"], newest=1)] == [2]
    assert await insight.editions(["papers/weekly"]) == ()


@pytest.mark.parametrize("state", sorted({*State} - {State.PENDING, State.SENDING}))
async def test_every_state_is_accounted_for(insight, outbox, planned, state):
    """As the ledger counts it; and while rows are on their way, too."""
    decided = Decision(state, 1, "a reason", NOW + MINUTE if state is State.DEFERRED else None)
    await send(outbox, [decided, decided])
    await outbox.record([(await outbox.due(NOW, 0, 1))[0].id], [], NOW)
    [found] = await insight.editions(["papers"])
    assert found.accounting == await outbox.accounting(planned)
    assert found.accounting[state] == 2
    assert found.accounting[State.SENDING] == 1


async def test_what_is_under_way_is_told_by_what_it_waits_for(insight, outbox, mixed):
    """Deferred rows with the time of the next attempt."""
    [flight] = await insight.in_flight(NOW + 3 * MINUTE)
    assert (flight.name, flight.planned, flight.open) == ("1", 5, 2)
    assert (flight.due, flight.waiting, flight.deferred, flight.sending) == (1, 0, 1, 0)
    assert flight.next_attempt == NOW + timedelta(hours=1)


async def test_a_paused_edition_is_under_way_too(insight, outbox, mixed):
    """With the reason for the pause."""
    await outbox.pause(mixed, "a person said so")
    [flight] = await insight.in_flight(NOW)
    assert flight.paused == "a person said so"


async def test_nothing_is_under_way_when_all_is_accepted(insight, outbox, planned):
    """Nor has anything failed."""
    await send(outbox, [Decision(State.ACCEPTED, 1, "250 ok")] * 5)
    assert await insight.in_flight(NOW) == ()
    assert (await insight.failures([planned])).groups == ()


async def test_failures_are_grouped_by_their_reason_and_by_domain(insight, mixed):
    """Without anybody's address."""
    failures = await insight.failures([mixed])
    assert [(g.failure.code, g.failure.label, g.state, g.copies) for g in failures.groups] == [
        ("4.2.2", "the mailbox is full", State.DEFERRED, 1),
        ("5.1.1", "no such mailbox", State.REJECTED, 1),
    ]
    [domain] = failures.domains
    assert (domain.domain, domain.copies) == ("example.org", 2)
    assert failures.complete
    assert failures.copies == 2
    assert "reader" not in repr(failures)


async def test_who_has_left_is_no_failure(insight, subscribers, outbox, planned):
    """Their copy was not wanted."""
    person = await subscribers.find("reader1@example.org")
    await subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "page")
    assert (await insight.failures([planned])).groups == ()


async def test_failures_of_no_edition_are_none(insight, mixed):
    """Nor those of one that is not there."""
    assert (await insight.failures([])).groups == ()
    assert (await insight.failures([mixed + 1])).groups == ()


async def test_accepted_copies_are_counted_by_the_minute(insight, mixed):
    """From the first instant up to the second, and only the accepted."""
    found = await insight.accepted(NOW, NOW + timedelta(hours=1))
    assert found == (Minute(NOW, 1), Minute(NOW + 2 * MINUTE, 1))
    assert await insight.accepted(NOW, NOW + 2 * MINUTE) == (Minute(NOW, 1),)


async def test_an_edition_has_a_first_and_a_last_copy(insight, mixed):
    """And a minute in which most were taken."""
    assert await insight.timeline(mixed) == Timeline(NOW, NOW + 2 * MINUTE, accepted=2, busiest=1)
    assert await insight.timeline(mixed + 1) == Timeline(None, None, 0, 0)


async def test_the_list_is_told_by_the_day(insight, subscribers, planned):
    """Who came by an import, and who left for whatever reason."""
    later = NOW + timedelta(days=1)
    first, second, third = [await subscribers.find(f"reader{n}@example.org") for n in range(3)]
    await subscribers.move(first.id, Event.UNSUBSCRIBE, NOW, "page")
    await subscribers.move(second.id, Event.BOUNCE, later, "bounce")
    await subscribers.move(third.id, Event.COMPLAIN, later, "complaint")
    days = (ListDay(NOW.date(), 5, 1), ListDay(later.date(), 0, 2))
    assert await insight.list_days(NOW - timedelta(days=30)) == days
    assert await insight.list_days(later) == days[1:]


async def test_what_came_back_is_told_by_day_and_kind(insight, database, planned):
    """The oldest first."""
    rows = [
        {"key": str(n), "at": NOW, "source": "bounce", "kind": kind, "cause": "", "status": "", "detail": ""}
        for n, kind in enumerate(["hard", "soft", "soft"])
    ]
    async with database.begin() as connection:
        await connection.execute(sa.insert(bounces), rows)
    day = date(2026, 3, 11)
    assert await insight.bounce_days(NOW) == (BounceDay(day, "hard", 1), BounceDay(day, "soft", 2))
    assert await insight.bounce_days(NOW + MINUTE) == ()


async def test_editions_that_wait_for_a_word_are_told(insight, database):
    """With the time until which they do, of the asked series alone."""
    row = {"slot": NOW.isoformat(), "content": {}, "version": 1, "created": NOW, "deadline": NOW + MINUTE}
    rows = [{**row, "newsletter": name, "number": 3} for name in ("papers", "others", "papers/weekly")]
    async with database.begin() as connection:
        await connection.execute(sa.insert(drafts), rows)
    found = await insight.drafts(["papers", "papers/weekly"])
    assert {(draft.name, draft.slot, draft.deadline) for draft in found} == {
        ("3", NOW, NOW + MINUTE),
        ("w3", NOW, NOW + MINUTE),
    }


async def test_signs_of_life_are_told_by_name(insight, database):
    """Each with its last time."""
    async with database.begin() as connection:
        await connection.execute(sa.insert(pulses).values(name="scheduler", at=NOW))
    assert await insight.pulses() == (Pulse("scheduler", NOW),)


async def test_an_empty_store_has_nothing_to_tell(insight):
    """And that is no error."""
    assert await insight.editions(["papers"]) == ()
    assert await insight.in_flight(NOW) == ()
    assert await insight.accepted(NOW, NOW) == ()
    assert await insight.list_days(NOW) == ()
    assert await insight.pulses() == ()


async def test_looking_waits_for_no_writer_and_no_writer_waits_for_it(database, insight, mixed):
    """It has a connection of its own."""
    async with database.begin() as connection:
        await connection.execute(sa.insert(pulses).values(name="scheduler", at=NOW))
        assert len(await insight.editions(["papers"])) == 1
        assert await insight.pulses() == ()


@pytest.mark.parametrize("store_url", ["sqlite:///papers.db"])
async def test_no_question_scans_the_outbox(insight, database, mixed):
    """Each is answered from an index, however many rows there are."""
    asked: list[str] = []

    def remember(connection, cursor, statement, parameters, context, executemany):
        asked.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", remember)
    try:
        await insight.editions(["papers"])
        await insight.in_flight(NOW)
        await insight.failures([mixed])
        await insight.accepted(NOW, NOW + MINUTE)
        await insight.timeline(mixed)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", remember)
    of_outbox = [statement for statement in asked if "FROM outbox" in statement]
    plans = [step for statement in of_outbox for step in await database.ask(_plan, statement)]
    assert len(of_outbox) >= 8
    assert {step for step in plans if step.startswith(("SCAN outbox", "SEARCH outbox"))} == {
        step for step in plans if "outbox" in step and "INDEX" in step
    }
    assert any("ix_outbox_failed" in step for step in plans)
    assert any("COVERING INDEX ix_outbox_attempted" in step for step in plans)


def _plan(connection: sa.Connection, statement: str) -> list[str]:
    marks = (None,) * statement.count("?")
    return [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", marks)]
