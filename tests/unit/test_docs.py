"""What the documents say is what the program does."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo
from typer.main import get_command
from typer.testing import CliRunner

from newsletter.cli import app
from newsletter.config import Settings
from newsletter.config.editing import SOURCE_KINDS
from newsletter.core.bounces import Cause, Kind
from newsletter.core.delivery import MOVES, Attempt, RetrySchedule
from newsletter.core.model import DeliveryState, Entry
from newsletter.core.slots import Outcome
from newsletter.render.letter import Letter
from newsletter.render.marks import Marks
from newsletter.render.view import EditionView, EntryView, Link, SectionView

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in (
        "*.md",
        "docs/*.md",
        "templates/*.md",
        "seeds/*.md",
        "subscribers/*.md",
        "benchmarks/*.md",
    )
    for page in ROOT.glob(pattern)
)

Table = list[list[str]]


def tables(page: str, heading: str) -> list[Table]:
    """The tables below a heading, each without its head."""
    found: list[Table] = []
    here = in_table = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            here = line.lstrip("# ") == heading
        is_row = here and line.startswith("|")
        if is_row and not in_table:
            found.append([])
        if is_row:
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        in_table = is_row
    assert found, f"{page} has no table below {heading!r}"
    return [rows[2:] for rows in found]


def code(cell: str) -> list[str]:
    """What a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


# Commands


def commands(command: Any, *path: str) -> Iterator[str]:
    """Every command below this one, by the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path)
        return
    for name, child in inner.items():
        yield from commands(child, *path, name)


def test_the_readme_lists_every_command_and_no_other():
    """Each row of the table begins with a command that exists, each command has one row."""
    (rows,) = tables("README.md", "Commands")
    listed = [name for row in rows for name in re.findall(r"^`newsletter((?: [a-z]+(?:-[a-z]+)*)+)", row[0])]
    assert len(listed) == len(rows)
    assert sorted(map(str.strip, listed)) == sorted(commands(get_command(app)))


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Word for word, for the day of the picture."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [".venv/bin/newsletter", "demo"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    result = CliRunner().invoke(app, ["demo", "--now", "2026-03-11T07:30:00Z"])
    assert result.exit_code == 0, result.output
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```text\n(.*?)```$", readme, re.MULTILINE | re.DOTALL)
    assert [result.stdout] == shown


# Configuration


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The table class inside `SmtpTable`, `DkimTable | None` or `tuple[SourceTable, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part))), None)


def config_tables(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table of newsletter.toml with its heading, `[smtp]` or `[[sources]]`."""
    for name, field in model.model_fields.items():
        if name == "sources":
            yield from ((f'[[sources]] kind = "{kind}"', table) for kind, table in SOURCE_KINDS.items())
        elif inner := model_in(field.annotation):
            many = get_origin(field.annotation) is tuple
            yield f"[[{path}{name}]]" if many else f"[{path}{name}]", inner
            yield from config_tables(inner, f"{path}{name}.")


CONFIG = dict(config_tables(Settings))


def default(field: FieldInfo, cell: str) -> object:
    """The value that a cell of the column "default" stands for."""
    written = tomllib.loads(f"value = {cell.strip('`')}")["value"]
    checked = Annotated[field.annotation, "as the table checks it", *field.metadata]
    is_table = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    config = None if is_table else ConfigDict(arbitrary_types_allowed=True)
    return TypeAdapter(checked, config=config).validate_python(written)


