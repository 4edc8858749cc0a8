"""`newsletter check`: the twenty points on the command line, and the small mails in the preview."""

import json
from pathlib import Path

import pytest
from support.commands import dump, newsletter

from newsletter.render.check import POINTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsletter of one's own with something to tell."""
    folder = tmp_path_factory.mktemp("check")
    newsletter("init", "morning", cwd=folder)
    newsletter("collect", cwd=folder / "morning")
    return folder / "morning"


def points(folder: Path, *options: str, code: int = 0) -> dict[int, dict[str, str]]:
    """The findings by their numbers; the counts must be theirs."""
    told = json.loads(newsletter("check", "--json", *options, cwd=folder, code=code).stdout)
    found = {check["point"]: check for check in told["checks"]}
    for status in ("pass", "warn", "fail"):
        assert told[status] == sum(check["status"] == status for check in found.values())
    return found


def test_a_new_newsletter_passes(folder: Path) -> None:
    """All points are judged, nothing fails, and nothing is changed by looking."""
    before = dump(folder)
    found = points(folder)
    assert list(found) == [point.number for point in POINTS]
    assert {number for number, check in found.items() if check["status"] != "pass"} <= {14, 18}
    assert dump(folder) == before


def test_what_fails_is_said_and_ends_with_one(folder: Path) -> None:
    """Pale text fails by its point alone, with the words that are pale and the file to mend; for people each
    point is said with what was found."""
    tokens = folder / "templates/base/tokens.jinja"
    original = tokens.read_text()
    tokens.write_text(original.replace('"muted": "#5E5A52"', '"muted": "#B5B1A8"'))
    found = points(folder, code=1)
    said = newsletter("check", cwd=folder, code=1)
    assert all(point.name in said.stdout for point in POINTS)
    assert "→ Set [dkim] in newsletter.toml" in said.stdout
    assert "1 of 20 points fail." in said.stderr
    tokens.write_text(original)
    assert [number for number, check in found.items() if check["status"] == "fail"] == [11]
    assert "to 1" in found[11]["detail"]
    assert "style.css" in found[11]["mend"]


def test_one_reader(folder: Path) -> None:
    """The copy of a subscriber can be judged, and that of nobody else."""
    newsletter("subscribers", "add", "ada@example.org", "--topic", "Robotics", cwd=folder)
    assert points(folder, "--as", "ada@example.org")[20]["status"] == "pass"
    assert "not on the list" in newsletter("check", "--as", "bob@example.org", cwd=folder, code=1).stderr


def test_a_letter_can_be_looked_at(folder: Path) -> None:
    """The small mails have previews of their own, without a ranking."""
    newsletter("preview", "--letter", "welcome", "--out", "seen", cwd=folder)
    assert "Welcome to Morning Papers" in (folder / "seen/email.eml").read_text()
    assert "Why each stands" not in (folder / "seen/index.html").read_text()
