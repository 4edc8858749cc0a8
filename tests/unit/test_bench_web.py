"""The work bench in the browser: what it serves, to whom, and how it tells of changes."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from newsletter.errors import NewsletterError, TemplateError
from newsletter.web.bench import Bench, bench_app


class Made:
    """What the next rendering gives."""

    def __init__(self) -> None:
        self.problem: NewsletterError | None = None
        self.title = "First"

    async def __call__(self) -> dict[str, bytes]:
        title = self.title
        await asyncio.sleep(0)
        if self.problem:
            raise self.problem
        names = ("index.html", "email.html", "email.txt", "email.eml")
        return {name: f"{title} {name}".encode() for name in names}


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
async def bench(made: Made) -> Bench:
    bench = Bench(made)
    await bench.renew()
    return bench


@pytest.fixture
async def browser(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(bench_app(bench))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8030") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/email.html", "text/html; charset=utf-8"),
        ("/email.txt", "text/plain; charset=utf-8"),
        ("/email.eml", "message/rfc822"),
    ],
)
async def test_the_files(browser: httpx.AsyncClient, path: str, kind: str) -> None:
    """Each of the four is there as what it is, and is neither kept nor guessed at."""
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.text.startswith(f"First {path[1:] or 'index.html'}")
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/newsletter.toml", "/templates", "/../newsletter.toml", "/%2e%2e/x"])
async def test_nothing_else(browser: httpx.AsyncClient, path: str) -> None:
    """No other file, and no list of them."""
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize(
    "host", ["papers.example.org", "127.0.0.1.example.org", "localhost.example.org:8030"]
)
async def test_other_names_are_not_answered(browser: httpx.AsyncClient, host: str) -> None:
    """A page elsewhere that points its own name here gets nothing to read."""
    for path in ("/", "/email.html", "/changes"):
        answer = await browser.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "First" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1", "[::1]:8030"])
async def test_names_of_this_machine_are_answered(browser: httpx.AsyncClient, host: str) -> None:
    """With any port."""
    assert (await browser.get("/", headers={"Host": host})).status_code == 200


async def test_the_email_runs_nothing(browser: httpx.AsyncClient) -> None:
    """It is in a sandbox without scripts, framed by nobody else, and its links open outside of the frame."""
    answer = await browser.get("/email.html")
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0].split() == ["sandbox", "allow-popups", "allow-popups-to-escape-sandbox"]
    assert {"default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.text == 'First email.html<base target="_blank">'


async def test_a_problem_is_a_page(browser: httpx.AsyncClient, bench: Bench, made: Made) -> None:
    """Its text is shown as text in place of every file; mended, the files are back with their old version."""
    before = bench.version
    made.problem = TemplateError("digest.mjml:12: <b>unknown tag")
    assert await bench.renew()
    for path in ("/", "/email.html", "/email.txt", "/email.eml"):
        answer = await browser.get(path)
        assert answer.status_code == 500
        assert "digest.mjml:12: &lt;b&gt;unknown tag" in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert f'data-version="{bench.version}"' in answer.text
    made.problem = None
    assert await bench.renew()
    assert (await browser.get("/")).status_code == 200
    assert bench.version == before


async def test_the_page_listens(browser: httpx.AsyncClient, bench: Bench, made: Made) -> None:
    """It knows which version it shows, and the script that listens is served."""
    assert f'<script src="/live.js" data-version="{bench.version}">' in (await browser.get("/")).text
    assert "EventSource" in (await browser.get("/live.js")).text


async def test_changes_are_told(bench: Bench, made: Made) -> None:
    """Who listens hears the version at once and each that comes, but nothing of a rendering that is the
    same; closing ends it."""
    versions = bench.versions()
    first = await anext(versions)
    assert first == bench.version
    upcoming = asyncio.ensure_future(anext(versions))
    assert not await bench.renew()
    made.title = "Second"
    await asyncio.sleep(0)
    assert not upcoming.done()
    assert await bench.renew()
    assert await asyncio.wait_for(upcoming, 5) == bench.version != first
    bench.close()
    assert [version async for version in versions] == []


async def test_the_last_change_wins(bench: Bench, made: Made) -> None:
    """Renewing twice at the same time shows what was there last."""
    made.title = "Second"
    first = asyncio.create_task(bench.renew())
    await asyncio.sleep(0)
    made.title = "Third"
    await asyncio.gather(first, bench.renew())
    assert bench.files["email.txt"] == b"Third email.txt"


async def test_the_events_are_of_the_form_that_browsers_know(
    browser: httpx.AsyncClient, bench: Bench
) -> None:
    """One `data:` for each version."""
    asyncio.get_running_loop().call_later(0.05, bench.close)
    answer = await browser.get("/changes")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == f"data: {bench.version}\n\n"
