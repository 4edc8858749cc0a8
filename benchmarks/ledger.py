"""What the ledger costs: claiming due rows, and recording attempts and outcomes in groups. Prints JSON; see
README.md."""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.delivery import Decision
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import DeliveryState
from newsletter.ports import DueCopy

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from support.samples import NOW, edition, entry

GROUPS = (1, 20, 100, 500)
PAGE = 500


async def plan(database: Database, readers: int) -> SqlOutbox:
    """An edition for so many readers, each tenth of whom follows a topic."""
    people = (
        NewSubscriber(f"reader{n}@example.org", f"Reader {n}", () if n % 10 else ("Agents",))
        for n in range(readers)
    )
    await SqlEntries(database).add([entry(1)], NOW)
    await SqlSubscribers(database).add(people, NOW)
    await SqlEditions(database).publish(edition(1, 1), "<p>", "text", "0" * 16, NOW)
    return SqlOutbox(database)


async def claim(outbox: SqlOutbox) -> tuple[list[DueCopy], list[float]]:
    """All rows, and what each page cost in microseconds of processor time a row."""
    rows: list[DueCopy] = []
    costs: list[float] = []
    while True:
        start = time.process_time()
        page = await outbox.due(NOW, rows[-1].id if rows else 0, PAGE)
        if not page:
            return rows, costs
        costs.append((time.process_time() - start) / len(page) * 1e6)
        rows += page


async def record(outbox: SqlOutbox, ids: Sequence[int], group: int) -> list[float]:
    """Begin a group while the one before is accepted, as a run does; what each commit cost."""
    costs: list[float] = []
    before: Sequence[int] = ()
    for start in range(0, len(ids), group):
        begun = ids[start : start + group]
        accepted = [
            (row, Decision(DeliveryState.ACCEPTED, 1, f"250 2.0.0 Ok: queued as {row:X}")) for row in before
        ]
        at = time.process_time()
        await outbox.record(begun, accepted, NOW)
        costs.append((time.process_time() - at) * 1e6)
        before = begun
    return costs[1:]


def told(costs: Sequence[float]) -> dict[str, float]:
    """The least is what it takes; the others have the machine's noise and checkpoints in them."""
    return {
        "least": round(min(costs), 1),
        "median": round(median(costs), 1),
        "mean": round(sum(costs) / len(costs), 1),
    }


async def measure(folder: Path, readers: int) -> dict[str, object]:
    """Everything once."""
    database = Database("sqlite:///ledger.db", folder)
    try:
        outbox = await plan(database, readers)
        rows, claims = await claim(outbox)
        answer: dict[str, object] = {"rows": len(rows), "us_per_due_row": told(claims)}
        share = len(rows) // len(GROUPS)
        for place, group in enumerate(GROUPS):
            ids = [row.id for row in rows[place * share : (place + 1) * share]][: group * 100]
            answer[f"us_per_commit_of_{group}_and_{group}"] = told(await record(outbox, ids, group))
    finally:
        await database.close()
    return answer | {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def main() -> None:
    """Measure in a database that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(asyncio.run(measure(Path(name), parser.parse_args().readers)), indent=2))


if __name__ == "__main__":
    main()
