"""The public pages, asked as a browser and as a mail program ask, over a real database."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from support.site import (
    NOW,
    PAYLOADS,
    Page,
    browser_of,
    config_in,
    link_of,
    papers,
    publish,
    subscribe,
)

from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.model import DeliveryState, Entry, Subscriber, SubscriberStatus
from newsletter.errors import ConfigError
from newsletter.web.site import site

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    'https://example.org/"onmouseover="alert(1)',
    " java\nscript:alert(1)",
]


async def test_health(browser: httpx.AsyncClient) -> None:
    """Who watches the server gets a plain answer."""
    answer = await browser.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


# Leaving


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_the_link_changes_nothing(app: App, browser: httpx.AsyncClient, method: str) -> None:
    """Mail scanners follow links; the reader stays, and so does the copy that is planned for them."""
    person = await subscribe(app)
    published = await publish(app, papers(2))
    assert (await browser.request(method, link_of(app, person.id))).status_code == 200
    assert (await app.subscribers.get(person.id)).status is SubscriberStatus.ACTIVE
    assert (await app.outbox.accounting(published.id))[DeliveryState.PENDING] == 1


async def test_the_link_asks_first(app: App, browser: httpx.AsyncClient) -> None:
    """The page names who leaves what, without the whole address, and has a button that posts to itself."""
    person = await subscribe(app)
    answer = await browser.get(link_of(app, person.id))
    page = Page(answer.text)
    assert "Unsubscribe from Tom & Ada's <Papers>?" in page.text
    assert "a…@example.org will then get no further edition" in page.text
    assert "ada@" not in answer.text
    assert ("form", {"method": "post"}) in page.elements
    assert [tag for tag, _ in page.elements].count("button") == 1


@pytest.mark.parametrize(
    "body",
    [{"data": ONE_CLICK}, {"files": {name: (None, value) for name, value in ONE_CLICK.items()}}, {}],
    ids=["form", "multipart", "empty"],
)
async def test_one_click_unsubscribes(app: App, browser: httpx.AsyncClient, body: Any) -> None:
    """A single POST as of RFC 8058, without cookies or redirects; the copies still planned are suppressed,
    those of others are not."""
    person = await subscribe(app)
    await subscribe(app, "other@example.org")
    published = await publish(app, papers(2))
    answer = await browser.post(link_of(app, person.id), **body)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "You are unsubscribed" in answer.text
    assert (await app.subscribers.get(person.id)).status is SubscriberStatus.UNSUBSCRIBED
    accounting = await app.outbox.accounting(published.id)
    assert accounting.counts == {DeliveryState.SUPPRESSED: 1, DeliveryState.PENDING: 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Event.UNSUBSCRIBE, SubscriberStatus.UNSUBSCRIBED),
        (Event.BOUNCE, SubscriberStatus.UNSUBSCRIBED),
        (Event.COMPLAIN, SubscriberStatus.COMPLAINED),
    ],
)
async def test_unsubscribing_twice_is_fine(
    app: App, browser: httpx.AsyncClient, before: Event, after: SubscriberStatus
) -> None:
    """Mail providers repeat the POST: the answer stays the same, and who complained stays so."""
    person = await subscribe(app)
    await app.subscribers.move(person.id, before, NOW, "test")
    answers = [await browser.post(link_of(app, person.id), data=ONE_CLICK) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert (await app.subscribers.get(person.id)).status is after


async def test_who_has_left_is_not_asked_again(app: App, browser: httpx.AsyncClient) -> None:
    """The link then says that it is done, and shows no button."""
    person = await subscribe(app)
    await browser.post(link_of(app, person.id), data=ONE_CLICK)
    page = Page((await browser.get(link_of(app, person.id))).text)
    assert "You are unsubscribed" in page.text
    assert "button" not in [tag for tag, _ in page.elements]


def forged(app: App, person: Subscriber) -> list[str]:
    """Links that nobody sent: each bit of a real one flipped, other purposes and lists, mere nonsense."""
    real = link_of(app, person.id).rpartition("/")[2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    made = [
        real[:place] + alphabet[alphabet.index(real[place]) ^ (1 << bit)] + real[place + 1 :]
        for place in range(len(real))
        for bit in range(6)
    ]
    made += [tokens.make(app.secret, tokens.PREFERENCES, "papers", person.id)]
    made += [tokens.make(app.secret, tokens.UNSUBSCRIBE, "others", person.id)]
    made += [tokens.make(app.secret, tokens.UNSUBSCRIBE, "papers", number) for number in (10**6, 2**63 - 1)]
    made += ["", "x", real[:-1], f"{real}=", "%C3%A4" * 8, "..%2F..%2Fx", "a/b", "%00"]
    return [f"/unsubscribe/{token}" for token in made]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_link_tells_nothing(app: App, browser: httpx.AsyncClient, method: str) -> None:
    """Whatever is wrong with the token, and whether its subscriber exists or was erased, the answer has the
    same status, headers and bytes; nobody is unsubscribed by it."""
    person, erased = await subscribe(app), await subscribe(app, "bob@example.org")
    await app.subscribers.move(erased.id, Event.ERASE, NOW, "test")
    links = [*forged(app, person), link_of(app, erased.id)]
    answers = [await browser.request(method, link, follow_redirects=False) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert "This link is not one of ours" in answers[0].text
    assert (await app.subscribers.get(person.id)).status is SubscriberStatus.ACTIVE


async def test_a_link_outlives_the_key_that_signed_it(tmp_path: Path) -> None:
    """What is sent after a new key came is signed by that alone; what was sent before works until the old key
    is taken out."""
    config = config_in(tmp_path)
    old, new = (tmp_path / "secret").read_text(), "fedcba9876543210fedcba9876543210"
    async with open_app(config, NOW) as app:
        person = await subscribe(app)
        before = link_of(app, person.id)
    answers = []
    for keys in (f"{new}\n{old}\n", new):
        (tmp_path / "secret").write_text(keys)
        async with open_app(config, NOW) as app, browser_of(app) as browser:
            after = link_of(app, person.id)
            answers.append([(await browser.get(link)).status_code for link in (before, after)])
    assert after != before
    assert answers == [[200, 200], [404, 200]]


# More like this


def more_of(app: App, number: int, rank: int = 1, edition: int = 1) -> str:
    """Where the emails of this subscriber lead to for more like an entry."""
    token = tokens.make(app.secret, tokens.MORE, app.newsletter.id, number)
    return f"/more/{token}/{edition}/{rank}"


async def likes_of(app: App, person: Subscriber) -> list[str]:
    return [like.entry for like in (await app.subscribers.get(person.id)).wishes.likes]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_a_link_for_more_changes_nothing(
    app: App, browser: httpx.AsyncClient, method: str
) -> None:
    """Mail scanners follow these links too."""
    person = await subscribe(app)
    await publish(app, papers(2))
    assert (await browser.request(method, more_of(app, person.id))).status_code == 200
    assert await likes_of(app, person) == []


async def test_asking_for_more_and_taking_it_back(app: App, browser: httpx.AsyncClient) -> None:
    """The page names the entry and has one button, each answer the way back; pressing twice is once."""
    person = await subscribe(app)
    entry = (await publish(app, papers(20))).edition.featured[1].entry
    link = more_of(app, person.id, rank=2)
    asked = Page((await browser.get(link)).text)
    assert "More like this?" in asked.text
    assert f"“{entry.title}”" in asked.text
    assert ("form", {"method": "post", "action": link}) in asked.elements
    for _ in range(2):
        answer = await browser.post(link)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert ("form", {"method": "post", "action": f"{link}/back"}) in Page(answer.text).elements
        assert await likes_of(app, person) == [entry.id]
    assert "There will be more" in (await browser.get(link)).text
    for _ in range(2):
        answer = await browser.post(f"{link}/back")
        assert "More like this?" in answer.text
        assert await likes_of(app, person) == []


async def test_an_entry_shown_by_title_only_may_be_liked_too(app: App, browser: httpx.AsyncClient) -> None:
    """Who follows something in it has it in full, with its link."""
    person = await subscribe(app)
    first = (await publish(app, papers(20))).edition.also[0]
    await browser.post(more_of(app, person.id, first.rank))
    assert await likes_of(app, person) == [first.entry.id]


@pytest.mark.parametrize("path", ["1/99", "1/0", "1/x", "1/-1", "2/1", "x/1", "1/" + "9" * 5000, "٢/1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_more_of_what_there_is_not(
    app: App, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    """There is no such page, and nothing is changed."""
    person = await subscribe(app)
    await publish(app, papers(20))
    link = more_of(app, person.id).removesuffix("1/1") + path
    assert (await browser.request(method, link)).status_code == 404
    assert await likes_of(app, person) == []


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", ""), ("POST", "/back")])
async def test_a_forged_link_for_more_tells_nothing(
    app: App, browser: httpx.AsyncClient, method: str, end: str
) -> None:
    """The same answer whatever is wrong with the token, that of the unsubscribe link included; and whether
    there is such an entry is not told either."""
    person, erased = await subscribe(app), await subscribe(app, "bob@example.org")
    await app.subscribers.move(erased.id, Event.ERASE, NOW, "test")
    await publish(app, papers(2))
    unsubscribe = link_of(app, person.id).removeprefix("/unsubscribe/")
    made = [unsubscribe, "x", more_of(app, erased.id)[6:38], more_of(app, 10**6)[6:38]]
    made += [tokens.make(app.secret, tokens.MORE, "others", person.id)]
    links = [f"/more/{token}/{place}{end}" for token in made for place in ("1/1", "1/99", "7/1")]
    answers = [await browser.request(method, link) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert "This link is not one of ours" in answers[0].text
    assert await likes_of(app, person) == []


async def test_whoever_left_is_told_so(app: App, browser: httpx.AsyncClient) -> None:
    """Rather than promised more."""
    person = await subscribe(app)
    await publish(app, papers(2))
    await app.subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "test")
    answer = await browser.post(more_of(app, person.id))
    assert "You are unsubscribed" in answer.text
    assert await likes_of(app, person) == []


async def test_a_hostile_title_stays_text_on_the_page_for_more(app: App, browser: httpx.AsyncClient) -> None:
    """Shown as it was written."""
    person = await subscribe(app)
    await publish(app, [Entry(id=f"p{n}", title=text) for n, text in enumerate(PAYLOADS)])
    for rank in range(1, len(PAYLOADS) + 1):
        page = Page((await browser.post(more_of(app, person.id, rank))).text)
        assert not {"script", "img", "b"} & {tag for tag, _ in page.elements}


# The archive


async def test_the_archive_lists_the_editions(app: App, browser: httpx.AsyncClient) -> None:
    """Newest first, each with number, date and subject, and a link that leads to it."""
    first = await publish(app, papers(2))
    second = await publish(app, papers(2, start=3), days=1)
    page = Page((await browser.get("/archive")).text)
    assert page.links == ["/subscribe", "/archive", "/archive/2", "/archive/1", "/feed.atom"]
    for shown in (first.edition.subject, second.edition.subject, "Friday, November 20, 2026", "No. 2"):
        assert shown in page.text
    assert (await browser.get("/archive/1")).status_code == 200


async def test_an_empty_archive(browser: httpx.AsyncClient) -> None:
    """Before the first edition the page says that there is none."""
    assert "None yet" in (await browser.get("/archive")).text


async def test_an_edition_shows_what_the_email_had_no_room_for(app: App, browser: httpx.AsyncClient) -> None:
    """The chosen entries with their lines, votes, authors and links; the titles of all others, each once,
    with their links."""
    published = await publish(app, papers(40))
    assert len(published.edition.rest) == 40 - 3 - len(published.edition.also)
    page = Page((await browser.get("/archive/1")).text)
    featured = {item.entry.url for item in published.edition.featured}
    for url in (f"https://example.org/abs/{number}" for number in range(1, 41)):
        assert page.links.count(url) == (2 if url in featured else 1)
    words = [" ".join(line.split()) for line in page.text.splitlines()]
    assert [words.count(f"Title of paper {number}") for number in range(1, 41)] == [1] * 40
    assert "999 votes" in words
    assert "Ada Lovelace and 2 more · Example Lab" in words
    assert published.edition.featured[1].line in words
    assert f"{len(published.edition.rest)} more" in words


async def test_a_page_has_one_heading_and_no_script(app: App, browser: httpx.AsyncClient) -> None:
    """Every page can be read and used without scripts, and says its language and its one subject."""
    person = await subscribe(app)
    await publish(app, papers(20))
    for path in (
        "/archive",
        "/archive/1",
        link_of(app, person.id),
        "/unsubscribe/x",
        "/nowhere",
        more_of(app, 1),
        link_of(app, person.id, tokens.PREFERENCES),
    ):
        page = Page((await browser.get(path)).text)
        tags = [tag for tag, _ in page.elements]
        assert (tags.count("h1"), tags.count("main"), tags.count("title")) == (1, 1, 1), path
        assert "script" not in tags
        assert page.elements[0] == ("html", {"lang": "en", "dir": "ltr"})


async def test_hostile_papers_stay_text(app: App, browser: httpx.AsyncClient) -> None:
    """Markup in titles, summaries and names is shown as it was written, wherever an entry can stand;
    addresses that could run something become no links."""
    hostile = [
        Entry(
            id=f"{text}{number}",
            title=f"{text} {number}",
            authors=(text, text),
            organization=text,
            url=link,
            code=link,
            discussion=link,
            summary=f"{text} is what this sentence says. And so on.",
        )
        for number in range(3)
        for text, link in zip(PAYLOADS, LINKS, strict=True)
    ]
    await publish(app, hostile)
    answers = [await browser.get(path) for path in ("/archive", "/archive/1")]
    page = Page(answers[1].text)
    assert all(page.text.count(text) >= 3 for text in PAYLOADS)
    for answer in answers:
        elements = Page(answer.text).elements
        assert not {"script", "img", "b"} & {tag for tag, _ in elements}
        assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    schemes = {urlsplit(link).scheme for link in page.links}
    assert schemes == {"", "https"}
    assert "49" not in page.text


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", "1x", "٢", "9" * 30, "9" * 5000])
async def test_an_unknown_edition(app: App, browser: httpx.AsyncClient, number: str) -> None:
    """The page says so and leads to those that there are."""
    await publish(app, papers(2))
    answer = await browser.get(f"/archive/{number}")
    assert answer.status_code == 404
    assert "/archive" in Page(answer.text).links


async def test_many_entries_are_looked_up_in_order(app: App) -> None:
    """More ids than one query takes; unknown ones are left out, the order is that of the question."""
    await app.entries.add(papers(1201), NOW)
    ids = [f"paper:{number}" for number in range(1201, 0, -1)]
    found = await app.entries.get_many([ids[0], "paper:none", *ids[1:]])
    assert [entry.id for entry in found] == ids
    assert await app.entries.get_many([]) == ()


# In other languages


@pytest.fixture(params=[("de", "ltr"), ("ar", "rtl")], ids=["German", "Arabic"])
def spoken(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A language and the direction of its writing."""
    return request.param


