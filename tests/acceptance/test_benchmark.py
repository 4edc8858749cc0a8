"""The benchmark of delivery, as small as it gets: it must still run when it is wanted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "sending.py"
NEEDED = {
    name: shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in ("smtp-sink", "openssl")
}
pytestmark = [
    pytest.mark.smtp_sink,
    pytest.mark.skipif(None in NEEDED.values(), reason="smtp-sink is not installed (Debian: postfix)"),
]


@pytest.fixture(scope="module")
def without_npm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which nothing is fetched from the network."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "openssl").symlink_to(str(NEEDED["openssl"]))
    return {**os.environ, "PATH": str(folder)}


def run(env: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, env=env)
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
