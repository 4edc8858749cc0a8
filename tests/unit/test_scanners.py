"""Whoever follows every link of an email changes nothing, and whoever makes links up learns nothing.

Mail scanners, previews of chat programs and proxies open what they find before any person does.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import pytest
from support.commands import dump
from support.forms import Form
from support.site import NOW, Page, link_of, papers, publish, subscribe

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.likeness import like_of
from newsletter.core.wishes import Wishes

HOME = "https://papers.example.org"
ADDRESS = re.compile(r"https?://[^\s<>\"]+")
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (compatible; GoogleImageProxy)",
    "BarracudaCentral/1.0 (link scanner)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "curl/8.5.0",
    "",
]
HEADERS: list[dict[str, str]] = [
    *({"User-Agent": agent} for agent in AGENTS),
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"},
    {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"},
    {"Content-Type": "application/x-www-form-urlencoded"},
]
QUERIES = ["?List-Unsubscribe=One-Click", "?_method=POST&resume=now&keywords=&authors=&muted="]


async def copies(app: App) -> list[EmailMessage]:
    """What the readers of the newest edition get, as their mail programs see it."""
    published = await app.editions.newest(app.newsletter.id)
    assert published
    composer = app.composer(published)
    messages = [composer.message(row) for row in await app.outbox.due(NOW + timedelta(days=1), 0, 100)]
    return [message_from_bytes(message.data, policy=policy.default) for message in messages if message]


def links_in(message: EmailMessage) -> set[str]:
    """Every address in the headers, in the text and in the HTML, whatever it is for."""

    def found() -> Iterator[str]:
        for value in message.values():
            yield from ADDRESS.findall(value)
        for part in message.walk():
            if part.get_content_type() == "text/html":
                for _, attributes in Page(part.get_content()).elements:
                    for value in attributes.values():
                        yield from ADDRESS.findall(value or "")
            elif part.get_content_maintype() == "text":
                yield from ADDRESS.findall(part.get_content())

    return set(found())


async def test_following_every_link_changes_nothing(app: App, browser: httpx.AsyncClient) -> None:
    """Of a reader who has chosen much, and of one who has not; by GET and HEAD, as whatever the visitor says
    it is, with whatever stands behind the question mark, and on along the links of the pages."""
    first = await publish(app, papers(20))
    ada, bo = await subscribe(app), await subscribe(app, "bo@example.org")
    like = like_of(first.edition, 1)
    assert like
    await app.subscribers.like(ada.id, like, NOW)
    await app.subscribers.wish(ada.id, Wishes(topics=("Agents",), keywords=("birds",)), NOW)
    await publish(app, papers(20, start=21), days=1)
    letters = await copies(app)
    assert len(letters) == 2
    links = {link for letter in letters for link in links_in(letter)}
    paths = {link.removeprefix(HOME) for link in links if link.startswith(HOME)} - {""}
    for person in (ada, bo):
        for purpose in (tokens.UNSUBSCRIBE, tokens.PREFERENCES, tokens.MORE):
            assert [path for path in paths if path.startswith(link_of(app, person.id, purpose))], purpose
    assert "/archive/2" in paths

    before = dump(app.database.path.parent)
    for path in sorted(paths):
        visits = [(path, headers) for headers in HEADERS] + [(path + query, {}) for query in QUERIES]
        for address, headers in visits:
            for method in ("GET", "HEAD"):
                answer = await browser.request(method, address, headers=headers)
                assert answer.status_code == 200, address
        for link in Page((await browser.get(path)).text).links:
            if not urlsplit(link).scheme and not link.startswith("#"):
                assert (await browser.get(link)).status_code == 200
    assert dump(app.database.path.parent) == before


async def test_what_a_person_does_changes_something(app: App, browser: httpx.AsyncClient) -> None:
    """So that nothing changed because nothing was looked at."""
    person = await subscribe(app)
    await publish(app, papers(20))
    link = link_of(app, person.id, tokens.PREFERENCES)
    states = [dump(app.database.path.parent)]
    form = Form((await browser.get(link)).text)
    await browser.post(link, data={**form.fields, "pause": "week"})
    states.append(dump(app.database.path.parent))
    await browser.post(f"{link_of(app, person.id, tokens.MORE)}/1/1")
    states.append(dump(app.database.path.parent))
    await browser.post(link_of(app, person.id))
    states.append(dump(app.database.path.parent))
    assert all(one != other for one, other in pairwise(states))


PURPOSES = {
    tokens.UNSUBSCRIBE: "/unsubscribe/{}",
    tokens.PREFERENCES: "/preferences/{}",
    tokens.MORE: "/more/{}/1/1",
}
"""The pages behind a link of one's own."""


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_all_links_that_are_not_ours_are_answered_alike(
    app: App, browser: httpx.AsyncClient, purpose: str, method: str
) -> None:
    """Made up, cut short, changed in one place, of another purpose, another newsletter, another secret, of
    somebody who is not there or has been erased: the same status, headers and body, and nothing changes."""
    ada, bo = await subscribe(app), await subscribe(app, "bo@example.org")
    await publish(app, papers(20))
    await app.subscribers.move(bo.id, Event.ERASE, NOW, "test")
    name = app.newsletter.id
    good = tokens.make(app.secret, purpose, name, ada.id)
    others = [tokens.make(app.secret, other, name, ada.id) for other in PURPOSES if other != purpose]
    changed = [
        good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :] for place in (0, 15, 31)
    ]
    forged = [
        *others,
        *changed,
        good[:-1],
        good + "A",
        good.swapcase(),
        "x",
        "A" * 32,
        "%00" * 8,
        tokens.make(b"another secret of the right size", purpose, name, ada.id),
        tokens.make(app.secret, purpose, "others", ada.id),
        tokens.make(app.secret, purpose, name, bo.id),
        tokens.make(app.secret, purpose, name, 10**6),
    ]
    before = dump(app.database.path.parent)
    answers = [
        await browser.request(
            method,
            PURPOSES[purpose].format(token),
            data={"keywords": "x", "authors": "", "muted": "", "resume": "now"} if method == "POST" else None,
        )
        for token in forged
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert dump(app.database.path.parent) == before
    assert (await browser.get(PURPOSES[purpose].format(good))).status_code == 200
