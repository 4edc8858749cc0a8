"""The page of threats names tests that there are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")


def rows() -> Iterator[tuple[str, str, list[str]]]:
    """Threat, what holds, and the tests that are named."""
    for line in PAGE.splitlines():
        if line.startswith("|") and not line.startswith(("|--", "| threat ")):
            threat, holds, shown = (cell.strip() for cell in line.strip("|").split(" | "))
            yield threat, holds, re.findall(r"`([^`]+)`", shown)


def named() -> list[str]:
    """Every test of the page, each once."""
    return sorted({name for *_, tests in rows() for name in tests})


@pytest.mark.parametrize("name", named())
def test_every_test_that_is_named_exists(name: str):
    """In the file that is named, as a test or as a check that one runs."""
    file, _, function = name.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^ *(async )?def {re.escape(function)}\(", text, re.MULTILINE)


def test_every_threat_has_its_tests():
    """None is only promised."""
    found = list(rows())
    assert len(found) > 35
    assert [threat for threat, _, tests in found if not tests] == []


def test_what_the_page_leads_to_exists():
    """Other pages, and the programs that it names."""
    for page, part in re.findall(r"\]\(([\w./-]+\.md)(?:#([\w-]+))?\)", PAGE):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        headings = [
            line.strip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")
        ]
        assert not part or part in headings
    programs = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert programs
    assert all((ROOT / program).is_file() for program in programs)
