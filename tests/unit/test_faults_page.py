"""The page of faults names tests that there are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
TESTS = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").rglob("*.py")))


def named(column: int) -> list[str]:
    """What stands in backticks in this column of the tables, each once."""
    return sorted({name for row in _rows() for name in re.findall(r"`([^`]+)`", (*row, "", "")[column])})


def _rows() -> Iterator[list[str]]:
    for line in PAGE.splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("name", named(2))
def test_every_test_that_is_named_exists(name: str):
    """By its name, or as the moment or check that it is run with."""
    assert re.search(rf"^(async )?def {re.escape(name)}\(", TESTS, re.MULTILINE) or f'"{name}"' in TESTS


@pytest.mark.parametrize("name", named(3))
def test_every_broken_variant_that_is_named_exists(name: str):
    """By the name that its tests have, or as a file or test."""
    assert f'"{name}"' in TESTS or f"def {name}(" in TESTS or (ROOT / name).is_file()


def test_every_check_of_whole_sends_is_on_the_page():
    """A fault that is looked at should be known to be."""
    files = [ROOT / "tests" / "contract" / file for file in ("test_faults.py", "test_limits.py")]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    found = re.findall(r"^@check\nasync def (\w+)", text, re.MULTILINE)
    assert len(found) > 20
    assert set(found) <= set(named(2))
