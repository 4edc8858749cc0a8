"""Readers with different wishes get different copies: from the command line to the mailbox."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.commands import Mailbox, Received, finish, ready, started
from support.room import DUE, READERS, Room, furnish

ADA, BO, CY = READERS
NEXT_DAY = "2026-03-12T08:00:00+00:00"


def paper(number: int, about: str, **more: Any) -> str:
    """A line of the page; what comes first there is the best."""
    said = {"title": f"Paper {number}: {about}", "summary": f"We show how {about} works.", "authors": []}
    return json.dumps({**said, "url": f"https://arxiv.org/abs/2603.{number:05}", **more})


@pytest.fixture
def room(tmp_path: Path, inbox: Mailbox) -> Room:
    """Four papers to collect; the first two go out in full, the others by title."""
    inbox.empty()
    room = furnish(tmp_path, inbox.port)
    room.configure("[schedule]", "[edition]\nmax_entries = 2\n\n[schedule]")
    room.write_page(
        paper(1, "Steering robots", upvotes=90),
        paper(2, "Painting pictures", upvotes=50, authors=["Grace Hopper", "José Núñez"]),
        paper(3, "Folding proteins", upvotes=5),
        paper(4, "Robots that paint", upvotes=1),
    )
    return room


def wait_for(inbox: Mailbox, count: int) -> None:
    end = time.monotonic() + 20
    while inbox.count < count:
        assert time.monotonic() < end, f"{inbox.count} of {count} messages came"
        time.sleep(0.02)


def copies(inbox: Mailbox) -> dict[str, Received]:
    return {message.recipient: message for message in inbox.received}


def part(message: Received, kind: str = "plain") -> str:
    found = message.message.get_body((kind,))
    assert found
    return str(found.get_content())


def order(message: Received) -> str:
    """The numbers of the papers as each part tells of them."""
    text = "".join(re.findall(r"^Paper (\d):", part(message), re.MULTILINE))
    html = "".join(re.findall(r"Paper (\d):[^<]*</a></(?:h2|h3|p)>", part(message, "html")))
    assert text == html
    return text


def test_each_reader_gets_their_own_order_and_selection(room: Room, inbox: Mailbox) -> None:
    """What one follows comes in full with the reason, what one mutes is neither shown nor named, and who
    wishes nothing gets the edition as it is."""
    room.do("subscribers", "add", ADA, "--keyword", "folding proteins", "--author", "Nunez, Jose")
    added = room.do("subscribers", "add", BO, "--mute", "robots")["subscriber"]
    assert (added["muted"], added["keywords"]) == (["robots"], [])
    room.do("run")
    mail = copies(inbox)
    assert {reader: order(mail[reader]) for reader in READERS} == {ADA: "1324", BO: "23", CY: "1234"}
    for kind in ("plain", "html"):
        ada, bo, cy = (part(mail[reader], kind) for reader in READERS)
        assert "because you follow folding proteins" in ada
        assert "by Nunez, Jose, whom you follow" in ada
        assert "4 new papers; these 3 are worth your time." in ada
        assert "4 new papers; this one is worth your time." in bo
        assert "you follow" not in bo + cy
        assert "robots" not in bo.lower()
    assert "robots" in mail[CY].message["Subject"]
    assert mail[BO].message["Subject"].startswith("Paper 2: Painting pictures")


def test_the_preview_of_a_reader_is_their_copy(room: Room) -> None:
    """With the reasons; where nothing is left it says so."""
    room.do("collect")
    room.do("subscribers", "add", ADA, "--topic", "Cooking", "--keyword", "pictures")
    room.do("preview", "--out", "seen", "--as", ADA)
    assert "because you follow pictures" in (room.folder / "seen" / "email.txt").read_text()
    room.do("subscribers", "add", ADA, "--mute", "paper")
    _, problem = room.say("preview", "--out", "seen", "--as", ADA, code=1)
    assert "ada@example.org has muted all of this edition" in problem


def test_a_list_takes_its_wishes_along(room: Room) -> None:
    """Export and import, with all that people follow and mute; `list` shows it."""
    room.do("subscribers", "add", ADA, "--topic", "A; B", "--keyword", "k", "--author", "N", "--mute", "m")
    room.do("subscribers", "export", "list.csv")
    assert "ada@example.org,,A;B,k,N,m," in (room.folder / "list.csv").read_text()
    told, _ = room.say("subscribers", "list")
    assert "FOLLOWS MUTES ada@example.org active A, B, k, N m" in told


def test_more_like_this(room: Room, inbox: Mailbox) -> None:
    """By the link of the email: asking changes nothing, pressing the button does; the next day what is like
    it comes first for this reader alone, with the reason."""
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        web = httpx.Client(base_url=ready(process)["web"])
        wait_for(inbox, len(READERS))
        links = re.findall(
            r"More like this: https://papers\.example\.org(/more/\S+)", part(copies(inbox)[CY])
        )
        assert [link.rpartition("/")[2] for link in links] == ["1", "2"]
        assert "More like this?" in web.get(links[1]).text
        assert "There will be more" in web.post(links[1]).text
        web.close()
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0
    inbox.empty()
    room.write_page(
        paper(5, "Counting stars", upvotes=90),
        paper(6, "Sorting letters", upvotes=50),
        paper(7, "Painting pictures of trees", upvotes=5),
    )
    room.do("run", now=NEXT_DAY)
    mail = copies(inbox)
    assert {reader: order(mail[reader]) for reader in READERS} == {ADA: "567", BO: "567", CY: "576"}
    assert "because you wanted more like “Paper 2: Painting pictures”" in part(mail[CY])


def test_preferences(room: Room, inbox: Mailbox) -> None:
    """By the link in the footer: the form shows what is wished, looking changes nothing, saving does; the
    next edition of this reader alone is another one, and `list` shows why."""
    room.do("subscribers", "add", CY, "--keyword", "robots")
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        web = httpx.Client(base_url=ready(process)["web"])
        wait_for(inbox, len(READERS))
        [link] = re.findall(r"https://papers\.example\.org(/preferences/\S+)", part(copies(inbox)[CY]))
        assert f'{link}"' in part(copies(inbox)[CY], "html")
        assert "robots</textarea>" in web.get(link).text
        saved = web.post(link, data={"keywords": "letters", "authors": "", "muted": "stars"})
        assert (saved.status_code, "Saved" in saved.text) == (200, True)
        assert "letters</textarea>" in web.get(link).text
        web.close()
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0
    told, _ = room.say("subscribers", "list")
    assert "cy@example.net active letters stars" in told
    inbox.empty()
    room.write_page(
        paper(5, "Counting stars", upvotes=90),
        paper(6, "Painting robots", upvotes=50),
        paper(7, "Sorting letters", upvotes=5),
    )
    room.do("run", now=NEXT_DAY)
    mail = copies(inbox)
    assert {reader: order(mail[reader]) for reader in READERS} == {ADA: "567", BO: "567", CY: "67"}
    assert "because you follow letters" in part(mail[CY])
