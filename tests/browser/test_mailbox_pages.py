"""The HTML part of a hostile message in a real browser: it runs nothing and fetches nothing."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.adapters.mailbox import MaildirHandler
from newsletter.web.mailbox import mailbox_app

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

HOSTILE = """<!doctype html><html><head>
<link rel="stylesheet" href="{canary}/link">
<style>@import "{canary}/import"; body {{ background: url({canary}/background) }}
@font-face {{ font-family: f; src: url({canary}/font) }} p {{ font-family: f }}</style>
<script>new Image().src = "{canary}/script"</script><script src="{canary}/src"></script>
</head><body><p>text</p><img src="{canary}/img"><img src="x:" onerror="new Image().src='{canary}/onerror'">
<svg onload="new Image().src='{canary}/onload'"></svg><video src="{canary}/video" autoplay></video>
<iframe src="{canary}/frame"></iframe><object data="{canary}/object"></object>
<iframe srcdoc="<script>new Image().src='{canary}/srcdoc'</script>"></iframe>
<form action="{canary}/form"><input autofocus onfocus="this.form.submit()"></form>
</body></html>"""
REFRESH = '<meta http-equiv="refresh" content="0; url={canary}/refresh">'


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The app on a free port of this machine; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                app, lifespan="off", log_config=None, log_level="warning", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def visit(address: str, profile: Path) -> None:
    """Open the page, let it do what it will for some seconds of its own time, close it."""
    options = (
        "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    )
    assert CHROMIUM
    subprocess.run(
        [
            CHROMIUM, *options.split(), "--disable-component-update",
            "--autoplay-policy=no-user-gesture-required",
            f"--user-data-dir={profile}", "--virtual-time-budget=3000", "--dump-dom", address,
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("content", [HOSTILE, REFRESH], ids=["content", "refresh"])
def test_a_hostile_message_reaches_nothing(tmp_path: Path, content: str) -> None:
    """No request leaves the page, in its frame or on its own; the same content served bare does reach out."""
    visited: list[str] = []

    def canary(request: Request) -> Response:
        visited.append(request.url.path)
        bare = request.url.path == "/bare"
        return HTMLResponse(content.format(canary=str(request.base_url).rstrip("/")) if bare else "")

    with (
        serving(Starlette(routes=[Route("/{name}", canary)])) as outside,
        serving(mailbox_app(tmp_path / "mail")) as inside,
    ):
        body = f"Content-Type: text/html\r\n\r\n{content.format(canary=outside)}"
        key = MaildirHandler(tmp_path / "mail").keep(body.encode())
        visit(f"{inside}/messages/{key}/html", tmp_path / "profile")
        visit(f"{inside}/messages/{key}/html/part", tmp_path / "profile")
        assert visited == []
        visit(f"{outside}/bare", tmp_path / "profile")
        assert {"/img", "/script", "/link"} <= set(visited) or "/refresh" in visited
