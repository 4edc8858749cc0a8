"""The power fails in the middle of a send: whoever may have a copy is on the disk as such."""

import random
import re
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.commands import Mailbox, mailbox
from support.faults import EARLY, NO_SYNC, SEND, Office, run, wait_until
from support.newsroom import newsroom, publish

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

pytestmark = pytest.mark.sqlite  # what a server has on its disk is its own affair

MOMENTS = 6
CALL = re.compile(
    r"^(?P<thread>\d+) +(?:(?P<call>pwrite64|fdatasync|fsync)\(\d+<(?P<file>[^>]*)>"
    r"(?:, .*, (?P<size>\d+), (?P<offset>\d+))?(?:\) += (?P<result>-?\d+)| <unfinished \.\.\.>)"
    r"|<\.\.\. (?P<resumed>\w+) resumed>.* = (?P<end>-?\d+))"
)
"""A line of strace's log: a call with its result, one that goes on, or the end of such a one."""


def on_the_disk(log: Path) -> int:
    """How many bytes of the WAL are there for certain: those written before a sync of it that has ended."""
    written = durable = 0
    syncing: dict[str, int] = {}
    for line in log.read_text(errors="replace").splitlines():
        found = CALL.match(line)
        if not found:
            continue
        if found["resumed"]:
            durable = max(durable, syncing.pop(found["thread"], 0))
        elif not found["file"].endswith("newsletter.db-wal"):
            assert found["call"] != "pwrite64" or not found["file"].endswith("newsletter.db"), "a checkpoint"
        elif found["call"] == "pwrite64":
            written = max(written, int(found["offset"]) + int(found["size"]))
        elif found["result"] is None:
            syncing[found["thread"]] = written
        else:
            durable = max(durable, written)
    return durable


def after_power_loss(office: Office, log: Path, to: Path) -> dict[str, str]:
    """The state of each row in a database of which only what was synced is left."""
    to.mkdir()
    shutil.copy(office.folder / "newsletter.db", to)
    wal = (office.folder / "newsletter.db-wal").read_bytes()
    (to / "newsletter.db-wal").write_bytes(wal[: on_the_disk(log)])
    with closing(sqlite3.connect(to / "newsletter.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT email, state FROM outbox"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


async def unaccounted(folder: Path, server: Mailbox, sabotage: str = "") -> list[set[str]]:
    """At each of some moments of a send, the readers whom the server has a copy for, and of whom the disk
    does not say so."""
    server.empty()
    async with newsroom(folder, port=server.port, readers=300) as app:
        await publish(app)
    office, log = Office(folder, server, 300), folder / "strace.log"
    draw, found = random.Random(20260311), []
    trace = ("strace", "-D", "-f", "-y", "-s", "0", "-e", "trace=pwrite64,fdatasync,fsync", "-o", str(log))
    with run(folder, *SEND, sabotage=sabotage, below=trace) as process:
        for moment in range(MOMENTS):
            goal = server.count + draw.randint(5, 30)
            assert wait_until(lambda: server.count >= goal, process)  # noqa: B023
            process.send_signal(signal.SIGSTOP)
            office.settle()
            ledger = after_power_loss(office, log, folder / f"moment-{moment}")
            inside = {message.recipient for message in server.received}
            found.append(inside - {email for email, state in ledger.items() if state != "pending"})
            process.send_signal(signal.SIGCONT)
    assert server.count < office.readers, "each moment was in the middle"
    return found


async def test_what_the_server_has_is_on_the_disk(tmp_path: Path, server: Mailbox) -> None:
    """At any moment: the recovered database says `sending` or `accepted` of everybody who has a copy."""
    assert await unaccounted(tmp_path, server) == [set()] * MOMENTS


@pytest.mark.parametrize(
    "sabotage", [pytest.param(NO_SYNC, id="no sync"), pytest.param(EARLY, id="sent before the commit")]
)
async def test_the_check_notices_it(tmp_path: Path, server: Mailbox, sabotage: str) -> None:
    """The broken variants lose whom they have sent to."""
    assert any(await unaccounted(tmp_path, server, sabotage))
