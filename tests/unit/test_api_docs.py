"""What the page about the API shows is what the API does."""

import re
import shlex
from pathlib import Path

import httpx
import pytest
from support.site import NOW, browser_of, config_in, papers, publish, subscribe
from support.smtp import scripted_server

from newsletter.bootstrap import open_app

PAGE = Path(__file__).parents[2] / "docs/api.md"
TOKEN = "t" * 24
OPTIONS = {"-H": "header", "-X": "method", "--json": "body"}


def requests() -> list[list[str]]:
    """The commands of the page, each as the words that curl gets."""
    text = PAGE.read_text(encoding="utf-8").replace("$NEWSLETTER_API_TOKEN", TOKEN)
    blocks = re.findall(r"^```sh\ncurl (.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [shlex.split(block) for block in blocks]


def as_curl_sends(words: list[str]) -> httpx.Request:
    """The request of such a command; KeyError for an option that is not known here."""
    *options, url = words
    said = {OPTIONS[name]: value for name, value in zip(options[::2], options[1::2], strict=True)}
    name, _, value = said["header"].partition(": ")
    headers = {name: value} | ({"Content-Type": "application/json"} if "body" in said else {})
    method = said.get("method", "POST" if "body" in said else "GET")
    return httpx.Request(method, url, headers=headers, content=said.get("body"))


async def test_every_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In the order of the page; but the test mail comes before its reader is taken off."""
    monkeypatch.setenv("NEWSLETTER_API_TOKEN", TOKEN)
    commands = sorted(map(as_curl_sends, requests()), key=lambda request: request.method == "DELETE")
    assert len(commands) == 10
    config = config_in(tmp_path, more='[smtp]\ntls = "none"')
    async with scripted_server() as mail, open_app(config, NOW, smtp_port=mail.port) as app:
        await subscribe(app, "other@example.org")
        await publish(app, papers(3))
        async with browser_of(app) as browser:
            answers = [await browser.send(command) for command in commands]
    assert [answer.status_code for answer in answers] == [201, *[200] * 8, 204]
    assert mail.accepted == {"ada@example.org": 1}
