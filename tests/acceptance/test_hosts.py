"""Senders on several hosts, each with a network of its own: one is cut off in the middle, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hosts import Network, network, why_not
from support.postgres import Cluster, programs, running
from support.shared import SharedEdition, plan, until
from support.sink import sink

pytestmark = pytest.mark.timeout(240)

READERS = 160


@pytest.fixture(scope="module")
def hosts() -> Iterator[Network]:
    """Three, and what serves them."""
    if reason := why_not():
        pytest.skip(reason)
    with network(3) as made:
        yield made


@pytest.fixture(scope="module")
def server(hosts: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """PostgreSQL where all of them reach it."""
    if programs() is None:
        pytest.skip("no PostgreSQL here: install Debian's postgresql")
    with running(tmp_path_factory.mktemp("cluster"), hosts.address) as cluster:
        yield cluster


@pytest.fixture
def edition(
    hosts: Network, server: Cluster, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedEdition]:
    """To be sent over a mail server that all of them reach."""
    planned = plan(server, tmp_path_factory.mktemp("planned"), READERS)
    with (
        sink(tmp_path / "record", delay=0.05, address=hosts.address) as mail,
        SharedEdition(
            server, tmp_path, planned, mail, READERS, connections=6, mail_host=hosts.address
        ) as edition,
    ):
        yield edition


def test_a_host_that_is_cut_off_is_replaced_and_records_nothing_later(
    hosts: Network, edition: SharedEdition
) -> None:
    """The others take over what it had when its lease has lapsed, and send everybody their copy, while it
    knows of nothing. When its network is back it changes none of that."""
    lonely, *others = (edition.start(on=host.enter) for host in hosts.hosts)
    edition.until_some_came(30)
    until(
        lambda: edition.ask(f"SELECT 1 FROM audit WHERE who = '{lonely.name}' AND state = 'accepted'"),  # noqa: S608
        "it sent nothing",
    )
    hosts.hosts[0].cut_off()
    assert lonely.runs
    assert [other.end() for other in others] == [0, 0], [other.said for other in others]
    edition.finish(on=hosts.hosts[1].enter)
    states = edition.states
    hosts.hosts[0].join()
    assert lonely.end() in (0, 1), lonely.said
    assert "Traceback" not in lonely.said
    assert edition.states == states
    audit, extra = edition.check()
    assert audit.takeovers >= 1
    assert extra <= audit.doubts.total() <= 3 * edition.connections
    assert not edition.ask(
        f"SELECT state FROM audit WHERE who = '{lonely.name}' AND at >"  # noqa: S608
        " (SELECT max(at) FROM audit WHERE state = 'accepted')"
    )
