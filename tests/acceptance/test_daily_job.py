"""The daily job from the command line: what is due, what goes out, what is said when nothing does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import store
from support.commands import Mailbox, answer, dump, finish, mailbox, newsletter, started, states
from support.room import DUE, READERS, SLOT, Room, furnish, paper

BEFORE = "2026-03-11T07:29:59+00:00"
FRIDAY_NIGHT = "2026-03-13T22:00:00+00:00"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def inbox(server: Mailbox) -> Mailbox:
    """The mail server, with nothing in it yet."""
    server.empty()
    return server


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be copied."""
    return furnish(tmp_path_factory.mktemp("prepared")).folder


@pytest.fixture
def room(prepared: Path, tmp_path: Path, inbox: Mailbox) -> Room:
    store.copy(prepared, tmp_path)
    made = Room(tmp_path)
    made.configure("port = 2525", f"port = {inbox.port}")
    return made


def test_from_nothing_to_the_mailbox(tmp_path: Path, inbox: Mailbox) -> None:
    """init, import, run: as init itself says it goes on."""
    made = answer("init", "mine", cwd=tmp_path)
    room = Room(tmp_path / "mine")
    assert all((room.folder / name).exists() for name in made["files"])
    told, _ = room.say("subscribers", "import", "subscribers.csv")
    assert "28 added" in told
    room.configure("port = 2525", f"port = {inbox.port}")
    ran = room.do("run", "--slot", "now")
    assert ran["edition"]["slot"] == DUE
    assert ran["outbox"]["planned"] == ran["outbox"]["accepted"] == 28
    assert len(set(inbox.recipients)) == len(inbox.recipients) == 28

    before = dump(room.folder)
    refused = newsletter("init", "mine", cwd=tmp_path, code=1)
    assert "exists already" in " ".join(refused.stderr.split())
    assert dump(room.folder) == before


# Which slot


def test_when_no_slot_is_due_it_says_so(room: Room, inbox: Mailbox) -> None:
    """Exit 0, nothing collected, nothing sent; it names the next slot."""
    told, problems = room.say("run", now=BEFORE)
    assert told == (
        "No slot is due. The next one is Wed 2026-03-11 07:30 +0000; --slot now makes an extra edition."
    )
    assert problems == ""
    status = room.do("status", now=BEFORE)
    assert status["slots"] == []
    assert status["edition"] is status["outbox"] is None
    assert inbox.count == 0


def test_a_due_slot_is_served_once(room: Room, inbox: Mailbox) -> None:
    """The edition bears the slot's time, not that of the run; a second run sends nothing."""
    ran = room.do("run")
    assert ran["edition"]["slot"] == SLOT
    assert ran["edition"]["entries"] == 5
    assert ran["outbox"]["planned"] == ran["outbox"]["accepted"] == 3
    assert inbox.recipients == sorted(READERS)
    again, _ = room.say("run", now="2026-03-11T08:10:00+00:00")
    assert again.startswith("No slot is due. The next one is Thu 2026-03-12 07:30")
    assert inbox.recipients == sorted(READERS)
    assert room.slots() == [("2026-03-11", "sent")]


def test_two_runs_at_the_same_time_serve_it_once(room: Room, inbox: Mailbox) -> None:
    """Whoever is second sends nothing, says why, and everybody has one copy."""
    with (
        started("run", "--now", DUE, cwd=room.folder) as first,
        started("run", "--now", DUE, cwd=room.folder) as second,
    ):
        ends = [finish(first), finish(second)]
    assert inbox.recipients == sorted(READERS)
    assert set(states(room.folder).values()) == {"accepted"}
    assert room.slots() == [("2026-03-11", "sent")]
    assert 0 in {end.returncode for end in ends}
    for end in ends:
        assert "Traceback" not in end.stderr
        assert end.returncode == 0 or "another process is sending" in " ".join(end.stderr.split())


