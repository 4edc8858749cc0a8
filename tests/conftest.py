"""What every kind of test shares."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from support.postgres import Cluster, programs

from newsletter.adapters.stores.database import Database

if not os.environ.get("CI"):  # where Hypothesis has a profile of its own that repeats the same examples
    settings.register_profile("local", deadline=None)
    settings.load_profile("local")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of this process."""
    if programs() is None:
        pytest.skip("no PostgreSQL here: install Debian's postgresql")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    cluster.stop()


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
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(
            "skipped tests count as failures here (NEWSLETTER_TESTS_NO_SKIP)", red=True
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """See above."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
