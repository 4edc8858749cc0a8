"""The commands in the operator's pages are commands of the program."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from newsletter.adapters.stores.schema import REVISION
from newsletter.cli import app

ROOT = Path(__file__).parents[2]
PAGES = ("operating.md", "going-live.md")


def shown() -> Iterator[tuple[str, str]]:
    """Each line of a block of commands that calls the program, with its page."""
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text("utf-8")
        for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if line.strip().startswith("newsletter "):
                    yield page, line.strip()


@pytest.mark.parametrize(("page", "line"), list(shown()))
def test_the_program_takes_the_command(page: str, line: str) -> None:
    """With its options and arguments, as it stands there."""
    words = shlex.split(line)[1:]
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def test_there_are_some() -> None:
    """Or the test above would look at nothing."""
    assert len({page for page, _ in shown()}) == len(PAGES)


def test_files_and_schemas_that_the_guide_names_are_there() -> None:
    """Every file of deploy/, and the copy that an upgrade to this schema leaves."""
    guide = (ROOT / "docs/operating.md").read_text("utf-8")
    named = set(re.findall(r"deploy/([\w.-]+\w)", guide))
    assert {name for name in named if not (ROOT / "deploy" / name).exists()} == set()
    assert {file.name for file in (ROOT / "deploy").iterdir()} - {"Dockerfile"} == named - {"Dockerfile"}
    assert set(re.findall(r"before-(\d+)", guide)) == {REVISION}
