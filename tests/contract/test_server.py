"""What only a database on a server has: connections that are cut, others that write, users without rights."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from support.postgres import Cluster
from support.samples import NOW, PEOPLE
from support.schemas import EARLIER

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.insight import SqlInsight
from newsletter.adapters.stores.schema import REVISION, metadata
from newsletter.adapters.stores.schema import subscribers as people
from newsletter.adapters.stores.subscribers import SqlSubscribers
from newsletter.core.listfile import NewSubscriber
from newsletter.errors import StoreError

WAYS = ["ask", "write", "beside", "begin", "read"]
"""Into a transaction."""


@pytest.fixture(params=["postgresql"])
def store_url(cluster: Cluster, with_tables: str) -> Iterator[str]:
    """Of an empty database of the server that all tests share."""
    name = cluster.create(like=with_tables)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
async def far(own: Cluster, tmp_path: Path) -> AsyncIterator[Database]:
    """A database there, with somebody in it, of whom wait 1 s."""
    database = await _listed(Database(f"{own.url(own.create())}?timeout=1", tmp_path))
    yield database
    await database.close()


@pytest.fixture
async def listed(database: Database) -> Database:
    """A database with somebody in it."""
    return await _listed(database)


async def _listed(database: Database) -> Database:
    await SqlSubscribers(database).add(PEOPLE[:2], NOW)
    return database


def append(connection: sa.Connection, letter: str = "!", reader: int = 1) -> None:
    """To somebody's name, so that one can see how often it was done."""
    change = sa.update(people).values(name=people.c.name + letter)
    connection.execute(change.where(people.c.id == reader))


def names(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(people.c.name).order_by(people.c.id)))


async def enter(database: Database, way: str) -> list[str]:
    """Who is there, asked in a transaction of this kind."""
    if way in ("begin", "read"):
        async with getattr(database, way)() as connection:
            return list(await connection.scalars(sa.select(people.c.name).order_by(people.c.id)))
    found: list[str] = await getattr(database, way)(names)
    return found


def cut(connection: sa.Connection) -> None:
    """This very connection, by the server."""
    connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))


def cut_driver(connection: sa.Connection) -> None:
    """The same, of which SQLAlchemy hears nothing."""
    connection.connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")


def once(first: Callable[[sa.Connection], None]) -> tuple[Callable[[sa.Connection], None], list[int]]:
    """A function that appends, with `first` in its first run; and how often it was run."""
    runs: list[int] = []

    def work(connection: sa.Connection) -> None:
        append(connection)
        runs.append(len(runs))
        if len(runs) == 1:
            first(connection)

    return work, runs


# Connections that are cut


@pytest.mark.parametrize("way", WAYS)
async def test_who_was_cut_off_meanwhile_comes_back(cluster, listed, way):
    """By itself, with the next transaction."""
    assert cluster.cut_off(listed.path.name)
    assert await enter(listed, way) == ["Reader 0", "Reader 1"]


async def test_who_was_cut_off_can_be_closed(cluster, listed):
    """There is nothing left to give back."""
    cluster.cut_off(listed.path.name)
    await listed.close()
    assert await listed.ask(names) == ["Reader 0", "Reader 1"]


@pytest.mark.parametrize("ending", [cut, cut_driver])
@pytest.mark.parametrize("way", ["write", "beside"])
async def test_who_is_cut_off_in_the_middle_does_it_again(listed, way, ending):
    """From the beginning, so that it is done once."""
    work, runs = once(ending)
    await getattr(listed, way)(work)
    assert len(runs) == 2
    assert await listed.ask(names) == ["Reader 0!", "Reader 1"]


async def test_what_has_several_steps_is_undone_when_it_is_cut_off(cluster, listed):
    """Nobody knows how to do it again but who asked for it; the next transaction goes on."""

    async def two_steps() -> None:
        async with listed.begin() as connection:
            await connection.execute(sa.update(people).values(name="never"))
            cluster.cut_off(listed.path.name)
            await connection.execute(sa.update(people).values(name="never"))

    with pytest.raises(StoreError, match="terminating connection"):
        await two_steps()
    assert await enter(listed, "begin") == ["Reader 0", "Reader 1"]


