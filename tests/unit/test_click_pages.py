"""Links that are counted, as readers follow them and as scanners do."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.site import NOW, Page, browser_of, config_in, link_of, papers, publish, subscribe

from newsletter.adapters.clock import FixedClock
from newsletter.adapters.stores.schema import clicks_by_reader
from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.clicks import LINKS
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState, Subscriber
from newsletter.core.wishes import Wishes
from newsletter.errors import StoreError
from newsletter.ports import DueCopy, Followed, LinkClicks, PublishedEdition, Tally
from newsletter.render.findings import Status
from newsletter.services.clicks import ClickCounter

SITE = "https://papers.example.org"
READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
ON = "[clicks]\nenabled = true"
BY_READER = f"{ON}\nby_reader = true"


@pytest.fixture(params=[ON], ids=["all"])
async def app(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    async with open_app(config_in(tmp_path, more=request.param), NOW) as opened:
        yield opened


@pytest.fixture
async def browser(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        client.headers = httpx.Headers(READER)
        yield client


both = pytest.mark.parametrize("app", [ON, BY_READER], indirect=True, ids=["all", "by-reader"])
by_reader = pytest.mark.parametrize("app", [BY_READER], indirect=True, ids=["by-reader"])


async def sent(app: App, count: int = 2, minutes: int = 5) -> PublishedEdition:
    """An edition with so many papers, and so long a time to read it."""
    published = await publish(app, papers(count))
    object.__setattr__(app, "clock", FixedClock(NOW + timedelta(minutes=minutes)))
    return published


def copy_of(app: App, published: PublishedEdition, person: Subscriber) -> tuple[str, str]:
    """Both parts of what this reader gets."""
    row = DueCopy(1, published.id, person.id, person.email, person.name, Wishes(), 0)
    written = app.composer(published).write(row)
    assert written
    return written.copy.html, written.copy.text


def counted(html: str) -> list[str]:
    """The links in it that are counted."""
    return [link for link in dict.fromkeys(Page(html).links) if link.startswith(f"{SITE}/c/")]


async def figures(app: App, published: PublishedEdition) -> tuple[LinkClicks, ...]:
    """Once everything is written."""
    await app.click_counter.close()
    del app.__dict__["click_counter"]
    return await app.clicks.of(published.id)


# What is in the mail


@both
async def test_every_link_of_an_entry_leads_where_it_should(app: App, browser: httpx.AsyncClient):
    """Both parts have the same; none has an entry's own address; each leads to one, by an answer that no
    cache keeps and that tells the site nothing of whence."""
    person = await subscribe(app)
    published = await sent(app)
    html, text = copy_of(app, published, person)
    links = counted(html)
    found = []
    for link in links:
        answer = await browser.get(link)
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        found.append(answer.headers["Location"])
    wanted = [url for entry in papers(2) for url in (entry.url, entry.code)]
    assert sorted(found) == sorted(wanted)
    assert set(re.findall(rf"{SITE}/c/\S+", text)) == set(links)
    assert not [url for url in wanted if url in html + text]


async def test_all_readers_have_the_same_links(app: App):
    """So that they say nothing of who follows them."""
    published = await sent(app)
    people = [await subscribe(app, email) for email in ("ada@example.org", "bo@example.org")]
    ada, bo = (counted(copy_of(app, published, person)[0]) for person in people)
    assert ada == bo


@by_reader
async def test_each_reader_has_links_of_their_own(app: App):
    """With as many as there are."""
    published = await sent(app)
    people = [await subscribe(app, email) for email in ("ada@example.org", "bo@example.org")]
    ada, bo = (counted(copy_of(app, published, person)[0]) for person in people)
    assert len(ada) == len(bo) == 4
    assert not set(ada) & set(bo)


@by_reader
async def test_what_a_reader_looks_at_is_a_weak_wish(app: App, browser: httpx.AsyncClient):
    """It is kept with their likes, but not shown as one; asked for as well, it is a like as any; and it goes
    when they leave."""
    person = await subscribe(app)
    published = await sent(app)
    link = counted(copy_of(app, published, person)[0])[0]
    await browser.get(link)
    await figures(app, published)
    (like,) = (await app.subscribers.get(person.id)).wishes.likes
    assert like.clicked
    assert like.title not in (await browser.get(link_of(app, person.id, tokens.PREFERENCES))).text
    rank = next(item.rank for item in published.edition.featured if item.entry.id == like.entry)
    more = f"{link_of(app, person.id, tokens.MORE)}/1/{rank}"
    asked = (await browser.get(more)).text
    await browser.post(more)
    assert (await browser.get(more)).text != asked
    await browser.get(link)
    await figures(app, published)
    (like,) = (await app.subscribers.get(person.id)).wishes.likes
    assert not like.clicked
    await app.subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "link")
    assert (await app.subscribers.get(person.id)).wishes.likes == ()
    assert await kept(app) == []


@both
async def test_such_a_copy_passes_every_check(app: App):
    """Its links are all there, in both parts, sound, and nobody else's; it is not larger than it may be."""
    await app.entries.add(papers(60), NOW)
    edition = await app.desk.propose(NOW, NOW)
    assert edition
    draft = app.desk.draft(edition, NOW)
    seen = await app.inspect(draft, spam=False)
    assert [found for found in seen.findings if found.status is Status.FAIL] == []
    assert len(counted(seen.copy.html)) == 3 * 2 + 10  # in full, and by title
    assert len(seen.copy.html.encode()) <= draft.fitting.decoded
    assert len(seen.copy.quoted_html) <= draft.fitting.encoded


