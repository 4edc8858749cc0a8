"""The work bench in a real browser, worked by mouse and keyboard."""

import asyncio
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.core.model import Newsletter
from newsletter.render.copy import Copy
from newsletter.render.exhibit import Exhibit, Standing
from newsletter.render.findings import Finding, Status
from newsletter.render.fitting import Fitting
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.preview import PREVIEW_FILES, preview_pages
from newsletter.render.theme import Theme
from newsletter.web.bench import Bench, bench_app

ROOT = Path(__file__).parents[2]
JUDGES = ROOT / "tests/judges"
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or not (JUDGES / "node_modules/.installed").exists(),
        reason="needs Chromium and the judges from npm: `make judges`",
    ),
]

HTML = '<!DOCTYPE html><html><body><p>A first text</p><a href="https://example.org/">A link</a></body></html>'
NEWSLETTER = Newsletter(
    id="papers", name="The Morning Papers", sender="papers@example.org", base_url="https://papers.example.org"
)


def exhibit(subject: str) -> Exhibit:
    """With something behind every tab, and one of each status."""
    copy = Copy.of(HTML, "A first text\n" + "A long line of text. " * 20)
    headers = MessageHeaders(
        from_="papers@example.org",
        to="ada@example.org",
        subject=subject,
        date=datetime(2026, 11, 20, 6, tzinfo=UTC),
        message_id="<1@papers.example.org>",
        list_id="papers.example.org",
        list_unsubscribe="https://papers.example.org/unsubscribe/" + "t0k3n" * 12,
    )
    return Exhibit(
        newsletter=NEWSLETTER,
        label="No. 1",
        copy=copy,
        message=build_message(copy, headers),
        standings=[
            Standing(
                rank,
                "A title of a paper " * 4,
                "Agents",
                1 / rank,
                ("42 votes",),
                "because you follow Agents",
            )
            for rank in range(1, 4)
        ],
        findings=[
            Finding(point, f"point {point}", status, "x" * 90, "to mend it " * 8)
            for point, status in enumerate(Status, 1)
        ],
        fitting=Fitting(("fewer entries",), 95_000, 110_000),
    )


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The app on a free port of this machine; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                app, lifespan="off", log_config=None, log_level="error", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What a person finds who does all there is to do."""
    theme = Theme.load(ROOT / "templates/preview", files=PREVIEW_FILES)
    subjects = iter(["First subject", "Second subject"])

    async def render() -> dict[str, bytes]:
        return preview_pages(exhibit(next(subjects)), theme)

    bench = Bench(render)

    async def renew(_: Request) -> Response:
        await bench.renew()
        return Response()

    asyncio.run(bench.renew())
    app = bench_app(bench)
    app.router.routes.append(Route("/renew", renew))
    with serving(app) as address:
        ended = subprocess.run(
            ["node", JUDGES / "bench.js", str(CHROMIUM), address],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    answer["address"] = address
    return answer


def test_nothing_is_asked_of_anybody_else(found: dict[str, Any]) -> None:
    """The page and its two frames, what tells of changes, and no error: its own policy lets its own style and
    script through."""
    asked = {address.partition("#")[0] for address in found["requests"]}
    names = {"", "email.html", "live.js", "changes"}
    assert asked - {"data:,"} == {found["address"] + name for name in names}
    assert found["console"] == []


def test_every_tab_is_accessible_and_fits(found: dict[str, Any]) -> None:
    """axe finds nothing on a phone and on a desk, in light and in dark; the page does not scroll to the side,
    and both emails are laid out at their full widths and still to be seen whole."""
    views = found["judged"]
    assert len(views) == 2 * 2 * 5
    assert [view for view in views if view["violations"]] == []
    assert [view for view in views if view["sideways"]] == []
    assert {screen["css"] for view in views for screen in view["screens"]} == {375, 800}
    assert all(screen["fits"] for view in views for screen in view["screens"])


def test_the_emails_follow_the_switch(found: dict[str, Any]) -> None:
    """At first the scheme is the system's, then what was chosen, for the page and both frames alike."""
    assert (found["first"]["dark"], found["first"]["frames"]) == (True, ["dark", "dark"])
    for view in found["judged"]:
        assert view["dark"] == (view["scheme"] == "dark")
        assert view["frames"] == [view["scheme"]] * 2


def test_tabs_are_worked_by_keys(found: dict[str, Any]) -> None:
    """Arrows go round, Home and End to the ends; one panel is open, and the focus is on its tab."""
    went = list(found["typed"].values())
    assert [state["tab"] for state in went] == ["checks", "why", "size", "checks", "size"]
    for state in went:
        assert state["open"] == [state["tab"]] == [state["focus"]]


def test_a_change_is_seen_without_losing_ones_place(found: dict[str, Any]) -> None:
    """The page loads itself anew, and the chosen tab and scheme stay, as they do when a person reloads it."""
    assert (found["first"]["title"], found["renewed"]["title"]) == ("First subject", "Second subject")
    for state in (found["reloaded"], found["renewed"]):
        assert (state["tab"], state["dark"], state["frames"]) == ("size", False, ["light", "light"])


def test_the_count_leads_to_the_checks(found: dict[str, Any]) -> None:
    """From wherever one is."""
    assert found["verdict"]["open"] == ["checks"]
