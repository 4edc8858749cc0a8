"""`newsletter serve`: the daily job and the pages in one process."""

import re
import signal
import time

import httpx
from support.commands import Mailbox, finish, ready, started
from support.room import DUE, READERS, SLOT, Room


def wait_for(inbox: Mailbox, count: int) -> None:
    end = time.monotonic() + 20
    while inbox.count < count:
        assert time.monotonic() < end, f"{inbox.count} of {count} messages came"
        time.sleep(0.02)


def test_a_day_of_the_server(room: Room, inbox: Mailbox) -> None:
    """It serves the slot that is due without being asked, shows the edition, lets a reader leave with
    the link of their email, and ends without complaint when it is told to."""
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        said = ready(process)
        assert said["next_slot"] == "2026-03-12T07:30:00+00:00"
        wait_for(inbox, 3)
        with httpx.Client(base_url=said["web"], timeout=10) as web:
            assert web.get("/health").json() == {"status": "ok"}
            page = web.get("/archive/1")
            assert page.status_code == 200
            assert "Paper 1 on subject 1" in page.text
            assert web.get("/archive/2").status_code == 404

            leaving = next(message for message in inbox.received if message.recipient == READERS[0])
            link = re.fullmatch(
                r"<https://papers\.example\.org(/unsubscribe/\S+)>", leaving.message["List-Unsubscribe"]
            )
            assert link
            assert web.get(link[1]).status_code == 200
            assert active(room) == sorted(READERS), "a scanner that follows the link changes nothing"
            assert web.post(link[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
            assert active(room) == sorted(READERS[1:])
        process.send_signal(signal.SIGTERM)
        end = finish(process)
    assert (end.returncode, end.stdout) == (0, "")
    assert "Traceback" not in end.stderr
    assert inbox.recipients == sorted(READERS)
    (slot,) = room.do("status")["slots"]
    assert (slot["slot"], slot["outcome"]) == (SLOT, "sent")


def active(room: Room) -> list[str]:
    people = room.do("subscribers", "list", "--status", "active")["subscribers"]
    return sorted(person["email"] for person in people)


def test_a_restart_sends_nothing_again_and_what_is_new(room: Room, inbox: Mailbox) -> None:
    """The truth about a slot is in the database: the same time again is quiet, the next day is served."""
    for now, copies in ((DUE, 3), (DUE, 3), ("2026-03-12T07:30:00+00:00", 6)):
        if copies == 6:
            room.write_page('{"title": "A new paper"}')
        with started("serve", "--now", now, "--json", cwd=room.folder) as process:
            said = ready(process)
            wait_for(inbox, copies)
            time.sleep(0.5)  # for copies that should not come
            assert httpx.get(said["web"] + "health", timeout=10).status_code == 200
            process.send_signal(signal.SIGINT)
            assert finish(process).returncode == 0
        assert inbox.count == copies


def test_a_bad_day_does_not_end_it(room: Room, inbox: Mailbox) -> None:
    """A source that fails is logged, on stderr, and the pages are still there."""
    (room.folder / "page.jsonl").unlink()
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        said = ready(process)
        assert process.stderr
        logged = ""
        while "page.jsonl: no such file" not in logged or "failed" not in logged:
            line = process.stderr.readline()
            assert line, logged
            logged += line
        assert httpx.get(said["web"] + "health", timeout=10).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0
    assert room.slots() == [("2026-03-11", "failed")]
    assert inbox.count == 0