async def test_the_archive_has_plain_addresses(app: App, browser: httpx.AsyncClient):
    """Whoever reads on the web is not counted."""
    await sent(app)
    links = Page((await browser.get("/archive/1")).text).links
    assert "https://example.org/abs/1" in links
    assert not [link for link in links if "/c/" in link]


async def test_what_is_no_address_of_the_web_is_not_led_over(app: App, browser: httpx.AsyncClient):
    """mailto stays, and what is dangerous is no link at all, in the mail as on the page."""
    (first, second) = papers(2)
    await app.entries.add(
        [replace(first, code="mailto:ada@example.org"), replace(second, code="javascript:x")], NOW
    )
    published = (await app.daily.publish(NOW, NOW)).edition
    html, _ = copy_of(app, published, await subscribe(app))
    assert "mailto:ada@example.org" in html
    assert len(counted(html)) == 2
    for place in (1, 2):
        assert (await browser.get(f"/c/{name(app, place, 'code')}")).status_code == 404


def name(app: App, place: int, kind: str, number: int = 1) -> str:
    """Of a link, as only we can make it."""
    return tokens.make_link(app.secret, app.newsletter.id, number, place, LINKS.index(kind))


# What is refused


@both
async def test_what_we_have_not_signed_leads_nowhere(app: App, browser: httpx.AsyncClient):
    """Nor what is signed for something else, or for what is not there."""
    person = await subscribe(app)
    await sent(app)
    good = name(app, 1, "paper")
    unsubscribe = tokens.make(app.secret, tokens.UNSUBSCRIBE, app.newsletter.id, person.id)
    assert (await browser.get(f"/c/{good}")).status_code == 302
    for path in (
        unsubscribe,
        "x",
        "https://example.com/",
        "%2F%2Fexample.com",
        f"{good}=",
        name(app, 9, "paper"),
        name(app, 1, "discussion"),
        name(app, 1, "paper", number=2),
        f"{good}/",
        f"{good}/{unsubscribe}",
        f"{good}/x",
    ):
        assert (await browser.get(f"/c/{path}")).status_code == 404, path
    assert (await browser.post(f"/c/{good}")).status_code == 405


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 27), letter=st.sampled_from("ABCabc012-_"))
async def test_a_changed_name_leads_nowhere(app: App, browser: httpx.AsyncClient, at: int, letter: str):
    """Whatever is changed in it."""
    if await app.editions.newest(app.newsletter.id) is None:
        await sent(app)
    good = name(app, 1, "paper")
    changed = good[:at] + letter + good[at + 1 :]
    assert (await browser.get(f"/c/{changed}")).status_code == (302 if changed == good else 404)


# What is counted


async def test_clicks_are_counted_apart_from_scans(app: App, browser: httpx.AsyncClient):
    """Not before the answer is given; by person or machine, each link for itself."""
    published = await sent(app)
    paper, code = (f"/c/{name(app, 1, kind)}" for kind in ("paper", "code"))
    await browser.get(paper)
    await browser.head(code)
    await browser.get(code, headers={"User-Agent": "python-requests/2"})
    assert await app.clicks.of(published.id) == ()
    assert await figures(app, published) == (
        LinkClicks(1, LINKS.index("paper"), Tally(1, 0)),
        LinkClicks(1, LINKS.index("code"), Tally(0, 2)),
    )


async def test_a_scanner_that_follows_all_links_is_no_reader(app: App, browser: httpx.AsyncClient):
    """Though it calls itself a browser."""
    person = await subscribe(app)
    published = await sent(app)
    for link in counted(copy_of(app, published, person)[0]):
        await browser.get(link)
    assert {found.tally for found in await figures(app, published)} == {Tally(0, 1)}


async def test_what_comes_with_the_mail_is_no_reader(app: App, browser: httpx.AsyncClient):
    """Within seconds after the sending began."""
    published = await sent(app, minutes=0)
    await browser.get(f"/c/{name(app, 1, 'paper')}")
    assert [found.tally for found in await figures(app, published)] == [Tally(0, 1)]


