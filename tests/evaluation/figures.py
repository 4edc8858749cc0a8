"""Whether the shipped weights give the figures that are documented.

    python tests/evaluation/figures.py --data DIR [--renew]

Runs `newsletter eval` on the development data in DIR and compares with docs/editor/figures.json: exit 1 where
a figure differs. `--renew` writes the file instead.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).parents[2] / "docs" / "editor" / "figures.json"
FILES = {
    "topics": "topics_dev.jsonl.gz",
    "ranking": "hf_daily_dev.jsonl.gz",
    "summary": "scitldr_dev.jsonl.gz",
}
TOLERANCE = 0.002
"""Other machines may round the last bits of a sum differently, and a tie may fall the other way."""


def measured(data: Path) -> dict[str, Any]:
    """What the three commands print."""
    return {name: _evaluated(name, data / file) for name, file in FILES.items()}


def differences(documented: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where figures differ, by the way to them."""
    if isinstance(documented, dict):
        for key in sorted({*documented, *found}):
            yield from differences(documented.get(key), found.get(key), f"{path}.{key}")
    elif documented is None or found is None or abs(documented - found) > TOLERANCE * max(1, abs(documented)):
        yield f"{path[1:]}: documented {documented}, found {found}"


def main() -> None:
    """Measure, and compare or write."""
    parser = argparse.ArgumentParser(description="Compare the editor's figures with the docs.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--renew", action="store_true")
    chosen = parser.parse_args()
    found = measured(chosen.data)
    if chosen.renew:
        FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return
    wrong = list(differences(json.loads(FIGURES.read_text(encoding="utf-8")), found))
    sys.stdout.write("\n".join(wrong or ["✓ The shipped weights give the documented figures."]) + "\n")
    sys.exit(1 if wrong else 0)


def _evaluated(name: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "newsletter", "eval", name, "--data", str(file), "--json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(printed)


if __name__ == "__main__":
    main()
