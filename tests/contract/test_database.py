"""The thread with the one connection: transactions are whole, whatever happens to who asked for them."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from support.samples import NOW, PEOPLE

from newsletter.adapters.stores import ledger, outbox, pauses
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.prepared import Prepared
from newsletter.adapters.stores.schema import outbox as rows
from newsletter.adapters.stores.schema import subscribers as people
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.errors import ConfigError, StoreError

LATE = {
    "sqlite": ["PRAGMA defer_foreign_keys = ON"],
    "postgresql": [
        f"ALTER TABLE outbox ALTER CONSTRAINT fk_outbox_{column} DEFERRABLE INITIALLY DEFERRED"
        for column in ("edition_id", "subscriber_id")
    ],
}
"""How references are checked at the commit only."""


@contextmanager
def writing(store_url: str, folder: Path) -> Iterator[None]:
    """Another process is in the middle of a transaction that writes."""
    with ExitStack() as stack:
        if store_url.startswith("sqlite"):
            file = sqlite3.connect(folder / "papers.db", isolation_level=None)
            stack.enter_context(closing(file)).execute("BEGIN IMMEDIATE")
        else:
            server = stack.enter_context(psycopg.connect(store_url))
            server.execute("SELECT pg_advisory_xact_lock(%s, 1)", (0x6E6C,))
        yield


def rename(connection: sa.Connection, name: str) -> None:
    connection.execute(sa.update(people).values(name=name))


def names(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(people.c.name)))


@pytest.fixture
async def listed(database, subscribers) -> Database:
    """A database with somebody in it."""
    await subscribers.add(PEOPLE[:1], NOW)
    return database


async def test_a_whole_function_is_a_transaction(listed):
    """Committed where it answers, rolled back where it raises."""

    def fail(connection: sa.Connection) -> None:
        rename(connection, "never")
        raise ZeroDivisionError

    await listed.write(rename, "Ada")
    with pytest.raises(ZeroDivisionError):
        await listed.write(fail)
    assert await listed.ask(names) == {"Ada"}


@pytest.mark.parametrize("during", ["a whole function", "a statement", "the time between two"])
async def test_who_is_cancelled_leaves_nothing_half_done(listed, during):
    """It is rolled back, and the next one finds the connection as it should be."""
    inside, go_on = threading.Event(), threading.Event()

    def held(connection: sa.Connection) -> None:
        rename(connection, "never")
        inside.set()
        assert go_on.wait(10)

    async def work() -> None:
        if during == "a whole function":
            await listed.write(held)
            return
        async with listed.begin() as connection:
            await connection.execute(sa.update(people).values(name="never"))
            if during == "a statement":
                await listed._thread.run(held)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    while not inside.is_set():
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await listed.ask(names) == {"Reader 0"}
    await listed.write(rename, "Ada")
    assert await listed.ask(names) == {"Ada"}


async def test_transactions_take_turns(listed):
    """Nobody's statements come between another's, and everybody's are made."""

    async def append(letter: str) -> None:
        async with listed.begin() as connection:
            name = await connection.scalar(sa.select(people.c.name))
            await asyncio.sleep(0)
            await connection.execute(sa.update(people).values(name=name + letter))

    await listed.write(rename, "")
    await asyncio.gather(*map(append, "abcdefgh"))
    (name,) = await listed.ask(names)
    assert sorted(name) == list("abcdefgh")


async def test_a_database_that_is_locked_for_too_long_says_so(store_url: str, tmp_path: Path, listed):
    """After the time that the address says; once it is free, the same connection works."""
    impatient = Database(f"{store_url}?timeout=0.2", tmp_path)
    assert await impatient.ask(names) == {"Reader 0"}
    with writing(store_url, tmp_path):
        for again in (impatient.write(rename, "never"), SqlSubscribers(impatient).add(PEOPLE, NOW)):
            said = rf"^{re.escape(impatient.name)}: .*has been writing for 0\.2 s; try again"
            with pytest.raises(StoreError, match=said):
                await again
        assert await impatient.ask(names) == {"Reader 0"}
    await impatient.write(rename, "Ada")
    assert await impatient.ask(names) == {"Ada"}
    await impatient.close()


