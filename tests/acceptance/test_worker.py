"""`newsletter worker`: several processes on one PostgreSQL database share the daily job and its delivery."""

import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from support.commands import Mailbox, finish, mailbox, newsletter, ready, started
from support.newsroom import write_config
from support.room import DUE, READERS, TABLES, Room, furnish, paper

pytestmark = pytest.mark.timeout(150)

LEASE = '\n[delivery]\nlease = "2s"\n'


@pytest.fixture
def shared(tmp_path: Path, inbox: Mailbox, store: str) -> Room:
    """A room whose data several processes share; nothing is collected yet."""
    inbox.empty()
    return furnish_shared(tmp_path, inbox.port, store)


def furnish_shared(folder: Path, port: int, store: str) -> Room:
    room = Room(folder)
    write_config(folder, port, more=f'{TABLES}{LEASE}\n[store]\nurl = "{store}"\n')
    room.write_page(*map(paper, range(1, 6)))
    enlist(room, *READERS)
    return room


def enlist(room: Room, *people: str) -> None:
    (room.folder / "people.csv").write_text("\n".join(["email", *people]))
    assert room.do("subscribers", "import", "people.csv")["added"] == len(people)


def crowd(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


def until(found: Callable[[], object], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def ask(store: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(store) as connection:
        return connection.execute(sql).fetchall()


def outbox(store: str) -> dict[object, object]:
    return dict(ask(store, "SELECT state, count(*) FROM outbox GROUP BY state"))


def ended_well(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    end = finish(process)
    assert end.returncode == 0
    assert "Traceback" not in end.stderr, end.stderr.replace("\\n", "\n")[:6000]


def test_two_workers_serve_one_slot(shared: Room, inbox: Mailbox, store: str) -> None:
    """Without being asked, and each reader gets one copy. They end when they are told to, and leave nothing
    claimed."""
    with ExitStack() as stack:
        workers = [
            stack.enter_context(started("worker", "--now", DUE, "--json", cwd=shared.folder)) for _ in "ab"
        ]
        names = {str(ready(worker)["worker"]) for worker in workers}
        assert len(names) == 2
        until(lambda: inbox.count >= 3, "no copies came")
        assert set(shared.do("status")["workers"]) == names
        for worker in workers:
            ended_well(worker)
    assert shared.do("status")["workers"] == []
    assert inbox.recipients == sorted(READERS)
    assert shared.slots() == [("2026-03-11", "sent")]
    assert ask(store, "SELECT count(*) FROM editions") == [(1,)]
    assert ask(store, "SELECT count(*) FROM batches WHERE holder <> '' OR due IS NOT NULL") == [(0,)]


def test_workers_come_and_go(shared: Room, inbox: Mailbox, store: str) -> None:
    """One is killed and one is told to end while they send; another comes. Nobody is lost, and nobody gets
    two copies but those whose copy was on its way from the one that died."""
    people = crowd(150)
    enlist(shared, *people)
    shared.configure("connections = 4", "connections = 4\nrate = 40")
    with ExitStack() as stack:
        start = lambda: stack.enter_context(started("worker", "--now", DUE, cwd=shared.folder))  # noqa: E731
        first, second = start(), start()
        until(lambda: inbox.count >= 20, "no copies came")
        first.kill()
        doubtful = 12  # three for each connection
        until(lambda: inbox.count >= 60, "nobody took over")
        third = start()
        ended_well(second)
        until(lambda: outbox(store).get("accepted") == 153, f"some are left: {outbox(store)}")
        ended_well(third)
    copies = Counter(inbox.recipients)
    assert copies.keys() == {*people, *READERS}
    assert copies.total() - len(copies) <= doubtful
    assert len({message.message["Message-ID"] for message in inbox.received}) == 153


def test_a_letter_waits_for_no_edition(shared: Room, inbox: Mailbox, store: str) -> None:
    """Whoever signs up is asked for confirmation in seconds, while a long edition is on its way."""
    enlist(shared, *crowd(300))
    shared.configure("connections = 4", "connections = 4\nrate = 10")
    with (
        started("serve", "--now", DUE, "--json", cwd=shared.folder) as serve,
        started("worker", "--now", DUE, cwd=shared.folder) as worker,
    ):
        said = ready(serve)
        until(lambda: inbox.count >= 5, "no copies came")
        with httpx.Client(base_url=said["web"], timeout=10) as web:
            assert web.post("/subscribe", data={"email": "dora@example.org"}).is_success
        begun = time.monotonic()
        until(lambda: "dora@example.org" in inbox.recipients, "no letter came", 20)
        assert time.monotonic() - begun < 20
        assert outbox(store)["pending"]
        ended_well(worker)
        ended_well(serve)


def test_jobs_that_are_lost_are_made_again(shared: Room, inbox: Mailbox, store: str) -> None:
    """They say where to look; what is true is in the outbox."""
    enlist(shared, *crowd(60))
    shared.configure("connections = 4", "connections = 4\nrate = 20")
    with started("worker", "--now", DUE, cwd=shared.folder) as first:
        until(lambda: inbox.count >= 10, "no copies came")
        ended_well(first)
    ((schema,),) = ask(store, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'jobs_%'")
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", (schema,))
        connection.execute("DELETE FROM procrastinate_jobs")
    with started("worker", "--now", DUE, cwd=shared.folder) as second:
        until(lambda: outbox(store).get("accepted") == 63, f"some are left: {outbox(store)}")
        ended_well(second)
    assert Counter(inbox.recipients) == Counter([*crowd(60), *READERS])


def test_a_mail_server_that_is_down_is_tried_again(tmp_path: Path, store: str) -> None:
    """Nobody bounces, and everybody gets it once it is back."""
    for name in ("here", "server"):
        (tmp_path / name).mkdir()
    with mailbox(tmp_path / "server") as away:
        port = away.port
    room = furnish_shared(tmp_path / "here", port, store)
    with started("worker", "--now", DUE, cwd=room.folder) as worker:
        until(lambda: ask(store, "SELECT count(*) FROM outbox") == [(3,)], "nothing was planned")
        time.sleep(4)
        assert outbox(store).keys() <= {"pending", "sending"}
        with mailbox(tmp_path / "server", port) as back:
            until(lambda: back.count == 3, f"nothing came: {outbox(store)}", 60)
            until(lambda: outbox(store) == {"accepted": 3}, "nothing was recorded")
            ended_well(worker)


def test_a_warm_up_is_of_all_workers_together(shared: Room, inbox: Mailbox, store: str) -> None:
    """What may go out today is not what each may send."""
    enlist(shared, *crowd(60))
    shared.configure(
        "connections = 4", 'connections = 4\nwarmup = { started = "2026-03-11", first_day = 20 }'
    )
    with (
        started("worker", "--now", DUE, cwd=shared.folder) as one,
        started("worker", "--now", DUE, cwd=shared.folder) as other,
    ):
        # Whoever comes second gives its job up, which the next tick, a minute later, posts again.
        until(lambda: outbox(store).get("accepted") == 20, "not 20 were sent", 100)
        time.sleep(3)
        assert outbox(store) == {"accepted": 20, "pending": 43}
        ended_well(one)
        ended_well(other)
    assert inbox.count == 20


def test_some_queues_only(shared: Room, inbox: Mailbox, store: str) -> None:
    """A worker for letters leaves the edition to others."""
    with started("worker", "--queue", "letters", "--now", DUE, "--json", cwd=shared.folder) as letters:
        ready(letters)
        time.sleep(3)
        assert ask(store, "SELECT count(*) FROM editions") == [(0,)]
        ended_well(letters)
    _, said = shared.say("worker", "--queue", "post", code=2)
    assert "letters, day, deliver" in re.sub(r"[│\s]+", " ", said)


def test_workers_need_a_database_that_can_be_shared(tmp_path: Path, inbox: Mailbox) -> None:
    """With SQLite one process does it all."""
    room = furnish(tmp_path, inbox.port)
    assert "PostgreSQL" in newsletter("worker", cwd=room.folder, code=1).stderr
