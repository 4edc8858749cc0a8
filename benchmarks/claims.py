"""What it costs to claim rows on PostgreSQL, at the start of a large edition and at its end, and to plan it.
Prints JSON; see README.md."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from newsletter.adapters.stores import batches
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.fenced import claim_any
from newsletter.adapters.stores.outbox import due_in
from newsletter.adapters.stores.plan import plan
from newsletter.core.audience import EVERYBODY

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from support.postgres import Cluster
from support.samples import NOW

PAGE = 500
_READERS = """INSERT INTO subscribers (email, email_key, name, topics, status, created, changed)
    SELECT 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'Reader ' || n, '[]', 'active',
    now(), now() FROM generate_series(1, %s) n"""
_EDITION = """INSERT INTO editions (id, newsletter, number, slot, content, html, text, nonce, created)
    VALUES (%s, 'papers', %s, %s, '{}', '', '', '', now())"""
_COLUMNS = (
    "edition_id, subscriber_id, email, name, topics, keywords, authors, muted, likes, language, state, "
    "attempts, reason, changed"
)
_PLANNED = """SELECT {0}, id, email, name, topics::text, keywords::text, authors::text, muted::text,
    likes::text, '', 'pending', 0, '', now() FROM subscribers ORDER BY id LIMIT {1}"""
_NAIVE = "SELECT id FROM outbox WHERE state = 'pending' ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED"
_MARK = "UPDATE outbox SET state = %s WHERE id = ANY(%s)"

Rows = list[int]


class Stage:
    """A database that is thrown away, as our program opens it and as a bare client does."""

    def __init__(self, cluster: Cluster, name: str, folder: Path) -> None:
        self.url = cluster.url(name)
        self.ours = Database(self.url, folder)
        self.bare = psycopg.connect(self.url, autocommit=True)

    async def close(self) -> None:
        """So that it can be copied."""
        await self.ours.close()
        self.bare.close()


async def prepare(stage: Stage, readers: int) -> None:
    """Tables, readers, and nothing that tidies up: no VACUUM comes along."""
    await stage.ours.ask(lambda connection: None)
    stage.bare.execute(_READERS, (readers,))
    for table in ("outbox", "batches"):
        stage.bare.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    for number in (1, 2, 3):
        stage.bare.execute(_EDITION, (number, number, f"2026-03-1{number}T07:30:00+00:00"))


async def planning(stage: Stage, readers: int, others: int) -> dict[str, int]:
    """Rows a second: ours from table to table, and those that fetch the readers first."""
    start = time.perf_counter()
    await stage.ours.write(plan, 1, NOW, EVERYBODY, NOW)
    ours = readers / (time.perf_counter() - start)
    answer = {"insert_select": round(ours)}
    for number, name, put in ((2, "copy", _copy), (3, "executemany", _executemany)):
        start = time.perf_counter()
        with stage.bare.transaction():
            put(stage.bare, stage.bare.execute(_PLANNED.format(number, others)).fetchall())
        answer[name] = round(others / (time.perf_counter() - start))
        stage.bare.execute("DELETE FROM outbox WHERE edition_id = %s", (number,))
    stage.bare.execute("VACUUM (FULL, ANALYZE) outbox")
    return answer


def _copy(connection: "psycopg.Connection[Any]", rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY outbox ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _executemany(connection: "psycopg.Connection[Any]", rows: list[tuple[Any, ...]]) -> None:
    places = ", ".join(["%s"] * len(_COLUMNS.split(",")))
    connection.cursor().executemany(f"INSERT INTO outbox ({_COLUMNS}) VALUES ({places})", rows)  # noqa: S608


async def batched(stage: Stage, count: int) -> dict[str, Any]:
    """Our claims, with the rows; between them each row is begun and accepted, and the batch released."""
    made, again = await _timed(stage, batches.make_batches), 0.0
    costs: list[float] = []
    releases: list[float] = []
    after = 0
    while True:
        start = time.perf_counter()
        found = await stage.ours.beside(claim_any, after, NOW, "bench", 30.0)
        if found is None:
            break
        after = found.lease.id
        part = (found.lease.edition_id, found.lease.first - 1, found.lease.last)
        rows = await stage.ours.ask(due_in, *part, NOW, PAGE)
        costs.append(time.perf_counter() - start)
        _finish(stage, [row.id for row in rows])
        releases.append(await _timed(stage, batches.release, found.lease.id, found.lease.fence))
        if len(costs) == count // PAGE * 9 // 10:
            again = await _timed(stage, batches.make_batches)
    return {
        **_told(costs),
        "release": _told(releases),
        "make_batches_ms": round(made * 1000),
        "make_batches_again_at_nine_tenths_ms": round(again * 1000, 1),
    }


async def _timed(stage: Stage, function: Callable[..., Any], *asked: Any) -> float:
    start = time.perf_counter()
    await stage.ours.write(function, *asked)
    return time.perf_counter() - start


def naive(stage: Stage, rows: int) -> dict[str, Any]:
    """The loop that people write, for the first tenth and the last; what lies between is marked as one."""
    costs: list[float] = []
    for part in (1, 2):
        costs += [_claim_naively(stage) for _ in range(rows // PAGE // 10)]
        if part == 1:
            limit = (rows * 8 // 10,)
            between = "SELECT id FROM outbox WHERE state = 'pending' ORDER BY id LIMIT %s"
            ids = [id_ for (id_,) in stage.bare.execute(between, limit)]
            for at in range(0, len(ids), 20_000):
                _finish(stage, ids[at : at + 20_000])
    return _told(costs, parts=2)


def indexed(stage: Stage) -> dict[str, Any]:
    """The same with an index for it, all of it."""
    stage.bare.execute("CREATE INDEX ON outbox (id) WHERE state = 'pending'")
    costs: list[float] = []
    while (cost := _claim_naively(stage)) >= 0:
        costs.append(cost)
    return _told(costs)


def _claim_naively(stage: Stage) -> float:
    with stage.bare.transaction():
        start = time.perf_counter()
        ids = [id_ for (id_,) in stage.bare.execute(_NAIVE)]
        cost = time.perf_counter() - start
        _finish(stage, ids)
    return cost if ids else -1.0


def _finish(stage: Stage, ids: Rows) -> None:
    for state in ("sending", "accepted"):
        stage.bare.execute(_MARK, (state, ids))


def _told(costs: list[float], parts: int = 10) -> dict[str, float]:
    """Milliseconds of the middle one, in the first and the last part of so many."""
    share = len(costs) // parts
    first, last = median(costs[:share]), median(costs[-share:])
    return {"first_tenth_ms": round(first * 1000, 2), "last_tenth_ms": round(last * 1000, 2)}


async def measure(folder: Path, rows: int) -> dict[str, Any]:
    """Everything once, each way of claiming on a copy of the same plan."""
    cluster = Cluster(folder / "cluster", fsync=True)
    cluster.start()
    try:
        name = cluster.create()
        stage = Stage(cluster, name, folder)
        await prepare(stage, rows)
        answer: dict[str, Any] = {"rows": rows}
        answer["planned_rows_per_second"] = await planning(stage, rows, min(rows, 200_000))
        await stage.close()
        ways: dict[str, Callable[[Stage], Any]] = {
            "batches": lambda copy: batched(copy, rows),
            "naive": lambda copy: naive(copy, rows),
            "naive_with_an_index": indexed,
        }
        for way, claims in ways.items():
            copy = Stage(cluster, cluster.create(like=name), folder)
            found = claims(copy)
            answer[way] = await found if isinstance(found, Awaitable) else found
            await copy.close()
    finally:
        cluster.stop()
    return answer


def main() -> None:
    """Measure on a server that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(asyncio.run(measure(Path(name), parser.parse_args().rows)), indent=2))


if __name__ == "__main__":
    main()
