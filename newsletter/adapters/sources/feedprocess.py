"""Feeds read in a process of their own, which may take only so much time and memory.

feedparser takes quadratic time on some texts, a thread cannot be stopped, and one bad feed must cost neither
the others nor the memory of this process. Here are both ends of the pipe:

    read_apart ──a line of JSON, the feed──▶ main ──ReadFeed as JSON──▶ read_apart
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from newsletter.adapters.sources.feedreader import LARGEST, ReadFeed, read_feed
from newsletter.core.cleaning import clean_text
from newsletter.core.feed import FeedItem
from newsletter.errors import InputError

__all__ = ["read_apart"]

_SECONDS = 5
"""Of processor time, for at most 10,000 items."""
_MEGABYTES = 256
_PATIENCE = 120
"""Seconds on the clock, on a machine that is busy with other things."""

_waiters = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="feed")


async def read_apart(
    content: bytes, content_type: str, *, limit: int, markup: bool = True, seconds: int = _SECONDS
) -> ReadFeed:
    """What `feedreader.read_feed` does, in so many seconds of processor time. Raises InputError for what is
    no feed, is refused, or takes too much."""
    order = {"content_type": content_type, "limit": limit, "markup": markup}
    message = json.dumps([seconds, order]).encode() + b"\n" + content[: LARGEST + 1]
    answer = await asyncio.get_running_loop().run_in_executor(_waiters, _ask, message)
    if "error" in answer:
        raise InputError(answer["error"])
    items = tuple(_item(values) for values in answer["items"])
    return ReadFeed(items=items, problems=tuple(answer["problems"]), total=answer["total"])


def main() -> None:
    """The other end: standard input to standard output."""
    seconds, order = json.loads(sys.stdin.buffer.readline())
    _limit(seconds)
    try:
        answer: dict[str, object] = asdict(read_feed(sys.stdin.buffer.read(), **order))
    except InputError as error:
        answer = {"error": str(error)}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _ask(message: bytes) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603 our own module
            command, input=message, capture_output=True, timeout=_PATIENCE, env=environment, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise InputError(_why(error)) from error
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _why(error: Exception) -> str:
    """A process that is stopped ends by a signal; one that gets no more memory says so."""
    if isinstance(error, subprocess.CalledProcessError) and error.returncode > 0:
        last = clean_text(error.stderr.decode(errors="replace").strip().rpartition("\n")[2])[:200]
        if not last.startswith("MemoryError"):
            return f"could not be read: {last}"
    return f"could not be read in a few seconds and {_MEGABYTES} MB of memory; is it made to be unreadable?"


def _limit(seconds: int) -> None:
    """Where the system knows such limits, as Windows does not, and has no lower ones."""
    with contextlib.suppress(ImportError, ValueError):
        import resource

        size = _MEGABYTES * 1_000_000
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _item(values: dict[str, Any]) -> FeedItem:
    known: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return FeedItem(**known)


if __name__ == "__main__":
    main()