def test_a_slot_that_was_missed_is_skipped_and_said(room: Room, inbox: Mailbox) -> None:
    """More than catch_up late: no mail, an outcome with its reason, and the next slot is served."""
    room.do("run")
    inbox.empty()
    room.write_page(paper(6), paper(7))
    told, _ = room.say("run", now=FRIDAY_NIGHT)
    assert told.startswith("No slot is due. The next one is Mon 2026-03-16 07:30")
    assert inbox.count == 0
    friday, thursday, wednesday = room.do("status", now=FRIDAY_NIGHT)["slots"]
    assert (friday["slot"][:10], friday["outcome"]) == ("2026-03-13", "skipped")
    assert friday["reason"] == "nothing ran within catch_up of its time"
    assert (thursday["slot"][:10], thursday["outcome"]) == ("2026-03-12", "skipped")
    assert thursday["reason"] == "nothing ran until a later slot was due"
    assert wednesday["outcome"] == "sent"
    assert room.do("run", now="2026-03-16T07:30:00+00:00")["edition"]["number"] == 2
    assert inbox.recipients == sorted(READERS)


def test_a_day_without_news_is_left_out(room: Room, inbox: Mailbox) -> None:
    """The same page on the next day: recorded as empty, nobody is bothered, exit 0."""
    room.do("run")
    inbox.empty()
    ran = room.do("run", now="2026-03-12T08:00:00+00:00")
    assert ran["edition"] is ran["outbox"] is None
    assert inbox.count == 0
    newest = room.do("status", now="2026-03-12T08:00:00+00:00")["slots"][0]
    assert (newest["outcome"], newest["reason"]) == ("empty", "no new entries")
    told, _ = room.say("run", "--slot", "now", now="2026-03-12T09:00:00+00:00")
    assert "No edition for Thu 2026-03-12 09:00 +0000: empty, no new entries." in told


def test_an_extra_edition_leaves_the_schedule_as_it_is(room: Room, inbox: Mailbox) -> None:
    """One in the evening, and the next morning's goes out all the same."""
    evening = room.do("run", "--slot", "now", now="2026-03-11T20:00:00+00:00")
    assert evening["edition"]["slot"] == "2026-03-11T20:00:00+00:00"
    room.write_page(paper(6))
    morning = room.do("run", now="2026-03-12T07:30:00+00:00")
    assert (morning["edition"]["number"], morning["edition"]["entries"]) == (2, 1)
    assert inbox.recipients == sorted(READERS * 2)


# What goes wrong


def test_a_source_that_fails_and_nothing_to_send(room: Room, inbox: Mailbox) -> None:
    """Exit 1, the slot ends as failed, with the name of the source and what is wrong."""
    (room.folder / "page.jsonl").unlink()
    told, problems = room.say("run", code=1)
    assert "✗ Page: page.jsonl: no such file" in told
    assert problems.startswith("newsletter: nothing was published: Page: page.jsonl: no such file")
    assert inbox.count == 0
    (slot,) = room.do("status")["slots"]
    assert slot["outcome"] == "failed"
    assert slot["reason"].startswith("Page: page.jsonl: no such file")


def test_one_source_that_fails_does_not_stop_the_others(room: Room, inbox: Mailbox) -> None:
    """The edition goes out with what there is, and the failure is said."""
    room.configure(
        "[[sources]]", '[[sources]]\nkind = "file"\nname = "Gone"\npath = "gone.txt"\n\n[[sources]]'
    )
    told, _ = room.say("run")
    assert "✗ Gone: gone.txt: no such file" in told
    assert "✓ Page: 5 entries, 5 new" in told
    assert inbox.recipients == sorted(READERS)
    collected = room.do("collect")
    assert [source["error"] is None for source in collected["sources"]] == [False, True]


def test_a_line_that_cannot_be_read_costs_only_itself(room: Room, inbox: Mailbox) -> None:
    """It is named with its place; the other papers go out."""
    room.write_page(paper(1), "{not json", paper(2))
    told, _ = room.say("run")
    assert "✓ Page: 2 entries, 2 new ! page.jsonl:2:" in told
    assert inbox.recipients == sorted(READERS)


