"""From the seed page to one reader's email: every step together gives exactly what is kept here."""

import difflib
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ("edition.json", "email.html", "email.txt")


def produced(folder: Path, seed: str) -> dict[str, str]:
    """The files as a process with this hash seed makes them."""
    subprocess.run(
        [sys.executable, HERE / "produce.py", folder], check=True, env=os.environ | {"PYTHONHASHSEED": seed}
    )
    return {name: (folder / name).read_bytes().decode() for name in FILES}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return produced(tmp_path_factory.mktemp("golden"), "1")


@pytest.mark.parametrize("name", FILES)
def test_it_is_what_it_was(files: dict[str, str], name: str) -> None:
    """Whoever changes ranking, wording or looks sees here what readers will see of it."""
    kept = (HERE / name).read_bytes().decode()
    if files[name] != kept:
        lines = difflib.unified_diff(kept.splitlines(), files[name].splitlines(), "kept", "now", n=1)
        shown = "\n".join(line[:300] for line in list(lines)[:60])
        pytest.fail(
            f"{name} is not what it was. If that is wanted, `make golden` renews it; "
            f"look at the difference before you keep it.\n{shown}",
            pytrace=False,
        )


def test_another_process_makes_the_same(files: dict[str, str], tmp_path: Path) -> None:
    """Nothing depends on the order of a set or on the moment."""
    assert produced(tmp_path, "2") == files
