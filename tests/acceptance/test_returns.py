"""What comes back of copies that were really sent: by each way in, a reader is let go on the second day."""

import json
import re
import signal
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.commands import Mailbox, finish, ready, started
from support.dovecot import Dovecot, dovecot, needs_dovecot
from support.returned import dsn, leaving
from support.room import READERS, Room, furnish

FIRST, SECOND = "2026-03-11T09:00:00+00:00", "2026-03-12T09:00:00+00:00"
ADA, BO, CY = READERS
Put = Callable[..., None]
"""Brings messages to where they come in, at this time."""


def furnished(folder: Path, inbox: Mailbox, tables: str) -> Room:
    """A newsletter whose first edition was delivered."""
    inbox.empty()
    room = furnish(folder, inbox.port)
    room.configure("secret_file = ", 'bounces_to = "bounces@papers.example.org"\nsecret_file = ')
    config = folder / "newsletter.toml"
    config.write_text(f"{config.read_text()}\n{tables}")
    assert room.do("run")["outbox"]["accepted"] == 3
    return room


def returned_to(inbox: Mailbox, email: str) -> str:
    """The envelope sender of this reader's copy."""
    heads = [file.read_text().partition("\nFrom: ")[0] for file in (inbox.folder / "new").iterdir()]
    (head,) = (head for head in heads if f"Delivered-To: {email}" in head)
    found = re.search(r"Return-Path: <(bounces\+[a-z2-7]{32}@papers\.example\.org)>", head)
    assert found
    return found[1]


@contextmanager
def by_maildir(folder: Path, inbox: Mailbox) -> Iterator[tuple[Room, Put]]:
    for name in ("tmp", "new", "cur"):
        (folder / "returned" / name).mkdir(parents=True)
    room = furnished(folder, inbox, '[bounces]\nmaildir = "returned"')

    def put(now: str, *messages: bytes) -> None:
        for number, message in enumerate(messages):
            (folder / "returned" / "new" / f"1.{number}").write_bytes(message)
        assert sum(room.do("bounces", "scan", now=now)["taken"].values()) == len(messages)

    yield room, put


@contextmanager
def by_imap(folder: Path, inbox: Mailbox) -> Iterator[tuple[Room, Put]]:
    with dovecot() as server:
        yield furnished(folder, inbox, imap_table(folder, server)), imap_put(folder, server)


def imap_table(folder: Path, server: Dovecot) -> str:
    (folder / "imap.password").write_text(server.password)
    values = {"host": "127.0.0.1", "port": server.secure_port, "username": server.username}
    values |= {"password_file": "imap.password", "ca_file": str(server.ca_file)}
    return "[bounces.imap]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())


def imap_put(folder: Path, server: Dovecot) -> Put:
    room = Room(folder)

    def put(now: str, *messages: bytes) -> None:
        server.put(*messages)
        room.do("bounces", "scan", now=now)
        assert (server.count(), server.count("Processed")) == (0, put.count + len(messages))
        put.count += len(messages)

    put.count = 0
    return put


@contextmanager
def by_lmtp(folder: Path, inbox: Mailbox) -> Iterator[tuple[Room, Put]]:
    port = free_port()
    room = furnished(folder, inbox, f'[bounces.lmtp]\nlisten = "127.0.0.1:{port}"')

    def put(now: str, *messages: bytes) -> None:
        with started("serve", "--now", now, "--json", cwd=folder) as process:
            ready(process)
            with closing(smtplib.LMTP("127.0.0.1", port, timeout=20)) as client:
                for message in messages:
                    to = re.findall(rb"(?m)^To: <?([^\s<>]+)", message)[0].decode()
                    assert client.sendmail("", [to], message) == {}
            process.send_signal(signal.SIGTERM)
            assert finish(process).returncode == 0

    yield room, put


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("way", [by_maildir, pytest.param(by_imap, marks=needs_dovecot), by_lmtp])
def test_whose_mail_comes_back_on_two_days_gets_nothing_more(way, tmp_path: Path, inbox: Mailbox):
    """And whoever sends the mail that their copy asks for; the others stay. Both can be looked at."""
    with way(tmp_path, inbox) as (room, put):
        ada, bo = (returned_to(inbox, email) for email in (ADA, BO))
        put(FIRST, dsn(ADA, ada), leaving(BO, bo))
        assert statuses(room) == {ADA: "active", BO: "unsubscribed", CY: "active"}
        put(SECOND, dsn(ADA, ada, number=2))
        assert statuses(room) == {ADA: "bounced", BO: "unsubscribed", CY: "active"}
        found = room.do("bounces", "list")["bounces"]
        assert [(item["email"], item["kind"], item["cause"]) for item in found] == [
            (ADA, "hard", "unknown-user"),
            (BO, "unsubscribe", ""),
            (ADA, "hard", "unknown-user"),
        ]


