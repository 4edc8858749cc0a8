"""An edition that waits for a person's word, with the real commands, over SMTP and over HTTP."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.commands import Mailbox, Received, database, finish, ready, started
from support.room import DUE, READERS, Room, furnish

BOSS, DEPUTY = "boss@example.org", "deputy@example.org"
TABLES = f"""[approval]
required = true

[operator]
mail = ["{BOSS}", "{DEPUTY}"]
tell = "trouble"

[edition]
max_entries = 3

[web]"""
UNTIL = "2026-03-11T10:00:00+00:00"
"""Two hours after DUE, when the slot was served."""
JUST_BEFORE = "2026-03-11T09:59:59+00:00"


@pytest.fixture
def room(tmp_path: Path, inbox: Mailbox) -> Room:
    """Papers 1 to 5; nothing is collected yet."""
    inbox.empty()
    room = furnish(tmp_path, inbox.port)
    room.configure("[web]", TABLES)
    return room


def mail_to(inbox: Mailbox, address: str) -> list[Received]:
    return [mail for mail in inbox.received if mail.recipient == address]


def parts(mail: Received) -> tuple[str, str]:
    """Text and HTML."""
    found = [mail.message.get_body((kind,)) for kind in ("plain", "html")]
    return tuple(part.get_content() if part else "" for part in found)  # type: ignore[return-value]


def link_in(mail: Received) -> str:
    [link] = set(re.findall(r"https://papers\.example\.org(/approve/[\w-]+)", parts(mail)[0]))
    return link


def test_an_edition_is_changed_and_approved_before_it_goes(room: Room, inbox: Mailbox) -> None:
    """`run` keeps it and says what to type; dropped and pinned, it is sent so, under the number that it had
    all along; what was dropped is in no later edition."""
    ran = room.do("run")
    assert ran["edition"] is None
    [waiting] = ran["waiting"]
    assert (waiting["name"], waiting["waits_until"]) == ("1", UNTIL)
    assert {mail.recipient for mail in inbox.received} == {BOSS, DEPUTY}
    assert room.do("editions", "list") == {"editions": [], "waiting": [waiting]}
    shown = room.do("editions", "show", 1)
    ids = [item["entry"]["id"] for section in shown["content"]["sections"] for item in section["entries"]]
    assert ids == [f"arxiv:2603.{n:05}" for n in (1, 2, 3)]
    assert room.do("editions", "drop", 1, ids[0])["dropped"] == [ids[0]]
    assert room.do("editions", "pin", 1, 4)["subject"] == "Paper 5 on subject 5"
    moved = room.do("editions", "move", 1, ids[2], 2)
    assert moved["version"] == 4
    assert moved["sections"][0]["entries"] == ["arxiv:2603.00005", ids[2], ids[1]]
    approved = room.do("editions", "approve", 1)
    assert (approved["outcome"], approved["edition"]["number"]) == ("sent", 1)
    assert approved["outbox"]["pending"] == len(READERS)
    inbox.empty()
    assert room.do("send")["outbox"]["accepted"] == len(READERS)
    assert inbox.recipients == sorted(READERS)
    text, html = parts(inbox.received[0])
    for part in (text, html):
        assert part.index("Paper 5 on") < part.index("Paper 3 on") < part.index("Paper 2 on")
        assert "Paper 1 on" not in part
    room.write_page()
    tomorrow = room.do("run", now="2026-03-12T07:30:00+00:00")
    assert (tomorrow["edition"], tomorrow["waiting"]) == (None, []), "no paper is left to tell of"


def test_what_people_read_of_it(room: Room) -> None:
    """That it waits, until when, and the commands: of `run`, the list, the edition itself; a word that is too
    late or for nobody is answered."""
    ran, _ = room.say("run")
    waits = "Edition 1 waits for your word until Wed 2026-03-11 10:00 +0000: Paper 1 on subject 1"
    assert waits in ran
    assert "`newsletter editions approve 1` lets it go" in ran
    assert room.say("editions", "list")[0].startswith(f"· {waits}")
    shown, _ = room.say("editions", "show", 1)
    assert "Waits for your word until Wed 2026-03-11 10:00 +0000." in shown
    assert "1. Paper 1 on subject 1 arxiv:2603.00001; 1st on the source's page" in shown
    assert "4. Paper 4 on subject 4 arxiv:2603.00004" in shown
    assert "no rank 6: the entries have those from 1 to 5" in room.say("editions", "move", 1, 2, 6, code=1)[1]
    assert "no entry '9'" in room.say("editions", "drop", 1, 9, code=1)[1]
    assert "no edition 2 waits" in room.say("editions", "approve", 2, code=1)[1]
    said, _ = room.say("editions", "reject", 1, "--reason", "a wrong\nlink")
    assert said == "No edition for Wed 2026-03-11 07:30 +0000: skipped, not approved: a wrong link."
    assert re.search(r"skipped +not approved: a wrong link", room.say("status")[0])
    assert "No slot is due" in room.say("run")[0]


def test_the_operator_is_asked_by_mail_once(room: Room, inbox: Mailbox) -> None:
    """With the email as readers get it below the question, the link of the page and the commands; where the
    mail server is away the edition waits all the same, and the next run asks."""
    room.configure(f"port = {inbox.port}\n", "port = 1\n")
    ended = room.say("run")
    assert "mail that asks for your word could not be sent" in ended[1]
    assert "Edition 1 waits" in ended[0]
    room.configure("port = 1\n", f"port = {inbox.port}\n")
    for _ in range(2):
        room.do("run")
    assert inbox.recipients == [BOSS, DEPUTY]
    [mail] = mail_to(inbox, BOSS)
    assert mail.message["Subject"] == "[approve by 10:00] Paper 1 on subject 1"
    assert mail.message["List-Unsubscribe"] is None
    for part in parts(mail):
        assert "Edition 1 of Morning Papers waits for your word until 10:00" in part
        assert "Where nobody answers by then, it is not sent." in part
        assert "newsletter editions approve 1" in part
        assert link_in(mail) in part
        assert part.index("waits for your word") < part.index("Good morning")
        assert "Paper 5 on subject 5" in part


def test_nobody_came_and_it_is_not_sent(room: Room, inbox: Mailbox) -> None:
    """At the deadline, by whichever command comes first, and not before. The next slot has its papers."""
    room.do("run")
    assert len(room.do("send", now=JUST_BEFORE)["waiting"]) == 1
    assert "skipped, nobody approved it by 10:00" in room.say("send", now=UNTIL)[0]
    assert "nobody approved it by 10:00" in room.say("status", now=UNTIL)[0]
    assert "no edition 1 waits" in room.say("editions", "approve", 1, now=UNTIL, code=1)[1]
    assert set(inbox.recipients) == {BOSS, DEPUTY}
    [waiting] = room.do("run", now="2026-03-12T07:30:00+00:00")["waiting"]
    assert (waiting["number"], waiting["entries"]) == (1, 3)


def test_nobody_came_and_it_is_sent(room: Room, inbox: Mailbox) -> None:
    """Where that is wished, as it is by then."""
    room.configure("required = true", 'required = true\notherwise = "send"')
    room.do("run")
    assert "it is sent as it is" in parts(mail_to(inbox, BOSS)[0])[0]
    room.do("editions", "drop", 1, 1)
    assert room.do("run", now=JUST_BEFORE)["edition"] is None
    ran = room.do("run", now=UNTIL)
    assert (ran["edition"]["number"], ran["outbox"]["accepted"]) == (1, len(READERS))
    assert all("Paper 1 on" not in parts(mail_to(inbox, reader)[0])[0] for reader in READERS)


def test_an_extra_edition_needs_nobodys_word(room: Room, inbox: Mailbox) -> None:
    """It goes at once, with the next number; what it told of is not told again by the edition that waits."""
    room.do("run")
    extra = room.do("run", "--slot", "now", now="2026-03-11T08:05:00+00:00")
    assert (extra["edition"]["number"], extra["outbox"]["accepted"]) == (2, len(READERS))
    assert [waiting["name"] for waiting in extra["waiting"]] == ["1"]
    assert room.do("editions", "approve", 1)["outcome"] == "empty"


def test_an_edition_of_the_week_goes_by_its_name(room: Room, inbox: Mailbox) -> None:
    """w1, beside the daily 1; each has its own word."""
    room.do("subscribers", "add", READERS[0], "--frequency", "weekly")
    room.configure('catch_up = "6h"', 'catch_up = "6h"\nweekly = "wed"')
    assert [waiting["name"] for waiting in room.do("run")["waiting"]] == ["1", "w1"]
    assert room.do("editions", "show", "w1")["subject"].startswith("The week: ")
    assert room.do("editions", "drop", "w1", 1)["subject"] == "The week: Paper 2 on subject 2"
    assert room.do("editions", "approve", "w1")["outbox"]["planned"] == 1
    assert [waiting["name"] for waiting in room.do("editions", "list")["waiting"]] == ["1"]
    assert room.do("editions", "approve", "1")["outbox"]["planned"] == 2


DYING = """
import os, signal, sys
from {module} import {owner}
whole = {owner}.{name}
def deadly(*values, **named):
    {moment}
    os.kill(os.getpid(), signal.SIGKILL)
{owner}.{name} = deadly
from newsletter.cli import main
main()
"""
STORES = "newsletter.adapters.stores"
MOMENTS = {
    "about to publish": ("newsletter.services.publish", "EditorialDesk", "publish", "pass"),
    "the draft is deleted, nothing planned": (STORES, "editions", "plan", "pass"),
    "all but the slot is written, nothing committed": (STORES, "editions", "slot_row", "pass"),
}


def test_killed_while_it_approves_the_draft_is_there(room: Room) -> None:
    """At whichever moment before the commit: whole and unchanged, with nothing planned; approved again, it is
    published."""
    room.do("run")
    tables = ("drafts", "editions", "outbox", "featured", "slots")
    for moment, (module, owner, name, first) in MOMENTS.items():
        script = DYING.format(module=module, owner=owner, name=name, moment=first)
        command = (sys.executable, "-c", script, "editions", "approve", "1", "--now", DUE)
        died = subprocess.run(command, cwd=room.folder, capture_output=True, timeout=60, check=False)
        assert died.returncode == -signal.SIGKILL, (moment, died.stderr)
        with database(room.folder) as connection:
            counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # noqa: S608
        assert counts == [1, 0, 0, 0, 0], moment
    assert room.do("editions", "approve", 1)["outbox"]["planned"] == len(READERS)


@contextmanager
def serving(room: Room, now: str) -> Iterator[httpx.Client]:
    """The pages, while the server runs."""
    with started("serve", "--now", now, "--json", cwd=room.folder) as process:
        with httpx.Client(base_url=ready(process)["web"], timeout=20) as web:
            yield web
        process.send_signal(signal.SIGTERM)
        end = finish(process)
    assert "Traceback" not in end.stderr


def test_from_the_mail_to_the_page_to_the_readers(room: Room, inbox: Mailbox) -> None:
    """`serve` proposes, asks, shows and takes the word; the copies have what was changed on the page."""
    with serving(room, DUE) as web:
        end = time.monotonic() + 20
        while not (found := mail_to(inbox, BOSS)):
            assert time.monotonic() < end, "nobody was asked"
            time.sleep(0.05)
        link = link_in(found[0])
        assert "Paper 1 on subject 1" in web.get(link).text
        assert web.post(link, data={"version": 1, "do": "drop 1"}).status_code == 303
        assert "Somebody else has changed it" in web.post(link, data={"version": 1, "do": "approve"}).text
        approved = web.post(link, data={"version": 2, "do": "approve"})
        assert "Edition 1 is approved" in approved.text
        assert web.get(link).status_code == 404
    assert room.do("send")["outbox"]["accepted"] == len(READERS)
    copies = [mail_to(inbox, reader) for reader in READERS]
    assert [len(found) for found in copies] == [1, 1, 1]
    assert "Paper 1 on" not in parts(copies[0][0])[0]
    assert "Paper 2 on" in parts(copies[0][0])[0]
