"""The schedule from the command line: its calendar, its holidays, and each reader's own time."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.commands import Mailbox, mailbox, newsletter
from support.room import DUE, READERS, SLOT, Room, furnish, paper

HOLIDAYS = 'catch_up = "6h"\ntimezone = "Europe/Berlin"\nholidays = ["DE-BY", "03-12"]'


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Editions on weekdays, at half past seven in Berlin."""
    made = furnish(tmp_path)
    made.configure('catch_up = "6h"', HOLIDAYS)
    return made


def calendar(room: Room, *options: str) -> list[str]:
    """The slots that the command prints."""
    return [found["slot"] for found in room.do("slots", *options)["slots"]]


def test_the_calendar_is_that_of_the_schedule(room: Room) -> None:
    """From the first moment, which is in it, to the second, which is not; with the same in UTC."""
    found = room.do("slots", "--from", "2026-03-27T07:30:00+01:00", "--to", "2026-03-31T05:30:00Z")
    assert [(slot["slot"], slot["at"]) for slot in found["slots"]] == [
        ("2026-03-27T07:30:00+01:00", "2026-03-27T06:30:00+00:00"),
        ("2026-03-30T07:30:00+02:00", "2026-03-30T05:30:00+00:00"),
    ]
    assert found["slots"][0]["series"] == "papers"
    assert found["holidays"] == []
    assert len(calendar(room, "--from", "2026-01-01", "--to", "2027-01-01")) > 200


def test_dates_and_times_without_an_offset_are_local(room: Room) -> None:
    """In the zone of the schedule; without either it is the next two weeks."""
    assert calendar(room, "--from", "2026-03-27", "--to", "2026-03-28") == ["2026-03-27T07:30:00+01:00"]
    assert calendar(room, "--from", "2026-03-27T07:31", "--to", "2026-03-30T07:31") == [
        "2026-03-30T07:30:00+02:00"
    ]
    assert len(calendar(room)) == 9  # one of ten weekdays is a holiday


def test_holidays_are_named_beside_the_slots(room: Room) -> None:
    """The best of the week comes on the next day of the schedule that is none."""
    found = room.do("slots", "--from", "2026-04-02", "--to", "2026-04-08")
    assert [slot["slot"][:10] for slot in found["slots"]] == ["2026-04-02", "2026-04-07"]
    assert [(slot["slot"][:10], slot["holiday"]) for slot in found["holidays"]] == [
        ("2026-04-03", "Good Friday"),
        ("2026-04-06", "Easter Monday"),
    ]
    weeks = calendar(room, "--weekly", "--from", "2026-03-27", "--to", "2026-04-11")
    assert [slot[:10] for slot in weeks] == ["2026-03-27", "2026-04-07", "2026-04-10"]
    said, _ = room.say("slots", "--from", "2026-04-02", "--to", "2026-04-04")
    assert said == (
        "Slot UTC Outcome Thu 2026-04-02 07:30 +0200 2026-04-02 05:30"
        " Fri 2026-04-03 07:30 +0200 2026-04-03 05:30 holiday: Good Friday"
    )


def test_what_cannot_be_a_range_is_refused(room: Room) -> None:
    """It names the option."""
    assert "--to" in room.say("slots", "--from", "2026-03-11", "--to", "2026-03-10", code=2)[1]
    assert "--from: 'soon'" in room.say("slots", "--from", "soon", code=2)[1]
    assert "--to: the year" in room.say("slots", "--to", "9001-01-01", code=2)[1]
    said, _ = room.say("slots", "--from", "2026-03-14", "--to", "2026-03-16")
    assert said == "The schedule has no slot between these moments."


def test_a_holiday_ends_as_skipped_and_nothing_is_sent(room: Room) -> None:
    """It is no failure; the next slot that is announced is a working day's."""
    room.configure('"03-12"', '"03-11"')
    said, problems = room.say("run")
    assert said == (
        "No slot is due. The next one is Thu 2026-03-12 07:30 +0100; --slot now makes an extra edition."
    )
    assert problems == ""
    [slot] = room.do("status")["slots"]
    assert (slot["outcome"], slot["reason"]) == ("skipped", "holiday: 03-11")
    assert room.do("status", now="2026-03-10T12:00:00+00:00")["next_slot"] == "2026-03-12T07:30:00+01:00"
    found = room.do("slots", "--from", "2026-03-11", "--to", "2026-03-12")
    assert (found["slots"], found["holidays"][0]["outcome"]) == ([], "skipped")


