"""The tests start the program from a process that has loaded it; what they see is what a person would see."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from support.commands import COMMAND, finish, newsletter, ready, start, started


def cold(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--help",),
        ("subscribers", "--help"),
        ("send", "--frequency"),
        ("subscribers", "list"),
        ("subscribers", "list", "--json"),
    ],
)
def test_it_says_the_same(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Word for word, on the same stream, with the same exit code."""
    newsletter("init", ".", cwd=tmp_path)
    with start(*arguments, cwd=tmp_path) as process:
        warm = finish(process)
    other = cold(*arguments, cwd=tmp_path)
    assert (warm.returncode, warm.stdout, warm.stderr) == (other.returncode, other.stdout, other.stderr)


def test_it_reads_what_it_is_given(tmp_path: Path) -> None:
    """On standard input."""
    newsletter("init", ".", cwd=tmp_path)
    said = newsletter("subscribers", "import", "-", cwd=tmp_path, stdin="email\nada@example.org\n")
    assert "1 added" in said.stdout


def test_it_has_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the test at the time of the start, not at the first one."""
    newsletter("--help", cwd=tmp_path)
    monkeypatch.setenv("COLUMNS", "50")
    assert max(map(len, newsletter("--help", cwd=tmp_path).stdout.splitlines())) <= 50


def test_signals_reach_it_and_its_end_is_known(tmp_path: Path) -> None:
    """How it ended, too: by itself, or killed."""
    with started("mailbox", "--smtp-port", 0, "--web-port", 0, "--json", cwd=tmp_path) as process:
        ready(process)
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0
    with started("mailbox", "--smtp-port", 0, "--web-port", 0, "--json", cwd=tmp_path) as process:
        ready(process)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
