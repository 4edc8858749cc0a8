"""What the doctor sees of a real PostgreSQL server, as its owner, as somebody else, and from outside."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.postgres import Cluster

from newsletter.adapters.stores import serverlook
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import REVISION
from newsletter.adapters.stores.serverlook import ServerLook


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    """An empty database."""
    made = cluster.create()
    yield made
    cluster.drop(made)


@pytest.fixture
def stranger(cluster: Cluster) -> Iterator[str]:
    """A role that owns nothing."""
    cluster.admin.execute("CREATE ROLE stranger LOGIN CONNECTION LIMIT 3")
    yield "stranger"
    cluster.admin.execute("DROP ROLE stranger")


async def test_it_is_looked_at_and_left_as_it_is(cluster: Cluster, name: str, tmp_path: Path):
    """No table is made; with tables, their revision. The tests' server writes nothing to its disk."""
    url = cluster.url(name) + "?timeout=5"
    seen = await ServerLook(url).look()
    assert (seen.trouble, seen.revision, seen.encoding, seen.standby) == ("", "", "UTF8", False)
    assert (await ServerLook(url).look()).revision == ""
    database = Database(url, tmp_path)
    await database.ask(lambda connection: None)
    await database.close()
    seen = await ServerLook(url).look()
    assert (seen.trouble, seen.revision, seen.name) == ("", REVISION, cluster.url(name))
    assert (seen.may_create, seen.may_write, seen.fsync, seen.autovacuum) == (True, True, False, True)
    assert seen.version >= 130000
    assert seen.size > 1_000_000
    assert 12 < seen.free < 200
    assert abs(seen.ahead) < 1


async def test_rights_that_are_missing_are_seen(cluster: Cluster, name: str, stranger: str, tmp_path: Path):
    """Whose tables they are, whether any may be made, and how many may sign in."""
    database = Database(cluster.url(name), tmp_path)
    await database.ask(lambda connection: connection.exec_driver_sql("SELECT 1"))
    await database.write(
        lambda connection: connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    )
    await database.close()
    seen = await ServerLook(cluster.url(name).replace("tests@", f"{stranger}@")).look()
    assert (seen.trouble, seen.may_create, seen.may_write, seen.revision) == ("", False, False, "")
    assert 0 <= seen.free <= 3


async def test_another_encoding_and_another_clock_are_seen(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    """The way to the server and back is no difference of clocks."""
    cluster.admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    monkeypatch.setattr(serverlook, "time", SimpleNamespace(time=lambda: time.time() - 100))
    try:
        seen = await ServerLook(cluster.url("latin")).look()
    finally:
        cluster.drop("latin")
    assert seen.encoding == "LATIN1"
    assert 99 < seen.ahead < 101


@pytest.mark.parametrize("query", ["", "?password=canary"])
async def test_why_it_does_not_answer_is_told_without_the_password(cluster: Cluster, name: str, query: str):
    """A database that is not there, and a port that nobody listens on."""
    signed_in = cluster.url(name).replace("tests@", "tests:canary@")
    gone = await ServerLook(signed_in.replace(name, "gone") + query).look()
    assert 'database "gone" does not exist' in gone.trouble
    closed = await ServerLook(signed_in.replace(str(cluster.port), "1") + query).look()
    assert "check that PostgreSQL runs" in closed.trouble
    assert "canary" not in f"{gone}{closed}"
