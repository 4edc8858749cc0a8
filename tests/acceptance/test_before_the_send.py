"""A daily job dies while it collects, ranks, renders or plans: nothing half is left, nothing was mailed, and
the next one makes the edition that there would have been. `docs/faults.md` has the list."""

import asyncio
import json
import signal
from pathlib import Path

import pytest
from support.commands import database
from support.dying import MORNING, run_and_die
from support.newsroom import write_config
from support.rawsmtp import raw_server
from support.samples import NOW

from newsletter.bootstrap import open_app
from newsletter.core.listfile import NewSubscriber

SOURCES = """
[schedule]
time = "07:30"

[[sources]]
kind = "file"
name = "first"
path = "first.jsonl"

[[sources]]
kind = "file"
name = "second"
path = "second.jsonl"
"""
TIMES = dict.fromkeys(MORNING, 0) | {"an entry in the middle of a source": 17, "a source is kept": 1}
"""How often the moment comes before it is deadly."""
READERS = 5

Whole = tuple[list[tuple[str, ...]], list[tuple[object, ...]], list[tuple[object, ...]]]


def furnish(folder: Path, port: int) -> None:
    """Two sources of twelve papers each, four of them in both, and nothing collected yet."""
    folder.mkdir(exist_ok=True)
    write_config(folder, port, 1, SOURCES)
    for name, first in (("first", 1), ("second", 9)):
        papers = [
            {"title": f"Paper {n} on subject {n}", "url": f"https://example.org/{n}", "upvotes": n * 5 % 7}
            for n in range(first, first + 12)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, papers)) + "\n")


async def subscribe(folder: Path) -> None:
    async with open_app(folder / "newsletter.toml", NOW) as app:
        people = [NewSubscriber(f"reader{n}@example.org") for n in range(READERS)]
        await app.subscribers.add(people, NOW)


def kept(folder: Path) -> Whole:
    """Which papers are known, the editions, and the slots."""
    with database(folder) as connection:
        return (
            connection.execute("SELECT id, title, url FROM entries ORDER BY id").fetchall(),
            connection.execute("SELECT number, slot, content, html, text FROM editions").fetchall(),
            connection.execute("SELECT slot, outcome, edition FROM slots").fetchall(),
        )


def planned(folder: Path) -> int:
    with database(folder) as connection:
        found: int = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
        return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """What a job leaves behind that nobody disturbs."""
    return asyncio.run(_whole(tmp_path_factory.mktemp("undisturbed")))


async def _whole(folder: Path, second: str | None = None) -> Whole:
    async with raw_server() as server:
        furnish(folder, server.port)
        if second is not None:
            (folder / "second.jsonl").write_text(second)
        await subscribe(folder)
        assert await run_and_die(folder) == 0
        assert server.copies.total() == READERS
    return kept(folder)


@pytest.mark.parametrize("moment", MORNING)
async def test_killed_before_the_send_it_leaves_nothing_half(
    tmp_path: Path, undisturbed: Whole, moment: str
) -> None:
    """No mail has left, an edition is whole with a row for each reader or not there; the next job ends with
    the papers, the edition and the copies of one that nobody has disturbed."""
    async with raw_server() as server:
        furnish(tmp_path, server.port)
        await subscribe(tmp_path)
        assert await run_and_die(tmp_path, moment, TIMES[moment]) == -signal.SIGKILL
        assert not server.copies
        entries, editions, slots = kept(tmp_path)
        assert set(entries) <= set(undisturbed[0])
        is_there = moment == "published"
        assert (len(editions), len(slots), planned(tmp_path)) == ((1, 1, READERS) if is_there else (0, 0, 0))
        assert await run_and_die(tmp_path) == 0
        assert kept(tmp_path) == undisturbed
        assert server.copies.total() == len(server.copies) == READERS


async def test_an_edition_of_other_papers_would_be_noticed(tmp_path: Path, undisturbed: Whole) -> None:
    """What is compared differs where a source was lost on the way."""
    assert await _whole(tmp_path, second="") != undisturbed
