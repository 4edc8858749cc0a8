"""The store fails, or the machine under it: nothing is sent that the ledger does not know, and it goes on."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import store
from support.commands import Mailbox, answer, database, finish, mailbox
from support.faults import GOES_ON, SEND, Office, run, wait_until
from support.newsroom import newsroom, publish

CONNECTIONS = 4
IMPATIENT = 0.3
"""Seconds to wait for another process that writes."""
DAMAGED = "the file is damaged, and nothing is sent; `newsletter restore FILE` puts a backup in its place"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
async def office(tmp_path: Path, server: Mailbox) -> Office:
    """An edition for 200 readers, published and not sent."""
    server.empty()
    async with newsroom(
        tmp_path, port=server.port, connections=CONNECTIONS, readers=200, timeout=IMPATIENT
    ) as app:
        await publish(app)
    return Office(tmp_path, server, 200)


def check_the_rest_is_sent(office: Office) -> None:
    """The next send ends with one copy for everybody, and one more at most for each that was in doubt, three
    for each connection, with the same bytes."""
    store.let_lapse(office.folder)
    sent = answer(*SEND, cwd=office.folder)["outbox"]
    assert sent["accepted"] == sent["planned"] == office.readers
    copies = Counter(message.recipient for message in office.inbox.received)
    assert len(copies) == office.readers
    assert copies.total() - office.readers <= 3 * CONNECTIONS
    assert len({message.data for message in office.inbox.received}) == office.readers


# Locked by another process


def test_locked_from_the_start_nothing_is_sent(office: Office) -> None:
    """The send says why it failed, and once the lock is gone it goes on."""
    with store.busy(office.folder):
        ended = office.run(*SEND)
    assert ended.returncode == 1
    assert f"{store.shown(office.folder)}: " in ended.stderr
    assert "another process has been writing for 0.3 s; try again when it has ended" in ended.stderr
    assert office.inbox.count == 0
    check_the_rest_is_sent(office)


def test_locked_in_the_middle_it_stops_with_what_it_knows(office: Office) -> None:
    """Everything that was handed over is in the ledger, and the next send makes up for the rest."""
    with run(office.folder, *SEND) as process:
        assert wait_until(lambda: office.inbox.count >= 20, process)
        with store.busy(office.folder):
            ended = finish(process)
            office.settle()
            assert ended.returncode == 1
            assert "Traceback" not in ended.stderr
            assert "another process has been writing for 0.3 s" in ended.stderr
            assert 20 <= office.inbox.count < office.readers
            assert office.unaccounted() == set()
    check_the_rest_is_sent(office)


def test_the_check_notices_who_goes_on_while_it_is_locked(office: Office) -> None:
    """The broken variant hands messages over whose intent was never committed."""
    with run(office.folder, *SEND, sabotage=GOES_ON) as process:
        assert wait_until(lambda: office.inbox.count >= 20, process)
        with store.busy(office.folder):
            before = office.inbox.count
            assert wait_until(lambda: office.inbox.count >= before + 20, process)
            process.kill()
            office.settle()
            assert office.unaccounted()


# A full disk


@pytest.mark.sqlite  # a server's disk is another one
@pytest.mark.parametrize("room", [0, 4096, 100_000, 200_000])
def test_a_full_disk_stops_the_send_with_what_it_knows(office: Office, room: int) -> None:
    """However early: nothing was handed over that is not in the ledger, and with space the next send makes
    up for the rest."""
    ended = office.run(*SEND, largest_file=room)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "has space" in ended.stderr
    assert office.unaccounted() == set()
    assert (office.inbox.count > 0) == (room >= 100_000)
    check_the_rest_is_sent(office)


@pytest.mark.sqlite
def test_the_check_notices_who_goes_on_with_a_full_disk(office: Office) -> None:
    """The broken variant hands messages over whose intent was never committed."""
    with run(office.folder, *SEND, sabotage=GOES_ON, largest_file=100_000) as process:
        assert wait_until(lambda: office.inbox.count >= 150, process)
        process.kill()
    office.settle()
    assert office.unaccounted()


# A damaged file, and an old one


def write_over(file: Path, content: bytes, start: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(content)


@pytest.mark.sqlite
@pytest.mark.parametrize("damage", ["its head", "its pages", "its end"])
def test_a_damaged_database_sends_nothing(office: Office, damage: str) -> None:
    """It says what to do; with the backup in its place everybody gets their copy."""
    file = office.folder / "newsletter.db"
    backup = file.read_bytes()
    if damage == "its head":
        write_over(file, b"\xff" * 100, 0)
    elif damage == "its pages":
        write_over(file, b"\xff" * (len(backup) - 4096), 4096)
    else:
        file.write_bytes(backup[: len(backup) // 3])
    ended = office.run(*SEND)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "newsletter.db: " in ended.stderr
    assert DAMAGED in ended.stderr
    assert office.inbox.count == 0
    for left in office.folder.glob("newsletter.db-*"):
        left.unlink()
    file.write_bytes(backup)
    check_the_rest_is_sent(office)


def test_an_old_backup_sends_nothing_until_a_person_says_so(office: Office) -> None:
    """Status says that it is held and why; after the resume it sends what it has."""
    backup = store.take_copy(office.folder)
    answer(*SEND, cwd=office.folder)
    store.put_back(office.folder, backup)
    office.inbox.empty()
    held_back = office.run(*SEND)
    assert held_back.returncode == 1
    assert "`newsletter editions resume 1`" in held_back.stderr
    assert office.inbox.count == 0
    (held,) = answer("status", cwd=office.folder)["paused"]
    assert "older than the last send from it" in held["reason"]
    answer("editions", "resume", 1, cwd=office.folder)
    check_the_rest_is_sent(office)


def test_without_the_count_of_sends_an_old_backup_would_be_sent(office: Office) -> None:
    """Which shows that it is the count that holds it."""
    backup = store.take_copy(office.folder)
    answer(*SEND, cwd=office.folder)
    store.put_back(office.folder, backup)
    store.sends(office.folder).unlink()
    office.inbox.empty()
    check_the_rest_is_sent(office)


# Killed while it plans


HALVES = """
from newsletter.adapters.stores import editions

