"""The feed of editions, judged by the rules of RFC 4287, by feedparser and by our own reader of feeds."""

from dataclasses import replace
from datetime import datetime, timedelta

import feedparser
import httpx
import nh3
from lxml import etree
from support import hostile
from support.samples import edition as sample
from support.site import NOW, Page, papers, publish

from newsletter.adapters.sources.feedreader import read_feed
from newsletter.bootstrap import App
from newsletter.core.model import Edition, Entry, RankedEntry, Section
from newsletter.render.text import clean

HOME = "https://papers.example.org"
ATOM = "{http://www.w3.org/2005/Atom}"


def hostile_edition(number: int) -> Edition:
    """Every field of it is hostile, and every hostile text stands in each of them."""
    texts, links = hostile.TEXTS, hostile.ADDRESSES
    items = [
        RankedEntry(
            entry=Entry(
                id=f"p{number}-{n}",
                title=text,
                authors=(text, text),
                organization=text,
                url=links[n % len(links)],
                code=links[(n + 1) % len(links)],
                summary=text,
            ),
            rank=n + 1,
            score=1.0,
            reasons=(text,),
            line=text,
        )
        for n, text in enumerate(texts)
    ]
    half = len(items) // 2
    return Edition(
        newsletter="papers",
        number=number,
        slot=NOW + timedelta(days=number),
        subject=texts[number % len(texts)],
        preheader=texts[(number + 7) % len(texts)],
        sections=tuple(Section(topic=item.entry.title, entries=(item,)) for item in items[:half]),
        also=tuple(items[half:]),
        rest=("none",),
    )


async def feed_of(browser: httpx.AsyncClient) -> tuple[httpx.Response, feedparser.FeedParserDict]:
    """The answer, and what feedparser makes of it, which has nothing against it."""
    answer = await browser.get("/feed.atom")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml"
    parsed = feedparser.parse(answer.content, response_headers={"content-type": "application/atom+xml"})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return answer, parsed


