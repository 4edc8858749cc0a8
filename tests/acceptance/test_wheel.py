"""What is installed from the wheel is whole: it needs nothing of the checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.commands import ROOT, received

SHIPPED = ("templates", "seeds", "subscribers")
INSIDE = ("adapters/stores/migrations/versions", "web/templates/site", "web/templates/mailbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout, with nothing from the network."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("newsletter-*-py3-none-any.whl")
    return built


def files(folder: Path) -> set[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return {file.as_posix() for file in found if "__pycache__" not in file.parts}


def test_it_carries_everything(wheel: Path) -> None:
    """The whole package, and the folders that it finds beside itself in a checkout."""
    names = set(ZipFile(wheel).namelist())
    expected = {f"newsletter/{name}" for name in files(ROOT / "newsletter")}
    for folder in SHIPPED:
        expected |= {f"newsletter/shipped/{folder}/{name}" for name in files(ROOT / folder)}
    assert expected - names == set()
    assert {name for name in names if not name.startswith(("newsletter/", "newsletter-"))} == set()
    for folder in (*INSIDE, *(f"shipped/{name}" for name in SHIPPED)):
        assert any(name.startswith(f"newsletter/{folder}/") for name in names)


def test_the_demo_runs_from_it(wheel: Path, tmp_path: Path) -> None:
    """In an empty folder, with the package from the wheel and not from the checkout."""
    target, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--target", str(target), str(wheel)], check=True)
    # Coverage is about the checkout: lines run in a copy of it would have no source when it is gone.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment["PYTHONPATH"] = str(target)

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, *command], cwd=empty, env=environment, check=True, capture_output=True, text=True
        ).stdout

    where = Path(run("-c", "import newsletter; print(newsletter.__file__)").strip())
    assert where == target / "newsletter" / "__init__.py"
    said = json.loads(run("-m", "newsletter", "demo", "--json"))
    assert said["collected"]["entries"] == 99
    assert said["outbox"]["accepted"] == len(received(empty / "demo" / "mailbox")) == 28
