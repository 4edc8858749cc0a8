"""backup and restore: nothing that was kept is lost, and nothing is sent twice."""

import asyncio
import os
import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from support.commands import Mailbox, answer, database, finish, newsletter, ready, started
from support.faults import SEND, Office, run, wait_until
from support.newsroom import newsroom, publish
from support.room import DUE, READERS, Room

from newsletter.adapters.stores.backups import Backups
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import REVISION

pytestmark = pytest.mark.sqlite  # a server has its own ways to be backed up

COPIES = 200


@pytest.fixture
async def office(tmp_path: Path, inbox: Mailbox) -> Office:
    """An edition for 200 readers, published and not sent."""
    inbox.empty()
    async with newsroom(tmp_path, port=inbox.port, connections=2, readers=COPIES) as app:
        await publish(app)
    return Office(tmp_path, inbox, COPIES)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


# Making one


def test_a_backup_is_one_checked_file_for_its_owner_only(room: Room) -> None:
    """With everything in it, and no journal beside it."""
    said = room.do("backup", "kept.db")
    file = room.folder / "kept.db"
    assert said == {
        "backup": "kept.db",
        "bytes": file.stat().st_size,
        "revision": REVISION,
        "removed": [],
    }
    assert file.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(file)) as copy, database(room.folder) as original:
        assert list(copy.iterdump()) == list(original.iterdump())
    assert {name for name in names(room.folder) if "kept" in name} == {"kept.db"}


def test_no_file_is_overwritten_unless_somebody_says_so(room: Room) -> None:
    """Not even by a backup, and never the database itself."""
    (room.folder / "kept.db").write_text("mine")
    _, problems = room.say("backup", "kept.db", code=1)
    assert "kept.db exists already" in problems
    assert (room.folder / "kept.db").read_text() == "mine"
    said, _ = room.say("backup", "kept.db", "--force")
    assert "Keep newsletter.toml and the keys with it, newsletter.secret above all" in said
    assert (room.folder / "kept.db").read_bytes().startswith(b"SQLite format 3")
    _, problems = room.say("backup", "newsletter.db", "--force", code=1)
    assert "is the database itself" in problems


def test_in_a_folder_the_newest_are_kept(room: Room) -> None:
    """By their dates; nobody else's files are touched."""
    kept = room.folder / "backups"
    kept.mkdir()
    for name in ("newsletter.db", "newsletter-2020.db", "other-20200101T000000Z.db"):
        (kept / name).write_text("mine")
    theirs = names(kept)
    for day in range(10, 13):
        said = room.do("backup", "backups", "--keep", 2, now=f"2026-03-{day}T07:30:00+01:00")
    assert said["backup"] == "backups/newsletter-20260312T063000Z.db"
    assert said["removed"] == ["backups/newsletter-20260310T063000Z.db"]
    assert names(kept) - theirs == {"newsletter-20260311T063000Z.db", "newsletter-20260312T063000Z.db"}
    assert theirs <= names(kept)
    assert "--keep is for a folder" in room.say("backup", "kept.db", "--keep", 2, code=2)[1]


def test_a_database_that_is_not_there_is_not_made(room: Room) -> None:
    """There is nothing to back up."""
    (room.folder / "newsletter.db").unlink()
    _, problems = room.say("backup", "kept.db", code=1)
    assert "there is nothing to back up yet" in problems
    assert not {"kept.db", "newsletter.db"} & names(room.folder)


def test_a_damaged_database_makes_no_backup(office: Office) -> None:
    """The backup that was there is not replaced by it."""
    file = office.folder / "newsletter.db"
    answer("backup", "kept.db", cwd=office.folder)
    good = (office.folder / "kept.db").read_bytes()
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(b"\xff" * 40_000)
    ended = newsletter("backup", "kept.db", "--force", cwd=office.folder, code=1)
    assert "damaged" in ended.stderr
    assert (office.folder / "kept.db").read_bytes() == good
    assert not [name for name in names(office.folder) if name.startswith(".")]


def test_a_full_disk_leaves_no_half_backup(office: Office) -> None:
    """It says so."""
    ended = office.run("backup", "kept.db", largest_file=100_000)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "kept.db: cannot be" in ended.stderr
    assert not [name for name in names(office.folder) if "kept" in name]