async def test_a_server_that_starts_again_is_waited_for(own, far):
    """What was begun meanwhile is done when it is back."""
    own.stop()
    waiting = asyncio.create_task(far.write(append))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(own.start)
    await waiting
    await asyncio.to_thread(own.restart)
    await far.write(append)
    assert await far.ask(names) == ["Reader 0!!", "Reader 1"]


async def test_a_server_that_stays_away_is_an_error(own, far):
    """After the time that the address says, and a second or two."""
    own.stop()
    began = monotonic()
    with pytest.raises(StoreError, match="check that PostgreSQL runs"):
        await far.write(append)
    assert monotonic() - began < 10
    waiting = asyncio.create_task(far.write(append))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    own.start()
    assert await far.ask(names) == ["Reader 0", "Reader 1"]


# Commits of which nobody hears


async def test_a_commit_that_was_cut_off_before_it_was_done_is_done_again(listed):
    """The server says that it knows nothing of it."""

    def trap(connection: sa.Connection) -> None:
        """At the first commit the server cuts off whoever commits; a sequence counts what is undone, too."""
        connection.exec_driver_sql(
            "CREATE SEQUENCE commits;"
            "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
            "  RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER trap AFTER UPDATE ON subscribers DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION trap()"
        )

    await listed.write(trap)
    work, runs = once(lambda connection: None)
    await listed.write(work)
    assert len(runs) == 2
    assert await listed.ask(names) == ["Reader 0!", "Reader 1"]


@pytest.fixture
async def silent(own: Cluster, far: Database) -> AsyncIterator[Cluster]:
    """A server that commits and never says so: it waits for a standby that does not exist."""
    await far.ask(names)
    own.admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own.admin.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(30):
        await _fallen_silent(own)
    yield own
    _speak(own)


async def _fallen_silent(cluster: Cluster) -> None:
    """It reads its settings in its own time: when a commit has waited."""
    cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as probe:
        while True:
            change = "COMMENT ON DATABASE postgres IS 'changed'"
            changing = asyncio.create_task(asyncio.to_thread(probe.execute, change))
            while not changing.done():
                if cluster.admin.execute(cancel).rowcount:
                    await changing
                    return
                await asyncio.sleep(0.01)


def _speak(cluster: Cluster) -> None:
    cluster.admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
    cluster.admin.execute("SELECT pg_reload_conf()")


