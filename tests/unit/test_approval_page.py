"""The page on which the operator decides on an edition that waits."""

import html
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support.commands import dump
from support.site import NOW, PAYLOADS, Page, browser_of, config_in, papers, subscribe

from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.slots import Outcome
from newsletter.ports import WaitingEdition
from newsletter.render.approval import Question, with_question
from newsletter.render.copy import Copy
from newsletter.services.approval import link_token

ASKING = "[approval]\nrequired = true\n"
LATE = timedelta(hours=2)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Five papers, three of them in full, for one reader."""
    async with open_app(config_in(tmp_path, more=ASKING), NOW) as app:
        await subscribe(app)
        await app.entries.add(papers(5), NOW)
        assert isinstance(await app.daily.serve(NOW, NOW), WaitingEdition)
        yield app


async def only(app: App) -> WaitingEdition:
    [waiting] = await app.approval.waiting()
    return waiting


async def link(app: App) -> str:
    return f"/approve/{link_token(app.secret, await only(app))}"


async def titles(app: App) -> list[str]:
    edition = (await only(app)).edition
    return [item.entry.title[-1] for item in (*edition.featured, *edition.also)]


async def test_looking_changes_nothing_and_shows_the_edition(app: App, browser: httpx.AsyncClient) -> None:
    """Its subject, every title with its place and its reasons, until when it waits, and a button for each
    thing that can be done; nobody else's page, nothing for search engines or caches."""
    before = dump(app.database.path.parent)
    here = await link(app)
    for method in ("GET", "HEAD"):
        for path in (here, f"{here}/preview"):
            answer = await browser.request(method, path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-robots-tag"] == "noindex"
    assert dump(app.database.path.parent) == before
    text = (await browser.get(here)).text
    page = Page(text)
    waiting = await only(app)
    assert waiting.edition.subject in page.text
    assert "until 08:30" in page.text
    assert "it is not sent" in page.text
    for item in (*waiting.edition.featured, *waiting.edition.also):
        assert item.entry.title in page.text
        assert item.reasons[0] in page.text
    said = [a["value"] for tag, a in page.elements if tag == "button"]
    assert said.count("approve") == said.count("reject") == 2
    assert {f"drop {rank}" for rank in range(1, 6)} < set(said)
    assert {f"move {rank} 1" for rank in range(2, 6)} < set(said)
    labels = [a["aria-label"] for tag, a in page.elements if tag == "button" and a["value"] == "drop 1"]
    assert labels == [f"Drop: {waiting.edition.featured[0].entry.title}"]


async def test_the_email_is_shown_in_a_page_that_may_do_nothing(app: App, browser: httpx.AsyncClient) -> None:
    """As a reader without wishes gets it: no mark is left in it, and no script, form or frame may work."""
    answer = await browser.get(f"{await link(app)}/preview")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups; default-src 'none'")
    assert "script" not in policy
    assert "reader@example.org" in answer.text
    assert tokens.nonce(app.secret, "papers", 1) not in answer.text


async def test_each_button_does_what_it_says(app: App, browser: httpx.AsyncClient) -> None:
    """And leads back to the page, to where the paper stands now, so that loading it again does nothing."""
    here = await link(app)
    assert await titles(app) == ["1", "2", "3", "4", "5"]
    for version, (button, place, expected) in enumerate(
        (
            ("move 5 1", 1, ["5", "1", "2", "3", "4"]),
            ("drop 2", 1, ["5", "2", "3", "4"]),
            ("move 2 3", 3, ["5", "3", "2", "4"]),
            ("drop 1", 1, ["3", "2", "4"]),
        ),
        start=1,
    ):
        answer = await browser.post(here, data={"version": version, "do": button})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{here}#paper-{place}")
        assert await titles(app) == expected
    assert (await only(app)).edition.subject.startswith("Title of paper 3")
    assert "2 dropped" in Page((await browser.get(here)).text).text


async def test_approved_it_is_published_and_the_link_is_nobodys(app: App, browser: httpx.AsyncClient) -> None:
    """With the changes; the page says to how many, and where it is to be read. Twice is once."""
    here = await link(app)
    await browser.post(here, data={"version": 1, "do": "move 3 1"})
    answer = await browser.post(here, data={"version": 2, "do": "approve"})
    assert answer.status_code == 200
    page = Page(answer.text)
    assert "Edition 1 is approved" in page.text
    assert "goes to 1 reader:" in page.text
    assert "Title of paper 3" in Page((await browser.get("/archive/1")).text).text
    assert "/archive/1" in page.links
    published = await app.editions.get("papers", 1)
    assert published.edition.featured[0].entry.title == "Title of paper 3"
    for data in ({"version": 2, "do": "approve"}, {"version": 2, "do": "reject"}):
        assert (await browser.post(here, data=data)).status_code == 404
    assert (await browser.get(here)).status_code == 404
    assert await app.editions.count("papers") == 1


async def test_rejected_it_is_not_sent(app: App, browser: httpx.AsyncClient) -> None:
    """Its slot is skipped, and says how."""
    answer = await browser.post(await link(app), data={"version": 1, "do": "reject"})
    assert "Edition 1 is not sent" in Page(answer.text).text
    [outcome] = await app.slots.outcomes("papers")
    assert (outcome.outcome, outcome.reason) == (Outcome.SKIPPED, "not approved: on the web")
    assert await app.editions.count("papers") == 0


async def test_who_has_looked_at_another_version_is_told(app: App, browser: httpx.AsyncClient) -> None:
    """And nothing is done, whatever they wanted; the page leads back."""
    here = await link(app)
    await browser.post(here, data={"version": 1, "do": "drop 1"})
    for button in ("approve", "reject", "drop 1", "move 2 1"):
        answer = await browser.post(here, data={"version": 1, "do": button})
        assert answer.status_code == 409
        assert "Somebody else has changed it" in Page(answer.text).text
        assert here in Page(answer.text).links
    assert await titles(app) == ["2", "3", "4", "5"]


async def test_the_last_paper_cannot_be_dropped(app: App, browser: httpx.AsyncClient) -> None:
    """Nor one moved to where nobody stands: the page says why."""
    here = await link(app)
    for version in range(1, 5):
        await browser.post(here, data={"version": version, "do": "drop 1"})
    for button, why in (("drop 1", "the last one"), ("move 1 9", "no rank 9"), ("drop 7", "no entry '7'")):
        answer = await browser.post(here, data={"version": 5, "do": button})
        assert answer.status_code == 409
        assert why in html.unescape(answer.text)
    assert len(await titles(app)) == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"do": "approve"},
        {"version": "1"},
        {"version": "x", "do": "approve"},
        {"version": "1", "do": "publish"},
        {"version": "1", "do": "drop"},
        {"version": "1", "do": "drop one"},
        {"version": "1", "do": "move 1"},
        {"version": "1", "do": "move 1 2 3"},
        {"version": "1", "do": "move -1 2"},
        {"version": "1", "do": "approve 1"},
    ],
)
async def test_what_is_no_button_is_refused(
    app: App, browser: httpx.AsyncClient, data: dict[str, str]
) -> None:
    """And nothing is done."""
    before = dump(app.database.path.parent)
    assert (await browser.post(await link(app), data=data)).status_code == 400
    assert dump(app.database.path.parent) == before


