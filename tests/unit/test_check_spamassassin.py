"""SpamAssassin as a judge: the real one where it is installed, and what goes wrong with it."""

import shutil
import stat
import time
from pathlib import Path

import pytest

from newsletter.adapters import spamassassin
from newsletter.adapters.spamassassin import judge, read_verdict
from newsletter.render.check import SpamVerdict

STUB = b"From: a@example.org\r\nSubject: win money now\r\n\r\n X-Spam-Points: -9\r\nhello\r\n"


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named spamassassin that runs this instead."""
    program = folder / "spamassassin"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="spamassassin is not installed")
async def test_the_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message without most of its headers gets a score above 0, the sum of rules that are named."""
    monkeypatch.setenv("HOME", str(tmp_path))
    verdict = await judge(STUB)
    assert verdict is not None
    assert verdict.score > 0
    assert "MISSING_DATE" in dict(verdict.rules)
    assert sum(points for _, points in verdict.rules) == pytest.approx(verdict.score, abs=0.1)
    assert not any(tmp_path.iterdir())


async def test_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program there is no verdict."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await judge(STUB) is None


async def test_bounded_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs is stopped, and there is no verdict."""
    stand_in(tmp_path, "exec sleep 60", monkeypatch)
    monkeypatch.setattr(spamassassin, "_TIMEOUT", 0.2)
    begin = time.monotonic()
    assert await judge(STUB) is None
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("script", ["exit 1", "head -c 10 /dev/zero", "echo X-Spam-Points: nan", "exec <&-"])
async def test_strange_program(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers nothing of use, or does not even read the message, gives no verdict."""
    stand_in(tmp_path, script, monkeypatch)
    assert await judge(STUB * 10_000) is None


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (b"X-Spam-Points: -1\nX-Spam-Marks: A=-0.1,\n\tB=2\n", SpamVerdict(-1, (("A", -0.1), ("B", 2)))),
        (b"X-Spam-Points: 0\nX-Spam-Marks: none\n\nx", SpamVerdict(0.0, ())),
        (b"X-Spam-Points: inf\n\nx", None),
        (b"X-Spam-Points: much\n\nx", None),
        (b"Subject: x\n\nX-Spam-Points: 1\n", None),
        (b"\xff\xfe\x00", None),
        (b"", None),
    ],
)  # fmt: skip
def test_read(output: bytes, verdict: SpamVerdict | None) -> None:
    """Score and rules come from the header that it writes, and from nowhere else."""
    assert read_verdict(output) == verdict
