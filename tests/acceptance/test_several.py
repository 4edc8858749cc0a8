"""Two newsletters in one configuration: each its own list and editions, one command for both."""

import re
import signal
import smtplib
import time
from contextlib import closing
from pathlib import Path
from socket import create_server

import httpx
import pytest
from support import store
from support.commands import Mailbox, finish, newsletter, ready, started
from support.newsroom import write_config
from support.returned import dsn
from support.room import DUE, SLOT, TABLES, Room, paper

pytestmark = pytest.mark.sqlite  # on a server somebody makes their databases first

NEWSLETTERS = """
[newsletters.agents.newsletter]
name = "Agents daily"

[newsletters.weekend.newsletter]
name = "Weekend papers"
[newsletters.weekend.schedule]
time = "06:00"

[bounces.lmtp]
listen = "127.0.0.1:{port}"
protocol = "smtp"
"""
LISTS = {"agents": ("ada@example.org", "bo@example.com"), "weekend": ("ada@example.org", "cy@example.net")}
NAMES = {"agents": "Agents daily", "weekend": "Weekend papers"}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, inbox: Mailbox) -> Room:
    """Two newsletters of the same page; Ada gets both."""
    room = Room(tmp_path_factory.mktemp("furnished"))
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write_config(room.folder, inbox.port, more=TABLES + NEWSLETTERS.format(port=port))
    room.configure('id = "papers"', 'bounces_to = "bounces@example.org"')
    room.write_page(*map(paper, range(1, 6)))
    for name, people in LISTS.items():
        (room.folder / "people.csv").write_text("\n".join(["email", *people]))
        added = room.do("subscribers", "import", "people.csv", "--newsletter", name)["added"]
        assert added == len(people)
    return room


@pytest.fixture
def room(furnished: Room, inbox: Mailbox, tmp_path: Path) -> Room:
    """A copy of it, to work in."""
    inbox.empty()
    return Room(store.copy(furnished.folder, tmp_path / "room"))


def copies(inbox: Mailbox) -> dict[str, list[str]]:
    """Who got a copy of each newsletter, by where its link leads."""
    found: dict[str, list[str]] = {}
    for message in inbox.received:
        link = str(message.message["List-Unsubscribe"])
        name = next(name for name in LISTS if f"papers.example.org/{name}/" in link)
        found.setdefault(name, []).append(message.recipient)
    return {name: sorted(people) for name, people in found.items()}


def listed(room: Room, name: str) -> list[str]:
    people = room.do("subscribers", "list", "--status", "active", "--newsletter", name)["subscribers"]
    return sorted(person["email"] for person in people)


def test_one_run_does_both(room: Room, inbox: Mailbox) -> None:
    """Each serves its own slot for its own list; the same again has nothing to do. `status` tells of both,
    as `run` did, under the name of each."""
    done = room.do("run")["newsletters"]
    assert list(done) == ["agents", "weekend"]
    assert [said["edition"]["slot"] for said in done.values()] == [SLOT, SLOT.replace("07:30", "06:00")]
    assert [said["outbox"]["accepted"] for said in done.values()] == [2, 2]
    assert copies(inbox) == {name: sorted(people) for name, people in LISTS.items()}
    assert sorted(file.name for file in room.folder.glob("*.db")) == ["agents.db", "weekend.db"]

    again = room.do("run")["newsletters"]
    assert [said["edition"] for said in again.values()] == [None, None]
    assert inbox.count == 4
    standing = room.do("status")["newsletters"]
    assert {name: said["newsletter"] for name, said in standing.items()} == NAMES
    assert [len(said["slots"]) for said in standing.values()] == [1, 1]
    said, _ = room.say("status")
    assert re.search(r"^agents ─+ Agents daily .*weekend ─+ Weekend papers ", said)


def test_a_name_chooses_one(room: Room, inbox: Mailbox) -> None:
    """The other is left alone. A command that is about one asks for the name, and helps with a wrong one."""
    assert room.do("run", "--newsletter", "weekend")["outbox"]["accepted"] == 2
    assert copies(inbox) == {"weekend": sorted(LISTS["weekend"])}
    assert room.do("editions", "list", "--newsletter", "agents")["editions"] == []
    for arguments, said in (
        ([], "newsletter.toml has several newsletters: say --newsletter agents or --newsletter weekend."),
        (["--newsletter", "agent"], "has no newsletter 'agent'; did you mean --newsletter agents?"),
    ):
        refused = newsletter("editions", "list", *arguments, cwd=room.folder, code=2)
        assert refused.stdout == ""
        assert said in " ".join(refused.stderr.replace("│", " ").split())


