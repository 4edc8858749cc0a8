"""A database of any earlier version is brought to this one's schema, whole or not at all."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.commands import newsletter, only_object
from support.faults import run
from support.newsroom import newsroom, publish, write_config
from support.samples import NOW
from support.schemas import EARLIER, make_old, read_rows, shape
from support.smtp import scripted_server

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import REVISION
from newsletter.bootstrap import open_app

READERS = 3


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Of a newsletter with an edition that waits to be sent, and one in every other table."""
    folder = tmp_path_factory.mktemp("newsroom")

    async def furnish() -> None:
        async with newsroom(folder, readers=READERS) as app:
            await publish(app)

    asyncio.run(furnish())
    return read_rows(folder / "newsletter.db", made_up=True)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database of this version."""
    folder = tmp_path_factory.mktemp("fresh")
    asyncio.run(_open(folder))
    return folder / "newsletter.db"


async def _open(folder: Path) -> None:
    database = Database("sqlite:///newsletter.db", folder)
    await database.ask(lambda connection: None)
    await database.close()


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


def test_there_is_every_earlier_schema() -> None:
    """Of which the first has rows in its tables already."""
    assert EARLIER[0] == "0001"
    assert len(EARLIER) == int(REVISION) - 1


@pytest.mark.parametrize("earlier", EARLIER)
async def test_an_upgrade_ends_with_the_schema_of_a_new_database(earlier, rows, fresh, tmp_path):
    """Columns, keys, references and indexes; every row is there as it was, and what was there is kept."""
    path = tmp_path / "newsletter.db"
    make_old(path, earlier, rows)
    before = read_rows(path)
    assert all(before[table] for table in before)
    await _open(tmp_path)
    assert revision(path) == REVISION
    assert shape(path) == shape(fresh)
    after = read_rows(path)
    for table in before:
        kept = [{column: row[column] for column in before[table][0]} for row in after[table]]
        assert all(row in kept for row in before[table]), table
    kept_copy = tmp_path / f"newsletter.db.before-{REVISION}"
    assert revision(kept_copy) == earlier
    assert read_rows(kept_copy) == before
    assert kept_copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("earlier", EARLIER)
async def test_the_program_works_on_what_was_upgraded(earlier, rows, tmp_path):
    """It knows who is on the list and what became of each slot, and sends what was pending."""
    make_old(tmp_path / "newsletter.db", earlier, rows)
    async with scripted_server() as server, open_app(write_config(tmp_path, server.port), NOW) as app:
        assert (await app.subscribers.counts())["active"] == READERS
        (slot,) = await app.slots.outcomes(app.newsletter.id)
        assert slot.edition == 1
        published = await app.editions.newest(app.newsletter.id)
        assert published is not None
        assert (await app.outbox.accounting(published.id)).planned >= READERS
        await (await app.delivery()).run()
        assert {f"reader{number}@example.org" for number in range(READERS)} <= set(server.accepted)


async def test_a_database_of_this_version_is_not_copied(tmp_path):
    """Nothing is there before the first start, and nothing is upgraded at the second."""
    await _open(tmp_path)
    await _open(tmp_path)
    assert list(tmp_path.glob("*.before-*")) == []


async def test_two_that_start_at_once_upgrade_it_once(rows, tmp_path):
    """The second finds it done, and does not put it in the place of the copy from before."""
    make_old(tmp_path / "newsletter.db", EARLIER[0], rows)
    await asyncio.gather(*(_open(tmp_path) for _ in range(3)))
    assert revision(tmp_path / "newsletter.db") == REVISION
    assert revision(tmp_path / f"newsletter.db.before-{REVISION}") == EARLIER[0]


# Killed in the middle

KILL = """
import os
from newsletter.adapters.stores import opening

real = opening._set_pragmas
left = {count}

def set_pragmas(connection, record):
    real(connection, record)

    def count(statement):
        global left
        word = statement.split()[0].upper()
        left -= word in ("CREATE", "ALTER", "UPDATE", "INSERT")
        if left < 0 or word == "COMMIT":
            os.kill(os.getpid(), {signal})

    connection.set_trace_callback(count)

opening._set_pragmas = set_pragmas
"""
"""Dies when it has begun so many changes, or at the commit."""


@pytest.fixture
def old(rows: dict[str, list[dict[str, Any]]], tmp_path: Path) -> Path:
    """A newsletter in its folder, of the first version."""
    make_old(tmp_path / "newsletter.db", EARLIER[0], rows)
    write_config(tmp_path)
    return tmp_path


@pytest.mark.parametrize("changes", [0, 20, 10_000])
def test_killed_in_an_upgrade_it_leaves_the_old_schema(old: Path, changes: int) -> None:
    """At the first change, after some, and before the commit; the next start upgrades it."""
    path = old / "newsletter.db"
    before, rows = shape(path), read_rows(path)
    sabotage = KILL.format(count=changes, signal=int(signal.SIGKILL))
    with run(old, "status", sabotage=sabotage) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (revision(path), shape(path), read_rows(path)) == (EARLIER[0], before, rows)
    said = newsletter("status", "--json", cwd=old)
    assert only_object(said.stdout)["subscribers"]["active"] == READERS
    assert f"newsletter.db.before-{REVISION}" in said.stderr
    assert revision(path) == REVISION


def test_without_room_for_the_copy_nothing_is_upgraded(old: Path) -> None:
    """It says so, and the old version still works on what is there."""
    (old / f"newsletter.db.before-{REVISION}").mkdir()
    said = newsletter("status", cwd=old, code=1).stderr
    assert f"newsletter.db.before-{REVISION}: cannot be written" in said
    assert revision(old / "newsletter.db") == EARLIER[0]
    assert list(old.glob(".newsletter*")) == []
