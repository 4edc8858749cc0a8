"""The archive as those see it who keep it, link to it and show it: caches, search engines, other pages."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from support import hostile
from support.samples import edition as sample
from support.samples import entry
from support.site import NOW, Page, browser_of, config_in, papers, publish

from newsletter.bootstrap import App, open_app
from newsletter.core.model import Edition, Newsletter, Section
from newsletter.render.language import Language
from newsletter.render.view import view_edition
from newsletter.web.kept import Kept, Shelf
from newsletter.web.pages.archive import PAGE, anchors

HOME = "https://papers.example.org"


async def publish_many(app: App, count: int) -> None:
    """Editions with hardly anything in them, a day apart."""
    await app.entries.add(map(entry, range(1, count + 1)), NOW)
    for number in range(1, count + 1):
        now = NOW + timedelta(days=number)
        assert await app.editions.publish(sample(number, number, slot=now), "<p>", "text", "0" * 16, now)


def relations(html: str) -> dict[str, str]:
    """What the head says of other pages."""
    links = [attributes for tag, attributes in Page(html).elements if tag == "link"]
    return {attributes["rel"] or "": attributes["href"] or "" for attributes in links}


def described(html: str) -> dict[str, str]:
    """The cards that other sites make of a link."""
    found = [attributes for tag, attributes in Page(html).elements if tag == "meta"]
    return {one["property"] or "": one["content"] or "" for one in found if "property" in one}


async def test_a_page_says_where_it_is_and_what_is_beside_it(app: App, browser: httpx.AsyncClient) -> None:
    """Its own address, the feed, the editions before and after, and what a card of it shows."""
    for day in range(3):
        published = await publish(app, papers(2, start=1 + 2 * day), days=day)
        if day == 1:
            second = published.edition
    html = (await browser.get("/archive/2")).text
    assert relations(html) == {
        "stylesheet": "/style.css",
        "icon": "/favicon.svg",
        "canonical": f"{HOME}/archive/2",
        "alternate": "/feed.atom",
        "prev": "/archive/1",
        "next": "/archive/3",
    }
    assert described(html) == {
        "og:site_name": "Tom & Ada's <Papers>",
        "og:title": second.subject,
        "og:description": second.preheader,
        "og:url": f"{HOME}/archive/2",
        "og:type": "article",
    }
    assert {"/archive/1", "/archive/3"} <= set(Page(html).links)
    assert "prev" not in relations((await browser.get("/archive/1")).text)
    assert "next" not in relations((await browser.get("/archive/3")).text)


async def test_the_newest_edition_gets_a_link_when_the_next_one_comes(
    app: App, browser: httpx.AsyncClient
) -> None:
    """Though its page was made before, and whoever kept it gets the new one."""
    await publish(app, papers(2))
    before = await browser.get("/archive/1")
    assert "next" not in relations(before.text)
    await publish(app, papers(2, start=3), days=1)
    await browser.get("/archive")
    after = await browser.get("/archive/1", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert relations(after.text)["next"] == "/archive/2"


@pytest.mark.parametrize("path", ["/archive", "/archive/1", "/feed.atom"])
async def test_who_has_it_is_told_that_it_stands(app: App, browser: httpx.AsyncClient, path: str) -> None:
    """By its tag, weak or among others, or by its date; the answer has no body and says how long it may be
    kept. A tag of something else counts, whatever the date."""
    await publish(app, papers(2))
    whole = await browser.get(path)
    tag, modified = whole.headers["etag"], whole.headers["last-modified"]
    assert whole.headers["cache-control"].startswith("public, max-age=")
    later = format_datetime(parsedate_to_datetime(modified) + timedelta(days=1), usegmt=True)
    for headers in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"x", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-Modified-Since": later},
    ):
        for method in ("GET", "HEAD"):
            answer = await browser.request(method, path, headers=headers)
            assert (answer.status_code, answer.content) == (304, b""), headers
            for name in ("etag", "last-modified", "cache-control", "content-security-policy"):
                assert answer.headers[name] == whole.headers[name]
    earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)
    for headers in (
        {"If-None-Match": '"x"'},
        {"If-None-Match": '"x"', "If-Modified-Since": later},
        {"If-Modified-Since": earlier},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": ""},
        {"If-Modified-Since": "Fri, 20 Nov 2026 06:30:00"},
    ):
        answer = await browser.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (200, whole.content), headers


async def test_head_is_get_without_the_body(app: App, browser: httpx.AsyncClient) -> None:
    """With the length that the body would have."""
    await publish(app, papers(2))
    for path in ("/archive", "/archive/1", "/feed.atom", "/robots.txt", "/favicon.svg", "/archive/9"):
        got, head = await browser.get(path), await browser.head(path)
        assert head.content == b""
        assert (head.status_code, head.headers) == (got.status_code, got.headers)


async def test_a_long_archive_is_turned_page_by_page(app: App, browser: httpx.AsyncClient) -> None:
    """Every edition once, the newest first, by month; a page keeps its address and what is on it."""
    count = 2 * PAGE + 7
    await publish_many(app, count)
    seen, path, pages = [], "/archive", []
    while path:
        answer = await browser.get(path)
        found = relations(answer.text)
        pages.append(path)
        assert found["canonical"] == f"{HOME}{path}"
        seen += [link for link in Page(answer.text).links if link.startswith("/archive/")]
        assert found.get("prev") == (pages[-2] if len(pages) > 1 else None)
        path = found.get("next", "")
    assert seen == [f"/archive/{number}" for number in range(count, 0, -1)]
    assert len(pages) == 3
    assert pages[1] == f"/archive?before={count - PAGE + 1}"
    labels = [attributes["id"] for tag, attributes in Page(answer.text).elements if tag == "h2"]
    assert labels == ["month-1"]


@pytest.mark.parametrize("asked", ["0", "1", "-1", "x", "", "٢", "9" * 30, "1.5"])
async def test_no_page_of_the_archive(app: App, browser: httpx.AsyncClient, asked: str) -> None:
    """Nothing is below the first edition, and no number is no page."""
    await publish(app, papers(2))
    assert (await browser.get("/archive", params={"before": asked})).status_code == 404


async def test_a_page_above_the_newest_is_the_first(app: App, browser: httpx.AsyncClient) -> None:
    """And says that this one is its address."""
    await publish(app, papers(2))
    answer = await browser.get("/archive", params={"before": "999999999"})
    assert answer.text == (await browser.get("/archive")).text


async def test_a_section_can_be_linked_to(app: App, browser: httpx.AsyncClient) -> None:
    """By its name, which its heading links to, where it has no more than the lead, too; an entry by its
    rank. No two elements have the same id."""
    edition = (await publish(app, papers(20))).edition
    html = (await browser.get("/archive/1")).text
    ids = [attributes["id"] for _, attributes in Page(html).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    names = anchors(view_edition(edition, app.newsletter, app.theme.language))
    assert set(names.values()) <= set(ids)
    assert {f"paper-{item.rank}" for item in edition.featured} <= set(ids)
    within = [link.removeprefix("#") for link in Page(html).links if link.startswith("#")]
    assert set(within) <= set(names.values())


def test_anchors_are_short_names() -> None:
    """Of letters and digits in any script; no two are the same, and none is one of the page's own."""
    topics = ["Agents", "Vision & language", "智能体", "agents!", "Lead", "?", "Paper 3", *hostile.TEXTS]
    item = sample(1, 1).sections[0].entries[0]
    edition = Edition(
        newsletter="papers",
        number=1,
        slot=datetime(2026, 11, 20, tzinfo=UTC),
        subject="s",
        preheader="p",
        sections=tuple(Section(topic=topic, entries=(item,)) for topic in topics),
    )
    newsletter = Newsletter(id="papers", name="n", sender="a@example.org", base_url=HOME)
    names = anchors(view_edition(edition, newsletter, Language.load("en")))
    assert list(names.values())[:7] == [
        "agents",
        "vision-language",
        "智能体",
        "agents-4",
        "lead-5",
        "section",
        "paper-3-7",
    ]
    assert len(set(names.values())) == len(topics)
    assert all(name.replace("-", "").isalnum() for name in names.values())