def test_one_that_fails_does_not_stop_the_other(room: Room, inbox: Mailbox) -> None:
    """It is named on stderr and in the JSON, the other's copies go out, and the exit code is 1."""
    room.configure('name = "Agents daily"', 'name = "Agents daily"\ntheme = "gone"')
    done = room.do("run", code=1)["newsletters"]
    assert "[newsletter] theme" in done["agents"]["error"]
    assert done["weekend"]["outbox"]["accepted"] == 2
    assert copies(inbox) == {"weekend": sorted(LISTS["weekend"])}
    room.configure('time = "06:00"', 'time = "6"')
    said, complaint = room.say("status", code=1)
    assert "Agents daily" in said
    assert (
        "newsletter: weekend: newsletter.toml: [newsletters.weekend.schedule] time: write hours" in complaint
    )


def test_one_server_has_both(room: Room, inbox: Mailbox) -> None:
    """It serves both slots, shows the pages of both and a list of them, and whoever leaves one by the link of
    its mail still gets the other. What comes back to one is counted there."""
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        said = ready(process)
        end = time.monotonic() + 100
        while inbox.count < 4:
            assert time.monotonic() < end, f"{inbox.count} of 4 messages came"
            time.sleep(0.02)
        with httpx.Client(base_url=said["web"], timeout=10) as web:
            for name, title in NAMES.items():
                page = web.get(f"/{name}/archive")
                assert page.status_code == 200
                assert title in page.text
                assert "Paper 1 on subject 1" in web.get(f"/{name}/archive/1").text
                assert f'href="https://papers.example.org/{name}/archive"' in web.get("/").text
                assert web.get(f"/{name}/style.css").headers["content-type"].startswith("text/css")
            assert web.get("/archive").status_code == 404
            health = web.get("/health")
            assert (health.status_code, health.json()["status"]) == (200, "ok")
            assert list(health.json()["newsletters"]) == ["agents", "weekend"]

            link = leave_link(inbox, "agents", "ada@example.org")
            foreign = link.replace("/agents/", "/weekend/")
            assert web.post(foreign, data={"List-Unsubscribe": "One-Click"}).status_code == 404
            assert web.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
            return_copy(room, inbox, "weekend", "ada@example.org")
        assert listed(room, "agents") == ["bo@example.com"]
        assert listed(room, "weekend") == sorted(LISTS["weekend"])
        assert {name: score(room, name, "ada@example.org") for name in LISTS} == {"agents": 0, "weekend": 3}
        process.send_signal(signal.SIGTERM)
        ended = finish(process)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "Traceback" not in ended.stderr
    assert '"newsletter": "agents"' in ended.stderr
    slots = {name: one["slots"] for name, one in room.do("status")["newsletters"].items()}
    assert {name: (slot["slot"][11:16], slot["outcome"]) for name, (slot,) in slots.items()} == {
        "agents": ("07:30", "sent"),
        "weekend": ("06:00", "sent"),
    }


def score(room: Room, name: str, email: str) -> float:
    """What has come back of this reader's copies."""
    return float(room.do("subscribers", "show", email, "--newsletter", name)["score"])


def leave_link(inbox: Mailbox, name: str, recipient: str) -> str:
    """The path of the link by which this reader leaves this newsletter."""
    links = [
        re.search(rf"<https://papers\.example\.org(/{name}/unsubscribe/\S+)>", str(header))
        for message in inbox.received
        if message.recipient == recipient and (header := message.message["List-Unsubscribe"])
    ]
    (link,) = filter(None, links)
    return link[1]


def return_copy(room: Room, inbox: Mailbox, name: str, recipient: str) -> None:
    """Report to the one port of both that there is no such mailbox, to where the copy says it came from."""
    texts = [file.read_text() for file in (inbox.folder / "new").iterdir()]
    copies = [text for text in texts if f"Delivered-To: {recipient}" in text and f"/{name}/unsub" in text]
    (sender,) = [re.match("Return-Path: <(.+)>", text) for text in copies]
    listen = re.search(r'listen = "127.0.0.1:(\d+)"', (room.folder / "newsletter.toml").read_text())
    assert sender
    assert listen
    with closing(smtplib.SMTP("127.0.0.1", int(listen[1]), timeout=20)) as client:
        assert client.sendmail("", [sender[1]], dsn(recipient, sender[1])) == {}
        client.quit()
