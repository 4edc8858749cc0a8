"""What is installed from the wheel is whole: it needs nothing of the checkout."""

import json
import signal
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from support.commands import ROOT, finish, only_object, received
from support.installing import build_wheel, clean_environment, dependencies, new_venv

from newsletter.adapters.stores.schema import REVISION

SHIPPED = ("templates", "seeds", "subscribers")
INSIDE = ("adapters/stores/migrations/versions", "web/templates/site", "web/templates/mailbox", "weights")


@dataclass(frozen=True)
class Installed:
    """The program in a venv of its own."""

    programs: Path
    environment: dict[str, str]

    def start(self, *arguments: object, cwd: Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.programs / "newsletter", *map(str, arguments)],
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self, *arguments: object, cwd: Path) -> dict[str, Any]:
        """The JSON that the command prints; it must succeed."""
        ended = finish(self.start(*arguments, "--json", cwd=cwd), 60)
        assert ended.returncode == 0, ended.stderr
        return only_object(ended.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """By pip, into an empty venv."""
    folder = tmp_path_factory.mktemp("machine")
    environment = clean_environment(dependencies(folder / "packages"))
    programs = new_venv(folder / "venv")
    pip = [programs / "python", "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(pip, env=environment, check=True, capture_output=True)
    return Installed(programs, environment)


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
    assert any(name.endswith(".po") for name in names)


def test_it_is_the_installed_one(installed: Installed, tmp_path: Path) -> None:
    """And not that of the checkout, or the tests below would show nothing."""
    where = [installed.programs / "python", "-c", "import newsletter; print(newsletter.__file__)"]
    said = subprocess.run(
        where, cwd=tmp_path, env=installed.environment, check=True, capture_output=True, text=True
    )
    assert Path(said.stdout.strip()).is_relative_to(installed.programs.parent)


def test_the_demo_runs_from_it(installed: Installed, tmp_path: Path) -> None:
    """In an empty folder."""
    said = installed.answer("demo", cwd=tmp_path)
    assert said["collected"]["entries"] == 99
    assert said["outbox"]["accepted"] == len(received(tmp_path / "demo" / "mailbox")) == 28


def test_a_newsletter_of_ones_own_runs_from_it(installed: Installed, tmp_path: Path) -> None:
    """Made, filled, in another language, published, looked at, backed up, and served."""
    installed.answer("init", tmp_path / "mine", cwd=tmp_path)
    cwd = tmp_path / "mine"
    config = cwd / "newsletter.toml"
    config.write_text(
        config.read_text().replace('language = "en"', 'language = "de"').replace("port = 8080", "port = 0")
    )
    assert installed.answer("subscribers", "import", "subscribers.csv", cwd=cwd)["added"] == 28
    installed.answer("collect", cwd=cwd)
    assert installed.answer("publish", "--slot", "now", cwd=cwd)["outbox"]["planned"] == 28
    assert installed.answer("status", cwd=cwd)["edition"]["number"] == 1
    assert installed.answer("backup", "kept.db", cwd=cwd)["revision"] == REVISION
    with installed.start("serve", "--json", cwd=cwd) as serving:
        assert serving.stdout
        web = json.loads(serving.stdout.readline())["web"]
        for page, content in (("health", b"ok"), ("archive/1", b'<html lang="de"'), ("style.css", b"color")):
            with urllib.request.urlopen(web + page, timeout=20) as answer:  # noqa: S310 - our own
                assert content in answer.read()
        serving.send_signal(signal.SIGTERM)
        assert finish(serving, 60).returncode == 0
