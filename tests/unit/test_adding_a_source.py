"""The example in docs/adding-a-source.md is run as it stands there."""

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-source.md"


def module(name: str, code: str) -> ModuleType:
    """A block of code as a module of this name."""
    made = ModuleType(name)
    exec(compile(code, f"<{PAGE.name}: {name}>", "exec"), made.__dict__)  # noqa: S102 our own page
    return made


async def test_the_example_source_passes_its_own_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies both blocks has a source that works."""
    source, tests = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    name = "newsletter.adapters.sources.lab"
    monkeypatch.setitem(sys.modules, name, module(name, source))
    found = vars(module("test_lab", tests))
    cases = [value for key, value in found.items() if key.startswith("test_")]
    assert len(cases) == 2
    for case in cases:
        assert inspect.getdoc(case)
        await case()
