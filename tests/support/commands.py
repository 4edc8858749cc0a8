"""The command line, started as a person starts it, and what it leaves behind."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from support.store import database as database
from support.store import dump as dump
from support.warm import Warm

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "newsletter")

Ended = subprocess.CompletedProcess[str]


# Running


def newsletter(*arguments: object, cwd: Path, code: int = 0, stdin: str = "") -> Ended:
    """The command, run to its end; it must end with this exit code."""
    with start(*arguments, cwd=cwd, stdin=subprocess.PIPE) as process:
        try:
            ended = finish(process, 60, stdin)
        finally:
            process.kill()
    assert ended.returncode == code, (
        f"{arguments} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"
    )
    assert "Traceback" not in ended.stderr
    return ended


def answer(*arguments: object, cwd: Path, code: int = 0) -> dict[str, Any]:
    """The one JSON object that the command prints; its accounting must add up."""
    return only_object(newsletter(*arguments, "--json", cwd=cwd, code=code).stdout)


def only_object(output: str) -> dict[str, Any]:
    """The object that is all there is on stdout."""
    (line,) = output.splitlines()
    found: dict[str, Any] = json.loads(line)
    check_sums(found)
    return found


def check_sums(value: object) -> None:
    """In every outbox, `planned` is the sum of the others."""
    if isinstance(value, Mapping):
        if (outbox := value.get("outbox")) is not None:
            assert outbox["planned"] == sum(outbox.values()) - outbox["planned"]
        for inner in value.values():
            check_sums(inner)
    elif isinstance(value, list):
        for inner in value:
            check_sums(inner)


def start(*arguments: object, cwd: Path, stdin: int | None = None) -> Warm:
    """The running command, for whoever ends it."""
    command = [*COMMAND, *map(str, arguments)]
    return Warm(command, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def started(*arguments: object, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """The running command; it is gone afterwards, whatever happens."""
    with start(*arguments, cwd=cwd) as process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: subprocess.Popen[str]) -> dict[str, str]:
    """The one line of JSON with which a server says that it can be used."""
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    found: dict[str, str] = json.loads(line)
    return found


def finish(process: subprocess.Popen[str], timeout: float = 20, stdin: str | None = None) -> Ended:
    """How a process that was started ends."""
    out, err = process.communicate(stdin, timeout=timeout)
    return Ended(process.args, process.returncode, out, err)


# Mail


@dataclass(frozen=True)
class Received:
    """One message as the mail server got it."""

    recipient: str
    """Of the envelope."""
    data: bytes
    """Without the headers that the mail server put on top."""

    @property
    def message(self) -> EmailMessage:
        """Parsed strictly."""
        message = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


def received(maildir: Path) -> list[Received]:
    """All messages of a Maildir, in no order."""
    return [_received(file.read_bytes()) for file in (maildir / "new").iterdir()]


def _received(content: bytes) -> Received:
    trace, _, data = content.partition(b"\r\nFrom: ")
    (recipient,) = [line[14:] for line in trace.split(b"\r\n") if line.startswith(b"Delivered-To: ")]
    return Received(recipient.decode(), b"From: " + data)


@dataclass(frozen=True)
class Mailbox:
    """A running `newsletter mailbox`."""

    folder: Path
    port: int

    @property
    def received(self) -> list[Received]:
        return received(self.folder)

    @property
    def recipients(self) -> list[str]:
        """Of all messages, sorted; an address stands here once for each copy."""
        return sorted(message.recipient for message in self.received)

    @property
    def count(self) -> int:
        return sum(1 for _ in (self.folder / "new").iterdir())

    def empty(self) -> None:
        for file in (self.folder / "new").iterdir():
            file.unlink()


@contextmanager
def mailbox(cwd: Path, port: int = 0) -> Iterator[Mailbox]:
    """A mail server of its own, on a free port unless one is given."""
    with started("mailbox", "--smtp-port", port, "--web-port", 0, "--json", cwd=cwd) as process:
        where = ready(process)
        yield Mailbox(cwd / where["mailbox"], int(where["smtp"].rpartition(":")[2]))
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0


# The database


def states(folder: Path) -> dict[str, str]:
    """The state of each row of the outbox, by its address."""
    with database(folder) as connection:
        return dict(connection.execute("SELECT email, state FROM outbox"))