async def test_pages_speak_the_language_of_the_newsletter(tmp_path: Path, spoken: tuple[str, str]) -> None:
    """Every page says language and direction; dates are written as there, fixed words come from the
    catalogue that emails use; what entries say themselves is marked as of their own language."""
    tag, direction = spoken
    async with open_app(config_in(tmp_path, more=f'language = "{tag}"'), NOW) as app:
        async with browser_of(app) as browser:
            person = await subscribe(app)
            edition = (await publish(app, papers(20))).edition
            private = [link_of(app, person.id), more_of(app, person.id), "/unsubscribe/x", "/nowhere"]
            private += [link_of(app, person.id, tokens.PREFERENCES)]
            pages = {path: await browser.get(path) for path in ("/archive", "/archive/1", *private)}
        gettext, date = app.theme.language.texts.gettext, app.theme.language.date(edition.slot)
    for path, answer in pages.items():
        assert Page(answer.text).elements[0] == ("html", {"lang": tag, "dir": direction}), path
    assert date in Page(pages["/archive"].text).text
    shown = Page(pages["/archive/1"].text)
    for words in (date, gettext("Also new"), gettext("Paper"), gettext("Code"), gettext("All editions")):
        assert words in shown.text
    titles = [attributes for tag, attributes in shown.elements if attributes.get("class") == "title"]
    assert titles
    assert all((title["lang"], title["dir"]) == ("en", "auto") for title in titles)
    assert f"{gettext('Unsubscribe')}</button>" in pages[link_of(app, person.id)].text


