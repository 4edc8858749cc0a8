"""How fast entries are taken in: all of them new, and all of them again. Prints JSON; see README.md."""

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.core.model import Entry

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
SUBJECTS = ("language", "vision", "speech", "graphs", "robots", "proteins", "weather", "code", "theorems")


def papers(count: int, votes: int) -> Iterator[Entry]:
    """So many different papers with titles and abstracts of the usual length."""
    for n in range(count):
        subject, other = SUBJECTS[n % 9], SUBJECTS[n // 9 % 9]
        yield Entry(
            id=f"arxiv:{2001 + n // 20_000:04}.{n % 20_000:05}",
            title=f"Model {n}: Learning About {subject} From {other} With {n} Labels",
            summary=f"We study {subject} and find that {other} number {n} is what matters most here. " * 12,
            authors=tuple(f"Author{(n + k * 997) % 5000} Name{n % 701}" for k in range(6)),
            url=f"https://arxiv.org/abs/{2001 + n // 20_000:04}.{n % 20_000:05}",
            upvotes=n % 50 + votes,
            categories=("cs.AI", "cs.CL"),
            source="arxiv",
            position=n,
        )


async def measure(folder: Path, count: int) -> dict[str, object]:
    """Add them, add them again with one vote more each, and again without any change."""
    database = Database("sqlite:///papers.db", folder)
    entries = SqlEntries(database)
    result: dict[str, object] = {"entries": count}
    for hours, (name, votes) in enumerate((("new", 0), ("again", 1), ("unchanged", 1))):
        start = time.perf_counter()
        new = await entries.add(papers(count, votes), NOW + timedelta(hours=hours))
        seconds = time.perf_counter() - start
        result[name] = {"new": new, "seconds": round(seconds, 1), "per_second": round(count / seconds)}
    await database.close()
    result["database_mb"] = sum(file.stat().st_size for file in folder.iterdir()) // 1_000_000
    return result


def main() -> None:
    """Measure in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as name:
        result = asyncio.run(measure(Path(name), parser.parse_args().entries))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result | {"peak_memory_mb": peak}))


if __name__ == "__main__":
    main()