async def test_a_forged_link_tells_nothing(app: App, browser: httpx.AsyncClient) -> None:
    """Of another purpose, newsletter, slot, series or number, changed by a bit, or made up: the same page to
    the byte as for any link that is not ours, by GET and POST."""
    waiting, person = await only(app), await app.subscribers.find("ada@example.org")
    good = link_token(app.secret, waiting)
    later = replace(waiting.edition, slot=waiting.edition.slot + timedelta(days=1))
    others = (later, replace(waiting.edition, newsletter="papers/weekly"), replace(waiting.edition, number=2))
    forged = [link_token(app.secret, replace(waiting, edition=edition)) for edition in others]
    forged += [
        link_token(b"another secret of sixteen bytes", waiting),
        tokens.make(app.secret, tokens.APPROVE, "papers", 1),
        tokens.make(app.secret, tokens.PREFERENCES, "papers", person.id),
        *(good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good))),
        good[:-1],
        "x",
    ]
    before = dump(app.database.path.parent)
    unknown = (await browser.get("/unsubscribe/x")).content
    for token in forged:
        for answer in (
            await browser.get(f"/approve/{token}"),
            await browser.get(f"/approve/{token}/preview"),
            await browser.post(f"/approve/{token}", data={"version": 1, "do": "approve"}),
        ):
            assert (answer.status_code, answer.content) == (404, unknown)
    assert dump(app.database.path.parent) == before
    for purpose in ("unsubscribe", "preferences", "confirm"):
        assert (await browser.get(f"/{purpose}/{good}")).status_code == 404