async def _committed(cluster: Cluster) -> None:
    """Somebody waits for word of it."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    async with asyncio.timeout(30):
        while cluster.admin.execute(query).fetchone() != (1,):
            await asyncio.sleep(0.01)


async def test_a_commit_of_which_no_word_came_is_not_done_twice(silent, far):
    """The server is asked what became of it."""
    work, runs = once(lambda connection: None)
    waiting = asyncio.create_task(far.write(work))
    await _committed(silent)
    assert silent.cut_off(far.path.name) == 1
    await asyncio.wait_for(waiting, 20)
    _speak(silent)
    assert len(runs) == 1
    assert await far.ask(names) == ["Reader 0!", "Reader 1"]


async def test_a_commit_of_several_steps_counts_as_well(silent, far):
    """Of which no word came."""

    async def two_steps() -> None:
        async with far.begin() as connection:
            await connection.execute(sa.update(people).values(name="Ada"))

    waiting = asyncio.create_task(two_steps())
    await _committed(silent)
    silent.cut_off(far.path.name)
    await asyncio.wait_for(waiting, 20)
    _speak(silent)
    assert await far.ask(names) == ["Ada", "Ada"]


async def test_where_nobody_knows_it_is_not_done_again(silent, far):
    """The server has gone with the answer: it may have been kept."""
    work, runs = once(lambda connection: None)
    waiting = asyncio.create_task(far.write(work))
    await _committed(silent)
    await asyncio.to_thread(silent.stop)
    with pytest.raises(StoreError, match="nobody knows whether it was kept"):
        await waiting
    await asyncio.to_thread(silent.start)
    assert len(runs) == 1
    assert await far.ask(names) == ["Reader 0!", "Reader 1"]


# Others


async def test_who_freezes_in_a_transaction_is_cut_off(store_url, tmp_path, listed, other):
    """So that others may write; nothing of it was done."""
    frozen = Database(f"{store_url}?timeout=0.5", tmp_path)

    async def freeze() -> None:
        async with frozen.begin() as connection:
            await connection.execute(sa.update(people).values(name="never"))
            await asyncio.wait_for(other.write(append), 10)
            await connection.execute(sa.update(people).values(name="never"))

    with pytest.raises(StoreError):
        await freeze()
    assert await frozen.ask(names) == ["Reader 0!", "Reader 1"]
    await frozen.close()


async def test_two_that_wait_for_each_other_are_both_done(listed, other):
    """One of them once more."""
    met = threading.Barrier(2)
    runs: list[str] = []

    def both(connection: sa.Connection, letter: str, *readers: int) -> None:
        runs.append(letter)
        append(connection, letter, readers[0])
        with suppress(threading.BrokenBarrierError):
            met.wait(5 if len(runs) < 3 else 0.001)
        append(connection, letter, readers[1])

    await asyncio.gather(listed.beside(both, "a", 1, 2), other.beside(both, "b", 2, 1))
    assert len(runs) == 3
    assert [sorted(name[-2:]) for name in await listed.ask(names)] == [["a", "b"]] * 2


async def test_those_beside_do_not_wait_for_who_writes(listed, other):
    """Nor for each other, as long as they change different rows."""
    async with listed.begin() as connection:
        await connection.execute(sa.update(people).where(people.c.id == 2).values(name="Bo"))
        await asyncio.wait_for(other.beside(append), 10)
    assert await listed.ask(names) == ["Reader 0!", "Bo"]


async def test_what_only_one_may_do_is_free_when_it_is_cut_off(cluster, database, other):
    """However it ends."""
    async with database.only_one("thing") as alone:
        assert alone
        async with other.only_one("thing") as second, other.only_one("other thing") as third:
            assert (second, third) == (False, True)
        cluster.cut_off(database.path.name)
        async with other.only_one("thing") as now:
            assert now


# Opening


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:secret@127.0.0.1:1/papers", r"127\.0\.0\.1.*; check that PostgreSQL runs"),
        ("postgresql://tests:secret@{}/nowhere", r'"nowhere" does not exist; check .*\[store\] url'),
        ("postgresql://nobody_there:secret@{}/postgres", r"nobody_there.*; check .* user and password"),
    ],
)
async def test_an_address_that_is_wrong_is_told_at_once(cluster, tmp_path, url, said):
    """With what to look at, and without the password."""
    database = Database(url.format(f"{cluster.address}:{cluster.port}"), tmp_path)
    began = monotonic()
    for asked in (database.ask(names), _alone(database)):
        with pytest.raises(StoreError, match=said) as raised:
            await asked
        assert "secret" not in str(raised.value)
        assert "***" in str(raised.value)
    assert monotonic() - began < 5
    await database.close()


async def _alone(database: Database) -> None:
    async with database.only_one("thing"):
        pass


async def test_who_may_make_no_tables_is_told_how_to_let_them(cluster, tmp_path):
    """What an administrator has to say to the server."""
    name = cluster.create()
    cluster.admin.execute("DROP ROLE IF EXISTS weak")
    cluster.admin.execute("CREATE ROLE weak LOGIN")
    with psycopg.connect(cluster.url(name), autocommit=True) as server:
        server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        database = Database(cluster.url(name).replace("tests@", "weak@"), tmp_path)
        with pytest.raises(StoreError, match=r"permission denied.*GRANT CREATE, USAGE ON SCHEMA public"):
            await database.ask(names)
        server.execute("GRANT CREATE, USAGE ON SCHEMA public TO weak")
    assert await database.ask(names) == []
    await database.close()
    cluster.drop(name)


async def test_whatever_the_server_is_set_to_it_is_understood(cluster, tmp_path, store_url, listed):
    """Dates as Germans write them, a time zone, transactions that are serializable and read only."""
    name = listed.path.name
    for setting in (
        "datestyle = 'German, DMY'",
        "timezone = 'America/New_York'",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "client_encoding = 'LATIN1'",
    ):
        cluster.admin.execute(f"ALTER DATABASE {name} SET {setting}")
    again = Database(store_url, tmp_path)
    await again.write(append, "‽")
    assert await again.ask(names) == ["Reader 0‽", "Reader 1"]
    [day] = await SqlInsight(again).list_days(NOW - timedelta(days=1))
    assert (day.day, day.joined) == (NOW.date(), 2)
    await again.close()


async def test_what_the_address_asks_for_is_kept(listed, store_url, tmp_path):
    """A name for the server's statistics, a setting of one's own."""
    url = f"{store_url}?application_name=letters&options=-c%20work_mem%3D3MB&connect_timeout=7&timeout=20"
    database = Database(url, tmp_path)

    def asked(connection: sa.Connection) -> list[str]:
        settings = ("application_name", "work_mem", "lock_timeout")
        return [str(connection.scalar(sa.text(f"SHOW {name}"))) for name in settings]

    assert await database.ask(asked) == ["letters", "3MB", "20s"]
    await database.close()


async def test_texts_are_sorted_by_their_bytes_whatever_the_database_does(cluster, tmp_path):
    """As in SQLite: what is read a page at a time counts on it."""
    try:
        cluster.admin.execute(
            "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
        )
    except psycopg.Error as error:
        pytest.skip(f"this PostgreSQL knows one order of texts only: {error}")
    database = Database(cluster.url("sorted"), tmp_path)
    subscribers = SqlSubscribers(database)
    emails = [f"{name}@example.org" for name in ("a-b", "ab", "a.c", "a_a", "aa", "z", "Z1", "é", "e", "f")]
    await subscribers.add([NewSubscriber(email) for email in emails], NOW)
    found = [person.email async for person in subscribers.all()]
    assert found == sorted(found, key=str.casefold)
    assert len(found) == len(emails)
    await database.close()
    cluster.drop("sorted")


# Upgrades

OPEN = """
import asyncio, sys
from pathlib import Path
from newsletter.adapters.stores.database import Database