def check_rules(document: bytes) -> None:
    """What RFC 4287 demands of a feed and of its entries: sections 4.1.1, 4.1.2, 3.3, 4.2.6 and 4.2.7."""
    root = etree.fromstring(document)
    assert root.tag == f"{ATOM}feed"
    elements = [root, *root.iterfind(f"{ATOM}entry")]
    for element in elements:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
        for name in ("id", "title"):
            assert (element.findtext(f"{ATOM}{name}") or "").strip()
        for name in ("updated", "published"):
            for moment in element.findall(f"{ATOM}{name}"):
                assert datetime.fromisoformat(moment.text or "").tzinfo
                assert "T" in (moment.text or "")
        assert (element.findtext(f"{ATOM}id") or "").startswith(f"{HOME}/")
        for link in element.findall(f"{ATOM}link"):
            assert link.get("href", "").startswith(f"{HOME}/")
        alternates = [
            (link.get("type"), link.get("hreflang"))
            for link in element.findall(f"{ATOM}link")
            if link.get("rel") == "alternate"
        ]
        assert len(alternates) == len(set(alternates)) == 1
    assert [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"] == [
        f"{HOME}/feed.atom"
    ]
    assert len(root.findall(f"{ATOM}author")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    ids = [element.findtext(f"{ATOM}id") for element in elements]
    assert len(ids) == len(set(ids))
    newest = max(datetime.fromisoformat(one.findtext(f"{ATOM}updated") or "") for one in elements[1:])
    assert datetime.fromisoformat(root.findtext(f"{ATOM}updated") or "") == newest


async def test_an_edition_is_an_entry(app: App, browser: httpx.AsyncClient) -> None:
    """With its subject, its page, its times, its preheader, and all of its entries with their links."""
    published = await publish(app, papers(20))
    edition = published.edition
    answer, parsed = await feed_of(browser)
    check_rules(answer.content)
    assert parsed.feed.title == "Tom & Ada's <Papers>"
    assert parsed.feed.author == "Tom & Ada's <Papers>"
    (entry,) = parsed.entries
    assert entry.title == edition.subject
    assert (entry.id, entry.link) == (f"{HOME}/archive/1", f"{HOME}/archive/1")
    assert entry.summary == edition.preheader
    assert datetime.fromisoformat(entry.published) == edition.slot
    assert datetime.fromisoformat(entry.updated) == published.created
    (content,) = entry.content
    assert content.type == "text/html"
    page = Page(content.value)
    for item in (*edition.featured, *edition.also):
        assert item.entry.title in page.text
        assert item.entry.url in page.links
    assert page.links[-1] == f"{HOME}/archive/1"


async def test_hostile_editions_make_a_good_feed(app: App, browser: httpx.AsyncClient) -> None:
    """Whatever stands in a title, a name, a topic, a link or a subject: the feed is well-formed, its content
    has elements of ours alone, and no link leads to anything but the web and mail."""
    many = len(hostile.TEXTS)
    for number in range(1, many + 1):
        made = hostile_edition(number)
        known = [Entry(id=item.entry.id, title="t") for item in (*made.featured, *made.also)]
        await app.entries.add(known, NOW)
        assert await app.editions.publish(made, "<p>", "text", "0" * 16, made.slot)
        if number % 20 and number != many:
            continue
        answer, parsed = await feed_of(browser)
        check_rules(answer.content)
        assert len(parsed.entries) == min(number, 20)
        # feedparser cleans contents itself: look at what it was given.
        contents = [(entry.title, entry.summary, entry.content[0].value) for entry in raw(answer.content)]
        for _, _, html in contents:
            page = Page(html)
            assert {tag for tag, _ in page.elements} <= {"h2", "h3", "p", "ul", "li", "a"}
            assert all(set(attributes) <= {"href"} for _, attributes in page.elements)
            assert all(link.startswith(("http://", "https://", "mailto:")) for link in page.links)
            assert nh3.clean(html, link_rel=None).count("<") == html.count("<")
        titles = {title for title, _, _ in contents}
        newest = clean(hostile.TEXTS[number % many])
        assert not newest or newest in titles


def raw(document: bytes) -> list[feedparser.FeedParserDict]:
    """The entries as they are written, without feedparser's own cleaning."""
    parsed = feedparser.parse(
        document,
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/atom+xml"},
    )
    return list(parsed.entries)


async def test_our_own_reader_reads_it(app: App, browser: httpx.AsyncClient) -> None:
    """A newsletter can have another as a source: every edition comes with its subject, page and time, and no
    complaint."""
    made = [(await publish(app, papers(20, start=1 + 20 * day), days=day)).edition for day in range(3)]
    answer, _ = await feed_of(browser)
    read = read_feed(answer.content, answer.headers["content-type"], limit=50)
    assert read.problems == ()
    assert [(item.title, item.text) for item in read.items] == [
        (edition.subject, edition.preheader) for edition in reversed(made)
    ]
    assert [item.link for item in read.items] == [f"{HOME}/archive/{number}" for number in (3, 2, 1)]
    assert [datetime.fromisoformat(item.published) for item in read.items] == [
        edition.slot for edition in reversed(made)
    ]


async def test_the_newest_editions_are_in_it(app: App, browser: httpx.AsyncClient) -> None:
    """Twenty at most; and the next one as soon as it is there."""
    for number in range(1, 23):
        now = NOW + timedelta(days=number)
        await app.entries.add([Entry(id=f"p{number}", title="t")], NOW)
        made = sample(number, slot=now)
        item = RankedEntry(entry=Entry(id=f"p{number}", title="t"), rank=1, score=1.0, reasons=())
        made = replace(made, sections=(Section(topic="T", entries=(item,)),))
        assert await app.editions.publish(made, "<p>", "text", "0" * 16, now)
        if number in (20, 21):
            _, parsed = await feed_of(browser)
            assert parsed.entries[0].link == f"{HOME}/archive/{number}"
    _, parsed = await feed_of(browser)
    assert [entry.link for entry in parsed.entries] == [f"{HOME}/archive/{n}" for n in range(22, 2, -1)]


async def test_a_feed_before_the_first_edition(browser: httpx.AsyncClient) -> None:
    """Has no entries and is a feed all the same, the same each time."""
    answer, parsed = await feed_of(browser)
    assert parsed.entries == []
    assert parsed.feed.updated
    assert (await browser.get("/feed.atom")).content == answer.content


async def test_an_edition_without_a_subject_has_a_title(app: App, browser: httpx.AsyncClient) -> None:
    """RFC 4287 demands one."""
    await app.entries.add([Entry(id="p1", title="t")], NOW)
    item = RankedEntry(entry=Entry(id="p1", title="t"), rank=1, score=1.0, reasons=())
    made = replace(sample(1), subject="\x00", sections=(Section(topic="T", entries=(item,)),))
    assert await app.editions.publish(made, "<p>", "text", "0" * 16, NOW)
    _, parsed = await feed_of(browser)
    assert parsed.entries[0].title == "No. 1"
