"""`newsletter demo`, and every other command in the folder that it leaves."""

import csv
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from support.commands import ROOT, Received, answer, check_sums, dump, newsletter, received

NOW = "2026-03-11T07:30:00+00:00"
LATER = "2026-03-11T12:00:00+00:00"
CLIP_LIMIT = 102_400
HEADERS = (
    "From",
    "To",
    "Date",
    "Message-ID",
    "Subject",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Post",
    "Auto-Submitted",
    "Precedence",
    "MIME-Version",
    "Content-Type",
)


def example_list() -> dict[str, list[str]]:
    """The topics that each person of the example list follows."""
    with (ROOT / "subscribers" / "example.csv").open(encoding="utf-8", newline="") as file:
        return {row["email"]: list(filter(None, row["topics"].split(";"))) for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Demo:
    """What a run of the demo said and left. Not to be changed: several tests look at it."""

    cwd: Path
    answer: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.cwd / "demo"

    @cached_property
    def mail(self) -> list[Received]:
        return received(self.folder / "mailbox")

    def titles(self) -> list[str]:
        """Of the featured entries, by the ids in the answer and the titles in the store."""
        listed = newsletter("entries", "list", "--json", "--config", "demo/newsletter.toml", cwd=self.cwd)
        title_of = {entry["id"]: entry["title"] for entry in map(json.loads, listed.stdout.splitlines())}
        sections = self.answer["edition"]["sections"]
        return [title_of[id_] for section in sections for id_ in section["entries"]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run in an empty folder, as the README says."""
    cwd = tmp_path_factory.mktemp("cwd")
    return Demo(cwd, answer("demo", "--now", NOW, cwd=cwd))


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to be changed."""
    shutil.copytree(demo.folder, tmp_path / "demo")
    return tmp_path / "demo"


def text_of(message: Received) -> str:
    part = message.message.get_body(("plain",))
    assert part
    return str(part.get_content())


def html_of(message: Received) -> str:
    part = message.message.get_body(("html",))
    assert part
    return str(part.get_content())


def words(text: str) -> str:
    """With every run of white space as one space, as a reader sees it."""
    return " ".join(text.split())


# The run


def test_it_says_what_it_did(demo: Demo) -> None:
    """All 99 papers of the seed page, one edition, and every copy of it accepted."""
    people = len(example_list())
    assert demo.answer["collected"]["entries"] == demo.answer["collected"]["new"] == 99
    assert demo.answer["outbox"]["planned"] == demo.answer["outbox"]["accepted"] == people
    edition = demo.answer["edition"]
    assert (edition["number"], edition["slot"], edition["entries"]) == (1, NOW, 25)
    assert sum(len(section["entries"]) for section in edition["sections"]) == 25
    assert (demo.answer["preview"], demo.answer["mailbox"]) == ("demo/preview", "demo/mailbox")


def test_the_preview_is_there(demo: Demo) -> None:
    """A page to open, and the three forms of the email that it shows."""
    sizes = {file.name: file.stat().st_size for file in (demo.folder / "preview").iterdir()}
    assert set(sizes) == {"index.html", "email.html", "email.txt", "email.eml"}
    assert min(sizes.values()) > 10_000


def test_everybody_has_exactly_one_message(demo: Demo) -> None:
    """Nobody more, nobody less."""
    assert sorted(message.recipient for message in demo.mail) == sorted(example_list())


def test_each_message_is_sound(demo: Demo) -> None:
    """It parses without a defect; text comes first, HTML second; the headers are there once; it is
    addressed to whom it was sent; lines end in CRLF and are not too long."""
    for received_ in demo.mail:
        message = received_.message
        parts = list(message.walk())
        assert [part.get_content_type() for part in parts] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert not any(part.defects for part in parts)
        assert {name: len(message.get_all(name, [])) for name in HEADERS} == dict.fromkeys(HEADERS, 1)
        assert not any(value.defects for value in message.values())
        assert [address.addr_spec for address in message["To"].addresses] == [received_.recipient]
        assert received_.data.count(b"\r\n") == received_.data.count(b"\n") == received_.data.count(b"\r")
        assert max(map(len, received_.data.split(b"\r\n"))) <= 998


def test_each_message_stays_below_where_mailboxes_clip(demo: Demo) -> None:
    """Decoded, and as it travels."""
    for message in demo.mail:
        part = message.message.get_body(("html",))
        assert part
        assert len(str(part.get_content()).encode()) <= CLIP_LIMIT
        assert len(part.get_payload()) <= CLIP_LIMIT


def test_each_reader_has_links_and_a_message_id_of_their_own(demo: Demo) -> None:
    """The address in List-Unsubscribe also stands in both bodies, and in nobody else's."""
    links = set()
    for message in demo.mail:
        link = message.message["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://papers.example.org/unsubscribe/")
        assert link in text_of(message)
        assert link in html_of(message)
        links.add(link)
    assert len(links) == len({message.message_id for message in demo.mail}) == len(demo.mail)


def test_nothing_of_one_reader_is_in_the_message_of_another(demo: Demo) -> None:
    """Neither an address nor a token."""
    private = {
        message.recipient: (message.recipient, message.message["List-Unsubscribe"].strip("<>")[-32:])
        for message in demo.mail
    }
    for message in demo.mail:
        seen = "\n".join([text_of(message), html_of(message), *message.message.values()])
        leaked = [owner for owner, values in private.items() if any(value in seen for value in values)]
        assert leaked == [message.recipient]


def test_followed_topics_come_first(demo: Demo) -> None:
    """In both parts; the order within the two groups is the edition's."""
    topics = [section["topic"] for section in demo.answer["edition"]["sections"]]
    follows = example_list()
    orders = set()
    for message in demo.mail:
        expected = sorted(topics, key=lambda topic: topic not in follows[message.recipient])
        orders.add(tuple(expected))
        in_text = [line[6:] for line in text_of(message).splitlines() if line[6:] in topics]
        assert in_text == expected
        headings = html.fromstring(html_of(message)).iterfind(".//h2")
        in_html = [words(heading.text or "") for heading in headings]
        shown = [topic for topic in in_html if topic in topics]
        assert len(shown) >= len(topics) - 1, "only the lead may leave its section empty"
        assert shown == [topic for topic in expected if topic in shown]
    assert len(orders) > 5


def test_every_featured_title_is_in_both_parts(demo: Demo) -> None:
    """As people read it."""
    titles = [words(title) for title in demo.titles()]
    assert len(titles) == 25
    message = demo.mail[0]
    text, page = words(text_of(message)), words(html.fromstring(html_of(message)).text_content())
    assert [title for title in titles if title not in text] == []
    assert [title for title in titles if title not in page] == []


def test_nothing_is_left_to_fill_in(demo: Demo) -> None:
    """No template tag and no sentinel in what readers get."""
    for message in demo.mail:
        for part in (text_of(message), html_of(message)):
            assert not any(mark in part for mark in ("{{", "{%", "__UNSUB", "_UNSUBSCRIBE__", "None"))


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
    assert "papers holds something else" in words(refused.stderr)
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
    standing = {**demo.answer["edition"], "outbox": demo.answer["outbox"]}
    assert listed == {"editions": [standing]}
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
    assert counts == {"added": 0, "updated": 0, "unchanged": 28, "suppressed": 0, "problems": []}


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
