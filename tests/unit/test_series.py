"""Daily editions and those of the week side by side: their names, their words, their pages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.samples import edition, ranked
from support.site import NOW, browser_of, config_in, link_of, papers, subscribe

from newsletter.adapters.stores.schema import subscribers
from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.headline import subject
from newsletter.core.phrases import ENGLISH
from newsletter.core.series import archive_path, edition_name, parse_edition_name, week_start, weekly_of
from newsletter.services.compose import links_of


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A weekly reader, and four papers since the morning."""
    async with open_app(config_in(tmp_path), NOW) as app:
        await subscribe(app)
        async with app.database.begin() as connection:
            await connection.execute(sa.update(subscribers).values(frequency="weekly"))
        await app.entries.add(papers(4), NOW)
        yield app


@given(number=st.integers(1, 10**9 - 1), weekly=st.booleans())
def test_a_name_leads_back_to_its_edition(number: int, weekly: bool):
    """And no two editions have the same."""
    made = replace(edition(1, 1), number=number)
    made = replace(made, newsletter=weekly_of(made.newsletter)) if weekly else made
    assert parse_edition_name("papers", edition_name(made)) == (made.newsletter, number)
    assert archive_path(made) == f"/archive/{'weekly/' if weekly else ''}{number}"


@given(text=st.text(max_size=12))
def test_what_is_no_name_leads_nowhere(text: str):
    """Whatever somebody puts into an address."""
    found = parse_edition_name("papers", text)
    assert found is None or text.lstrip("w").isdecimal()


def test_a_week_is_seven_days_or_since_a_slot_that_was_served_late():
    """So that nothing falls between two editions, and a long silence does not make a long week."""
    now = datetime(2026, 3, 13, 7, 31, tzinfo=UTC)
    week = now - timedelta(days=7)
    assert week_start(now, None) == week
    assert week_start(now, week - timedelta(minutes=1)) == week - timedelta(minutes=1)
    assert week_start(now, now - timedelta(days=2)) == week
    assert week_start(now, now - timedelta(days=21)) == week


def test_the_subject_of_a_week_says_so_and_has_room():
    """Under 70 characters, with a topic or without."""
    best = [ranked(1), ranked(2)]
    phrases = ENGLISH.of_week()
    assert subject(best, {}, phrases) == "The week: Paper 1"
    assert subject(best, {2: "Agents"}, phrases) == "The week: Paper 1, plus agents"
    long = [replace(best[0], entry=replace(best[0].entry, title="word " * 40)), best[1]]
    for topics in ({}, {2: "Agents"}):
        assert 50 < len(subject(long, topics, phrases)) < 70


async def test_an_edition_of_the_week_is_made_where_somebody_wants_it(app: App):
    """From all that was new, also what the daily edition has told of; once; each with words of its own."""
    daily, weekly = await app.jobs()
    assert await weekly.due(NOW + timedelta(days=0)) is None  # 06:30, before 07:30
    first = (await daily.publish(NOW, NOW)).edition
    made = (await weekly.publish(NOW, NOW)).edition
    assert first is not None
    assert made is not None
    assert {item.entry.id for item in made.edition.featured} == {f"paper:{n}" for n in range(1, 5)}
    assert (await app.outbox.accounting(first.id)).planned == 0
    assert (await app.outbox.accounting(made.id)).planned == 1
    assert made.edition.subject.startswith("The week: ")
    assert first.nonce != made.nonce
    row = (await app.outbox.due(NOW, 0, 10))[0]
    ids = {app.composer(one).message(row).data.split(b"Message-ID: ")[1].split()[0] for one in (first, made)}
    assert len(ids) == 2
    assert (await weekly.publish(NOW + timedelta(hours=1), NOW)).edition is None


async def test_its_pages_are_its_own(app: App):
    """Its archive page and the links to more like an entry; a daily edition of that number need not be."""
    _, weekly = await app.jobs()
    made = (await weekly.publish(NOW, NOW)).edition
    assert made is not None
    more = links_of(1, app.newsletter, edition_name(made.edition), app.secret).more
    assert more.endswith("/w1")
    async with browser_of(app) as browser:
        page = await browser.get("/archive/weekly/1")
        assert page.status_code == 200
        assert made.edition.subject in page.text
        for missing in ("/archive/1", "/archive/w1", "/archive/weekly/2", "/archive/weekly/w1"):
            assert (await browser.get(missing)).status_code == 404
        like = f"{link_of(app, 1, tokens.MORE)}/w1/1"
        assert (await browser.get(like)).status_code == 200
        assert (await browser.post(like)).status_code == 200
        assert (await browser.get(f"{link_of(app, 1, tokens.MORE)}/1/1")).status_code == 404
    assert [like.entry for like in (await app.subscribers.get(1)).wishes.likes] == ["paper:1"]
