"""A store in an empty folder, and an edition planned in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.postgres import Cluster
from support.samples import NOW, PEOPLE, edition, entry

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.tokens import erased_key


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`[store] url` of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield "sqlite:///papers.db"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create(like=request.getfixturevalue("with_tables"))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def any_store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a newsletter.toml without `[store]` means: each kind of database in turn."""
    if not store_url.startswith("sqlite"):
        monkeypatch.setenv("NEWSLETTER_STORE__URL", store_url)


@pytest.fixture
async def database(store_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(store_url, tmp_path)
    yield database
    await database.close()


@pytest.fixture
async def other(store_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    database = Database(store_url, tmp_path)
    yield database
    await database.close()


@pytest.fixture
def entries(database: Database) -> SqlEntries:
    return SqlEntries(database)


@pytest.fixture
def editions(database: Database) -> SqlEditions:
    return SqlEditions(database)


@pytest.fixture
def outbox(database: Database) -> SqlOutbox:
    return SqlOutbox(database)


@pytest.fixture
def subscribers(database: Database) -> SqlSubscribers:
    return SqlSubscribers(database, lambda key: (f"erased:{erased_key(b'0' * 16, key)}",))


@pytest.fixture
async def planned(entries: SqlEntries, editions: SqlEditions, subscribers: SqlSubscribers) -> int:
    """An edition with entries 1 to 3 and a row for each of five readers; its id."""
    await entries.add([entry(n) for n in range(1, 6)], NOW)
    await subscribers.add(PEOPLE, NOW)
    published = await editions.publish(edition(1, 1, 2, 3), "<p>", "text", "0" * 16, NOW)
    return published.id