async def main():
    database = Database(sys.argv[1], Path(sys.argv[2]))
    await database.ask(lambda connection: None)
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_start_at_once_make_the_tables_once(cluster, tmp_path):
    """The other finds them."""
    name = cluster.create()
    starting = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", OPEN, cluster.url(name), str(tmp_path))
        for _ in range(2)
    ]
    assert [await process.wait() for process in starting] == [0, 0]
    database = Database(cluster.url(name), tmp_path)
    assert await database.ask(differences) == []
    await database.close()
    cluster.drop(name)


@pytest.mark.parametrize("earlier", [EARLIER[0], EARLIER[-1]])
async def test_what_an_earlier_version_left_is_upgraded(cluster, tmp_path, earlier):
    """With all that is in it."""
    name = cluster.create()
    _make_old(cluster.url(name), earlier)
    database = Database(cluster.url(name), tmp_path)
    assert await database.ask(differences) == []
    revision = sa.text("SELECT version_num FROM alembic_version")
    assert await database.ask(lambda connection: connection.scalar(revision)) == REVISION
    [kept] = await SqlEntries(database).list()
    assert (kept.id, kept.authors) == ("own-7", ("Ada Lovelace",))
    await database.close()
    cluster.drop(name)


def differences(connection: sa.Connection) -> list[object]:
    """Between what is there and what the code expects."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _make_old(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "newsletter.adapters.stores:migrations")
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.exec_driver_sql(
            "INSERT INTO entries (id, title, summary, authors, url, categories, keywords, source, first_seen)"
            " VALUES ('own-7', 'T', 'We.', '[\"Ada Lovelace\"]', 'https://a.org', '[]', '[]', 'page', now())"
        )
    engine.dispose()
