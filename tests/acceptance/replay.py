"""Weeks of the daily papers, replayed: served as they grow, collected and published as a job would.

    python tests/acceptance/replay.py --data FILE [--publish day] [--max-entries 25] [--max-age-days 14]

FILE (or FILE.gz) has one day a line: {"date": "2026-01-05", "response": [...]}, the response as the API of
Hugging Face gives it. Prints what became of every paper as JSON; ends with 1 if one was told twice or lost.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.adapters.sources.huggingface import HuggingFaceSource
from newsletter.bootstrap import App, open_app
from newsletter.services.collect import collect

__all__ = ["Days", "Replay", "Report", "Slot", "made_up_days", "replay"]

Days = Mapping[date, Sequence[dict[str, Any]]]
"""What the API says of each day in the end."""

_HOURS = (8, 14, 23)
"""UTC: a third of a day's list is there at the first, all of it at the last."""
_LIMITS = FetchLimits(timeout=10, total_timeout=20, attempts=1)
_CONFIG = """
[newsletter]
id = "papers"
name = "Morning Papers"
from = "Morning Papers <papers@example.org>"
base_url = "https://papers.example.org"
secret_file = "newsletter.secret"

[edition]
max_entries = {max_entries}
max_age_days = {max_age_days}
"""


@dataclass(frozen=True)
class Replay:
    """How it is run."""

    publish: str = "snapshot"
    """After every "snapshot" of a day, or only at the end of the "day"."""
    max_entries: int = 25
    max_age_days: int = 14
    lost: frozenset[int] = frozenset((22, 34))
    """The requests, counted from 1, that are answered with 500."""


@dataclass(frozen=True)
class Slot:
    """What one run of the job did."""

    at: str
    new: int
    featured: int
    also: int
    rest: int


@dataclass(frozen=True)
class Report:
    """What became of every paper."""

    papers: int
    editions: int
    requests: int
    unchanged: int
    """Requests that were answered with 304."""
    failed: int
    """Requests that were answered with 500."""
    told: int
    """Papers that were featured or shown by their titles."""
    waiting: int
    """Papers that are still candidates."""
    too_old: int
    """Papers that there was never room for."""
    twice: tuple[str, ...]
    lost: tuple[str, ...]
    slots: tuple[Slot, ...]


# The days


def made_up_days(days: int, papers: int, first: date = date(2026, 1, 5)) -> Days:
    """Days of different papers; every third day lists a paper of the day before once more."""
    found: dict[date, list[dict[str, Any]]] = {}
    for day in range(days):
        listed = [_paper(day * papers + n) for n in range(papers)]
        if day % 3 == 2:
            listed.append(_paper(day * papers - 1))
        found[first + timedelta(days=day)] = listed
    return found