async def test_robots_are_kept_from_what_is_private(tmp_path: Path) -> None:
    """Below the path of the newsletter."""
    async with open_app(config_in(tmp_path, "/papers"), NOW) as app, browser_of(app) as browser:
        answer = await browser.get("/papers/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /papers/unsubscribe/", "Disallow: /papers/preferences/"} <= set(lines[1:])
    assert not [line for line in lines if "archive" in line or "feed" in line]


async def test_the_icon_has_the_colour_of_the_theme(tmp_path: Path) -> None:
    """And the browser may load it."""
    folder = tmp_path / "templates" / "base"
    folder.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "templates" / "base" / "tokens.jinja"
    (folder / "tokens.jinja").write_text(shipped.read_text().replace("#A63A0F", "#123456"))
    async with open_app(config_in(tmp_path), NOW) as app, browser_of(app) as browser:
        answer = await browser.get("/favicon.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert 'fill="#123456"' in answer.text
    assert "img-src 'self'" in answer.headers["content-security-policy"]


async def test_a_shelf_keeps_what_was_asked_for_last() -> None:
    """So many, each made once; what nobody asked for longest goes."""
    made: list[str] = []

    async def get(name: str) -> Kept:
        async def make() -> Kept:
            made.append(name)
            return Kept.of(name, "text/plain", NOW, 1)

        return await shelf.get(name, make)

    shelf = Shelf(2)
    for name in "abacb":
        assert (await get(name)).body == name.encode()
    assert made == ["a", "b", "c", "b"]


async def test_what_many_ask_for_at_once_is_made_once() -> None:
    """And where making it fails, the next who asks gets it."""
    made: list[int] = []

    async def make() -> Kept:
        await asyncio.sleep(0)
        made.append(1)
        if len(made) == 1:
            raise OSError
        return Kept.of("text", "text/plain", NOW, 1)

    shelf = Shelf(2)
    answers = await asyncio.gather(*(shelf.get("a", make) for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, OSError) for answer in answers] == [True, False, False, False, False]
    assert len(made) == 2