async def test_a_commit_that_fails_is_rolled_back(listed):
    """A constraint that is checked at the commit only, as a stand-in for a full disk: the connection is
    free afterwards."""

    def orphan(connection: sa.Connection) -> None:
        for statement in LATE[listed.kind]:
            connection.exec_driver_sql(statement)
        values = {"edition_id": 9, "subscriber_id": 9, "email": "", "name": "", "topics": []}
        values |= {"state": "pending", "attempts": 0, "reason": "", "changed": NOW}
        connection.execute(sa.insert(rows).values(values))

    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        await listed.write(orphan)
    await listed.write(rename, "Ada")
    assert await listed.ask(names) == {"Ada"}


async def test_a_closed_database_opens_again(listed):
    """Closing twice does no harm."""
    await listed.close()
    await listed.close()
    assert await listed.ask(names) == {"Reader 0"}


async def test_reading_does_not_wait_for_who_writes(store_url: str, tmp_path: Path, listed):
    """Not even at the first use: a database that needs no migration is not locked."""
    with writing(store_url, tmp_path):
        reader = Database(f"{store_url}?timeout=0.2", tmp_path)
        assert await reader.ask(names) == {"Reader 0"}
        await reader.close()


@pytest.mark.parametrize("timeout", ["x", "-1", "nan", "0"])
def test_a_time_to_wait_that_is_none_is_refused(tmp_path: Path, timeout: str):
    """With an example of the address."""
    with pytest.raises(ConfigError, match=r"\[store\] url"):
        Database(f"sqlite:///papers.db?timeout={timeout}", tmp_path)


# How SQLite goes about it


def prepared() -> dict[str, Prepared]:
    """The statements of the hot path."""
    found = {
        f"{module.__name__}.{name}": value
        for module in (ledger, outbox, pauses)
        for name, value in vars(module).items()
    }
    found |= {f"_DECIDE[{state}]": value for state, value in ledger._DECIDE.items()}
    return {name: value for name, value in found.items() if isinstance(value, Prepared)}


in_a_file = pytest.mark.parametrize("store_url", ["sqlite:///papers.db"])


@in_a_file
@pytest.mark.parametrize("name", sorted(prepared()))
async def test_no_hot_statement_reads_finished_rows(database, name):
    """Outbox rows are looked up by their id, or in the index of those that are open."""

    sql = str(prepared()[name]._statement.compile(dialect=sqlite.dialect()))
    assert await reads_of_outbox(database, sql) <= {"by id", "open rows"}


@in_a_file
async def test_the_check_of_plans_notices_a_scan(database):
    """Of all rows, or of all of an edition."""
    every = "SELECT count(*) FROM outbox WHERE state = 'accepted'"
    for sql, sign in ((every, "SCAN outbox"), (f"{every} AND edition_id = ?", "autoindex")):
        (read,) = await reads_of_outbox(database, sql)
        assert sign in read


async def reads_of_outbox(database: Database, sql: str) -> set[str]:
    """How SQLite would come by the rows of the outbox."""

    def plan(connection: sa.Connection) -> list[str]:
        asked = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
        return [step for *_, step in asked if "outbox" in step]

    good = {"INTEGER PRIMARY KEY (rowid=?)": "by id", "INDEX ix_outbox_open": "open rows"}
    steps = await database.ask(plan)
    assert steps
    return {next((kind for sign, kind in good.items() if sign in step), step) for step in steps}


@in_a_file
async def test_times_are_stored_alike_by_every_way(database, outbox, planned):
    """Or they could not be compared."""

    def lengths(connection: sa.Connection) -> set[int]:
        return set(connection.scalars(sa.text("SELECT length(changed) FROM outbox")))

    before = await database.ask(lengths)
    await outbox.record([row.id for row in await outbox.due(NOW, 0, 2)], [], NOW)
    assert await database.ask(lengths) == before
