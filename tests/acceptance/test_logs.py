"""What the commands write to stderr, at every level: structured, and nobody's address or name."""

import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.commands import Ended, finish, ready, started
from support.room import DUE, Room, furnish
from support.smtp import ScriptedServer, scripted_server

CANARIES = ("kanari", "zeisig", "gimpel", "stieglitz", "amsel")
"""In the local parts of addresses and in names."""
ANSWERS = {
    "zeisig": "550 5.1.1 <zeisig@example.org> Zeisig: unknown",
    "gimpel": "450 4.2.1 <gimpel@example.com>: later, Gimpel",
    "stieglitz": "450 4.7.0 not now for stieglitz@example.net",
}


def answer(recipient: str) -> str | None:
    """As servers do, with the address in it."""
    return ANSWERS.get(recipient.partition("@")[0])


def live(room: Room, server: ScriptedServer) -> Ended:
    """A day of `serve`: an edition goes out, somebody leaves, somebody comes by the form, an address that
    there is not is asked for; then it is told to end."""
    with started("serve", "--now", DUE, "--json", cwd=room.folder) as process:
        with httpx.Client(base_url=ready(process)["web"], timeout=20) as web:
            copy = wait_for(lambda: server.messages.get("kanari@example.org"))
            link = re.search(rb"<https://papers\.example\.org(/unsubscribe/[^>]+)>", copy[0])
            assert link
            assert web.post(link[1].decode(), data={"List-Unsubscribe": "One-Click"}).status_code == 200
            form = {"email": "amsel@example.org", "name": "Amsel Amsel"}
            assert web.post("/subscribe", data=form).status_code == 200
            assert web.get("/unsubscribe/amsel@example.org").status_code == 404
            wait_for(lambda: server.messages.get("amsel@example.org"))
        process.send_signal(signal.SIGTERM)
        return finish(process)


def wait_for(found: Callable[[], list[bytes] | None]) -> list[bytes]:
    """As long as another process takes."""
    for _ in range(600):
        if got := found():
            return got
        signal.sigtimedwait([], 0.05)
    raise AssertionError("nothing came")


@pytest.mark.parametrize(
    ("looks", "level"),
    [("json", "debug"), ("json", "info"), ("json", "warning"), ("json", "error"), ("text", "debug")],
)
async def test_nobody_is_named_by_a_running_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, looks: str
) -> None:
    """Although the mail server repeats whom it was told of. JSON is an object a line, each with its level."""
    monkeypatch.setenv("NEWSLETTER_LOG", looks)
    monkeypatch.setenv("NEWSLETTER_LOG_LEVEL", level)
    async with scripted_server(on_rcpt=answer) as server:
        room = await asyncio.to_thread(furnish, tmp_path, server.port)
        people = [
            f"{name}@example.{where},{name.title()}" for name, where in zip(CANARIES, WHERE, strict=False)
        ]
        (tmp_path / "people.csv").write_text("\n".join(["email,name", *people]))
        await asyncio.to_thread(room.do, "subscribers", "import", "people.csv")
        ended = await asyncio.to_thread(live, room, server)
    assert ended.returncode == 0
    assert re.findall("|".join(CANARIES), ended.stderr, re.IGNORECASE) == []
    if looks == "json":
        levels = {json.loads(line)["level"] for line in ended.stderr.splitlines()}
        assert levels <= {"debug", "info", "warning", "error"}
    assert ("sent" in ended.stderr) == (level in ("debug", "info"))


def test_a_setting_of_the_logs_that_makes_no_sense_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what may be written."""
    monkeypatch.setenv("NEWSLETTER_LOG_LEVEL", "loud")
    room = Room(tmp_path)
    said = room.say("status", code=1)[1]
    assert said == ("newsletter: NEWSLETTER_LOG_LEVEL is 'loud': write debug, info, warning or error.")


WHERE = ("org", "org", "com", "net")
