"""The dashboard: what it says of a newsletter, and to whom."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from support.history import live
from support.site import NOW, PAYLOADS, Page, config_in, papers, publish, subscribe

from newsletter.bootstrap import App, open_app
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState as State
from newsletter.errors import ConfigError
from newsletter.web.site import site

TOKEN = "0123456789abcdef01234567"
LOCAL = "http://127.0.0.1:8080"
PUBLIC = "https://papers.example.org"


def visitor(app: App, base: str = LOCAL, peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    """Who asks from this address, and for which name."""
    transport = httpx.ASGITransport(site(app), client=(peer, 40000))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(transport=transport, base_url=base, headers=named)


async def status(app: App, path: str = "/dashboard", **who: str) -> int:
    async with visitor(app, **who) as asking:
        return (await asking.get(path)).status_code


@pytest.fixture
async def tokened(tmp_path: Path) -> AsyncIterator[App]:
    """A newsletter whose dashboard has a token."""
    (tmp_path / "token").write_text(TOKEN)
    config = config_in(tmp_path)
    config.write_text(config.read_text() + '[dashboard]\ntoken_file = "token"\n')
    async with open_app(config, NOW) as opened:
        yield opened


# Who may look


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard.css", "/metrics"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
async def test_the_machine_itself_may_look(app, path, name):
    """By any of its names."""
    assert (
        await status(app, path, base=f"http://{name}:8080", peer="::1" if ":" in name else "127.0.0.1") == 200
    )


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard.css", "/metrics"])
async def test_nobody_else_may_look(app, path):
    """And is told what to configure."""
    async with visitor(app, PUBLIC, "192.0.2.7") as stranger:
        answer = await stranger.get(path)
    assert answer.status_code == 403
    assert "NEWSLETTER_DASHBOARD_TOKEN" in answer.text
    assert "Papers" not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        {"x_forwarded_for": "192.0.2.7"},
        {"x_forwarded_for": "127.0.0.1"},
        {"x_forwarded_for": "192.0.2.7, 127.0.0.1"},
        {"x_forwarded_host": "papers.example.org"},
        {"x_forwarded_proto": "https"},
        {"forwarded": "for=192.0.2.7"},
        {"x_real_ip": "192.0.2.7"},
        {"via": "1.1 proxy"},
        {"cf_connecting_ip": "192.0.2.7"},
        {"connection": "close"},
    ],
    ids=str,
)
async def test_who_comes_through_a_proxy_of_this_machine_is_not_this_machine(app, header):
    """Whatever the proxy says, and even if it asks for us by a name of this machine."""
    assert await status(app, **header) == 403


async def test_a_name_of_somebody_elses_that_leads_here_shows_nothing(app):
    """A page elsewhere could read the answer in a browser of this machine (DNS rebinding)."""
    for name in ("evil.example", "127.0.0.1.evil.example", "papers.example.org", "localhost.evil.example"):
        assert await status(app, base=f"http://{name}:8080") == 403


async def test_another_machine_that_names_this_one_is_another(app):
    """The address counts, too."""
    assert await status(app, peer="192.0.2.7") == 403
    assert await status(app, peer="::ffff:192.0.2.7") == 403
    assert await status(app, peer="::ffff:127.0.0.1") == 200


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard.css", "/metrics"])
async def test_the_token_opens_it_from_anywhere(tokened, path):
    """As a bearer token for programs, as the password for browsers."""
    basic = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    for given in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Basic {basic}"):
        assert await status(tokened, path, base=PUBLIC, peer="192.0.2.7", authorization=given) == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Token {TOKEN}",
        f"Basic {TOKEN}",
        "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic !!",
    ],
)
async def test_any_other_word_is_refused_and_the_browser_asks(tokened, given):
    """With the ways there are."""
    headers = {"authorization": given} if given else {}
    async with visitor(tokened, PUBLIC, "192.0.2.7", x_forwarded_for="192.0.2.7", **headers) as stranger:
        answer = await stranger.get("/dashboard")
    assert answer.status_code == 401
    assert 'Basic realm="newsletter"' in answer.headers["www-authenticate"]
    assert "Bearer" in answer.headers["www-authenticate"]


async def test_this_machine_needs_no_token(tokened):
    """Where there is one."""
    assert await status(tokened) == 200


async def test_who_guesses_has_to_wait(tokened):
    """Even with the right token, for a minute; others do not."""
    async with visitor(tokened, PUBLIC, "192.0.2.7", authorization="Bearer wrong") as stranger:
        found = [(await stranger.get("/metrics")).status_code for _ in range(21)]
        assert found == [401] * 20 + [429]
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert (await stranger.get("/metrics", headers=right)).status_code == 429
        other = {**right, "X-Forwarded-For": "192.0.2.9"}
        assert (await stranger.get("/metrics", headers=other)).status_code == 429


@pytest.mark.parametrize("token", ["short", "with spaces in between of it all", "ümlaut" * 5, ""])
async def test_a_token_that_is_none_is_an_error(tmp_path, token):
    """Said at the start."""
    (tmp_path / "token").write_text(token)
    config = config_in(tmp_path)
    config.write_text(config.read_text() + '[dashboard]\ntoken_file = "token"\n')
    async with open_app(config, NOW) as opened:
        with pytest.raises(ConfigError, match=r"\[dashboard\] token"):
            site(opened)


# What it shows


async def shown(app: App, path: str = "/dashboard") -> Page:
    async with visitor(app) as asking:
        answer = await asking.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


async def test_a_new_newsletter_has_a_page(app):
    """That says what is still to come."""
    page = await shown(app)
    assert "Nothing was sent" in page.text or "Nobody is on the list" in page.text
    assert "None has ended yet." in page.text


async def test_all_is_well_where_it_is(app):
    """With the last edition and the next."""
    await live(app, NOW, readers=40, weeks=1, calm=True)
    page = await shown(app)
    assert "All is well" in page.text
    assert "has reached" in page.text
    assert not re.search(r"reader\d|new\d", page.text)


async def test_troubles_are_said_first(app):
    """With what to do; and no reader is named."""
    await live(app, NOW, readers=40, weeks=5)
    await app.outbox.pause((await app.insight.editions(["papers"], 1))[0].id, "somebody said so")
    page = await shown(app)
    assert "Worth a look" in page.text
    assert "Source labs fails" in page.text
    assert "is paused: somebody said so" in page.text
    assert "newsletter editions resume" in page.text
    assert "no source could be read" in page.text
    assert "5.1.1" in page.text
    assert not re.search(r"reader\d|new\d+-", page.text)


async def test_it_has_no_script_no_style_of_its_own_and_nothing_from_elsewhere(app):
    """As the policy of the pages demands."""
    await live(app, NOW, readers=20, weeks=2)
    page = await shown(app)
    assert not [tag for tag, _ in page.elements if tag in ("script", "style", "img", "iframe", "form")]
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    addresses = [attributes.get("href") or "" for _, attributes in page.elements if "href" in attributes]
    assert {address.partition("?")[0] for address in addresses} == {
        "dashboard",
        "dashboard.css",
        "favicon.svg",
    }


async def test_every_chart_says_what_it_shows(app):
    """In words, and with its numbers in a table."""
    await live(app, NOW, readers=20, weeks=1)
    page = await shown(app)
    charts = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(charts) >= 6
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)
    assert len([tag for tag, _ in page.elements if tag == "details"]) >= 4


async def test_it_is_renewed_by_itself_only_where_that_is_wanted(app):
    """Some would lose their place."""
    async with visitor(app) as asking:
        assert "refresh" not in (await asking.get("/dashboard")).headers
        assert (await asking.get("/dashboard?every=60")).headers["refresh"] == "60"
        assert "refresh" not in (await asking.get("/dashboard?every=0;url=https://evil.example")).headers


async def test_nobody_keeps_it(app):
    """Nor finds it in a search."""
    async with visitor(app) as asking:
        headers = (await asking.get("/dashboard")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_hostile_texts_stay_text(app, payload):
    """Of subjects, sources, reasons and what a server says."""
    await subscribe(app)
    await app.memory.failed(payload, payload, NOW)
    [first] = papers(1)
    published = await publish(app, [replace(first, title=payload)])
    [row] = await app.outbox.due(NOW, 0, 1)
    await app.outbox.record([row.id], [], NOW)
    await app.outbox.record([], [(row.id, Decision(State.REJECTED, 1, f"550 {payload}"))], NOW)
    await app.outbox.pause(published.id, payload)
    page = await shown(app)
    assert not [tag for tag, _ in page.elements if tag in ("script", "img")]
    assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]
    assert payload[:20] in page.text


async def test_under_way_is_told_with_its_rate(app):
    """While copies go out."""
    await live(app, NOW, readers=40, weeks=1)
    page = await shown(app)
    assert re.search(r"\d+ of \d+ are done\. \d+ copies are to be sent now", page.text)
