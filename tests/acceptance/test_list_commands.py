"""The commands of the list: files in and out, tags, what is known of a person, and forgetting them."""

import json
import os
import pty
import stat
import subprocess
from pathlib import Path

import pytest
from support.commands import COMMAND, newsletter
from support.room import READERS, Room, furnish

ADA, BO, CY = READERS
FILE = (
    "E-Mail;Name;Tags;City;Hour\r\n"
    'dee@example.org;"Dee; the ""third""";vip;Oslo;7\r\n'
    "nobody;;;;\r\n"
    "dee@example.org;Dee again;;;\r\n"
    f"{BO};;;;\r\n"
    "eve@example.org;Eve;;;25\r\n"
)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return furnish(tmp_path)


def emails(room: Room, *options: str) -> list[str]:
    """Those that `list` shows."""
    return [person["email"] for person in room.do("subscribers", "list", *options)["subscribers"]]


def test_an_import_tells_what_became_of_every_row(room: Room) -> None:
    """Counts, the reasons with their lines, and the columns that became attributes; a rehearsal says the same
    and changes nothing."""
    room.do("subscribers", "remove", BO)
    (room.folder / "more.csv").write_text(FILE)
    before = room.do("subscribers", "list")
    rehearsed, _ = room.say("subscribers", "import", "more.csv", "--dry-run")
    assert room.do("subscribers", "list") == before
    told, _ = room.say("subscribers", "import", "more.csv", "--problems", "problems.csv")
    counts = "1 added, 0 updated, 0 unchanged, 1 suppressed, 1 named twice, 2 not readable"
    for said in (told, rehearsed):
        assert counts in said
        assert "Taken as attributes: city." in said
        assert "! more.csv:3: 'nobody' is not an email address" in said
        assert "! more.csv:4: dee@example.org stands in line 2 already." in said
        assert f"! more.csv:5: {BO} is unsubscribed: not imported." in said
        assert "! more.csv:6: hour: write a number from 0 to 23" in said
    assert "this was a rehearsal" in rehearsed
    problems = (room.folder / "problems.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in problems] == [
        ["line", "kind"],
        ["3", "invalid"],
        ["4", "duplicate"],
        ["5", "suppressed"],
        ["6", "invalid"],
    ]
    again = room.do("subscribers", "import", "more.csv", "--tag", "fair", "--problems", "problems.jsonl")
    assert (again["updated"], again["duplicates"], again["invalid"], again["attributes"]) == (
        1,
        1,
        2,
        ["city"],
    )
    rows = [json.loads(row) for row in (room.folder / "problems.jsonl").read_text().splitlines()]
    assert [f"more.csv:{row['line']}: {row['problem']}" for row in rows] == again["problems"]
    assert emails(room, "--tag", "fair") == emails(room, "--tag", "vip") == ["dee@example.org"]


def test_of_very_many_problems_the_first_are_told(room: Room) -> None:
    """All are counted, and written where wanted; with nobody in the file it ends with exit 1."""
    (room.folder / "bad.csv").write_text("email\n" + "x\n" * 1200)
    result = room.do("subscribers", "import", "bad.csv", "--problems", "all.jsonl", code=1)
    assert (result["invalid"], len(result["problems"]), result["more_problems"]) == (1200, 1000, 200)
    assert len((room.folder / "all.jsonl").read_text().splitlines()) == 1200
    told, error = room.say("subscribers", "import", "bad.csv", code=1)
    assert "bad.csv:21: " in told
    assert "bad.csv:22: " not in told
    assert "and 1180 more; --problems FILE writes all of them." in told
    assert "bad.csv: nobody could be added." in error


def test_standard_input_is_a_file_as_well(room: Room) -> None:
    """CSV or JSONL, whichever it is."""
    for content in ("email\nx@example.org\n", '{"email": "y@example.org"}\n'):
        ended = newsletter("subscribers", "import", "-", "--json", cwd=room.folder, stdin=content)
        assert json.loads(ended.stdout)["added"] == 1
    refused = newsletter("subscribers", "import", "-", cwd=room.folder, stdin="name\nA\n", code=1)
    assert "standard input:1: the first line must name the columns" in refused.stderr


def test_nothing_of_a_file_is_taken_that_is_not_utf_8_further_down(room: Room) -> None:
    """Half a list would be a nuisance."""
    rows = "".join(f"r{n}@example.org\n" for n in range(20_000)).encode()
    (room.folder / "latin.csv").write_bytes(b"email\n" + rows + b"J\xfcrgen@example.org\n")
    _, error = room.say("subscribers", "import", "latin.csv", code=1)
    assert "latin.csv:20002: not UTF-8" in error
    assert emails(room) == sorted(READERS)


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl"])
def test_a_list_travels_with_everything(room: Room, tmp_path_factory, name: str) -> None:
    """What is exported and imported elsewhere is the same there; only its owner can read the file."""
    (room.folder / "more.csv").write_text(FILE)
    room.do("subscribers", "import", "more.csv")
    room.do("subscribers", "add", ADA, "--frequency", "weekly", "--zone", "Europe/Oslo", "--language", "nb",
            "--attribute", "team=-1+1", "--weekday", "fri", "--name", "=Ada")  # fmt: skip
    exported = room.do("subscribers", "export", name)
    assert exported["subscribers"] == 4
    assert stat.S_IMODE((room.folder / name).stat().st_mode) == 0o600
    other = furnish(tmp_path_factory.mktemp("other"))
    other.do("subscribers", "import", str(room.folder / name))
    here, there = (place.do("subscribers", "list")["subscribers"] for place in (room, other))
    for person in (*here, *there):
        del person["created"]
    assert here == there
    assert [person["attributes"] for person in here] == [{"team": "-1+1"}, {}, {}, {"city": "Oslo"}]