def test_it_is_made_while_a_send_is_running(office: Office) -> None:
    """Of one moment: the ledger adds up, and the send goes on to its end."""
    with run(office.folder, *SEND) as process:
        assert wait_until(lambda: office.inbox.count >= 10, process)
        backups = Backups(Database("sqlite:///newsletter.db", office.folder))
        asyncio.run(backups.make(office.folder / "kept.db", lambda done, total: None))
        assert finish(process, 60).returncode == 0
    with closing(sqlite3.connect(office.folder / "kept.db")) as copy:
        states = Counter(state for (state,) in copy.execute("SELECT state FROM outbox"))
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert states.total() == COPIES
    assert 0 < states["accepted"] < COPIES
    assert len({message.recipient for message in office.inbox.received}) == COPIES


# Putting one back


def test_what_was_pending_is_held_until_a_person_says_so(office: Office) -> None:
    """The command names the edition and how to go on; the database that was there is kept."""
    answer("backup", "kept.db", cwd=office.folder)
    answer(*SEND, cwd=office.folder)
    office.inbox.empty()
    said = answer("restore", "kept.db", "--now", DUE, cwd=office.folder)
    assert said["held"] == ["1"]
    with closing(sqlite3.connect(office.folder / said["kept"])) as before:
        assert before.execute("SELECT DISTINCT state FROM outbox").fetchall() == [("accepted",)]
    answer(*SEND, cwd=office.folder)
    assert office.inbox.count == 0
    answer("editions", "resume", 1, cwd=office.folder)
    assert answer(*SEND, cwd=office.folder)["outbox"]["accepted"] == COPIES


def test_on_another_machine_it_is_held_too(office: Office) -> None:
    """Where no file beside the database knows of the sends since."""
    answer("backup", "kept.db", cwd=office.folder)
    answer(*SEND, cwd=office.folder)
    other = office.folder / "other"
    other.mkdir()
    for name in ("kept.db", "newsletter.toml", "newsletter.secret"):
        shutil.copy(office.folder / name, other)
    office.inbox.empty()
    said = newsletter("restore", "kept.db", "--now", DUE, cwd=other).stdout
    assert "`newsletter editions resume 1`" in said
    newsletter(*SEND, cwd=other)
    assert office.inbox.count == 0


def test_a_slot_that_went_out_after_the_backup_is_not_served_again(room: Room, inbox: Mailbox) -> None:
    """The backup knows nothing of it; it is skipped, and the next day goes on as usual."""
    room.do("backup", "kept.db")
    room.do("run")
    assert inbox.count == 3
    said = room.do("restore", "kept.db")
    assert said["skipped"] == ["2026-03-11T07:30:00+00:00"]
    room.do("run")
    assert inbox.count == 3
    assert room.slots()[0] == ("2026-03-11", "skipped")
    room.do("run", now="2026-03-12T08:00:00+00:00")
    assert inbox.count == 6


def test_whoever_left_since_stays_away(room: Room) -> None:
    """Unsubscribed or erased; by the database that the backup takes the place of."""
    room.do("backup", "kept.db")
    room.do("subscribers", "remove", READERS[0])
    room.do("subscribers", "erase", READERS[1])
    said = room.do("restore", "kept.db")
    assert said["left"] == 2
    assert room.do("status")["subscribers"] == {"active": 1, "unsubscribed": 1, "erased": 1}
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as connection:
        assert READERS[1] not in "\n".join(connection.iterdump())


def test_where_nothing_knows_who_left_it_says_so(room: Room) -> None:
    """The database that was there is another one, whose numbers mean other people."""
    room.do("backup", "kept.db")
    (room.folder / "newsletter.db").unlink()
    room.do("subscribers", "import", "people.csv")
    room.do("subscribers", "erase", READERS[0])
    assert "is on the list again" in room.say("restore", "kept.db")[0]
    assert room.do("status")["subscribers"] == {"active": 3}


