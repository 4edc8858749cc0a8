"""Several processes send one edition from PostgreSQL, and one of them, the database or the way there fails:
nobody is lost, nothing is recorded over a successor, and what comes twice was in doubt."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from support.audit import install
from support.commands import newsletter
from support.newsroom import newsroom, write_config
from support.pgproxy import PgProxy, pg_proxy
from support.postgres import Cluster
from support.room import DUE
from support.shared import Sender, SharedEdition, plan, until
from support.sink import sink

from newsletter.adapters.stores import batches
from newsletter.adapters.stores.postgres import PostgresServer

pytestmark = pytest.mark.timeout(240)

READERS = 160
LEASE = 2.0
LONG = 60.0
"""Seconds: a lease that does not lapse because the machine is slow."""
DELAY = 0.03
"""Seconds that the mail server takes for a message: a send of all takes over a second."""


@pytest.fixture(scope="module")
def planned(own: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with an edition that nobody has sent."""
    return plan(own, tmp_path_factory.mktemp("planned"), READERS)


@pytest.fixture(scope="module")
def unpublished(own: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with papers and readers, whose first edition is due."""
    name = own.create()

    async def make() -> None:
        more = f'[store]\nurl = "{own.url(name)}"\n'
        async with newsroom(tmp_path_factory.mktemp("unpublished"), readers=READERS, more=more):
            pass

    asyncio.run(make())
    install(own.url(name))
    return name


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[int]:
    """The port of the mail server."""
    with sink(tmp_path / "record", delay=DELAY) as port:
        yield port


@pytest.fixture
def edition(own: Cluster, planned: str, tmp_path: Path, mail: int) -> Iterator[SharedEdition]:
    """To be sent."""
    with SharedEdition(own, tmp_path, planned, mail, READERS, lease=LEASE) as edition:
        yield edition


@pytest.fixture
def due(own: Cluster, unpublished: str, tmp_path: Path, mail: int) -> Iterator[SharedEdition]:
    """To be published first."""
    with SharedEdition(own, tmp_path, unpublished, mail, READERS, lease=LEASE) as edition:
        yield edition


@pytest.fixture
def proxy(own: Cluster) -> Iterator[PgProxy]:
    """The way to the server that may fail."""
    with pg_proxy(own.port) as running:
        yield running


def ends_well_or_fails_clean(sender: Sender, seconds: float = 100) -> int:
    """Its exit code. Whatever it says is a sentence."""
    code = sender.end(seconds)
    assert code in (0, 1), f"{code}: {sender.said}"
    assert "Traceback" not in sender.said
    return code


# One stands still


def unfenced() -> None:
    """A broken variant: whoever had a batch has it for ever."""
    patch.object(batches, "renew", lambda connection, leases, ttl: frozenset(leases)).start()
    patch.object(batches, "safely_held", lambda connection, leases, seconds: frozenset(leases)).start()


def stand_still(edition: SharedEdition, around: Callable[[], None] | None = None) -> None:
    """SIGSTOP in the middle until its lease has lapsed and another process sends what it had."""
    stopped = edition.start(on=around)
    edition.until_some_came(20)
    stopped.signal(signal.SIGSTOP)
    until(lambda: edition.ask("SELECT 1 FROM batches WHERE until < clock_timestamp()"), "it did not lapse")
    # The next one is in the middle of the same batch when the late one is back.
    successor = edition.start()
    until(
        lambda: edition.ask(
            f"SELECT 1 FROM audit WHERE state = 'sending' AND who = '{successor.name}' AND batch IN"  # noqa: S608
            f" (SELECT batch FROM audit WHERE held AND who = '{stopped.name}')"
        ),
        "nobody took over",
    )
    stopped.signal(signal.SIGCONT)
    assert ends_well_or_fails_clean(stopped) == 0
    assert successor.end() == 0
    edition.finish()
    audit, extra = edition.check()
    assert audit.takeovers >= 1
    assert extra <= audit.doubts.total() <= 3 * edition.connections


def test_whoever_stood_still_past_its_lease_records_nothing(edition: SharedEdition) -> None:
    """Another has its batch, sends the rest, and has the say about what was on its way; the late one goes on
    with what is free."""
    stand_still(edition)


def test_one_that_ignores_its_lease_is_noticed(edition: SharedEdition) -> None:
    """The check can fail."""
    with pytest.raises(AssertionError):
        stand_still(edition, unfenced)


# The server is restarted


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGINT], ids=["crash", "shutdown"])
def test_a_restart_of_the_server_ends_no_send(
    own: Cluster, edition: SharedEdition, number: signal.Signals
) -> None:
    """Each of two senders goes on by itself or fails clean, and another completes it. Nobody has two copies
    but those whose sender failed with theirs on its way."""
    senders = [edition.start() for _ in "ab"]
    edition.until_some_came(30)
    own.restart(number)
    failed = sum(ends_well_or_fails_clean(sender) for sender in senders)
    edition.finish()
    _, extra = edition.check()
    assert extra <= failed * 3 * edition.connections


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGINT], ids=["crash", "shutdown"])
def test_a_restart_while_it_publishes_makes_one_edition(
    own: Cluster, due: SharedEdition, number: signal.Signals
) -> None:
    """Whole, with a row for every reader, at the first try or the next."""
    publishing = due.start(["publish"])
    until(
        lambda: due.ask(
            "SELECT 1 FROM pg_locks WHERE relation = 'editions'::regclass AND mode = 'RowExclusiveLock'"
            " UNION SELECT 1 FROM editions"
        ),
        "it did not publish",
    )
    own.restart(number)
    if ends_well_or_fails_clean(publishing):
        assert due.start(["publish"]).end() == 0
    assert due.ask("SELECT count(*), max(number) FROM editions") == [(1, 1)]
    assert due.states == {"pending": READERS}
    due.finish()
    assert due.check()[1] == 0


# An answer is lost


COMMITS = {
    "counted": "UPDATE sends SET",
    "claimed": "fence=(batches.fence",
    "begun": "UPDATE outbox SET state=$1::VARCHAR, attempts=(outbox.attempts",
    "decided": "UPDATE outbox SET state=$1::VARCHAR, attempts=$2",
    "released": "UPDATE batches SET holder=$1::VARCHAR, until=NULL",
}
"""Of a send, each by a statement of its transaction."""


def always(value: bool) -> Callable[..., bool]:
    return lambda self, connection, mark: value


def takes_it_for_done() -> None:
    """A broken variant."""
    patch.object(PostgresServer, "was_committed", always(True)).start()


def takes_it_for_undone() -> None:
    """Another."""
    patch.object(PostgresServer, "was_committed", always(False)).start()


def lose(
    edition: SharedEdition,
    proxy: PgProxy,
    loses: str,
    commit: str,
    nth: int = 2,
    around: Callable[[], None] | None = None,
) -> None:
    """One message is lost on the way, and nobody may be the wiser."""
    choose = proxy.lose_reply_of if loses == "reply" else proxy.lose_request_of
    fault = choose("COMMIT", nth, within=COMMITS[commit])
    edition.lease = LONG
    sender = edition.start(port=proxy.port, on=around)
    assert sender.end() == 0, sender.said
    assert fault.happened.is_set()
    assert edition.all_sent, dict(edition.states)
    audit, extra = edition.check()
    assert (extra, audit.doubts.total(), audit.takeovers) == (0, 0, 0)


@pytest.mark.parametrize("loses", ["reply", "request"])
@pytest.mark.parametrize("commit", COMMITS)
def test_whoever_loses_a_commit_asks_what_became_of_it(
    edition: SharedEdition, proxy: PgProxy, commit: str, loses: str
) -> None:
    """And goes on with the truth: everybody has exactly one copy, and nothing was in doubt."""
    lose(edition, proxy, loses, commit)


@pytest.mark.parametrize(
    ("loses", "commit", "around"),
    [
        ("reply", "decided", takes_it_for_undone),
        ("request", "begun", takes_it_for_done),
        ("request", "decided", takes_it_for_done),
    ],
)
def test_one_that_does_not_ask_is_noticed(
    edition: SharedEdition, proxy: PgProxy, loses: str, commit: str, around: Callable[[], None]
) -> None:
    """The check can fail."""
    with pytest.raises(AssertionError):
        lose(edition, proxy, loses, commit, around=around)


@pytest.mark.parametrize("loses", ["reply", "request"])
def test_a_lost_commit_makes_no_second_edition(due: SharedEdition, proxy: PgProxy, loses: str) -> None:
    """Nor half of one."""
    choose = proxy.lose_reply_of if loses == "reply" else proxy.lose_request_of
    fault = choose("COMMIT", within="INSERT INTO outbox")
    due.lease = LONG
    assert due.start(["run"], port=proxy.port).end() == 0
    assert fault.happened.is_set()
    assert due.ask("SELECT count(*), max(number) FROM editions") == [(1, 1)]
    assert due.check()[1] == 0


def test_what_hangs_for_longer_than_its_lease_records_nothing(edition: SharedEdition, proxy: PgProxy) -> None:
    """Nothing passes between one sender and the server, and nobody tells it; another takes over meanwhile."""
    hanging = edition.start(port=proxy.port)
    edition.until_some_came(20)
    proxy.freeze()
    until(lambda: edition.ask("SELECT 1 FROM batches WHERE until < clock_timestamp()"), "it did not lapse")
    edition.finish()
    proxy.thaw()
    assert ends_well_or_fails_clean(hanging) == 0, hanging.said
    audit, extra = edition.check()
    assert audit.takeovers >= 1
    assert extra <= audit.doubts.total() <= 3 * edition.connections


def test_cut_off_again_and_again_it_goes_on(edition: SharedEdition, proxy: PgProxy) -> None:
    """All connections at once, at no special moment."""
    edition.lease = LONG
    sender = edition.start(port=proxy.port)
    for count in (10, 40, 70, 100):
        until(lambda count=count: edition.came >= count or not sender.runs, "nothing was sent")  # type: ignore[misc]
        proxy.cut()
    assert ends_well_or_fails_clean(sender) == 0, sender.said
    audit, extra = edition.check()
    assert (extra, audit.takeovers) == (0, 0)


def test_a_server_that_cannot_be_reached_is_named_without_its_password(
    tmp_path: Path, proxy: PgProxy
) -> None:
    """In a sentence that says what to look at."""
    proxy.close()
    url = f"postgresql://tests:swordfish@127.0.0.1:{proxy.port}/papers"
    write_config(tmp_path, more=f'[store]\nurl = "{url}"\n')
    said = " ".join(newsletter("send", "--now", DUE, cwd=tmp_path, code=1).stderr.split())
    assert f"postgresql://tests:***@127.0.0.1:{proxy.port}/papers" in said
    assert "check that PostgreSQL runs" in said
    assert "swordfish" not in said


# Who else is there, and what time it is


def test_schedulers_at_one_moment_make_one_edition(due: SharedEdition) -> None:
    """Of four that run the daily job at once, one publishes; all of them send, each row once."""
    due.lease = LONG
    runs = [due.start(["run"]) for _ in range(4)]
    assert [run.end() for run in runs] == [0] * 4, [run.said for run in runs]
    due.finish()
    assert due.ask("SELECT count(*), max(number) FROM editions") == [(1, 1)]
    assert due.ask("SELECT outcome FROM slots WHERE edition IS NOT NULL") == [("sent",)]
    audit, extra = due.check()
    assert (extra, audit.doubts.total(), audit.takeovers) == (0, 0, 0)


@pytest.mark.parametrize("now", ["2026-03-10T07:30:00Z", "2026-03-12T07:00:00Z"], ids=["behind", "ahead"])
def test_a_clock_that_is_a_day_off_shortens_no_lease(edition: SharedEdition, now: str) -> None:
    """They go by the database's."""
    edition.lease = LONG
    senders = [edition.start(), edition.start(now=now), edition.start(now=now)]
    assert [sender.end() for sender in senders] == [0] * 3, [sender.said for sender in senders]
    edition.finish()
    audit, extra = edition.check()
    assert (extra, audit.doubts.total(), audit.takeovers) == (0, 0, 0)
