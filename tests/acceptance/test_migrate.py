"""`newsletter migrate`: from a SQLite file to PostgreSQL, all of it or nothing."""

import asyncio
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from support.commands import Mailbox, ready, started
from support.history import live
from support.newsroom import newsroom
from support.room import DUE, READERS, Room, furnish
from support.samples import NOW

from newsletter.adapters.stores.schema import metadata

pytestmark = pytest.mark.timeout(120)


def go_over(room: Room, store: str) -> None:
    """The configuration names the other database from now on."""
    config = room.folder / "newsletter.toml"
    config.write_text(config.read_text() + f'\n[store]\nurl = "{store}"\n')


def counts(store: str) -> dict[str, int]:
    with psycopg.connect(store) as connection:
        return {
            table.name: connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # type: ignore[index] # noqa: S608
            for table in metadata.sorted_tables
        }


def test_what_is_half_sent_goes_on(room: Room, inbox: Mailbox, store: str) -> None:
    """Nobody gets it twice, nobody is lost, and the next edition has the next number."""
    room.configure("connections = 4", 'connections = 4\nwarmup = { started = "2026-03-11", first_day = 2 }')
    room.do("run")
    assert inbox.count == 2
    go_over(room, store)
    moved = room.do("migrate", "newsletter.db")
    rows = {table["name"]: table["rows"] for table in moved["tables"]}
    assert rows["subscribers"] == rows["outbox"] == 3
    assert not (room.folder / "newsletter.db").exists()
    assert Path(moved["kept"]).name == "newsletter.db.moved"
    room.do("send", now="2026-03-12T07:00:00+00:00")
    assert inbox.recipients == sorted(READERS)
    room.write_page('{"title": "A new paper"}')
    ran = room.do("run", now="2026-03-12T07:30:00+00:00")
    assert ran["edition"]["number"] == 2
    assert ran["outbox"]["planned"] == 3


def test_a_long_history_is_the_same_by_count_and_hash(tmp_path: Path, store: str) -> None:
    """Every table; the lines are for people."""

    async def furnish_history() -> None:
        async with newsroom(tmp_path, readers=0) as app:
            await live(app, NOW, readers=60)

    asyncio.run(furnish_history())
    room = Room(tmp_path)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as before:
        rows = {
            table.name: before.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608
            for table in metadata.sorted_tables
        }
    go_over(room, store)
    said, _ = room.say("migrate", "newsletter.db")
    assert "the same by count and hash" in said
    assert counts(store) == rows
    assert sum(rows.values()) > 1000


def test_what_cannot_be_moved_stays(room: Room, store: str, inbox: Mailbox) -> None:
    """No such file, a database that has something in it, a scheduler that is at work, and SQLite as the
    target: each says what to do."""
    room.do("run")
    assert "PostgreSQL" in room.say("migrate", "newsletter.db", code=1)[1]
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        ready(process)
        time.sleep(2)
        own = (room.folder / "newsletter.toml").read_text()
        go_over(room, store)
        assert "newsletter serve" in room.say("migrate", "newsletter.db", code=1)[1]
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert "no such file" in room.say("migrate", "news.db", code=1)[1]
    room.do("subscribers", "add", "dora@example.org")
    assert "not empty" in room.say("migrate", "newsletter.db", code=1)[1]
    (room.folder / "newsletter.toml").write_text(own)
    assert room.slots() == [("2026-03-11", "sent")]


def test_who_is_killed_at_the_very_end_only_renames(room: Room, inbox: Mailbox, store: str) -> None:
    """All of it is in PostgreSQL, and the file has its name still: the next one sees that it is the same.
    Where anything has happened there since, it is another."""
    room.do("run")
    go_over(room, store)
    first = room.do("migrate", "newsletter.db")
    file = room.folder / "newsletter.db"
    kept = room.folder / first["kept"]
    kept.rename(file)
    assert room.do("migrate", "newsletter.db") == first
    assert not file.exists()
    kept.rename(file)
    room.do("subscribers", "remove", READERS[0])
    _, said = room.say("migrate", "newsletter.db", code=1)
    assert "is not empty" in said
    assert file.exists()


def test_who_is_killed_has_moved_nothing(tmp_path: Path, store: str) -> None:
    """And starts again."""
    room = furnish(tmp_path)
    people = "\n".join(f"reader{n}@example.org" for n in range(30_000))
    (tmp_path / "many.csv").write_text(f"email\n{people}\n")
    room.do("subscribers", "import", "many.csv")
    go_over(room, store)
    for _ in range(3):
        with started("migrate", "newsletter.db", "--now", DUE, cwd=room.folder) as process:
            time.sleep(random.uniform(1.0, 2.0))
            process.kill()
        if not (tmp_path / "newsletter.db").exists():  # it was quicker than that
            return
        assert set(counts(store).values()) <= {0, 1, 30_003, 30_006}
        if counts(store)["subscribers"]:  # killed between the commit and the new name of the file
            return
    room.do("migrate", "newsletter.db")
    assert counts(store)["subscribers"] == 30_003
