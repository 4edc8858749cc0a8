"""Each reader gets what they chose, on the days and at the hour that they chose."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import store
from support.commands import Mailbox, Received, mailbox
from support.room import Room, furnish, paper

THURSDAY, EVENING = "2026-03-12T07:31:00+00:00", "2026-03-12T20:01:00+00:00"
FRIDAY, FRIDAY_EVENING = "2026-03-13T07:31:00+00:00", "2026-03-13T20:01:00+00:00"
CHOICES = {
    "bo@example.com": "frequency = 'weekly'",
    "cy@example.net": "weekdays = 16",
    "paused@example.org": "paused_until = '2026-03-13'",
    "tokyo@example.org": "hour = 5, zone = 'Asia/Tokyo'",  # 20:00 UTC
}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[Room, Mailbox]]:
    """Ada, who chose nothing, and those who chose something; a mail server that takes all."""
    with mailbox(tmp_path) as server:
        room = furnish(tmp_path, port=server.port)
        people = ["email", *CHOICES]
        (tmp_path / "people.csv").write_text("\n".join(people))
        room.do("subscribers", "import", "people.csv")
        chosen = "UPDATE subscribers SET {} WHERE email = '{}'"
        store.change(tmp_path, *(chosen.format(choice, email) for email, choice in CHOICES.items()))
        yield room, server


def test_two_days_with_readers_who_want_it_differently(room: tuple[Room, Mailbox]) -> None:
    """The mailbox shows who got what, and everything that was planned is accounted for; the preview of the
    week was of what went out."""
    work, server = room
    first = work.do("run", now=THURSDAY)
    assert (first["edition"]["number"], first["weekly"]) == (1, None)
    assert first["outbox"]["planned"] == 2
    assert first["outbox"]["pending"] == 1
    assert _got(server) == {"ada@example.org": ["1"]}
    said = work.say("run", now=THURSDAY)[0]
    assert "1 copy waits for their readers' time. Next: `newsletter send` from" in said
    assert "Thu 2026-03-12 20:00 +0000 on goes on" in said

    assert work.do("send", now=EVENING)["outbox"]["accepted"] == 2
    assert _got(server) == {"ada@example.org": ["1"], "tokyo@example.org": ["1"]}

    work.write_page(*map(paper, range(1, 9)))
    work.do("collect", now=FRIDAY)
    shown = work.do("preview", "--weekly", "--out", "week", now=FRIDAY)
    second = work.do("run", now=FRIDAY)
    assert shown["edition"]["subject"] == second["weekly"]["edition"]["subject"]
    assert (second["edition"]["number"], second["edition"]["entries"]) == (2, 3)
    assert second["outbox"] | {"planned": 4, "accepted": 3, "pending": 1} == second["outbox"]
    assert second["weekly"]["edition"]["number"] == 1
    assert second["weekly"]["edition"]["entries"] == 8
    assert second["weekly"]["edition"]["subject"].startswith("The week: ")
    assert second["weekly"]["outbox"]["accepted"] == 1
    assert "No slot is due." in work.say("run", now=FRIDAY)[0]
    work.do("send", now=FRIDAY_EVENING)
    assert _got(server) == {
        "ada@example.org": ["1", "2"],
        "tokyo@example.org": ["1", "2"],
        "cy@example.net": ["2"],
        "paused@example.org": ["2"],
        "bo@example.com": ["w1"],
    }
    assert len({message.message_id for message in server.received}) == len(server.received) == 7


def test_the_edition_of_the_week_is_found_by_its_own_number(room: tuple[Room, Mailbox]) -> None:
    """In the commands, beside the daily one of the same number."""
    work, _ = room
    work.do("run", now=FRIDAY)
    listed = work.do("editions", "list", now=FRIDAY)["editions"]
    assert sorted(edition["name"] for edition in listed) == ["1", "w1"]
    shown = work.do("editions", "show", "w1", now=FRIDAY)
    assert (shown["number"], shown["outbox"]["planned"]) == (1, 1)
    assert shown["content"]["newsletter"] == "papers/weekly"
    assert work.do("editions", "pause", "w1", now=FRIDAY)["paused"] == "by hand"
    assert "`newsletter editions resume w1`" in work.say("status", now=FRIDAY)[0]
    assert work.do("editions", "show", 1, now=FRIDAY)["paused"] is None
    assert "there is no edition w2" in work.say("editions", "show", "w2", now=FRIDAY, code=1)[1]
    assert "w0x" in work.say("editions", "show", "w0x", now=FRIDAY, code=2)[1]


def test_without_anybody_for_it_there_is_no_edition_of_the_week(room: tuple[Room, Mailbox]) -> None:
    """Nor an outcome of its slot."""
    work, _ = room
    work.do("subscribers", "remove", "bo@example.com")
    assert work.do("run", now=FRIDAY)["weekly"] is None
    assert work.do("status", now=FRIDAY)["weekly_slots"] == []


def test_an_extra_edition_for_some(room: tuple[Room, Mailbox]) -> None:
    """Only they get it; everybody gets its entries in the next one. It has to be asked for as an extra."""
    work, server = room
    segment = ("--segment", "domain:example.com or domain:example.org and not domain:example.net")
    assert "--slot now" in work.say("run", *segment, now=THURSDAY, code=2)[1]
    said = work.say("run", "--slot", "now", "--segment", "tag:", now=THURSDAY, code=2)[1]
    assert "character 5" in said
    assert "no reader" in work.say("run", "--slot", "now", "--segment", "tag:x", now=THURSDAY, code=1)[1]
    extra = work.do("run", "--slot", "now", *segment, now="2026-03-12T07:00:00+00:00")
    assert extra["outbox"] | {"planned": 2, "accepted": 1, "pending": 1} == extra["outbox"]
    assert _got(server) == {"ada@example.org": ["1"]}
    work.configure("[web]", "[edition]\nsegment = 'not domain:example.net'\n\n[web]")
    regular = work.do("run", now=FRIDAY)
    assert (regular["edition"]["number"], regular["edition"]["entries"]) == (2, 5)
    assert _got(server)["ada@example.org"] == ["1", "2"]
    assert "cy@example.net" not in _got(server)
    work.configure("'not domain", "'not the domain")
    assert "[edition] segment: segment, character 5" in work.say("status", code=1)[1]


def _got(server: Mailbox) -> dict[str, list[str]]:
    """Which editions each reader got, by their names."""
    found: dict[str, list[str]] = {}
    for message in server.received:
        found.setdefault(message.recipient, []).append(_edition(message))
    return {recipient: sorted(names) for recipient, names in found.items()}


def _edition(message: Received) -> str:
    """By the address of its page."""
    body = message.message.get_body(("plain",))
    assert body is not None
    address = body.get_content().split("https://papers.example.org/archive/")[1].split()[0].strip(".,)>")
    return address.replace("weekly/", "w")
