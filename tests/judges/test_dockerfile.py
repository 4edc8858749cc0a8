"""dockerfile-utils on deploy/Dockerfile."""

import subprocess
from pathlib import Path

import pytest
from support import judges
from support.commands import ROOT

pytestmark = judges.needs_npm

LINT = judges.FOLDER / "node_modules/dockerfile-utils/bin/dockerfile-utils"


def lint(file: Path) -> str:
    """What it has to say."""
    return subprocess.run(
        ["node", LINT, "lint", file], capture_output=True, text=True, check=False, timeout=60
    ).stdout


def test_there_is_nothing_to_say_of_the_dockerfile() -> None:
    """No unknown instruction or flag, nothing deprecated, nothing that has no effect."""
    assert lint(ROOT / "deploy/Dockerfile") == ""


@pytest.mark.parametrize(("old", "new"), [("WORKDIR", "WORKDIRS"), ("--interval=30s", "--interval=soon")])
def test_it_sees_what_is_wrong(tmp_path: Path, old: str, new: str) -> None:
    """The judge itself."""
    faulty = tmp_path / "Dockerfile"
    faulty.write_text((ROOT / "deploy/Dockerfile").read_text().replace(old, new))
    assert lint(faulty)
