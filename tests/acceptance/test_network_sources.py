"""Sources of the network from the command line: newsletter.toml in, entries out, over a real web server."""

import asyncio
import json
from pathlib import Path
from typing import Any

from support.commands import newsletter, only_object
from support.newsroom import write_config
from support.web import Asked, reply, web_server

SAMPLES = Path(__file__).parents[1] / "samples"
FILES = {
    "/api/daily_papers": "huggingface.json",
    "/atom": "arxiv_daily.xml",
    "/blog.xml": "rss2.xml",
    "/news.json": "feed.json",
}
SOURCES = """
[[sources]]
kind = "huggingface"
name = "Daily papers"
url = "{web}/api/daily_papers"
days = 2

[[sources]]
kind = "arxiv"
name = "arXiv"
url = "{web}/atom"
categories = ["cs.AI"]

[[sources]]
kind = "feed"
name = "Blog"
url = "{web}/blog.xml"

[[sources]]
kind = "feed"
name = "News"
url = "{web}/news.json"

[[sources]]
kind = "feed"
name = "Gone"
url = "{web}/gone.xml"
"""
ALLOWED = '[fetch]\nallow_hosts = ["127.0.0.1"]\n'


def serve(asked: Asked) -> bytes:
    """The samples, with an ETag; 304 to whoever knows it."""
    name = FILES.get(asked.path.partition("?")[0])
    if name is None:
        return reply(status=404)
    if asked.headers.get("if-none-match") == f'"{name}"':
        return reply(status=304)
    return reply((SAMPLES / name).read_bytes(), headers={"ETag": f'"{name}"'})


async def run(*arguments: str, cwd: Path, code: int = 0) -> dict[str, Any]:
    """The command in a thread, so that the server in this loop can answer it."""
    ended = await asyncio.to_thread(newsletter, *arguments, "--json", cwd=cwd, code=code)
    return only_object(ended.stdout)


async def test_what_the_network_has_is_collected_once(tmp_path: Path):
    """Every kind of source; the one that is gone is named with its reason and the others go on. The second
    run asks only whether anything has changed, and adds nothing."""
    async with web_server(serve) as web:
        write_config(tmp_path, more=ALLOWED + SOURCES.format(web=web.url("")))
        first = await run("collect", cwd=tmp_path)
        asked = len(web.asked)
        second = await run("collect", cwd=tmp_path)
        status = await run("status", cwd=tmp_path)
    by_name = {source["name"]: source for source in first["sources"]}
    assert all(by_name[name]["new"] > 0 for name in ("Daily papers", "arXiv", "Blog", "News"))
    assert "404" in by_name["Gone"]["error"]
    assert (second["entries"], second["new"]) == (0, 0)
    assert all(
        "if-none-match" in request.headers for request in web.asked[asked:] if "gone" not in request.path
    )
    errors = {source["name"]: source["error"] for source in status["sources"]}
    assert [name for name, error in errors.items() if error] == ["Gone"]


async def test_a_private_address_is_refused_unless_it_is_named(tmp_path: Path):
    """Nothing is asked of it, and the message says how to allow it."""
    async with web_server(serve) as web:
        write_config(tmp_path, more=SOURCES.format(web=web.url("")))
        result = await run("collect", cwd=tmp_path, code=1)
    assert web.connections == 0
    assert all("allow_hosts" in source["error"] for source in result["sources"])


async def test_an_edition_has_the_papers_of_the_network(tmp_path: Path):
    """From the API to the copy that a reader would get, with votes as a reason."""
    async with web_server(serve) as web:
        write_config(tmp_path, more=ALLOWED + SOURCES.format(web=web.url("")))
        await run("run", "--dry-run", cwd=tmp_path)
    text = (tmp_path / "preview" / "email.txt").read_text(encoding="utf-8")
    assert "Counting to ten in one line\nhttps://arxiv.org/abs/2510.01459" in text
    assert "42 votes" in text
    assert "https://huggingface.co/papers/2510.01459" in text


def test_entries_come_from_standard_input(tmp_path: Path):
    """One JSON object a line, as `entries list --json` prints them."""
    write_config(tmp_path)
    line = json.dumps({"title": "From a pipe", "url": "https://example.org/1"})
    ended = newsletter("entries", "import", "-", "--json", cwd=tmp_path, stdin=line + "\n")
    assert only_object(ended.stdout)["new"] == 1
    listed = newsletter("entries", "list", "--json", cwd=tmp_path).stdout
    again = newsletter("entries", "import", "-", "--json", cwd=tmp_path, stdin=listed)
    assert only_object(again.stdout) == {"entries": 1, "new": 0, "problems": []}


def test_what_is_picked_up_in_a_run_is_in_its_edition(tmp_path: Path):
    """With the clock running: the entries are a moment younger than the slot. There is no mail server, so
    the edition is published and its copies wait."""
    source = '[[sources]]\nkind = "file"\nname = "File"\npath = "papers.jsonl"\n'
    write_config(tmp_path, port=1, more=source)
    (tmp_path / "papers.jsonl").write_text(json.dumps({"title": "Just now", "url": "https://example.org/1"}))
    newsletter("subscribers", "add", "ada@example.org", cwd=tmp_path)
    ended = newsletter("run", "--slot", "now", "--json", cwd=tmp_path, code=1)
    assert only_object(ended.stdout)["edition"]["entries"] == 1
    assert only_object(ended.stdout)["outbox"]["pending"] == 1
    assert "Nothing is lost" in ended.stderr
