"""The demo, run once for all tests that look at it."""

import shutil
from pathlib import Path

import pytest
from support.commands import answer
from support.demo import NOW, Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run in an empty folder, as the README says."""
    cwd = tmp_path_factory.mktemp("cwd")
    return Demo(cwd, answer("demo", "--now", NOW, cwd=cwd))


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to be changed."""
    shutil.copytree(demo.folder, tmp_path / "demo")
    return tmp_path / "demo"