def read_days(file: Path) -> Days:
    """The days of a file; see above."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    rows = [json.loads(line) for line in content.splitlines()]
    return {date.fromisoformat(row["date"]): row["response"] for row in rows}


def _paper(number: int) -> dict[str, Any]:
    title = f"Finding {number}: what we learned from experiment {number} with small models"
    summary = f"We ran experiment {number}.\nIt shows that small models learn fact {number} faster."
    return {
        "paper": {
            "id": f"2601.{number:05}",
            "title": title,
            "summary": summary,
            "authors": [{"name": f"Author {number}", "hidden": False}, {"name": "Ada Lovelace"}],
            "publishedAt": "2026-01-02T10:00:00.000Z",
            "upvotes": number * 7 % 50,
        },
        "title": title,
        "summary": summary,
        "publishedAt": "2026-01-02T06:00:00.000Z",
        "numComments": number % 3,
    }


# The server


class _Api(ThreadingHTTPServer):
    """The days as far as they have come, in another order each time, some papers twice."""

    def __init__(self, days: Days, lost: frozenset[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.now = datetime.min.replace(tzinfo=UTC)
        self.answers: Counter[int] = Counter()
        self._days = days
        self._lost = lost

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/daily_papers"

    def answer(self, day: date, etag: str | None) -> tuple[int, bytes, str]:
        """Status, content and ETag for the list of a day."""
        if self.answers.total() + 1 in self._lost:
            return 500, b"", ""
        listed = list(self._days.get(day, ()))
        random.Random(str(day)).shuffle(listed)
        ready = sum(datetime.combine(day, time(hour), UTC) <= self.now for hour in _HOURS)
        shown = listed[: -(-len(listed) * ready // len(_HOURS))]
        tag = f'"{hashlib.sha256(f"{day} {len(shown)}".encode()).hexdigest()[:16]}"'
        if tag == etag:
            return 304, b"", tag
        again = random.Random(f"{day} {ready}")
        answered = shown + again.sample(shown, min(2, len(shown)))
        again.shuffle(answered)
        return 200, json.dumps(answered).encode(), tag


class _Handler(BaseHTTPRequestHandler):
    server: _Api

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        day = date.fromisoformat(query["date"][0])
        status, content, tag = self.server.answer(day, self.headers["If-None-Match"])
        self.server.answers[status] += 1
        self.send_response(status)
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 its name there
        """Quiet."""


@contextmanager
def _served(days: Days, lost: frozenset[int]) -> Iterator[_Api]:
    with _Api(days, lost) as api:
        thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield api
        finally:
            api.shutdown()
            thread.join()


# The job


async def replay(days: Days, folder: Path, how: Replay) -> Report:
    """Run the job at every hour of `_HOURS`, from the first day to two days after the last."""
    (folder / "newsletter.secret").write_text("0123456789abcdef" * 2)
    config = folder / "newsletter.toml"
    config.write_text(_CONFIG.format(max_entries=how.max_entries, max_age_days=how.max_age_days))
    slots = []
    with _served(days, how.lost) as api:
        for now in _instants(days):
            api.now = now
            async with open_app(config, now) as app:
                slots.append(await _job(app, api.url, now, how))
        async with open_app(config, api.now) as app:
            return await _report(app, days, api, slots)


def _instants(days: Days) -> Iterator[datetime]:
    day, last = min(days), max(days) + timedelta(days=2)
    while day <= last:
        yield from (datetime.combine(day, time(hour), UTC) for hour in _HOURS)
        day += timedelta(days=1)


async def _job(app: App, url: str, now: datetime, how: Replay) -> Slot:
    """Collect, and publish where it is time; in a process of its own as far as the store can tell."""
    async with HttpFetcher(app.memory, _LIMITS, allow_hosts=["127.0.0.1"]) as fetcher:
        source = HuggingFaceSource("daily", fetcher, url, days=3, max_entries=1000)
        reports = await collect([source], app.entries, app.memory, now, timedelta(seconds=60))
    new = sum(report.new for report in reports)
    if how.publish == "day" and now.hour != _HOURS[-1]:
        return Slot(now.isoformat(), new, 0, 0, 0)
    published = (await app.extra_job().publish(now, now, reports)).edition
    if published is None:
        return Slot(now.isoformat(), new, 0, 0, 0)
    edition = published.edition
    return Slot(now.isoformat(), new, len(edition.featured), len(edition.also), len(edition.rest))


async def _report(app: App, days: Days, api: _Api, slots: Sequence[Slot]) -> Report:
    papers = {f"arxiv:{item['paper']['id']}" for day in days.values() for item in day}
    editions = await app.editions.list(app.newsletter.id)
    told = Counter(
        item.entry.id
        for published in editions
        for item in (*published.edition.featured, *published.edition.also)
    )
    rested = {id_ for published in editions for id_ in published.edition.rest}
    oldest = api.now - timedelta(days=app.desk.policy.max_age_days)
    waiting = {entry.id for entry in await app.entries.candidates(app.newsletter.id, oldest)}
    seen = {entry.id: entry.first_seen for entry in await app.entries.list()}
    too_old = {id_ for id_, first in seen.items() if first and first < oldest} - told.keys()
    return Report(
        papers=len(papers),
        editions=len(editions),
        requests=api.answers.total(),
        unchanged=api.answers[304],
        failed=api.answers[500],
        told=len(told),
        waiting=len(waiting),
        too_old=len(too_old),
        twice=tuple(sorted(id_ for id_, times in told.items() if times > 1)),
        lost=tuple(sorted(papers - told.keys() - waiting - (too_old & rested))),
        slots=tuple(slots),
    )


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--publish", choices=("snapshot", "day"), default="snapshot")
    parser.add_argument("--max-entries", type=int, default=25)
    parser.add_argument("--max-age-days", type=int, default=14)
    arguments = vars(parser.parse_args())
    days = read_days(arguments.pop("data"))
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(replay(days, Path(folder), Replay(**arguments)))
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    sys.exit(bool(report.twice or report.lost))


if __name__ == "__main__":
    main()
