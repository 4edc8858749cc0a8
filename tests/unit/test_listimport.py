"""A file's people onto the list, in batches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.samples import NOW

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.firstlines import FirstLines
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.listfile import NewSubscriber, Row
from newsletter.errors import InputError
from newsletter.services import listimport
from newsletter.services.listimport import Kind, ListImport, Remark


def rows(count: int, then: type[BaseException] | None = None) -> Iterator[Row]:
    """So many people from line 2 on, and then an interruption."""
    for n in range(count):
        yield n + 2, NewSubscriber(f"reader{n}@example.org", f"Reader {n}")
    if then:
        raise then


@pytest.fixture
async def subscribers(tmp_path: Path):
    database = Database("sqlite:///papers.db", tmp_path)
    yield SqlSubscribers(database)
    await database.close()


def importing(subscribers, remarks: list[Remark]) -> ListImport:
    return ListImport(subscribers, FirstLines(), NOW, remarks.append)


async def test_what_is_interrupted_keeps_whole_batches(subscribers, monkeypatch: pytest.MonkeyPatch):
    """And the same file once more goes on where it ended."""
    monkeypatch.setattr(listimport, "BATCH", 100)
    stopped = importing(subscribers, [])
    with pytest.raises(KeyboardInterrupt):
        await stopped.run(rows(250, KeyboardInterrupt))
    assert stopped.tally.added == sum((await subscribers.counts()).values()) == 200
    again = importing(subscribers, [])
    await again.run(rows(300))
    assert (again.tally.unchanged, again.tally.added) == (200, 100)


async def test_who_is_named_twice_is_taken_from_the_first_line(subscribers, monkeypatch: pytest.MonkeyPatch):
    """Within a batch and far apart, in any spelling; every row is counted once."""
    monkeypatch.setattr(listimport, "BATCH", 100)
    remarks: list[Remark] = []
    work = importing(subscribers, remarks)
    twice = [
        (1002, NewSubscriber("READER5@example.org", "Later")),
        (1003, InputError("no email.")),
        (1004, NewSubscriber("new@example.org", "New")),
        (1005, NewSubscriber("new@example.org", "Newer")),
    ]
    await work.run([*rows(250), *twice])
    assert remarks == [
        Remark(1002, Kind.DUPLICATE, "READER5@example.org stands in line 7 already."),
        Remark(1003, Kind.INVALID, "no email."),
        Remark(1005, Kind.DUPLICATE, "new@example.org stands in line 1004 already."),
    ]
    tally = work.tally
    assert (tally.added, tally.duplicates, tally.invalid, tally.people) == (251, 2, 1, 253)
    assert (await subscribers.find("reader5@example.org")).name == "Reader 5"
    assert (await subscribers.find("new@example.org")).name == "New"
