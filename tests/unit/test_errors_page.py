"""docs/errors.md has every message of the program, each beside what a person wrote about it."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("errors_tool", ROOT / "tools" / "errors.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


def test_the_page_has_every_message_and_no_other() -> None:
    """`python tools/errors.py` brings it up to the program."""
    page = (ROOT / "docs/errors.md").read_text("utf-8")
    assert tool.renewed(page, tool.messages()) == page, "run: python tools/errors.py"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('raise ConfigError("[smtp] host: missing.")', "[smtp] host: missing."),
        ('raise ConfigError(f"{path}: cannot be read ({error}).")', "…: cannot be read (…)."),
        ('raise errors.StoreError("no " + reason + " is known")', "no … is known"),
        ('_MEND = "look again"\nraise InputError(f"{x!r} is none; {_MEND}")', "… is none; look again"),
        ('def f():\n    return NotFound("there is nobody.")', "there is nobody."),
    ],
)
def test_a_message_is_found_by_what_is_always_the_same_in_it(source: str, message: str) -> None:
    """Raised or answered, with what it has of the occasion left out."""
    assert list(tool._of_module(ast.parse(source), tool._own_errors())) == [message]


@pytest.mark.parametrize(
    "source", ["raise ConfigError(text)", 'raise ConfigError(f"{a}: {b}")', "raise OSError(1)"]
)
def test_what_says_nothing_of_its_own_has_no_row(source: str) -> None:
    """It repeats another message, or is not ours."""
    assert list(tool._of_module(ast.parse(source), tool._own_errors())) == []


PAGE = """# Errors

## Commands

Words.

<!-- newsletter/cli -->

| message | more |
|---|---|
| `gone` | nobody needs this |
| `old` | written by hand |

## The rest

<!-- newsletter -->
"""


def test_what_a_person_wrote_stays_with_its_message() -> None:
    """A new message gets an empty row in the table of its module, and one that is gone loses its row."""
    page = tool.renewed(
        PAGE, {"newsletter/cli/run.py": ["old", "a `new` | one"], "newsletter/x.py": ["other"]}
    )
    assert (
        page
        == PAGE.replace("| `gone` | nobody needs this |\n", "| `` a `new` \\| one `` | |\n")
        + "\n| message | more |\n|---|---|\n| `other` | |\n"
    )
    assert (
        tool.renewed(page, {"newsletter/cli/run.py": ["old", "a `new` | one"], "newsletter/x.py": ["other"]})
        == page
    )
