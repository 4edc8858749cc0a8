"""How many one-line summaries a core makes in a second, from plain text to the line.
Prints JSON; see README.md."""

import argparse
import gzip
import json
import time
from pathlib import Path

from newsletter.adapters.weights import shipped_editor
from newsletter.core.summary import one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="papers in SciTLDR's format, gzipped JSONL")
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    with gzip.open(told.data, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    papers = [(row.get("title") or "", " ".join(row["source"])) for row in rows]
    weights = shipped_editor().lines
    seconds = []
    for _ in range(told.rounds):
        start = time.process_time()
        for title, abstract in papers:
            one_line(title, abstract, weights)
        seconds.append(time.process_time() - start)
    rates = [round(len(papers) / spent) for spent in sorted(seconds)]
    print(json.dumps({"papers": len(papers), "per_second": rates[0], "slowest_round": rates[-1]}))


if __name__ == "__main__":
    main()
