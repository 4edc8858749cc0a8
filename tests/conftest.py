"""What every kind of test shares."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings
from support import store
from support.hosts import NOT_PERMITTED
from support.postgres import Cluster, programs, running

from newsletter.adapters.stores.database import Database

if not os.environ.get("CI"):  # where Hypothesis has a profile of its own that repeats the same examples
    settings.register_profile("local", deadline=None)
    settings.load_profile("local")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the newsletters of whole-program tests have their data."""
    parser.addoption("--store", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of what the SQLite file alone has say nothing about PostgreSQL."""
    if config.getoption("--store") != "sqlite":
        about_files = [item for item in items if item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=about_files)
        items[:] = [item for item in items if not item.get_closest_marker("sqlite")]


@pytest.fixture(scope="session", autouse=True)
def stores(request: pytest.FixtureRequest) -> Iterator[None]:
    """As `--store` says."""
    if request.config.getoption("--store") == "sqlite":
        yield
        return
    made: tuple[Cluster, str] = request.getfixturevalue("cluster"), request.getfixturevalue("with_tables")
    with store.on_server(*made):
        yield


@pytest.fixture(scope="module", autouse=True)
def dropped(stores: None) -> Iterator[None]:
    """A module's databases go with it."""
    yield
    if store.kind() == "postgresql":
        store.drop_all()


@contextmanager
def _cluster(folders: pytest.TempPathFactory) -> Iterator[Cluster]:
    if programs() is None:
        pytest.skip("no PostgreSQL here: install Debian's postgresql")
    with running(folders.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of this process."""
    with _cluster(tmp_path_factory) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that the tests of a module may stop, and do to what they like."""
    with _cluster(tmp_path_factory) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def with_tables(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database in which there is nothing but our tables: to be copied, not used."""

    async def make() -> str:
        name = cluster.create()
        database = Database(cluster.url(name), tmp_path_factory.mktemp("made"))
        await database.ask(lambda connection: None)
        await database.close()
        return name

    return asyncio.run(make())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI everything is installed, so a test that was skipped there is a gap nobody would see."""
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and _gaps(terminalreporter):
        terminalreporter.write_line(
            "skipped tests count as failures here (NEWSLETTER_TESTS_NO_SKIP)", red=True
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """See above."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and reporter and _gaps(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _gaps(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    """What was skipped for want of something that could be installed; what the system has refused to a test
    that tried is no gap."""
    skipped: list[pytest.TestReport] = reporter.stats.get("skipped", [])
    return [report for report in skipped if NOT_PERMITTED not in str(report.longrepr)]