async def test_a_translation_reaches_the_pages(tmp_path: Path) -> None:
    """The operator's own catalogue, too, and what is put into a text is marked up once."""
    locale = tmp_path / "templates" / "base" / "locale"
    locale.mkdir(parents=True)
    texts = {
        "All editions": "Frühere Ausgaben",
        "Unsubscribe from %(newsletter)s?": "%(newsletter)s verlassen?",
    }
    lines = [f'msgid "{text}"\nmsgstr "{said}"\n' for text, said in texts.items()]
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    (locale / "de.po").write_text("\n".join([head, *lines]), encoding="utf-8")
    async with open_app(config_in(tmp_path, more='language = "de"'), NOW) as app, browser_of(app) as browser:
        person = await subscribe(app)
        assert "Frühere Ausgaben" in (await browser.get("/archive")).text
        asked = (await browser.get(link_of(app, person.id))).text
    assert "<h1><bdi>Tom &amp; Ada&#39;s &lt;Papers&gt;</bdi> verlassen?</h1>" in asked
    assert "<title>Tom &amp; Ada&#39;s &lt;Papers&gt; verlassen? · " in asked


async def test_the_style_sheet_has_the_colours_of_the_theme(tmp_path: Path) -> None:
    """Light and dark, also those that an operator has changed, and no side of the page by its name."""
    folder = tmp_path / "templates" / "base"
    folder.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "templates" / "base" / "tokens.jinja"
    (folder / "tokens.jinja").write_text(shipped.read_text().replace("#A63A0F", "#123456"))
    async with open_app(config_in(tmp_path), NOW) as app, browser_of(app) as browser:
        sheet = (await browser.get("/style.css")).text
    assert "--accent: #123456;" in sheet
    assert "--accent: #F2A27A;" in sheet
    assert not {"left", "right"} & set(re.findall(r"[a-z]+", sheet))


