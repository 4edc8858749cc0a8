"""Recorded days as emails: the command that judges them, on a day that is made up."""

import json
import subprocess
import sys
from pathlib import Path

from acceptance.replay import made_up_days

COMMAND = Path(__file__).parents[1] / "evaluation" / "days.py"


def test_a_day_is_judged(tmp_path: Path) -> None:
    """Its editions in a theme with their figures; nothing fails, and no copy is larger than was reckoned."""
    file = tmp_path / "days.jsonl"
    days = made_up_days(1, 40)
    file.write_text("".join(json.dumps({"date": str(day), "response": days[day]}) + "\n" for day in days))
    ended = subprocess.run(
        [sys.executable, COMMAND, "--data", file, "--themes", "compact", "--processes", "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert (report["days"], report["failing"], list(report["themes"])) == (1, 0, ["compact"])
    usual, everything = (report["themes"]["compact"][policy] for policy in ("usual", "everything"))
    assert usual["entries"] == {"most": 35, "left_to_the_web": 5}
    assert everything["entries"] == {"most": 40, "left_to_the_web": 0}
    for found in (usual, everything):
        assert found["editions"] == 1
        assert found["largest"]["above_the_bound"] == 0
        assert found["largest"]["judged_encoded"] <= found["largest"]["encoded"] <= 102_400