def test_without_a_mail_server_all_copies_wait(room: Room, inbox: Mailbox, unused_tcp_port: int) -> None:
    """Exit 1 and the accounting all the same; `send` delivers them when it is back."""
    room.configure(f"port = {inbox.port}", f"port = {unused_tcp_port}")
    ran = newsletter("run", "--json", "--now", DUE, cwd=room.folder, code=1)
    outbox = json.loads(ran.stdout)["outbox"]
    assert (outbox["planned"], outbox["pending"]) == (3, 3)
    assert f"mail server 127.0.0.1:{unused_tcp_port}" in " ".join(ran.stderr.split())
    room.configure(f"port = {unused_tcp_port}", f"port = {inbox.port}")
    sent = room.do("send")
    assert sent["outbox"]["accepted"] == 3
    assert inbox.recipients == sorted(READERS)


def test_what_an_earlier_run_left_is_sent_when_no_slot_is_due(room: Room, inbox: Mailbox) -> None:
    """So that cron alone is enough after a bad night."""
    room.do("collect")
    room.do("publish")
    told, _ = room.say("run", now="2026-03-11T10:00:00+00:00")
    assert told.startswith("No slot is due.")
    assert inbox.recipients == sorted(READERS)


@pytest.mark.sqlite
def test_a_damaged_database_is_not_touched(room: Room, inbox: Mailbox) -> None:
    """It refuses to go on and says how to mend it."""
    for file in room.folder.glob("newsletter.db*"):
        file.unlink()
    (room.folder / "newsletter.db").write_bytes(b"this is no database, " * 500)
    _, problems = room.say("run", code=1)
    assert "newsletter.db: file is not a database; the file is damaged, and nothing is sent" in problems
    assert "`newsletter restore FILE`" in problems
    assert (room.folder / "newsletter.db").read_bytes() == b"this is no database, " * 500
    assert inbox.count == 0


# Step by step


def test_a_rehearsal_sends_and_publishes_nothing(room: Room, inbox: Mailbox) -> None:
    """It collects, and writes what would go out; the slot is still to be served."""
    rehearsed = room.do("run", "--dry-run")
    assert rehearsed["edition"]["entries"] == 5
    assert rehearsed["outbox"] is None
    assert (room.folder / rehearsed["preview"] / "index.html").is_file()
    assert inbox.count == 0
    assert room.slots() == []
    assert room.do("editions", "list") == {"editions": [], "waiting": []}
    assert room.do("run")["edition"] == rehearsed["edition"] | {"slot": SLOT}


def test_who_leaves_between_publishing_and_sending_gets_nothing(room: Room, inbox: Mailbox) -> None:
    """The copy that was planned is accounted for as suppressed."""
    room.do("collect")
    published = room.do("publish")
    assert (published["outbox"]["planned"], published["outbox"]["pending"]) == (3, 3)
    assert inbox.count == 0
    left = room.do("subscribers", "remove", READERS[1])
    assert left["subscriber"]["status"] == "unsubscribed"
    sent = room.do("send")
    assert (sent["outbox"]["accepted"], sent["outbox"]["suppressed"]) == (2, 1)
    assert inbox.recipients == [READERS[0], READERS[2]]
    (failure,) = room.do("editions", "show", 1)["failures"]
    assert (failure["email"], failure["state"]) == (READERS[1], "suppressed")


def test_who_left_stays_away(room: Room, inbox: Mailbox) -> None:
    """Neither an import nor `add` brings them back, and the next edition is not planned for them."""
    room.do("subscribers", "remove", READERS[0])
    assert room.do("subscribers", "import", "people.csv")["suppressed"] == 1
    _, problems = room.say("subscribers", "add", READERS[0], code=1)
    assert "ada@example.org is unsubscribed" in problems
    assert room.do("run")["outbox"]["planned"] == 2
    assert inbox.recipients == sorted(READERS[1:])


def test_an_edition_is_frozen_when_it_is_published(room: Room, inbox: Mailbox) -> None:
    """Whatever is collected, edited or subscribed afterwards, the copies are those that were planned."""
    room.do("collect")
    published = room.do("publish")
    room.write_page(paper(6), paper(7))
    room.do("collect")
    room.do("subscribers", "add", "late@example.org")
    room.configure('name = "Morning Papers"', 'name = "Evening Papers"')
    assert room.do("send")["edition"] == published["edition"]
    assert inbox.recipients == sorted(READERS)
    for message in inbox.received:
        assert b"Paper 1 on" in message.data
        assert b"Paper 6 on" not in message.data
        assert message.message["From"] == "Morning Papers <papers@example.org>"