# All pages


@pytest.mark.parametrize("path", ["", "/papers", "/a/b"])
async def test_links_keep_the_path_of_the_newsletter(tmp_path: Path, path: str) -> None:
    """Below a path of its own, pages are found whether the proxy leaves that path on or takes it off, and
    every link within the pages leads to a page."""
    async with open_app(config_in(tmp_path, path), NOW) as app, browser_of(app) as browser:
        await publish(app, papers(2))
        home = await browser.get(path or "/")
        assert home.headers["location"] == f"{path}/archive"
        assert (await browser.get("/archive")).text == (await browser.get(f"{path}/archive")).text
        for page in (f"{path}/archive", f"{path}/archive/1", f"{path}/unsubscribe/x", f"{path}/nowhere"):
            elements = Page((await browser.get(page)).text).elements
            hrefs = [attributes["href"] or "" for _, attributes in elements if "href" in attributes]
            own = [href for href in hrefs if not urlsplit(href).scheme and not href.startswith("#")]
            assert len(own) >= 2
            assert all(href.startswith(f"{path}/") for href in own)
            assert {(await browser.get(href)).status_code for href in own} == {200}


async def test_headers_on_every_answer(app: App, browser: httpx.AsyncClient) -> None:
    """Nothing may run, frame the page or learn the address that a reader came from; a page of one
    reader's own is neither kept nor indexed."""
    person = await subscribe(app)
    await publish(app, papers(2))
    private = [
        f"/{purpose}/{token}"
        for purpose in (tokens.UNSUBSCRIBE, tokens.PREFERENCES)
        for token in ("x", tokens.make(app.secret, purpose, "papers", person.id))
    ]
    for path in ["/", "/health", "/style.css", "/archive", "/archive/1", "/archive/2", "/nowhere", *private]:
        for method in ("GET", "HEAD", "POST"):
            headers = (await browser.request(method, path)).headers
            assert headers["content-security-policy"] == POLICY
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in headers
            assert (headers.get("cache-control") == "no-store") == (path in private)
            assert ("x-robots-tag" in headers) == (path in private)


async def test_other_methods_are_refused(app: App, browser: httpx.AsyncClient) -> None:
    """Nothing else can be done to a page, and the answer says what can."""
    person = await subscribe(app)
    answer = await browser.put(link_of(app, person.id))
    assert answer.status_code == 405
    assert "allow" in answer.headers
    assert (await browser.post("/archive")).status_code == 405
    assert (await app.subscribers.get(person.id)).status is SubscriberStatus.ACTIVE


async def test_a_broken_database_is_a_page_too(app: App, tmp_path: Path) -> None:
    """The reader is told to come back later and learns nothing else; the error reaches the server's log."""
    (tmp_path / "newsletter.db").write_text("no database")
    async with browser_of(app, raising=False) as browser:
        answer = await browser.get("/archive")
    assert answer.status_code == 500
    assert "try again" in answer.text
    assert str(tmp_path) not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_no_pages_without_a_secret(tmp_path: Path) -> None:
    """It is told at the start, not to the first reader who wants to leave."""
    config = config_in(tmp_path)
    (tmp_path / "secret").unlink()
    async with open_app(config, NOW) as app:
        with pytest.raises(ConfigError, match="NEWSLETTER_SECRET"):
            site(app)
