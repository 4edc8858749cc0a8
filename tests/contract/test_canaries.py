"""Secrets and addresses that must not be said: not in a log of any level, and not on either stream."""

import base64
import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from support.newsroom import newsroom
from support.rawsmtp import Acts, raw_server
from support.site import browser_of, link_of

from newsletter import bootstrap
from newsletter.bootstrap import App
from newsletter.cli import logs
from newsletter.core import address, tokens
from newsletter.scheduler import Scheduler

pytestmark = pytest.mark.usefixtures("any_store")

PASSWORD = "canary password"
SECRET = "0123456789abcdef"
"""As the newsroom has it, twice."""
READERS = 12
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]
QUOTED = {
    f"reader{n}@example.org": b"5.1.1 <reader%d@example.org> is unknown\r\n" % n for n in range(READERS)
}
"""Servers quote what they were told."""
SIGNED_IN = base64.b64encode(b"\0me\0" + PASSWORD.encode())


def answering(code: bytes, *but: str) -> dict[str, Acts]:
    """To every recipient but these."""
    return {"RCPT": {name: code + b" " + words for name, words in QUOTED.items() if name not in but}}


SERVERS: dict[str, dict[str, Acts]] = {
    "takes all": {},
    "refuses us": {"AUTH": b"535 5.7.8 not me@example.org, reader0@example.org\r\n"},
    "refuses one": answering(b"550", *sorted(QUOTED)[1:]),
    "refuses all": answering(b"550"),
    "defers all": answering(b"450"),
    "hangs up on all": answering(b"421"),
    "says no after the dot": {"dot": b"554 5.7.1 <reader0@example.org> does not want it\r\n"},
    "refuses the sender": {"MAIL": b"550 5.7.1 not for reader0@example.org\r\n"},
    "speaks no SMTP": {"banner": b"HTTP/1.1 400 reader0@example.org\r\n"},
}


@contextlib.contextmanager
def everything_said(level: str) -> Iterator[io.StringIO]:
    """Logs from this level on, ours and those of libraries, and both streams."""
    said, root = io.StringIO(), logging.getLogger()
    handler, before, others = logging.StreamHandler(said), root.level, root.handlers[:]
    handler.addFilter(lambda record: record.name != "httpx")  # which is the tests' own browser
    root.addHandler(handler)
    root.setLevel(level)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            logs.configure_logs()
            yield said
    finally:
        structlog.reset_defaults()
        root.handlers[:] = others
        root.setLevel(before)


@asynccontextmanager
async def opened(folder: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """A newsletter that signs in, with a dozen readers."""
    monkeypatch.setenv("CANARY_PASSWORD", PASSWORD)
    options = bootstrap.delivery_options
    quick = (0.01, 0.02)
    monkeypatch.setattr(
        bootstrap, "delivery_options", lambda *known: replace(options(*known), reconnects=quick)
    )
    more = 'username = "me"\npassword_env = "CANARY_PASSWORD"'
    async with newsroom(folder, port=port, readers=READERS, more=more) as app:
        yield app


async def a_day(app: App) -> None:
    """An edition is published and sent; one reader looks at their page, another leaves."""
    scheduler = Scheduler(app)
    await scheduler.wake()
    await scheduler.wake()
    async with browser_of(app) as browser:
        for purpose in (tokens.PREFERENCES, tokens.UNSUBSCRIBE, "nothing"):
            assert (await browser.get(link_of(app, 1, purpose))).status_code in (200, 404)
        assert (
            await browser.post(link_of(app, 2), data={"List-Unsubscribe": "One-Click"})
        ).status_code == 200


def canaries(app: App) -> list[str]:
    """What may not be said of it."""
    found = [SECRET, PASSWORD, SIGNED_IN.decode()]
    for number in range(1, READERS + 1):
        purposes = (tokens.UNSUBSCRIBE, tokens.PREFERENCES, tokens.MORE, tokens.CONFIRM)
        found += [tokens.make(app.secret, purpose, app.newsletter.id, number) for purpose in purposes]
    return found


async def nothing_secret(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, level: str) -> None:
    """With this server, in logs from this level on."""
    async with raw_server(SERVERS[name]) as server, opened(folder, server.port, monkeypatch) as app:
        with everything_said(level) as said:
            await a_day(app)
        assert "AUTH" in server.phases or "banner" in SERVERS[name]
        assert "slot" in said.getvalue(), "the logs are seen"
        assert re.findall(r"\S*reader\d+\S*", said.getvalue()) == []
        assert [canary for canary in canaries(app) if canary in said.getvalue()] == []


@pytest.mark.parametrize(
    ("name", "level"),
    [*((name, "DEBUG") for name in SERVERS), *(("refuses all", level) for level in LEVELS[1:])],
)
async def test_nothing_secret_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, level: str
) -> None:
    """Whatever the mail server answers, and although it repeats what it was told."""
    await nothing_secret(tmp_path, monkeypatch, name, level)


async def test_who_says_it_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what takes addresses out of the logs, the words of a server are found there."""
    monkeypatch.setattr(address, "_LOCAL_PART", re.compile("(?!)"))
    with pytest.raises(AssertionError, match="reader0@example"):
        await nothing_secret(tmp_path, monkeypatch, "refuses the sender", "DEBUG")


@pytest.mark.parametrize("name", ["uvicorn.error", "apscheduler.executors.default", "asyncio"])
def test_what_a_library_says_names_nobody_either(name: str) -> None:
    """Nor does the trace of an error. It is there all the same, from a warning on."""
    said = io.StringIO()
    root = logging.getLogger()
    others = root.handlers[:]
    root.handlers[:] = []
    try:
        with contextlib.redirect_stderr(said):
            logs.configure_logs()
            logging.getLogger(name).info("hello reader0@example.org")
            try:
                raise ValueError("no copy for <reader1@example.org>")
            except ValueError:
                logging.getLogger(name).exception("job of %s", "reader2@example.org")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = others
    assert "hello" not in said.getvalue()
    assert "ValueError: no copy for <" in said.getvalue()
    assert re.findall(r"reader\d", said.getvalue()) == []
