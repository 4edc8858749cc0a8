"""`kill -9` at random moments of a big send, in short; `kills.py` does it a thousand times."""

import json
import subprocess
import sys

import pytest
from support.commands import ROOT


@pytest.mark.slow
def test_killed_at_random_it_keeps_its_promises():
    """Of two thousand readers nobody is lost, and nobody has more than one extra copy for each time that
    theirs was in doubt."""
    script = ROOT / "tests" / "acceptance" / "kills.py"
    command = [sys.executable, script, "--kills", "15", "--readers", "2000"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr
    done = json.loads(ended.stdout)
    assert (done["kills"], done["lost"]) == (15, 0)
    assert done["extra"] <= done["in_doubt"]
