"""The real program as operators start it, several processes beside each other, and what they cost."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import psycopg
from peers import CONNECTIONS, sink

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from support.postgres import Cluster, running

__all__ = ["Program", "Watcher", "deliver", "finished", "server"]

_LOOK = 0.05
"""Seconds between two looks at what is left."""

Figures = dict[str, Any]


class Program:
    """`newsletter ...` in a folder, in a process of its own."""

    def __init__(self, folder: Path, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        settings = os.environ | {"NEWSLETTER_SMTP__CONNECTIONS": str(CONNECTIONS)} | dict(env)
        command = [sys.executable, "-m", "newsletter", *arguments]
        self._start = time.perf_counter()
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            command, cwd=folder, env=settings, stdout=self._said, stderr=self._said, text=True
        )

    def check(self) -> None:
        """Raises SystemExit where it has ended already."""
        if self._process.poll() is not None:
            raise SystemExit(self._told())

    def stop(self) -> Figures:
        """Tell it to end, and `finish`."""
        self._process.send_signal(signal.SIGTERM)
        return self.finish()

    def finish(self) -> Figures:
        """What it has cost, once it has ended; raises SystemExit where that was not well."""
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise SystemExit(self._told())
        self._said.close()
        return {
            "seconds": round(time.perf_counter() - self._start, 2),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
            "peak_memory_mb": used.ru_maxrss // 1024,
        }

    def _told(self) -> str:
        self._said.seek(0)
        return f"{self._process.args}: {self._said.read()[-2000:]}"


def finished(folder: Path, arguments: Sequence[str], env: Mapping[str, str]) -> Figures:
    """A command that ends by itself."""
    return Program(folder, arguments, env).finish()


def server(folder: Path) -> AbstractContextManager[Cluster]:
    """A PostgreSQL of its own, which writes to the disk as one in service does."""
    return running(folder, fsync=True)


class Watcher:
    """Looks at a PostgreSQL database from outside, while others use it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._before = self._counters()

    def close(self) -> None:
        """So that it can be copied."""
        self._connection.close()

    def is_begun(self) -> bool:
        """Whether anybody has claimed anything. A look at the batches, not at the rows."""
        return bool(self._one("SELECT exists(SELECT FROM batches WHERE fence > 0)"))

    def is_done(self) -> bool:
        """Whether every outcome is on the disk, and nobody holds anything."""
        return not self._one("SELECT exists(SELECT FROM batches WHERE due IS NOT NULL OR holder <> '')")

    def states(self) -> dict[str, int]:
        """Counted in the rows themselves."""
        query = "SELECT state, count(*) FROM outbox GROUP BY state"
        return {str(state): int(count) for state, count in self._connection.execute(query)}

    def cost(self, copies: int) -> Figures:
        """Since this was made: what the database had to do for each copy."""
        spent = {name: after - self._before[name] for name, after in self._counters().items()}
        return {
            "commits_per_1000": round(1000 * spent["commits"] / copies),
            "journal_bytes_per_copy": round(spent["journal"] / copies),
            "updates_per_copy": round(spent["updates"] / copies, 2),
            "of_them_without_index_entries": round(spent["hot"] / max(spent["updates"], 1), 3),
        }

    def bytes_of(self, table: str) -> Figures:
        """With its indexes, and without."""
        sizes = "SELECT pg_total_relation_size(%s::regclass), pg_relation_size(%s::regclass)"
        [(total, heap)] = self._connection.execute(sizes, (table, table))
        return {"bytes": int(total), "bytes_without_indexes": int(heap)}

    def _counters(self) -> dict[str, int]:
        query = """SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, xact_commit, n_tup_upd, n_tup_hot_upd
            FROM pg_stat_database, pg_stat_user_tables WHERE datname = current_database()
            AND relname = 'outbox'"""
        found = self._connection.execute(query).fetchone() or (0, 0, 0, 0)
        return dict(zip(("journal", "commits", "updates", "hot"), map(int, found), strict=True))

    def _one(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None


def deliver(
    folder: Path, url: str, workers: int, *more: str, env: Mapping[str, str] | None = None
) -> Figures:
    """Everything that is planned there, by so many processes of `newsletter worker`, each with a sink of its
    own: from the first claim to the last outcome on the disk."""
    watcher = Watcher(url)
    with ExitStack() as stack:
        ports = [stack.enter_context(sink()) for _ in range(workers)]
        asked = [
            {**(env or {}), "NEWSLETTER_STORE__URL": url, "NEWSLETTER_SMTP__PORT": str(port)}
            for port in ports
        ]
        crew = [Program(folder, ("worker", *more), settings) for settings in asked]
        _wait(watcher.is_begun, crew)
        start = time.perf_counter()
        _wait(watcher.is_done, crew)
        seconds = time.perf_counter() - start
        costs = [program.stop() for program in crew]
    states = watcher.states()
    accepted = states.get("accepted", 0)
    answer = {
        "planned": sum(states.values()),
        "accepted": accepted,
        "seconds": round(seconds, 2),
        "messages_per_second": accepted / seconds,
        "cpu_seconds_per_1000": 1000 * sum(cost["cpu_seconds"] for cost in costs) / max(accepted, 1),
        "peak_memory_mb": max(cost["peak_memory_mb"] for cost in costs),
        "peak_memory_mb_of_each": [cost["peak_memory_mb"] for cost in costs],
        "database": watcher.cost(max(accepted, 1)),
    }
    watcher.close()
    return answer


def _wait(is_so: Any, crew: Sequence[Program]) -> None:
    while not is_so():
        for program in crew:
            program.check()
        time.sleep(_LOOK)
