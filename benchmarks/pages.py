"""How fast `newsletter serve` answers readers, over real sockets: every kind of page, beside them /health,
which is as fast as the server can be. Prints JSON; see README.md."""

import argparse
import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from peers import tool

from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.rhythm import Rhythm

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from support.site import NOW, config_in, link_of, papers, publish, subscribe

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
TABLES = """
[schedule]
days = ["mon"]
catch_up = "1m"
[web]
port = 0
"""


async def seed(app: App, editions: int, readers: int) -> dict[str, str]:
    """Editions of forty papers, and readers; the pages to ask for, by what they are."""
    for day in range(editions):
        found = [replace(paper, upvotes=900) for paper in papers(40, start=1 + 40 * day)]
        await publish(app, found, days=day)
    people = [await subscribe(app, f"reader{number}@example.org") for number in range(readers)]
    await app.subscribers.settle(people[-1].id, Rhythm(), "de", NOW)
    return {
        "health": "/health",
        "archive": "/archive",
        "edition": f"/archive/{editions // 2}",
        "newest edition": f"/archive/{editions}",
        "feed": "/feed.atom",
        "unsubscribe": link_of(app, people[0].id),
        "unsubscribe, forged": f"/unsubscribe/{'x' * 32}",
        "preferences": link_of(app, people[0].id, tokens.PREFERENCES),
        "preferences in German": link_of(app, people[-1].id, tokens.PREFERENCES),
    }


@contextlib.contextmanager
def serving(config: Path, now: str) -> Iterator[str]:
    """`newsletter serve` as operators run it; its address."""
    command = [sys.executable, "-m", "newsletter", "serve", "--config", str(config), "--now", now, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield json.loads(said)["web"].rstrip("/")
        finally:
            process.terminate()


def measure(address: str, seconds: int, connections: int) -> dict[str, Any]:
    """What wrk finds: requests a second, and in how many milliseconds half and 99 of 100 were answered."""
    command = [tool("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", address]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    parts = {
        percent: float(number) * UNITS[unit]
        for percent, number, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)\b", said)
    }
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", said)
    refused = re.findall(r"Non-2xx or 3xx responses: (\d+)", said)
    return {
        "per_second": round(float(rate)),
        "p50_ms": round(parts["50"], 2),
        "p99_ms": round(parts["99"], 2),
        "refused": int(*refused),
    }


def main() -> None:
    """Seed, serve, measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editions", type=int, default=60)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = config_in(Path(folder))
        config.write_text(config.read_text() + TABLES)
        now = NOW + timedelta(days=asked.editions)

        async def seeded() -> dict[str, str]:
            async with open_app(config, now) as app:
                return await seed(app, asked.editions, asked.readers)

        pages = asyncio.run(seeded())
        with serving(config, now.isoformat()) as address:
            found = {
                name: measure(address + path, asked.seconds, asked.connections)
                for name, path in pages.items()
            }
    floor = found["health"]["per_second"]
    for figures in found.values():
        figures["of_health"] = round(figures["per_second"] / floor, 3)
    print(json.dumps({**vars(asked), "pages": found}, indent=2))


if __name__ == "__main__":
    main()