async def test_links_work_when_counting_has_ended(tmp_path: Path):
    """Editions that were sent keep theirs; nothing is counted any more."""
    async with open_app(config_in(tmp_path, more=ON), NOW) as app:
        published = await sent(app)
        link = f"/c/{name(app, 1, 'paper')}"
    async with open_app(config_in(tmp_path), NOW) as app, browser_of(app) as browser:
        assert (await browser.get(link, headers=READER)).status_code == 302
        assert "click_counter" not in app.__dict__
        assert await app.clicks.of(published.id) == ()


async def test_the_api_tells_of_each_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By rank and kind."""
    monkeypatch.setenv("NEWSLETTER_API_TOKEN", "t" * 24)
    async with open_app(config_in(tmp_path, more=ON), NOW) as app, browser_of(app) as browser:
        published = await sent(app)
        await browser.get(f"/c/{name(app, 2, 'code')}", headers=READER)
        await figures(app, published)
        answer = await browser.get("/api/editions/1/stats", headers={"Authorization": f"Bearer {'t' * 24}"})
        assert answer.json()["clicks"] == [{"rank": 2, "link": "code", "people": 1, "machines": 0}]


@by_reader
async def test_it_is_kept_who_followed_what(app: App, browser: httpx.AsyncClient):
    """Of people; the aggregate counts the same."""
    person = await subscribe(app)
    published = await sent(app)
    links = counted(copy_of(app, published, person)[0])
    await browser.get(links[0])
    await browser.head(links[-1])
    assert sum(found.tally.people for found in await figures(app, published)) == 1
    assert len(await kept(app)) == 1


@by_reader
@pytest.mark.parametrize(("seconds", "people"), [(9, 0), (10, 1)])
async def test_a_copy_that_went_out_late_has_a_time_of_its_own(
    app: App, browser: httpx.AsyncClient, seconds: int, people: int
):
    """Where it is known whose it is: within seconds of it only scanners come, however late it was."""
    person = await subscribe(app)
    published = await sent(app, minutes=60)
    (row,) = await app.outbox.due(NOW, 0, 9)
    await app.outbox.record([row.id], [], app.clock.now())
    await app.outbox.record([], [(row.id, Decision(DeliveryState.ACCEPTED, 1))], app.clock.now())
    object.__setattr__(app, "clock", FixedClock(app.clock.now() + timedelta(seconds=seconds)))
    await browser.get(counted(copy_of(app, published, person)[0])[0])
    assert [found.tally for found in await figures(app, published)] == [Tally(people, 1 - people)]
    assert len(await kept(app)) == people


async def test_it_is_not_kept_where_that_was_switched_off(tmp_path: Path):
    """Though the mail that was sent before has links of its reader's own."""
    async with open_app(config_in(tmp_path, more=BY_READER), NOW) as app:
        person = await subscribe(app)
        link = counted(copy_of(app, await sent(app), person)[0])[0]
    later = NOW + timedelta(minutes=5)
    async with open_app(config_in(tmp_path, more=ON), later) as app, browser_of(app) as browser:
        assert (await browser.get(link, headers=READER)).status_code == 302
        published = await app.editions.get(app.newsletter.id, 1)
        # The same bytes as before on another attempt, whatever is configured by now.
        assert link in copy_of(app, published, person)[0]
        assert [found.tally for found in await figures(app, published)] == [Tally(1, 0)]
        assert await kept(app) == []


async def kept(app: App) -> list[int]:
    """Whose clicks are known."""
    async with app.database.read() as connection:
        return [row.subscriber_id for row in await connection.execute(clicks_by_reader.select())]


async def test_what_the_store_does_not_take_is_written_later(app: App, browser: httpx.AsyncClient):
    """While another process holds it, nothing is lost and no reader waits."""
    published = await sent(app)

    class Busy:
        """Takes nothing the first time."""

        tries = 0

        async def record(self, *found: Any) -> tuple[Followed, ...]:
            self.tries += 1
            if self.tries == 1:
                raise StoreError("locked")
            return await app.clicks.record(*found)

        async def sent(self, copies: object) -> dict[tuple[int, int], object]:
            raise StoreError("locked")

    busy = Busy()
    counter = ClickCounter(busy, app.subscribers, app.outbox, app.clock)
    app.__dict__["click_counter"] = counter
    await browser.get(f"/c/{name(app, 1, 'paper')}")
    counter._clock = FixedClock(app.clock.now() + timedelta(seconds=30))
    while busy.tries < 1:
        await asyncio.sleep(0.01)
    assert await app.clicks.of(published.id) == ()
    assert [found.tally for found in await figures(app, published)] == [Tally(1, 0)]
