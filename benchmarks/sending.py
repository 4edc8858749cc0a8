"""How fast an edition goes out, beside smtp-source on the same sink and beside bare RSA. Prints JSON; see
README.md."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from naive import naive
from peers import CONNECTIONS, rsa_floor, sink, smtp_source

CHECKED = 200
PROGRAM = Path(__file__).with_name("delivery.py")
SIGNING = {
    "NEWSLETTER_DKIM__DOMAIN": "example.org",
    "NEWSLETTER_DKIM__SELECTOR": "bench",
    "NEWSLETTER_DKIM__KEY_FILE": "dkim.pem",
}
_POINTS = 40
"""Of memory over time, at most; they say the same as all seconds of an hour."""

Figures = dict[str, Any]


@contextmanager
def planned(readers: int) -> Iterator[tuple[Path, Figures]]:
    """A folder with an edition for so many readers, and one message of it."""
    with TemporaryDirectory() as name:
        yield Path(name), run("plan", Path(name), readers)


def run(what: str, folder: Path, number: int = 0, env: Mapping[str, str] | None = None) -> Figures:
    """`delivery.py` in a fresh process; with `memory_mb`, what it held at each second."""
    command = [sys.executable, str(PROGRAM), what, str(folder), str(number)]
    settings = os.environ | {"NEWSLETTER_SMTP__CONNECTIONS": str(CONNECTIONS)} | dict(env or {})
    memory: list[int] = []
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) as process:
        while True:
            try:
                output, _ = process.communicate(timeout=1)
                break
            except subprocess.TimeoutExpired:
                memory.append(_resident_mb(process.pid))
    if process.returncode:
        raise SystemExit(f"{what} failed")
    return {**json.loads(output), "memory_mb": memory}


def _resident_mb(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def send(folder: Path, port: int, env: Mapping[str, str] | None = None) -> Figures:
    """What is planned in there, from a copy: it can be sent once."""
    with TemporaryDirectory() as name:
        copy = shutil.copytree(folder, Path(name) / "copy")
        return run("send", copy, port, env)


def compare(readers: int, rounds: int, naive_messages: int) -> Figures:
    """Ours, peer, ours, peer."""
    with planned(readers) as (folder, page), sink() as port:
        size = len(page["message"])
        unsigned, source, signed, floor = [], [], [], []
        for _ in range(rounds):
            unsigned.append(send(folder, port))
            source.append(smtp_source(port, size, readers))
            signed.append(send(folder, port, SIGNING))
            floor.append(rsa_floor())
        loops = naive(page, port, naive_messages, folder / "dkim.pem") if naive_messages else None
    return {
        "recipients": readers,
        "connections": CONNECTIONS,
        "message_bytes": size,
        "unsigned": summed_up(unsigned) | {"of_smtp_source": ratio(unsigned, source)},
        "rsa_2048": summed_up(signed)
        | {"of_smtp_source": ratio(signed, source), "of_rsa_floor": ratio(signed, floor)},
        "smtp_source_messages_per_second": of(source, 0),
        "rsa_floor_signatures_per_second": of(floor, 0),
        "naive": loops,
    }


def summed_up(runs: Sequence[Figures]) -> Figures:
    """The same run, several times."""
    return {
        "planned": runs[0]["planned"],
        "accepted": min(run["accepted"] for run in runs),
        "messages_per_second": of([run["messages_per_second"] for run in runs], 0),
        "cpu_seconds_per_1000": of([run["cpu_seconds_per_1000"] for run in runs], 3),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
    }


def ratio(runs: Sequence[Figures], limits: Sequence[float]) -> Figures:
    """To what was measured in the same round."""
    return of([run["messages_per_second"] / limit for run, limit in zip(runs, limits, strict=True)], 3)


def of(values: Sequence[float], digits: int) -> Figures:
    """The median tells; all of them tell how far it can be trusted."""
    return {"median": round(median(values), digits), "all": [round(value, digits) for value in values]}


def grow(sizes: Sequence[int]) -> list[Figures]:
    """What one message costs, and what memory it takes, on lists of these sizes."""
    rows = []
    for readers in sizes:
        with planned(readers) as (folder, _), sink() as port:
            done = run("send", folder, port)
        memory = done["memory_mb"]
        rows.append(
            {
                "recipients": readers,
                "accepted": done["accepted"],
                "seconds": round(done["seconds"], 2),
                "us_per_message": round(1e6 * done["seconds"] / readers, 1),
                "cpu_us_per_message": round(1e3 * done["cpu_seconds_per_1000"], 1),
                "peak_memory_mb": done["peak_memory_mb"],
                "memory_mb_over_time": memory[:: len(memory) // _POINTS + 1],
            }
        )
    return rows


def check(readers: int) -> Figures:
    """What arrives of a signed run, byte by byte."""
    with planned(readers) as (folder, _):
        checked = run("check", folder, env=SIGNING)
    del checked["memory_mb"]
    return checked


def main() -> None:
    """One JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive", type=int, default=400, help="messages for the naive loops; 0 is none")
    parser.add_argument("--check", action="store_true", help="only compare what arrives")
    parser.add_argument("--sizes", help="only these sizes of list, as 10000,100000")
    args = parser.parse_args()
    answer: Figures
    if args.check:
        answer = {"check": check(min(args.recipients, CHECKED))}
    elif args.sizes:
        answer = {"sizes": grow([int(size) for size in args.sizes.split(",")])}
    else:
        answer = compare(args.recipients, args.rounds, args.naive)
        answer["check"] = check(min(args.recipients, CHECKED))
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