def test_an_export_takes_a_part_of_the_list(room: Room) -> None:
    """By status, tag or segment; what was there stays where the file cannot be made."""
    room.do("subscribers", "remove", BO)
    room.do("subscribers", "tag", CY, "--add", "vip")

    def exported(*options: str) -> list[str]:
        told = newsletter("subscribers", "export", *options, cwd=room.folder).stdout
        return [row.split(",")[0] for row in told.splitlines()[1:]]

    assert exported() == [ADA, CY]
    assert exported("--all") == sorted(READERS)
    assert exported("--status", "unsubscribed") == [BO]
    assert exported("--tag", "vip") == [CY]
    assert exported("--segment", "not tag:vip") == [ADA]
    assert exported("--all", "--segment", "not tag:vip") == [ADA, BO]
    listed = room.do("subscribers", "list", "--segment", "not tag:vip")
    assert (listed["counts"], listed["more"]) == ({"active": 1, "unsubscribed": 1}, 0)
    newsletter("subscribers", "export", "--all", "--status", "active", cwd=room.folder, code=2)
    _, error = room.say("subscribers", "export", "missing/list.csv", code=1)
    assert "missing/list.csv: cannot be written (No such file or directory)" in error


def test_a_long_list_is_cut(room: Room) -> None:
    """To people; a program gets everything, or as much as it asks for."""
    (room.folder / "many.csv").write_text("email\n" + "".join(f"r{n:03}@example.org\n" for n in range(150)))
    room.do("subscribers", "import", "many.csv")
    told, _ = room.say("subscribers", "list")
    assert "… and 53 more; --limit shows them" in told
    assert "153 active" in told
    assert len(emails(room)) == 153
    cut = room.do("subscribers", "list", "--limit", "2")
    assert (len(cut["subscribers"]), cut["more"]) == (2, 151)


def test_a_person_can_ask_what_is_known_of_them(room: Room) -> None:
    """All of it, in words and as JSON."""
    room.do("subscribers", "add", ADA, "--topic", "Agents", "--tag", "vip", "--attribute", "city=Rome")
    room.do("run", "--slot", "now", code=1)  # nobody listens there, so the copies wait
    known = room.do("subscribers", "show", ADA)
    assert (known["email"], known["tags"], known["attributes"]) == (ADA, ["vip"], {"city": "Rome"})
    assert [(copy["edition"], copy["state"]) for copy in known["copies"]] == [(1, "pending")]
    assert [line["source"] for line in known["history"]] == ["import"]
    told, _ = room.say("subscribers", "show", ADA.upper())
    for words in ("Topics Agents", "Tags vip", "Attributes city=Rome", "subscribe by import", "edition 1"):
        assert words in told
    _, error = room.say("subscribers", "show", "x@example.org", code=1)
    assert "x@example.org is not on the list" in error


def test_whoever_is_erased_is_gone_and_stays_away(room: Room) -> None:
    """From the list, from what is to be sent, and from every later file; their address is in no file of the
    folder."""
    room.do("run", "--slot", "now", code=1)
    assert room.do("subscribers", "erase", ADA) == {"known": True, "cleared": True}
    _, error = room.say("subscribers", "show", ADA, code=1)
    assert "is not on the list" in error
    told, _ = room.say("subscribers", "import", "people.csv")
    assert "2 unchanged, 1 suppressed" in told
    assert f"{ADA} is erased: not imported." in told
    _, error = room.say("subscribers", "add", ADA, code=1)
    assert "only they themselves can come back" in error
    assert emails(room, "--status", "erased") == []
    told, _ = room.say("subscribers", "list", "--status", "erased")
    assert told == "Of those nothing is known any more. 2 active, 1 erased"
    outbox = room.do("status")["outbox"]
    assert (outbox["planned"], outbox["suppressed"], outbox["pending"]) == (3, 1, 2)
    (room.folder / "people.csv").unlink()
    assert not [
        file for file in room.folder.rglob("*") if file.is_file() and ADA.encode() in file.read_bytes()
    ]
    told, _ = room.say("subscribers", "erase", "x@example.org")
    assert "Nothing was known of this address" in told


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_on_a_terminal_it_asks_first(room: Room, answer: bytes, code: int) -> None:
    """Nobody is erased by a slip of the hand."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "subscribers", "erase", ADA], cwd=room.folder, stdin=theirs, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        os.write(ours, answer)
        _, asked = process.communicate(timeout=60)
        os.close(ours)
    assert process.returncode == code
    assert b"Forget everything about ada@example.org?" in asked
    assert (ADA in emails(room)) == (code == 1)


def test_tags(room: Room) -> None:
    """Put on and taken off; somebody unknown or nothing to do is a mistake."""
    told, _ = room.say("subscribers", "tag", ADA, BO, "--add", "vip", "--add", "early")
    assert told == "✓ 2 of 2 changed."
    assert room.do("subscribers", "tag", ADA, CY, "--remove", "vip") == {"people": 2, "changed": 1}
    assert emails(room, "--tag", "vip") == [BO]
    room.say("subscribers", "tag", ADA, code=2)
    _, error = room.say("subscribers", "tag", "x@example.org", "--add", "vip", code=1)
    assert "x@example.org is not on the list" in error
    told, _ = room.say("subscribers", "list", "--tag", "none")
    assert told == "Nobody has the tag none."
