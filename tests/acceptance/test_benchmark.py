"""The benchmarks of delivery, as small as they get: they must still run when they are wanted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.postgres import programs

FOLDER = Path(__file__).parents[2] / "benchmarks"
NEEDED = {
    name: shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in ("smtp-sink", "openssl")
}
pytestmark = [
    pytest.mark.smtp_sink,
    pytest.mark.skipif(None in NEEDED.values(), reason="smtp-sink is not installed (Debian: postfix)"),
]
needs_postgresql = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def without_npm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which nothing is fetched from the network."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "openssl").symlink_to(str(NEEDED["openssl"]))
    return {**os.environ, "PATH": str(folder)}


def run(env: dict[str, str], *arguments: str, program: str = "sending.py") -> Any:
    command = [sys.executable, FOLDER / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_round_with_all_peers(without_npm: dict[str, str]):
    """Everybody gets their copy, signed and not, and what arrives is what was written."""
    told = run(without_npm, "--recipients", "50", "--rounds", "1", "--naive", "20")
    assert 58_000 < told["message_bytes"] < 62_000
    for ours in (told["unsigned"], told["rsa_2048"]):
        assert ours["planned"] == ours["accepted"] == told["recipients"] == 50
        assert ours["of_smtp_source"]["median"] > 0
    assert told["rsa_2048"]["of_rsa_floor"]["median"] > 0
    assert told["naive"]["aiosmtplib_composing_per_second"] > 0
    assert told["naive"]["nodemailer_per_second"] is None
    assert told["naive"]["nodemailer_missing"] == "there is no npm"
    checked = told["check"]
    assert 0 < checked.pop("longest_body_line") <= 76
    assert set(checked.values()) == {50}


def test_several_sizes(without_npm: dict[str, str]):
    """Each has a row of its own."""
    rows = run(without_npm, "--sizes", "20,40")["sizes"]
    assert [(row["recipients"], row["accepted"]) for row in rows] == [(20, 20), (40, 40)]
    assert all(row["us_per_message"] > 0 for row in rows)


@needs_postgresql
@pytest.mark.timeout(180)
def test_one_process_and_several(without_npm: dict[str, str]):
    """Every way of sending serves everybody."""
    told = run(without_npm, "--recipients", "100", "--rounds", "1", program="workers.py")
    for way in ("sqlite", "postgresql", "worker", "two_workers"):
        assert told[way]["planned"] == told[way]["accepted"] == 100
        assert told[way]["of_smtp_source"]["median"] > 0
    assert told["two_workers"]["database"]["updates_per_copy"] == 2


@needs_postgresql
@pytest.mark.timeout(180)
def test_a_list_with_wishes(without_npm: dict[str, str]):
    """Each step is done for everybody, by two workers."""
    told = run(without_npm, "--recipients", "300", program="million.py")
    assert told["planned"] == {"pending": 300}
    assert sum(told["states"].values()) == 300
    assert told["send"]["accepted"] == told["states"]["accepted"] > 0
    assert len(told["send"]["peak_memory_mb_of_each"]) == 2


def test_planning_in_a_file(without_npm: dict[str, str]):
    """Without a server, and without sending."""
    told = run(without_npm, "--recipients", "300", "--store", "sqlite", "--plan", program="million.py")
    assert told["publish"]["rows_per_second"] > 0
    assert "send" not in told
