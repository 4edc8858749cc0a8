"""How long a feed takes to read, and how much memory: 100,000 items, and the most that are ever read of one.
Prints JSON; see README.md."""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable

from newsletter.adapters.sources.feedprocess import read_apart

ITEM = (
    "<item><title>Paper {0}: what we found out about it</title><link>https://example.org/papers/{0}</link>"
    "<description>&lt;p&gt;We show &lt;b&gt;fact {0}&lt;/b&gt; on three data sets, and that it holds for"
    " others as well, with a method that is simpler than those before it.&lt;/p&gt;</description>"
    '<category>facts</category><guid isPermaLink="false">{0}</guid>'
    "<pubDate>Thu, 02 Oct 2025 08:00:00 GMT</pubDate></item>"
)
_MEASURE = """
import re, sys, time
from pathlib import Path
from newsletter.adapters.sources.feedreader import read_feed
def peak():  # of this process; what getrusage says begins with its parent's
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
content = sys.stdin.buffer.read()
before, start = peak(), time.process_time()
READ
print(items, round(time.process_time() - start, 2), round(peak(), 1), round(peak() - before, 1))
"""
_OURS = "items = len(read_feed(content, 'application/rss+xml', limit=20_000).items)"
_BARE = "import feedparser, io; items = len(feedparser.parse(io.BytesIO(content)).entries)"


def feed(items: int) -> bytes:
    """An RSS feed with so many."""
    body = "".join(map(ITEM.format, range(items)))
    return f'<rss version="2.0"><channel><title>Facts</title>{body}</channel></rss>'.encode()


def measured(content: bytes, read: str) -> dict[str, float]:
    """One reading in a process of its own, so that its memory is its own. Needs Linux."""
    command = [sys.executable, "-c", _MEASURE.replace("READ", read)]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    names = ("items", "seconds", "peak_megabytes", "grown_by_megabytes")
    return dict(zip(names, map(json.loads, done.stdout.split()), strict=True))


def timed(work: Callable[[], object]) -> float:
    """Seconds on the clock."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    items = parser.parse_args().items
    large, usual = feed(items), feed(100)
    print(
        json.dumps(
            {
                "items": items,
                "megabytes": round(len(large) / 1e6, 1),
                "read": measured(large, _OURS),
                "feedparser_alone": measured(large, _BARE),
                "seconds_with_its_process": timed(lambda: asyncio.run(read_apart(large, "", limit=20_000))),
                "seconds_of_a_usual_feed": timed(lambda: asyncio.run(read_apart(usual, "", limit=20_000))),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
