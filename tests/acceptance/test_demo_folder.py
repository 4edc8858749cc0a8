"""The folder that `newsletter demo` leaves: it can be made anew, and every other command works in it."""

import json
from pathlib import Path
from typing import Any

from support.commands import answer, check_sums, dump, newsletter, received
from support.demo import LATER, NOW, Demo, example_list

# The folder


def test_another_run_replaces_it(demo: Demo, folder: Path) -> None:
    """A new database and a new mailbox; what somebody else put there stays."""
    (folder / "notes.txt").write_text("mine")
    again = answer("demo", "--now", LATER, cwd=folder.parent)
    assert again["edition"]["number"] == 1
    assert again["edition"]["slot"] == LATER
    assert len(received(folder / "mailbox")) == len(example_list())
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Refused, and not touched."""
    foreign = tmp_path / "papers"
    foreign.mkdir()
    (foreign / "newsletter.toml").write_text("# my own\n")
    (foreign / "newsletter.db").write_text("mine")
    refused = newsletter("demo", "--dir", "papers", cwd=tmp_path, code=1)
    assert refused.stdout == ""
    assert "papers holds something else" in " ".join(refused.stderr.split())
    assert {file.name: file.read_text() for file in foreign.iterdir()} == {
        "newsletter.toml": "# my own\n",
        "newsletter.db": "mine",
    }


def test_for_people_it_says_where_to_look(tmp_path: Path) -> None:
    """Each file and folder that it names is there."""
    told = newsletter("demo", "--dir", "here", "--now", NOW, cwd=tmp_path).stdout
    assert "99 entries, 99 new" in told
    assert "28 planned: 28 accepted" in told
    for name in ("here/preview/index.html", "here/preview/email.txt", "here/newsletter.toml"):
        assert name in told
        assert (tmp_path / name).exists()


# The other commands in that folder


def ask(folder: Path, *command: object) -> dict[str, Any]:
    return answer(*command, "--config", folder / "newsletter.toml", cwd=folder.parent)


def test_status_and_editions(demo: Demo) -> None:
    """They say the same as the run did."""
    status = ask(demo.folder, "status", "--now", LATER)
    assert status["slots"] == [{"slot": NOW, "outcome": "sent", "reason": "", "edition": 1}]
    assert status["edition"] == demo.answer["edition"]
    assert status["outbox"] == demo.answer["outbox"]
    assert status["subscribers"] == {"active": 28}
    assert status["next_slot"] == "2026-03-12T07:30:00+00:00"

    listed = ask(demo.folder, "editions", "list")
    shown = ask(demo.folder, "editions", "show", 1)
    standing = {**demo.answer["edition"], "name": "1", "outbox": demo.answer["outbox"], "paused": None}
    assert listed == {"editions": [standing], "waiting": []}
    assert {name: shown[name] for name in standing} == standing
    assert shown["failures"] == []
    ranks = [item["rank"] for section in shown["content"]["sections"] for item in section["entries"]]
    assert sorted(ranks) == list(range(1, 26))
    assert all(item["reasons"] for section in shown["content"]["sections"] for item in section["entries"])


def test_an_edition_that_there_is_not(demo: Demo) -> None:
    """Exit 1, and a sentence."""
    config = demo.folder / "newsletter.toml"
    missing = newsletter("editions", "show", 2, "--json", "--config", config, cwd=demo.cwd, code=1)
    assert missing.stdout == ""
    assert missing.stderr.startswith("newsletter: ")


def test_entries_can_be_taken_elsewhere(demo: Demo, folder: Path) -> None:
    """`entries list --json` is what `entries import` reads; what is known already is not new."""
    config = folder / "newsletter.toml"
    listed = newsletter("entries", "list", "--json", "--config", config, cwd=demo.cwd).stdout
    assert len(listed.splitlines()) == 99
    imported = newsletter(
        "entries", "import", "-", "--json", "--config", config, cwd=demo.cwd, stdin=listed
    ).stdout
    assert json.loads(imported) == {"entries": 99, "new": 0, "problems": []}


def test_the_list_can_be_taken_elsewhere(demo: Demo, folder: Path) -> None:
    """`subscribers export` is what `subscribers import` reads; it is the example list again."""
    config = folder / "newsletter.toml"
    listed = ask(folder, "subscribers", "list")
    assert {person["email"]: person["topics"] for person in listed["subscribers"]} == example_list()
    exported = newsletter("subscribers", "export", "--config", config, cwd=demo.cwd).stdout
    (folder / "people.csv").write_text(exported)
    counts = ask(folder, "subscribers", "import", folder / "people.csv")
    assert (counts["unchanged"], counts["added"], counts["problems"]) == (28, 0, [])


def test_a_preview_changes_nothing(folder: Path) -> None:
    """It shows the next edition as this person would get it, and the database stays as it is."""

    def state() -> tuple[object, ...]:
        return dump(folder), (folder / "newsletter.db").read_bytes(), len(received(folder / "mailbox"))

    before = state()
    shown = ask(folder, "preview", "--out", folder / "next", "--as", "hana.sato@example.com", "--now", LATER)
    assert shown["edition"]["number"] == 2
    assert shown["outbox"] is shown["mailbox"] is None
    assert "hana.sato@example.com" in (folder / "next" / "email.txt").read_text()
    assert (
        dump(folder),
        (folder / "newsletter.db").read_bytes(),
        len(received(folder / "mailbox")),
    ) == before


def test_collecting_and_sending_again_change_nothing(folder: Path) -> None:
    """No entry is new, and nobody gets a second copy."""
    before = sorted(message.recipient for message in received(folder / "mailbox"))
    assert ask(folder, "collect")["new"] == 0
    sent = ask(folder, "send")
    check_sums(sent)
    assert sent["outbox"]["accepted"] == 28
    assert sorted(message.recipient for message in received(folder / "mailbox")) == before