async def test_after_the_deadline_nothing_can_be_changed(app: App, tmp_path: Path) -> None:
    """The page says that it is over, and the buttons that it is not sent."""
    here = await link(app)
    async with open_app(config_in(tmp_path, more=ASKING), NOW + LATE) as late, browser_of(late) as browser:
        assert "was over at 08:30" in Page((await browser.get(here)).text).text
        answer = await browser.post(here, data={"version": 1, "do": "approve"})
        assert "Edition 1 is not sent" in Page(answer.text).text
        assert "Nobody approved it by 08:30." in Page(answer.text).text
        assert await late.editions.count("papers") == 0


async def test_hostile_papers_stay_text(tmp_path: Path) -> None:
    """In titles, topics and reasons, on the page and in what a button is called."""
    hostile = [
        replace(paper, title=payload, summary=payload)
        for paper, payload in zip(papers(len(PAYLOADS)), PAYLOADS, strict=True)
    ]
    async with open_app(config_in(tmp_path, more=ASKING), NOW) as app, browser_of(app) as browser:
        await app.entries.add(papers(5, start=90), NOW)
        await app.daily.serve(NOW, NOW)
        harmless = {tag for tag, _ in Page((await browser.get(await link(app))).text).elements}
        await app.approval.reject(await only(app), "to begin anew", NOW)
        await app.entries.add(hostile, NOW)
        later = NOW + timedelta(days=1)
        await app.daily.serve(later, later)
        answer = await browser.get(await link(app))
        page = Page(answer.text)
        assert {tag for tag, _ in page.elements} == harmless
        assert all(
            name not in attributes for _, attributes in page.elements for name in ("onerror", "onfocus")
        )
        assert "<script>alert(1)</script>" in page.text
        assert "script" not in answer.headers["content-security-policy"]


async def test_its_path_is_known_below_that_of_the_site(tmp_path: Path) -> None:
    """Where a proxy leaves the path on; and the links of the page have it."""
    async with open_app(config_in(tmp_path, "/news", ASKING), NOW) as app, browser_of(app) as browser:
        await app.entries.add(papers(2), NOW)
        await app.daily.serve(NOW, NOW)
        here = await link(app)
        assert (await browser.get(here)).status_code == 200
        page = Page((await browser.get(f"/news{here}")).text)
        assert f"/news{here}/preview" in page.links
        assert "Disallow: /news/approve/" in (await browser.get("/robots.txt")).text


def test_the_question_stands_above_the_copy() -> None:
    """In both parts, first in the body, as text whatever it says; the rest is as it was."""
    question = Question(
        headline="Edition 1 of <b>&\"' waits",
        otherwise="Else it is not sent.",
        page="https://papers.example.org/approve/t?a=1&b=2",
        commands=("newsletter editions approve 1",),
    )
    copy = with_question(Copy.of('<html><BODY class="a">\n<p>All</p></body></html>', "All\n"), question)
    first, _, rest = copy.html.partition('<BODY class="a">')
    assert first == "<html>"
    assert rest.startswith('<div role="note"')
    assert rest.replace("\r\n", "\n").endswith("\n<p>All</p></body></html>")
    page = Page(copy.html)
    assert question.headline in page.text
    assert question.page in page.links
    assert not [tag for tag, _ in page.elements if tag == "b"]
    lines = copy.text.replace("\r\n", "\n").splitlines()
    assert question.headline in lines
    assert "    newsletter editions approve 1" in lines
    assert lines[-1] == "All"
    assert urlsplit(page.links[0]).hostname == "papers.example.org"