def statuses(room: Room) -> dict[str, str]:
    people = room.do("subscribers", "list")["subscribers"]
    return {person["email"]: person["status"] for person in people}


def test_each_copy_says_where_a_mail_ends_it(tmp_path: Path, inbox: Mailbox):
    """The address that is known by the copy, with the subject, behind the address of the web; but only where
    somebody reads what comes there."""
    with by_maildir(tmp_path, inbox):
        (copy,) = (message for message in inbox.received if message.recipient == ADA)
        web, mail = (part.strip() for part in copy.message["List-Unsubscribe"].split(","))
        assert re.fullmatch(r"<https://papers\.example\.org/unsubscribe/\S+>", web)
        assert mail == f"<mailto:{returned_to(inbox, ADA)}?subject=unsubscribe>"
    (tmp_path / "other").mkdir()
    furnished(tmp_path / "other", inbox, "")
    (copy,) = (message for message in inbox.received if message.recipient == ADA)
    assert "mailto" not in copy.message["List-Unsubscribe"]


def test_what_it_says_to_people(tmp_path: Path, inbox: Mailbox):
    """What was taken in, what was known, and whose it is."""
    with by_maildir(tmp_path, inbox) as (room, _):
        new = tmp_path / "returned" / "new"
        for number, message in enumerate([dsn(ADA, returned_to(inbox, ADA))] * 2 + [b"Subject: hello\n\nhi"]):
            (new / str(number)).write_bytes(message)
        said, _ = room.say("bounces", "scan", now=FIRST)
        assert said == "3 taken in: 2 hard, 1 none 1 known already 1 about no copy that was sent"
        said, _ = room.say("bounces", "list", now=FIRST)
        assert re.search(r"nobody none .*ada@example\.or.* hard unknown-user .*User", said)


def test_where_there_is_nothing_to_look_into_it_says_so(tmp_path: Path, inbox: Mailbox):
    """With the key that would name it; and a mailbox that cannot be read is an error."""
    room = furnished(tmp_path, inbox, "")
    _, error = room.say("bounces", "scan", code=1)
    assert "[bounces] in newsletter.toml names no maildir" in error
    config = tmp_path / "newsletter.toml"
    config.write_text(f'{config.read_text()}\n[bounces]\nmaildir = "nowhere"')
    found = room.do("bounces", "scan", code=1)
    assert len(found["errors"]) == 1
    assert "nowhere" in found["errors"][0]


def test_serve_looks_into_mailboxes_by_itself(tmp_path: Path, inbox: Mailbox):
    """When it starts, and then every few minutes."""
    with by_maildir(tmp_path, inbox) as (room, _):
        (tmp_path / "returned" / "new" / "1").write_bytes(leaving(BO, returned_to(inbox, BO)))
        with started("serve", "--now", FIRST, "--json", cwd=tmp_path) as process:
            ready(process)
            done = tmp_path / "returned" / ".done" / "cur"
            wait_for(lambda: done.exists() and any(done.iterdir()))
            process.send_signal(signal.SIGTERM)
            assert finish(process).returncode == 0
        assert statuses(room)[BO] == "unsubscribed"


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
