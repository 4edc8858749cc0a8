"""What a long list costs: importing it, importing it again unchanged, exporting it. Prints JSON; see
README.md."""

import argparse
import csv
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CONFIG = """\
[newsletter]
id = "papers"
name = "Papers"
from = "papers@example.org"
base_url = "https://papers.example.org"
"""
TOPICS = ("Agents", "Reasoning", "Robotics", "Image generation")


def rows(count: int) -> Iterator[tuple[str, str, str, str]]:
    """People in no order, as lists grow; each tenth follows topics, each third says where they live."""
    chance = random.Random(1)  # noqa: S311
    for n in range(count):
        word = f"{chance.getrandbits(40):x}"
        topics = ";".join(TOPICS[: n // 10 % 4 + 1]) if n % 10 == 0 else ""
        yield f"{word}.{n}@mail{n % 500}.example.org", f"Reader {n}", topics, "" if n % 3 else "Berlin"


def write_list(file: Path, count: int) -> None:
    """The CSV file that all of this reads."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("email", "name", "topics", "city"))
        writer.writerows(rows(count))


def bare(file: Path, database: Path) -> None:
    """The least that an import can be: the same cells into one table with one key, in one transaction."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, topics TEXT, city TEXT)"
    )
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        connection.executemany("INSERT INTO people (email, name, topics, city) VALUES (?, ?, ?, ?)", reader)
    connection.commit()
    connection.close()


def timed(work: Callable[[], object], count: int) -> dict[str, float]:
    """Wall-clock time of it."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 2), "rows_per_second": round(count / seconds)}


def command(folder: Path, *arguments: str) -> str:
    """A command in a process of its own; the last lines are its seconds of processor time and its peak memory
    in megabytes."""
    script = (
        "import os, resource, sys\n"
        "from newsletter.cli import app\n"
        f"sys.argv[1:] = {list(arguments)!r}\n"
        "app(standalone_mode=False)\n"
        "print(sum(os.times()[:2]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def step(folder: Path, count: int, *arguments: str) -> dict[str, object]:
    """One command: its time, its peak, and what it said."""
    said: list[str] = []
    figures = timed(lambda: said.append(command(folder, *arguments)), count)
    *_, counts, processor, peak = said[0].splitlines()
    told = {key: value for key, value in json.loads(counts).items() if isinstance(value, int) and value}
    return {**figures, "cpu_seconds": round(float(processor), 2), "peak_memory_mb": int(peak), **told}


def measure(folder: Path, count: int) -> dict[str, object]:
    """Everything once."""
    (folder / "newsletter.toml").write_text(CONFIG)
    write_list(folder / "list.csv", count)
    peer = timed(lambda: bare(folder / "list.csv", folder / "bare.db"), count)
    added = step(folder, count, "subscribers", "import", "list.csv", "--json")
    again = step(folder, count, "subscribers", "import", "list.csv", "--json")
    exported = step(folder, count, "subscribers", "export", "out.csv", "--json")
    return {
        "rows": count,
        "file_mb": round((folder / "list.csv").stat().st_size / 1e6, 1),
        "database_mb": round((folder / "newsletter.db").stat().st_size / 1e6, 1),
        "bare_sqlite": peer,
        "import": added,
        "import_of_bare": round(float(str(added["seconds"])) / peer["seconds"], 1),
        "import_again": again,
        "export": exported,
    }


def main() -> None:
    """Measure in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), parser.parse_args().rows), indent=2))


if __name__ == "__main__":
    main()
