"""The sender dies in the middle: nobody is left out, and what comes twice is bounded and the same."""

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support import faults, store
from support.commands import (
    ROOT,
    Ended,
    Mailbox,
    Received,
    answer,
    finish,
    mailbox,
    newsletter,
    only_object,
    started,
    states,
)
from support.faults import SEND
from support.newsroom import newsroom, publish, write_config
from support.room import DUE

CONNECTIONS = 4
IN_DOUBT = 3 * CONNECTIONS
"""Copies that a crash may leave in `sending`; with the policy `hold` it is one for each connection."""
KILLS = 10
SOURCE = """
[[sources]]
kind = "file"
name = "Page"
path = "papers.txt"
"""


class Office(faults.Office):
    """One that is interrupted."""

    def interrupt(self, number: signal.Signals, after: int, wait: float) -> Ended:
        """Start a `send`, and stop it this many seconds after this many messages more have come in."""
        goal = self.inbox.count + after
        with started(*SEND, "--json", cwd=self.folder) as process:
            while self.inbox.count < goal:
                assert process.poll() is None, "it ended before it could be stopped"
                time.sleep(0.002)
            time.sleep(wait)
            process.send_signal(number)
            end = finish(process)
        self.settle()
        store.let_lapse(self.folder)
        return end

    def by_reader(self) -> dict[str, list[Received]]:
        copies: dict[str, list[Received]] = {}
        for message in self.inbox.received:
            copies.setdefault(message.recipient, []).append(message)
        return copies


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("server")) as running:
        yield running


async def planned(folder: Path, server: Mailbox, readers: int, more: str = "") -> Office:
    """An edition for so many readers, published and not sent."""
    server.empty()
    async with newsroom(folder, port=server.port, connections=CONNECTIONS, readers=readers, more=more) as app:
        await publish(app)
    return Office(folder, server, readers)


def check_ledger(office: Office, in_doubt: int = IN_DOUBT) -> set[str]:
    """What the ledger says is true: an accepted copy is in the mailbox, and a copy in the mailbox is
    accepted or nobody knows. Answers who was on their way."""
    ledger = states(office.folder)
    inside = set(office.by_reader())
    accepted, sending, unknown = (
        {email for email, state in ledger.items() if state == wanted}
        for wanted in ("accepted", "sending", "unknown")
    )
    assert len(ledger) == office.readers
    assert accepted <= inside <= accepted | sending | unknown
    assert len(sending) <= in_doubt
    return sending


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_nobody(tmp_path: Path, server: Mailbox) -> None:
    """Ten times `kill -9` in the middle of a send, then a send to the end: everybody has a copy. Whoever
    has more was on the way at a kill, and has one more for each such kill at most; all copies of a
    reader are the same bytes."""
    office = await planned(tmp_path, server, 500)
    moments = random.Random(20260311)
    on_the_way: Counter[str] = Counter()
    for _ in range(KILLS):
        office.interrupt(signal.SIGKILL, moments.randint(8, 40), moments.uniform(0, 0.01))
        on_the_way.update(check_ledger(office))
    assert len(office.by_reader()) < office.readers, "each kill was in the middle"

    sent = answer(*SEND, cwd=office.folder)
    assert sent["outbox"]["planned"] == sent["outbox"]["accepted"] == office.readers
    copies = office.by_reader()
    assert len(copies) == office.readers
    assert all(len(found) <= 1 + on_the_way[reader] for reader, found in copies.items())
    assert office.inbox.count - office.readers <= IN_DOUBT * KILLS
    assert all(len({message.data for message in found}) == 1 for found in copies.values())
    assert len({message.message_id for message in office.inbox.received}) == office.readers


async def test_killed_under_the_policy_hold_it_sends_nobody_two(tmp_path: Path, server: Mailbox) -> None:
    """Whoever was on the way is left for a person to decide on; all others have exactly one copy."""
    office = await planned(tmp_path, server, 150, '[delivery]\nambiguous = "hold"\n')
    held: set[str] = set()
    for after in (20, 35):
        office.interrupt(signal.SIGKILL, after, 0)
        held |= check_ledger(office, CONNECTIONS)
    sent = answer(*SEND, cwd=office.folder)
    assert sent["outbox"]["unknown"] == len(held)
    assert sent["outbox"]["accepted"] == office.readers - len(held)
    copies = office.by_reader()
    assert {len(found) for found in copies.values()} == {1}
    assert set(states(office.folder)) - set(copies) <= held


async def test_asked_to_stop_it_finishes_what_it_began(tmp_path: Path, server: Mailbox) -> None:
    """SIGTERM, SIGINT: exit 0 with the accounting, nothing is left in `sending`, and the next send gives
    everybody else their one copy."""
    office = await planned(tmp_path, server, 200)
    for number, after in ((signal.SIGTERM, 40), (signal.SIGINT, 60)):
        end = office.interrupt(number, after, 0)
        assert (end.returncode, end.stderr) == (0, "")
        outbox = only_object(end.stdout)["outbox"]
        assert check_ledger(office) == set()
        assert outbox["accepted"] == office.inbox.count < office.readers
        assert outbox["pending"] == office.readers - outbox["accepted"]
    answer(*SEND, cwd=office.folder)
    assert {len(found) for found in office.by_reader().values()} == {1}
    assert set(states(office.folder).values()) == {"accepted"}
    assert office.inbox.count == office.readers


def test_killed_anywhere_in_a_run_the_next_one_makes_up_for_it(tmp_path: Path, server: Mailbox) -> None:
    """While it starts, collects, ranks, renders, publishes or sends: one edition at most, never half of
    one, and the next run at the same time ends with a copy of it for everybody."""
    server.empty()
    write_config(tmp_path, server.port, CONNECTIONS, SOURCE)
    shutil.copy(ROOT / "seeds" / "papers.txt", tmp_path)
    begun = time.monotonic()
    newsletter("subscribers", "import", ROOT / "subscribers" / "example.csv", cwd=tmp_path)
    start = time.monotonic() - begun  # of the interpreter, for the most part
    for starts in (0.9, 1.2, 1.5):
        with started("run", "--now", DUE, cwd=tmp_path) as process, suppress(subprocess.TimeoutExpired):
            process.wait(starts * start)
    store.let_lapse(tmp_path)
    ran = newsletter("run", "--now", DUE, cwd=tmp_path)
    assert "Traceback" not in ran.stderr
    (edition,) = answer("editions", "list", cwd=tmp_path)["editions"]
    assert edition["outbox"]["planned"] == edition["outbox"]["accepted"] == 28
    assert edition["entries"] == 25
    copies = Office(tmp_path, server, 28).by_reader()
    assert len(copies) == 28
    assert len({message.message_id for found in copies.values() for message in found}) == 28