def test_the_configuration_page_has_every_table_and_no_other():
    """Its headings with brackets are the tables of newsletter.toml, and one for all sources."""
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (\[.+)$", page, re.MULTILINE)
    assert sorted(headings) == sorted([*CONFIG, "[[sources]]"])


@pytest.mark.parametrize("heading", CONFIG)
def test_the_configuration_page_has_every_key_with_its_default(heading: str):
    """The rows of a table are its keys, and the default of each is the one that the program takes."""
    rows = {code(row[0])[0]: row[1] for row in tables("docs/configuration.md", heading)[0]}
    known = {field.alias or name: field for name, field in CONFIG[heading].model_fields.items()}
    assert sorted(rows) == sorted(known)
    for key, cell in rows.items():
        field = known[key]
        if cell == "required":
            assert field.is_required(), key
        elif cell == "none":
            assert not field.is_required(), key
            assert field.default is None, key
        else:
            assert default(field, cell) == field.default, key


def test_the_configuration_page_has_every_key_of_an_entry():
    """All that a source can tell of an entry; the other fields are the program's own."""
    (rows,) = tables("docs/configuration.md", "Pages, JSONL and CSV")
    own = {"search", "position", "first_seen"}
    assert {key for row in rows for key in code(row[0])} == {field.name for field in fields(Entry)} - own


# Delivery


def test_the_states_are_those_of_the_program():
    """Both tables have each state once, and the moves of docs/delivery.md are those of the core."""
    (told,) = tables("README.md", "How delivery is accounted for")
    assert sorted(code(row[0])[0] for row in told) == sorted(DeliveryState)
    (rows,) = tables("docs/delivery.md", "States")
    assert {code(row[0])[0]: set(code(row[2])) for row in rows} == MOVES


def test_the_waits_are_those_of_the_program():
    """The row of waits is the schedule of retries, its last cell what all later attempts wait."""
    (rows,) = tables("docs/delivery.md", "Attempts")
    schedule = RetrySchedule(jitter=0)
    now = datetime(2026, 3, 11, tzinfo=UTC)
    waits = [schedule.after(Attempt(1, count, now), now) - now for count in range(1, 9)]
    said = [re.match(r"(\d+) (min|h)", cell) for cell in rows[0][1:]]
    minutes = [int(found[1]) * (60 if found[2] == "h" else 1) for found in said if found]
    assert minutes == [wait.total_seconds() / 60 for wait in waits[:6]]
    assert len(set(waits[5:])) == 1
    assert RetrySchedule().jitter == 1 / 5
    assert RetrySchedule().lifetime == Settings.model_fields["delivery"].default.lifetime == timedelta(days=2)


def test_the_outcomes_of_slots_are_those_of_the_program():
    """Each outcome that a slot can have is explained."""
    (rows,) = tables("docs/delivery.md", "Slots")
    assert sorted(code(row[0])[0] for row in rows) == sorted(Outcome)


# What comes back


def test_the_page_of_bounces_has_every_kind_and_every_cause():
    """With what each means, and nothing that a verdict cannot be."""
    (kinds,) = tables("docs/bounces.md", "Kinds")
    assert sorted(code(row[0])[0] for row in kinds) == sorted(Kind)
    (causes,) = tables("docs/bounces.md", "Causes")
    assert sorted(code(row[0])[0] for row in causes) == sorted(Cause)


# Themes


def test_the_theme_page_has_all_that_templates_know_and_nothing_else():
    """The names in its tables are the fields of the views and the marks of a reader."""
    edition, section, entry, reader, letter = tables("templates/README.md", "What templates know")
    known = ((edition, EditionView), (section, SectionView), (entry, EntryView), (letter, Letter))
    for table, *views in known:
        named = [name for row in table for name in code(row[0])]
        assert sorted(named) == sorted(field.name for view in views for field in fields(view))
    (links,) = (row[1] for row in entry if "links" in code(row[0]))
    assert {field.name for field in fields(Link)} <= set(code(links))
    marks = [mark for row in reader for mark in re.findall(r"reader\.(\w+)", row[0])]
    public = [name for name in vars(Marks) if not name.startswith("_") and name not in ("nonce", "comments")]
    assert sorted(marks) == sorted(public)


# The rest


def anchors(page: Path) -> set[str]:
    """What links to a part of a page may name."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    """Every link that is not to the web leads to a file, and its anchor to a heading there."""
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("https://", "mailto:")):
            file = (page.parent / target).resolve() if target else page
            assert file.is_relative_to(ROOT), target
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), anchor


def test_the_changelog_knows_this_version():
    """It has a section for the version of pyproject.toml."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_picture_is_one_and_not_too_large():
    """A PNG that a page loads in a moment."""
    picture = (ROOT / "docs/images/email.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) < 600_000
