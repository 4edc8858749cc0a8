"""The daily job against Postfix's smtp-sink: a server that knows nothing of this project."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import store
from support.commands import Received
from support.room import READERS, Room, furnish, paper

from newsletter.bootstrap import open_app
from newsletter.ports import DueCopy

SINK = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
pytestmark = [
    pytest.mark.smtp_sink,
    pytest.mark.skipif(SINK is None, reason="smtp-sink is not installed (Debian: postfix)"),
]
TRACE = re.compile(rb"(?s)X-Client-Addr: .*?\nX-Rcpt-Args: <([^>]*)>\nReceived: [^\n]*\n\t[^\n]*\n\t[^\n]*\n")
LATER = "2026-03-11T08:16:00+00:00"


@contextmanager
def sink(folder: Path, port: int, *options: str) -> Iterator[None]:
    """A running smtp-sink that writes each message to a file of its own."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    # It refuses to stay root; the folder is its current one, since it may not reach it by its path.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [str(SINK), *user, *options, "-d", "message.", f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, cwd=folder) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.kill()


def wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < end, "smtp-sink does not listen"
            time.sleep(0.02)
        else:
            return


def dumped(folder: Path) -> list[Received]:
    """What smtp-sink got, with CRLF line ends again and without the empty line that it adds."""
    return [_dumped(file.read_bytes()) for file in folder.glob("message.*")]


def _dumped(content: bytes) -> Received:
    trace = TRACE.match(content)
    assert trace
    data = content[trace.end() :].removesuffix(b"\n")
    return Received(trace[1].decode(), data.replace(b"\n", b"\r\n"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to be copied. A title begins with a dot."""
    room = furnish(tmp_path_factory.mktemp("prepared"))
    room.write_page(paper(1, ".NET compilers, revisited"), paper(2), paper(3))
    return room.folder


@pytest.fixture
def room(prepared: Path, tmp_path: Path, unused_tcp_port: int) -> Room:
    store.copy(prepared, tmp_path)
    made = Room(tmp_path)
    made.configure("port = 2525", f"port = {unused_tcp_port}")
    return made


async def expected(room: Room) -> dict[str, bytes]:
    """What the edition's copies are, by reader."""
    async with open_app(room.folder / "newsletter.toml") as app:
        published = await app.editions.get("papers", 1)
        composer = app.composer(published)
        return {
            person.email: composer.message(
                DueCopy(0, published.id, person.id, person.email, person.name, person.wishes, 0)
            ).data
            async for person in app.subscribers.all()
        }


async def test_every_copy_arrives_once_and_to_the_byte(room: Room, unused_tcp_port: int) -> None:
    """A title that begins with a dot included, though no line does."""
    dump = room.folder / "dump"
    with sink(dump, unused_tcp_port):
        ran = room.do("run", "--slot", "now")
    assert ran["outbox"]["planned"] == ran["outbox"]["accepted"] == 3
    mail = dumped(dump)
    assert sorted(message.recipient for message in mail) == sorted(READERS)
    assert {message.recipient: message.data for message in mail} == await expected(room)
    for message in mail:
        assert b"\r\n=2ENET compilers, revisited\r\n" in message.data
        assert b"\r\n." not in message.data
        assert not any(part.defects for part in message.message.walk())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (("-r", "RCPT"), "450 4.3.0 Error: command failed"),
        (("-r", ".", "-b", "454 4.7.0 Throttling failure"), "454 4.7.0 Throttling failure"),
        (("-q", "."), "the connection broke before the answer came"),
    ],
    ids=["450 at RCPT", "454 after the dot", "gone after the dot"],
)
def test_what_is_not_taken_now_is_sent_later(
    room: Room, unused_tcp_port: int, fault: tuple[str, ...], reason: str
) -> None:
    """Nobody is counted as gone for it, and a later send gives everybody their copy."""
    with sink(room.folder / "refused", unused_tcp_port, *fault):
        ran = room.do("run", "--slot", "now")
    assert ran["outbox"]["planned"] == ran["outbox"]["deferred"] == 3
    failures = room.do("editions", "show", 1)["failures"]
    assert [reason in failure["reason"] for failure in failures] == [True] * 3
    with sink(room.folder / "taken", unused_tcp_port):
        assert room.do("send", now=LATER)["outbox"]["accepted"] == 3
    assert sorted(message.recipient for message in dumped(room.folder / "taken")) == sorted(READERS)


def test_a_server_that_hangs_up_on_everybody_is_no_readers_fault(room: Room, unused_tcp_port: int) -> None:
    """421 each time: the run ends as failed with the server's words, all copies are pending, and the
    next send is at once."""
    with sink(room.folder / "refused", unused_tcp_port, "-Q", "RCPT"):
        ran = room.do("run", "--slot", "now", code=1)
    assert ran["outbox"]["planned"] == ran["outbox"]["pending"] == 3
    with sink(room.folder / "taken", unused_tcp_port):
        assert room.do("send")["outbox"]["accepted"] == 3
    assert sorted(message.recipient for message in dumped(room.folder / "taken")) == sorted(READERS)


def test_what_is_refused_for_good_is_not_tried_again(room: Room, unused_tcp_port: int) -> None:
    """5yz at RCPT: rejected, with the server's words."""
    with sink(room.folder / "dump", unused_tcp_port, "-f", "RCPT"):
        ran = room.do("run", "--slot", "now")
    assert ran["outbox"]["planned"] == ran["outbox"]["rejected"] == 3
    failures = room.do("editions", "show", 1)["failures"]
    assert {failure["reason"] for failure in failures} == {"500 5.3.0 Error: command failed"}
    with sink(room.folder / "dump", unused_tcp_port):
        assert room.do("send", now=LATER)["outbox"]["rejected"] == 3
    assert dumped(room.folder / "dump") == []
