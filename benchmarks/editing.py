"""How long the editor takes for a page of about 100 papers, from a cold start.

    python benchmarks/editing.py

Prints JSON: processor seconds of this process (imports of the core, reading of the trained weights, ranking,
grouping, one-line summaries; each for the first time) beside the limit of one second. The papers are those of
the seed page.
"""

import json
import time
from pathlib import Path

START = time.process_time()
LIMIT = 1.0
"""Seconds for everything."""
SEEDS = Path(__file__).parents[1] / "seeds" / "papers.txt"


def main() -> None:
    """Edit the page once, and say what each step took."""
    from datetime import UTC, datetime

    from newsletter.adapters.weights import shipped_editor
    from newsletter.core.page import parse_page
    from newsletter.core.ranking import Weights, rank
    from newsletter.core.summary import one_line
    from newsletter.core.topics import group

    steps = {"imports": time.process_time() - START}
    entries = parse_page(SEEDS.read_text(encoding="utf-8"), name=SEEDS.name)

    def timed(name: str, step: object) -> None:
        started = time.process_time()
        step()  # type: ignore[operator]
        steps[name] = time.process_time() - started

    timed("weights", shipped_editor)
    editor = shipped_editor()
    timed("ranking", lambda: rank(entries, editor, Weights(), datetime(2026, 3, 11, tzinfo=UTC)))
    timed("grouping", lambda: group(entries, editor))
    timed("lines", lambda: [one_line(entry.title, entry.summary, editor.lines) for entry in entries])
    total = sum(steps.values())
    print(
        json.dumps(
            {
                "papers": len(entries),
                "seconds": {name: round(taken, 3) for name, taken in steps.items()},
                "total": round(total, 3),
                "of_limit": round(total / LIMIT, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
