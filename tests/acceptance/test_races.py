"""Processes that race for the batches of one edition in PostgreSQL and are killed at random, in short;
`races.py` does it for longer."""

import json
import subprocess
import sys

import pytest
from support.commands import ROOT
from support.postgres import programs


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", ["send", "worker"])
def test_killed_at_random_while_they_race_they_keep_their_promises(command: str) -> None:
    """Nobody is lost, no row is sent by two at once, and nobody has more than one extra copy for each time
    that theirs was in doubt."""
    if programs() is None:
        pytest.skip("no PostgreSQL here: install Debian's postgresql")
    script = ROOT / "tests" / "acceptance" / "races.py"
    how = ["--workers", "2", "--kills", "10", "--readers", "600", "--batch", "20", "--lease", "1"]
    ended = subprocess.run(
        [sys.executable, script, *how, "--command", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    done = json.loads(ended.stdout)
    assert (done["kills"], done["lost"], done["double_claims"]) == (10, 0, 0)
    assert done["extra"] <= done["in_doubt"]
