"""What an operator sees: status, why and editions show, after a day on which not everything went well."""

import asyncio
from pathlib import Path

import pytest
from support import store
from support.commands import newsletter
from support.room import DUE, Room, furnish
from support.smtp import scripted_server

PEOPLE = """
email,frequency,weekdays,hour
evening@example.org,,,20
monday@example.org,,mon,
week@example.org,weekly,,
gone@example.net,,,
full@example.net,,,
"""
ANSWERS = {
    "gone@example.net": "550 5.1.1 no such user",
    "full@example.net": "452 4.2.2 The mailbox is full",
}
LATER = "2026-03-11T08:02:00+00:00"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An edition was sent at DUE to some of the readers; the mail server refused one and put off another."""
    folder = tmp_path_factory.mktemp("lived")

    async def live() -> Room:
        async with scripted_server(on_rcpt=ANSWERS.get) as server:
            made = await asyncio.to_thread(furnish, folder, server.port)
            (folder / "more.csv").write_text(PEOPLE.strip())
            for command in (("subscribers", "import", "more.csv"), ("run",)):
                await asyncio.to_thread(made.do, *command)
        return made

    return asyncio.run(live())


@pytest.fixture
def room(lived: Room, tmp_path: Path) -> Room:
    """A copy, to be changed."""
    store.copy(lived.folder, tmp_path / "room")
    return Room(tmp_path / "room")


def test_the_whole_day_at_a_glance(lived: Room) -> None:
    """For programs, and for people without a word too many."""
    found = lived.do("status", now=LATER)
    assert found["in_flight"] == [
        {
            "name": "1",
            "paused": None,
            "planned": 6,
            "due": 0,
            "waiting": 1,
            "deferred": 1,
            "sending": 0,
            "next_attempt": found["in_flight"][0]["next_attempt"],
        }
    ]
    assert found["rates"]["minutes"] == [{"at": "2026-03-11T08:00:00+00:00", "accepted": 3}]
    assert found["rates"]["seconds_left"] is None
    assert found["failures"]["editions"] == ["1"]
    classes = {row["code"]: (row["state"], row["copies"]) for row in found["failures"]["by_class"]}
    assert classes == {"5.1.1": ("rejected", 1), "4.2.2": ("deferred", 1)}
    assert [(row["domain"], row["copies"]) for row in found["failures"]["by_domain"]] == [("example.net", 2)]
    assert set(found["next_slots"]) == {"daily", "weekly"}

    said, _ = lived.say("status", now=LATER)
    for words in (
        "Wed 11 Mar 07:30 sent edition 1, 3 of 6 accepted",
        "edition 1 ━━━━━━━━──── 4 of 6 1 for their readers' hours, 1 to be tried again",
        "1 deferred 4.2.2 the mailbox is full",
        "1 rejected 5.1.1 no such mailbox",
        "`newsletter editions show 1` shows the addresses.",
        "2 example.net",
        "Thu 12 Mar 07:30 in 23 h 28 min daily",
    ):
        assert words in said
    for nothing in ("Needs you", "Letters", "Source"):
        assert nothing not in said


@pytest.mark.parametrize("width", ["80", "120"])
def test_it_fits_and_has_no_colours_where_nobody_looks(
    lived: Room, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    """Neither a line that is too long nor one that ends in blanks nor an escape."""
    monkeypatch.setenv("COLUMNS", width)
    for command in (("status",), ("why", "evening@example.org"), ("editions", "show", 1)):
        lines = newsletter(*command, "--now", LATER, cwd=lived.folder).stdout.splitlines()
        assert max(map(len, lines)) <= int(width)
        assert "\x1b" not in "".join(lines)


def test_an_edition_shows_how_its_copies_fared(lived: Room) -> None:
    """When they went and why two did not, also with whom."""
    found = lived.do("editions", "show", 1, now=LATER)
    assert found["sending"]["accepted"] == found["sending"]["busiest_minute"] == 3
    assert found["sending"]["first"] == found["sending"]["last"] == DUE
    assert found["languages"] == {"": 6}
    assert [row["copies"] for row in found["failures_by"]["by_class"]] == [1, 1]
    said, _ = lived.say("editions", "show", 1, "--all", now=LATER)
    for words in ("accepted 3 50 %", "first accepted Wed 11 Mar 08:00", "gone@example.net rejected 1"):
        assert words in said


@pytest.mark.parametrize(
    ("email", "reason", "words"),
    [
        ("monday@example.org", "weekday", "they want it on Mondays, and this was for a Wednesday"),
        ("week@example.org", "frequency", "they get the edition of the week, and this is a daily one"),
        ("late@example.org", "later", "they came onto the list after it was planned"),
    ],
)
def test_why_somebody_got_no_copy(room: Room, email: str, reason: str, words: str) -> None:
    """In a word for programs, in a sentence for people, and what comes next for them."""
    if reason == "later":
        room.do("subscribers", "add", email, now=LATER)
    found = room.do("why", email, now=LATER)
    assert [(one["edition"], one["reason"], one["words"]) for one in found["missed"]] == [
        ("1", reason, words)
    ]
    assert found["next"] is not None
    said, _ = room.say("why", email, now=LATER)
    assert f"edition 1 {words}" in said
    assert "Next the edition of" in said


def test_what_happened_to_somebody_is_a_story(room: Room) -> None:
    """In the order of time, with the words of their mail server."""
    story = [(line["what"], line["words"]) for line in room.do("why", "gone@example.net")["story"]]
    assert story == [("joined", "by an import"), ("rejected", "edition 1: 550 5.1.1 no such user")]
    said, _ = room.say("why", "evening@example.org", now=LATER)
    assert "Waits their copy of edition 1 until Wed 11 Mar 20:00, in 11 h 58 min" in said
    assert "Next the edition of Thu 12 Mar 07:30, which leaves at 20:00" in said
    room.do("subscribers", "remove", "evening@example.org", now=LATER)
    found = room.do("why", "evening@example.org", now=LATER)
    assert [line["what"] for line in found["story"]] == ["joined", "suppressed", "left"]
    assert found["next"] is None
    assert "Next nothing: they unsubscribed" in room.say("why", "evening@example.org", now=LATER)[0]


def test_of_whoever_was_erased_nothing_is_told(room: Room) -> None:
    """But that they were; and of a stranger that there is nothing."""
    room.do("subscribers", "erase", "gone@example.net", "--yes", now=LATER)
    assert room.do("why", "gone@Example.net") == {"email": "gone@example.net", "status": "erased"}
    assert "gone@example.net was erased. Nothing else is known" in room.say("why", "gone@example.net")[0]
    assert "nothing ever happened to it" in room.say("why", "nobody@example.org", code=1)[1]