def test_what_waited_for_approval_is_dropped(room: Room) -> None:
    """Its slot is skipped: it may have been approved since."""
    with closing(sqlite3.connect(room.folder / "newsletter.db")) as connection:
        connection.execute(
            "INSERT INTO drafts (newsletter, slot, number, content, version, created, deadline) VALUES "
            "('papers', '2026-03-10T07:30:00+00:00', 1, '{}', 1, '2026-03-10 07:30', '2026-03-10 09:30')"
        )
        connection.commit()
    room.do("backup", "kept.db")
    room.do("restore", "kept.db")
    with database(room.folder) as connection:
        assert connection.execute("SELECT count(*) FROM drafts").fetchone() == (0,)
        slots = connection.execute("SELECT slot, outcome FROM slots ORDER BY slot").fetchall()
    assert slots[0] == ("2026-03-10T07:30:00+00:00", "skipped")


def test_it_is_refused_while_a_process_has_the_database(room: Room) -> None:
    """Also one that sends nothing at the moment: it would go on with the file that was moved away."""
    room.do("backup", "kept.db")
    with started("serve", "--json", "--now", "2026-03-11T02:00:00+00:00", cwd=room.folder) as process:
        ready(process)
        room.do("status")
        _, problems = room.say("restore", "kept.db", code=1)
        assert "stop `newsletter serve`" in problems
        process.terminate()
        assert finish(process).returncode == 0
    assert room.do("restore", "kept.db")["kept"] == "newsletter.db.before-restore"


def test_no_earlier_database_is_overwritten(room: Room) -> None:
    """Who puts back the wrong backup can still get at what was there at first."""
    room.do("backup", "kept.db")
    first = room.do("restore", "kept.db")["kept"]
    again = room.do("restore", "kept.db")["kept"]
    assert (first, again) == ("newsletter.db.before-restore", "newsletter.db.before-restore-2")


KILL = """
import os, signal
from newsletter.adapters.stores import backups

def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

{where} = die
"""


@pytest.mark.parametrize("where", ["backups.pause_all", "backups.os.link", "backups._same_owner"])
def test_killed_in_a_restore_it_has_changed_nothing(room: Room, where: str) -> None:
    """Until the new database takes the place of the old one, which is one step."""
    room.do("backup", "kept.db")
    with run(room.folder, "restore", "kept.db", sabotage=KILL.format(where=where)) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not room.do("status")["paused"]
    assert room.do("restore", "kept.db")["kept"]


def test_a_damaged_database_is_replaced(office: Office) -> None:
    """As the error says; the damaged one is kept."""
    file = office.folder / "newsletter.db"
    answer("backup", "kept.db", cwd=office.folder)
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert "`newsletter restore FILE`" in newsletter("status", cwd=office.folder, code=1).stderr
    said = answer("restore", "kept.db", "--now", DUE, cwd=office.folder)
    assert (office.folder / said["kept"]).read_bytes().startswith(b"\xff")
    answer("editions", "resume", 1, cwd=office.folder)
    assert answer(*SEND, cwd=office.folder)["outbox"]["accepted"] == COPIES


def test_what_is_no_backup_changes_nothing(room: Room) -> None:
    """Another program's database, a text, a newer version's, no file at all: each with its reason."""
    with closing(sqlite3.connect(room.folder / "other.db")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    room.do("backup", "newer.db")
    with closing(sqlite3.connect(room.folder / "newer.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    before = (room.folder / "newsletter.db").read_bytes()
    for name, why in (
        ("other.db", "of another program"),
        ("newsletter.toml", "cannot be read as a database"),
        ("newer.db", "newer version"),
        ("nowhere.db", "no such file"),
        ("newsletter.db", "is the database itself"),
    ):
        assert why in room.say("restore", name, code=1)[1]
    assert (room.folder / "newsletter.db").read_bytes() == before
    assert not [name for name in names(room.folder) if "before-restore" in name or name.startswith(".")]


def test_a_store_of_another_kind_has_tools_of_its_own(room: Room) -> None:
    """They are named."""
    config = room.folder / "newsletter.toml"
    config.write_text(f'{config.read_text()}\n[store]\nurl = "postgresql://localhost/papers"\n')
    for command in ("backup", "restore"):
        assert "pg_dump" in room.say(command, "kept.db", code=1)[1]


def test_whose_file_it_was_it_stays(room: Room) -> None:
    """With its mode, so that the program can use what somebody else put back."""
    (room.folder / "newsletter.db").chmod(0o640)
    room.do("backup", "kept.db")
    room.do("restore", "kept.db")
    found = (room.folder / "newsletter.db").stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o640, os.getuid())
