"""`newsletter bounces classify`: what messages are that came back."""

import json
from pathlib import Path

from support.commands import newsletter, only_object

SAMPLES = Path(__file__).parents[1] / "samples" / "bounces"


def objects(printed: str) -> list[dict[str, object]]:
    """One a line."""
    return [json.loads(line) for line in printed.splitlines()]


def test_one_message_is_one_object(tmp_path: Path):
    """Without a configuration, and with nothing else on stdout."""
    file = SAMPLES / "hard-unknown-user.eml"
    ended = newsletter("bounces", "classify", str(file), "--json", cwd=tmp_path)
    assert ended.stderr == ""
    (found,) = objects(ended.stdout)
    detail = found.pop("detail")
    assert found == {
        "file": str(file),
        "kind": "hard",
        "recipient": "ada@example.com",
        "status": "5.1.1",
        "cause": "unknown-user",
    }
    assert "User unknown" in str(detail)


def test_several_recipients_are_listed(tmp_path: Path):
    """The first of them stands for the message."""
    ended = newsletter("bounces", "classify", str(SAMPLES / "hard-two-people.eml"), "--json", cwd=tmp_path)
    (found,) = objects(ended.stdout)
    people = found["recipients"]
    assert isinstance(people, list)
    assert [(person["kind"], person["recipient"]) for person in people] == [
        ("hard", "ada@example.com"),
        ("soft", "lin@example.com"),
    ]
    assert found["kind"] == "hard"


def test_a_folder_is_all_its_files_by_name(tmp_path: Path):
    """One object for each, of the kind that its name says; folders in it are passed over."""
    ended = newsletter("bounces", "classify", str(SAMPLES), "--json", cwd=tmp_path)
    found = objects(ended.stdout)
    assert [one["file"] for one in found] == [str(file) for file in sorted(SAMPLES.iterdir())]
    assert all(Path(str(one["file"])).name.startswith(str(one["kind"])) for one in found)


def test_a_message_comes_from_standard_input(tmp_path: Path):
    """With - for the file, as a mail server hands it over."""
    message = (SAMPLES / "complaint-abuse.eml").read_text(encoding="utf-8")
    found = only_object(newsletter("bounces", "classify", "-", "--json", cwd=tmp_path, stdin=message).stdout)
    assert (found["file"], found["kind"], found["recipient"]) == ("-", "complaint", "ada@example.com")


def test_what_cannot_be_read_is_named_and_the_others_go_on(tmp_path: Path):
    """The exit code is 1 in the end."""
    files = [str(tmp_path / "lost.eml"), str(SAMPLES / "unsubscribe.eml")]
    ended = newsletter("bounces", "classify", *files, "--json", cwd=tmp_path, code=1)
    assert [one["kind"] for one in objects(ended.stdout)] == ["unsubscribe"]
    assert "lost.eml: cannot be read (No such file or directory)." in ended.stderr


def test_people_get_a_table(tmp_path: Path):
    """A row for each recipient."""
    ended = newsletter("bounces", "classify", str(SAMPLES / "hard-two-people.eml"), cwd=tmp_path)
    head, *rows = ended.stdout.splitlines()
    assert head.split() == ["FILE", "KIND", "RECIPIENT", "STATUS", "CAUSE", "DETAIL"]
    assert [kind for row in rows for kind in row.split() if kind in ("hard", "soft")] == ["hard", "soft"]
