"""Outcomes are told, never silence: the real commands, a mail server, and a watch on the web."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from support import store
from support.commands import Mailbox, finish, mailbox, newsletter, ready, started
from support.room import DUE, READERS, Room, furnish
from support.watcher import Watcher, watcher

OPERATOR = "op@example.org"
THURSDAY = "2026-03-12T08:00:00+00:00"
FRIDAY_NIGHT = "2026-03-13T22:00:00+00:00"
SIX_MINUTES_LATER = "2026-03-11T08:06:00+00:00"
KILLED_BEFORE_MARKING = """
import os, signal, sys
from newsletter.adapters.stores.tellings import SqlTellings
from newsletter.cli import main

async def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

SqlTellings.record = die
main()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be copied."""
    return furnish(tmp_path_factory.mktemp("prepared")).folder


@pytest.fixture
def watch() -> Iterator[Watcher]:
    with watcher() as running:
        yield running


@pytest.fixture
def room(prepared: Path, tmp_path: Path, server: Mailbox, watch: Watcher) -> Room:
    server.empty()
    store.copy(prepared, tmp_path)
    made = Room(tmp_path)
    made.configure("port = 2525", f"port = {server.port}")
    made.configure(
        "[schedule]", f'[operator]\nmail = ["{OPERATOR}"]\nslot_url = "{watch.address}"\n\n[schedule]'
    )
    return made


def mails(server: Mailbox) -> list[EmailMessage]:
    return [found.message for found in server.received if found.recipient == OPERATOR]


def subjects(server: Mailbox) -> list[str]:
    return sorted(message["Subject"] for message in mails(server))


def test_each_day_is_told_however_it_ends(room: Room, server: Mailbox, watch: Watcher) -> None:
    """Sent, empty and failed by cron; days on which nothing ran as soon as something runs again."""
    room.do("run")
    room.do("run", now=THURSDAY)
    room.do("run", now="2026-03-16T22:00:00+00:00")
    (room.folder / "page.jsonl").unlink()
    room.say("run", now="2026-03-17T08:00:00+00:00", code=1)
    assert watch.told == [
        ("/", "sent"),
        ("/", "empty"),
        ("/fail", "skipped"),
        ("/fail", "skipped"),
        ("/fail", "failed"),
    ]
    assert [body["slot"][:10] for *_, body in watch.calls[2:]] == ["2026-03-13", "2026-03-16", "2026-03-17"]
    assert subjects(server) == sorted(
        [
            "✓ Edition 1 is on its way: 5 entries to 3 readers",
            "∅ No edition for Thu 12 March: no new entries",
            "✗ No edition for Fri 13 March: skipped, nothing ran until a later slot was due",
            "✗ No edition for Mon 16 March: skipped, nothing ran within catch_up of its time",
            "✗ Edition for Tue 17 March failed: Page could not be read",
        ]
    )
    text = "".join(message.as_string() for message in mails(server))
    assert not [reader for reader in READERS if reader in text]


def test_without_an_operator_an_empty_day_is_silent(room: Room, server: Mailbox, watch: Watcher) -> None:
    """It is recorded, and nobody gets a mail: neither readers nor anybody else."""
    room.configure(f'mail = ["{OPERATOR}"]\nslot_url = "{watch.address}"', "")
    room.do("run")
    server.empty()
    room.do("run", now=THURSDAY)
    assert room.slots(THURSDAY)[0] == ("2026-03-12", "empty")
    assert (server.count, watch.calls) == (0, [])


def test_a_watch_that_is_down_hears_of_it_later(room: Room, server: Mailbox, watch: Watcher) -> None:
    """Sending does not suffer, the reason is shown, `alive` says so, and the next run tells."""
    watch.status = 404
    _, problems = room.say("run")
    assert "operator not told" in problems
    assert "127.0.0.1: it answers 404" in problems
    assert server.recipients == sorted([*READERS, OPERATOR])
    told, _ = room.say("alive", now="2026-03-11T08:30:00+00:00", code=1)
    assert told.startswith("✗ The operator was not told how 1 of the slots ended.")
    watch.status = 200
    assert room.say("send")[1] == ""
    assert [body["outcome"] for *_, body in watch.calls] == ["sent"] * 3, (
        "one run tells twice: early and late"
    )
    assert len(mails(server)) == 1
    assert room.do("alive", now="2026-03-11T08:30:00+00:00")["findings"] == []


def test_killed_between_telling_and_marking_it_tells_again(
    room: Room, server: Mailbox, watch: Watcher
) -> None:
    """Rather twice than never, and the mail is known by its Message-ID."""
    room.configure(f'slot_url = "{watch.address}"', "")
    for _ in range(2):
        died = subprocess.run(
            [sys.executable, "-c", KILLED_BEFORE_MARKING, "run", "--now", DUE],
            cwd=room.folder,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert died.returncode == -signal.SIGKILL
    room.do("send")
    room.do("send")
    assert subjects(server) == ["✓ Edition 1 is on its way: 5 entries to 3 readers"] * 3
    assert len({message["Message-ID"] for message in mails(server)}) == 1
    assert server.recipients == sorted([*READERS, *[OPERATOR] * 3])


def test_a_scheduler_that_stands_still_or_died_is_found(room: Room, server: Mailbox, watch: Watcher) -> None:
    """Exit code 1 and the mend; while it lives, and once it was stopped as it should be, all is well."""
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        ready(process)
        wait_for(watch, 1)
        told, _ = room.say("alive")
        assert told == "✓ The scheduler runs. Next slot: Thu 2026-03-12 07:30 +0000"
        process.send_signal(signal.SIGSTOP)
        found = room.do("alive", now=SIX_MINUTES_LATER, code=1)
        assert found["alive"] is False
        assert found["findings"] == [
            {
                "what": "the scheduler gave no sign of life since 2026-03-11 08:00 +0000",
                "mend": "Its log says why; start `newsletter serve` again",
            }
        ]
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0
    told, _ = room.say("alive", now=SIX_MINUTES_LATER)
    assert told.startswith("✓ No scheduler runs, and none of the slots was missed.")
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        ready(process)
        wait_for_pulse(room)
        process.kill()
        finish(process)
    told, _ = room.say("alive", now=SIX_MINUTES_LATER, code=1)
    assert told.startswith("✗ The scheduler gave no sign of life since 2026-03-11 08:00 +0000.")


def test_without_cron_the_next_slot_is_missed_and_found(room: Room) -> None:
    """An hour after its time."""
    room.do("run")
    assert room.do("alive", now="2026-03-12T08:29:00+00:00")["alive"] is True
    told, _ = room.say("alive", now=FRIDAY_NIGHT, code=1)
    assert told == (
        "✗ Nothing has served the slot of Fri 13 March, 07:30. "
        "Start `newsletter serve`, or let cron call `newsletter run` at its time."
    )


@pytest.mark.sqlite
def test_a_database_that_cannot_be_used_is_not_well(room: Room) -> None:
    """Exit code 1, with the mend."""
    for file in room.folder.glob("newsletter.db*"):
        file.unlink()
    (room.folder / "newsletter.db").write_bytes(b"this is no database, " * 500)
    ended = newsletter("alive", cwd=room.folder, code=1)
    assert "puts a backup in its place" in " ".join(ended.stderr.split())


def wait_for(watch: Watcher, count: int) -> None:
    end = time.monotonic() + 20
    while len(watch.calls) < count:
        assert time.monotonic() < end, watch.calls
        time.sleep(0.02)


def wait_for_pulse(room: Room) -> None:
    end = time.monotonic() + 20
    while room.do("alive")["scheduler"] is None:
        assert time.monotonic() < end
