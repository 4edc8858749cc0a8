"""The program with a fault in it or around it, and what its ledger says afterwards."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.commands import COMMAND, Ended, Mailbox, finish, states
from support.room import DUE

__all__ = ["EARLY", "GOES_ON", "NO_SYNC", "SEND", "Office", "run", "wait_until"]

SEND = ("send", "--now", DUE)
"""At the time of the editions here: what is left of one that is months old would wait for a person."""


GOES_ON = """
from newsletter.adapters.stores.leased import LeasedOutbox
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.errors import IllegalMove, StoreError

def going_on(real):
    async def record(self, begun, decided, now):
        try:
            return await real(self, begun, decided, now)
        except (IllegalMove, StoreError):
            return frozenset(begun)

    return record

for outbox in (LeasedOutbox, SqlOutbox):
    outbox.record = going_on(outbox.record)
"""
"""A broken variant: a ledger that cannot be written stops nobody."""

EARLY = """
import asyncio
from newsletter.adapters.stores.outbox import SqlOutbox

real = SqlOutbox.record
late = asyncio.Lock()
tasks = set()

async def later(*work):
    async with late:
        await asyncio.sleep(0.2)
        await real(*work)

async def record(self, *work):
    tasks.add(asyncio.create_task(later(self, *work)))
    return frozenset(work[0])

SqlOutbox.record = record
"""
"""A broken variant: messages leave before it is on the disk that they do."""

NO_SYNC = """
from newsletter.adapters.stores import opening

real = opening._set_pragmas

def set_pragmas(connection, record):
    real(connection, record)
    connection.execute("PRAGMA synchronous = OFF")

opening._set_pragmas = set_pragmas
"""
"""A broken variant: a commit does not wait for the disk."""


@contextmanager
def run(
    folder: Path,
    *arguments: object,
    sabotage: str = "",
    below: tuple[str, ...] = (),
    largest_file: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """The command, running with its `sabotage`, started by the command `below`; files that it writes cannot
    grow beyond `largest_file` bytes, as on a full disk."""
    # Whoever measures coverage could not write it down on a full disk, and would say so.
    hidden = "COVERAGE_PROCESS" if largest_file is not None else "-"
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    own = (sys.executable, "-c", f"{sabotage}\nfrom newsletter.cli import main\nmain()")

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    with subprocess.Popen(
        [*below, *(own if sabotage else COMMAND), *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
        env=env | {"PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 30) -> bool:
    """Whether it has become true before the process ended."""
    end = time.monotonic() + seconds
    while not true():
        if process.poll() is not None:
            return False
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.001)
    return True


@dataclass(frozen=True)
class Office:
    """A published edition for so many readers, and the server that its copies go to."""

    folder: Path
    inbox: Mailbox
    readers: int

    def run(self, *arguments: object, sabotage: str = "", largest_file: int | None = None) -> Ended:
        """The command, to its end."""
        with run(self.folder, *arguments, sabotage=sabotage, largest_file=largest_file) as process:
            end = finish(process, timeout=60)
        self.settle()
        return end

    def settle(self) -> None:
        """The server may still have a message in its hands."""
        before = -1
        while before != (before := self.inbox.count):
            time.sleep(0.1)

    def unaccounted(self, ledger: dict[str, str] | None = None) -> set[str]:
        """Readers with a copy of which the ledger does not say that it may have been sent, and those who have
        none although it does; it has a row for everybody."""
        ledger = states(self.folder) if ledger is None else ledger
        assert len(ledger) == self.readers
        inside = {message.recipient for message in self.inbox.received}
        accepted = {email for email, state in ledger.items() if state == "accepted"}
        begun = {email for email, state in ledger.items() if state in ("accepted", "sending", "unknown")}
        return (inside - begun) | (accepted - inside)