def test_how_slots_ended_stands_beside_them(room: Room) -> None:
    """An extra edition is none of them."""
    room.do("collect", now="2026-03-11T05:00:00+00:00")
    room.do("publish", "--slot", "now", now="2026-03-11T05:00:00+00:00")
    room.write_page(*map(paper, range(6, 9)))
    room.do("collect")
    made = room.do("publish")
    [slot] = room.do("slots", "--from", "2026-03-11", "--to", "2026-03-12")["slots"]
    assert (slot["outcome"], slot["edition"]) == ("sent", made["edition"]["number"]) == ("sent", 2)


def test_two_schedulers_make_one_edition(tmp_path: Path) -> None:
    """As two processes at the same moment, with one database, though one of them has another time in its
    configuration."""
    room = furnish(tmp_path)
    room.do("collect")
    config = (tmp_path / "newsletter.toml").read_text()
    (tmp_path / "other.toml").write_text(config.replace('time = "07:30"', 'time = "07:45"'))
    commands = [
        ("publish", "--json", "--now", DUE, "--config", name)
        for name in ("newsletter.toml", "other.toml") * 2
    ]
    with ThreadPoolExecutor(len(commands)) as pool:
        ended = list(pool.map(lambda command: newsletter(*command, cwd=tmp_path), commands))
    made = [found for end in ended if (found := json.loads(end.stdout))["edition"]]
    assert len(made) == 1
    assert made[0]["outbox"]["planned"] == len(READERS)
    assert room.slots() == [(SLOT[:10], "sent")]
    assert len(room.do("editions", "list")["editions"]) == 1


# Each reader's own time


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[tuple[Room, Mailbox]]:
    """One reader in the newsletter's zone, one in New York, one who chose an hour; a mail server."""
    with mailbox(tmp_path) as server:
        room = furnish(tmp_path, port=server.port)
        room.configure('catch_up = "6h"', 'catch_up = "23h"\ndeliver = "at 07:30 reader\'s time"')
        (tmp_path / "zones.csv").write_text(
            "email,time zone,hour\nny@example.org,America/New_York,\nsix@example.org,,18\n"
        )
        room.do("subscribers", "import", "zones.csv")
        yield room, server


def test_each_reader_gets_it_at_the_same_time_of_their_own_clock(inbox: tuple[Room, Mailbox]) -> None:
    """Half past seven in New York is 11:30 UTC; who chose an hour gets it then."""
    room, server = inbox
    first = room.do("run")
    assert first["outbox"] | {"accepted": 3, "pending": 2} == first["outbox"]
    said, _ = room.say("run", now="2026-03-11T11:29:00+00:00")
    assert "2 copies wait for their readers' time. Next: `newsletter send` from Wed 2026-03-11 11:30" in said
    server.empty()
    room.do("send", now="2026-03-11T11:30:00+00:00")
    assert server.recipients == ["ny@example.org"]
    room.do("send", now="2026-03-11T18:00:00+00:00")
    assert server.recipients == ["ny@example.org", "six@example.org"]


def test_after_an_outage_yesterdays_edition_is_given_up_with_the_reason(
    inbox: tuple[Room, Mailbox],
) -> None:
    """Nothing ran from the morning of one day to the evening of the next: both would come at once."""
    room, server = inbox
    room.do("run")
    server.empty()
    room.write_page(*map(paper, range(6, 9)))
    second = room.do("run", now="2026-03-12T20:00:00+00:00")
    assert second["edition"]["number"] == 2
    assert second["outbox"]["accepted"] == 5
    assert sorted(server.recipients) == sorted([*READERS, "ny@example.org", "six@example.org"])
    shown = room.do("editions", "show", 1, now="2026-03-12T20:00:00+00:00")
    assert shown["outbox"]["expired"] == 2
    assert {failure["reason"] for failure in shown["failures"]} == {"a newer edition was due for its reader"}
