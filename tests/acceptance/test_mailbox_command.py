"""`newsletter mailbox`, started as a person starts it."""

import signal
import smtplib
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from support.commands import ready, started


def send(address: str, subject: str) -> None:
    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        client.sendmail("papers@example.org", ["reader@example.net"], f"Subject: {subject}\r\n\r\nHello.\r\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_what_is_sent_can_be_looked_at(tmp_path: Path, number: signal.Signals) -> None:
    """Ready when it says so; the message is on the page and in the folder; stopping is no failure."""
    with started(
        "mailbox", "--dir", "mail", "--smtp-port", "0", "--web-port", "0", "--json", cwd=tmp_path
    ) as process:
        where = ready(process)
        assert set(where) == {"mailbox", "smtp", "web"}
        assert where["mailbox"] == "mail"
        send(where["smtp"], "A paper")
        assert "A paper" in httpx.get(where["web"], timeout=10).text
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    (path,) = (tmp_path / "mail" / "new").iterdir()
    assert path.read_bytes().endswith(b"Subject: A paper\r\n\r\nHello.\r\n")


def test_open_connections_do_not_hold_it_up(tmp_path: Path) -> None:
    """A mail client and a browser that stay connected are hung up on."""
    with (
        started("mailbox", "--smtp-port", "0", "--web-port", "0", "--json", cwd=tmp_path) as process,
        ExitStack() as stack,
    ):
        where = ready(process)
        for address in (where["smtp"], where["web"].removeprefix("http://").rstrip("/")):
            host, _, port = address.rpartition(":")
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
        begun = time.monotonic()
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - begun < 5


def test_a_person_is_told_where_to_send_and_to_look(tmp_path: Path) -> None:
    """Without --json: three lines, and at the end how many messages were kept."""
    with started("mailbox", "--smtp-port", "0", "--web-port", "0", cwd=tmp_path) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines[0].startswith("Send to  127.0.0.1:")
        assert lines[1].startswith("Look at  http://127.0.0.1:")
        assert lines[2] == "Kept in  mailbox\n"
        send(lines[0].split()[2], "A paper")
        process.terminate()
        assert process.communicate(timeout=10) == ("\nKept 1 message.\n", "")


@pytest.mark.parametrize(("configured", "folder"), [(True, "project/mailbox"), (False, "mailbox")])
def test_the_mailbox_lies_next_to_the_configuration(tmp_path: Path, configured: bool, folder: str) -> None:
    """Where there is one; else in the current folder."""
    (tmp_path / "project").mkdir()
    if configured:
        (tmp_path / "project" / "newsletter.toml").touch()
    options = ["--config", "project/newsletter.toml", "--smtp-port", "0", "--web-port", "0", "--json"]
    with started("mailbox", *options, cwd=tmp_path) as process:
        assert ready(process)["mailbox"] == folder
        assert (tmp_path / folder / "new").is_dir()


@pytest.mark.parametrize("option", ["--smtp-port", "--web-port"])
def test_a_port_in_use_is_a_clear_failure(tmp_path: Path, option: str) -> None:
    """It names the port and the option that chooses another, and exits 1 without a traceback."""
    other = {"--smtp-port": "--web-port", "--web-port": "--smtp-port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started("mailbox", option, port, other, "0", cwd=tmp_path) as process:
            out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    flat = " ".join(err.split())
    assert f"port {port}" in flat
    assert option in flat
    assert "Traceback" not in err


def test_its_pages_can_listen_elsewhere(tmp_path: Path) -> None:
    """As inside a container, whose own loopback nobody reaches; the mail server stays where it is."""
    command = ("mailbox", "--smtp-port", 0, "--web-port", 0, "--web-host", "127.0.0.2", "--json")
    with started(*command, cwd=tmp_path) as process:
        where = ready(process)
        port = int(where["web"].rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.2", port), timeout=10) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in page.recv(100)
        assert where["smtp"].startswith("127.0.0.1:")