real = editions.plan

def plan(connection, *rest):
    driver = connection.connection.driver_connection
    driver.commit()
    driver.execute("BEGIN IMMEDIATE" if hasattr(driver, "iterdump") else "BEGIN")
    real(connection, *rest)

editions.plan = plan
"""
"""A broken variant: the edition is committed before its rows."""

MANY = 50_000


@pytest.fixture(scope="module")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a long list, whose first edition is due."""
    folder = tmp_path_factory.mktemp("unpublished")

    async def furnish() -> None:
        async with newsroom(folder, readers=MANY):
            pass

    asyncio.run(furnish())
    return folder


def killed_in_the_plan(unpublished: Path, folder: Path, grown: int, sabotage: str = "") -> tuple[int, ...]:
    """How many editions, rows and ended slots there are after a publish that was killed when it had written
    so many bytes."""
    store.copy(unpublished, folder)
    arguments = ("publish", "--slot", "now", "--now", "2026-03-11T07:30:00Z")
    with run(folder, *arguments, sabotage=sabotage) as process:
        assert wait_until(lambda: store.grown(folder) > grown, process, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    return counts(folder)


def counts(folder: Path) -> tuple[int, ...]:
    with database(folder) as connection:
        return tuple(
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("editions", "outbox", "slots")
        )


@pytest.mark.slow
@pytest.mark.parametrize("grown", [0, 1_000_000, 4_000_000])
def test_killed_while_it_plans_an_edition_is_whole_or_absent(
    unpublished: Path, tmp_path: Path, grown: int
) -> None:
    """And the next publish makes it whole."""
    found = killed_in_the_plan(unpublished, tmp_path, grown)
    assert found in ((0, 0, 0), (1, MANY, 1))
    if found == (0, 0, 0):
        answer("publish", "--slot", "now", "--now", "2026-03-11T07:30:00Z", cwd=tmp_path)
    assert counts(tmp_path) == (1, MANY, 1)


@pytest.mark.slow
def test_the_check_notices_an_edition_without_its_rows(unpublished: Path, tmp_path: Path) -> None:
    """Committed too early."""
    assert killed_in_the_plan(unpublished, tmp_path, 1_000_000, HALVES) not in ((0, 0, 0), (1, MANY, 1))
