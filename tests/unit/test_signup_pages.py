"""The pages by which readers come, asked as a browser and as another site ask, over a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from support.site import NOW, PAYLOADS, Page, browser_of, config_in, link_of, subscribe

from newsletter.adapters.stores.schema import history, letters
from newsletter.bootstrap import App, open_app
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.model import SubscriberStatus as Status
from newsletter.errors import NotFound
from newsletter.web.snippet import snippet

ADA = "ada@example.org"
SITE = "https://friends.example.net"
TABLE = f"""
[signup]
allow_origins = ["{SITE}"]
per_domain_hour = 3
"""
JSON = {"Accept": "application/json"}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    config = config_in(tmp_path)
    config.write_text(config.read_text() + TABLE)
    async with open_app(config, NOW) as opened:
        yield opened


async def planned(app: App) -> list[str]:
    async with app.database.read() as connection:
        return list(await connection.scalars(sa.select(letters.c.kind).order_by(letters.c.id)))


async def sources(app: App) -> list[tuple[str, str]]:
    async with app.database.read() as connection:
        rows = await connection.execute(sa.select(history.c.event, history.c.source).order_by(history.c.id))
        return [(event, source) for event, source in rows]


async def status(app: App, email: str = ADA) -> Status:
    return (await app.subscribers.find(email)).status


# The form


async def test_the_form_has_what_it_needs(browser: httpx.AsyncClient) -> None:
    """Two fields with labels, and one that nobody sees or reaches."""
    answer = await browser.get("/subscribe")
    page = Page(answer.text)
    fields = {attributes["name"]: attributes for tag, attributes in page.elements if tag == "input"}
    labels = [attributes["for"] for tag, attributes in page.elements if tag == "label"]
    [form] = [attributes for tag, attributes in page.elements if tag == "form"]
    assert (form["method"], form["action"]) == ("post", "/subscribe")
    assert set(fields) == {"email", "name", "message"}
    assert labels == [attributes["id"] for attributes in fields.values()]
    assert (fields["email"]["type"], fields["email"]["autocomplete"]) == ("email", "email")
    assert (fields["message"]["tabindex"], fields["message"]["autocomplete"]) == ("-1", "off")
    assert ("div", {"class": "trap", "aria-hidden": "true"}) in page.elements
    assert ".trap { position: absolute;" in (await browser.get("/style.css")).text


async def test_everybody_is_told_the_same(app: App, browser: httpx.AsyncClient) -> None:
    """Unknown, pending, active, gone, complained: the answer does not say which."""
    events = {"left": Event.UNSUBSCRIBE, "bounced": Event.BOUNCE, "complained": Event.COMPLAIN}
    for name in ("active", *events):
        person = await subscribe(app, f"{name}@{name}.example.org")
        if name in events:
            await app.subscribers.move(person.id, events[name], NOW, "test")
    answers = [
        await browser.post(
            "/subscribe",
            data={"email": f"{name}@{name}.example.org", "name": "X"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
        for number, name in enumerate(("unknown", "unknown", "active", *events))
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert "Look into your mailbox" in answers[0].text
    assert "set-cookie" not in answers[0].headers
    assert await planned(app) == ["confirm", "welcome", "confirm", "confirm"]


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "a@", "a b@example.org", "a@example.org\r\nBcc: b@c.de"])
async def test_what_is_no_address_is_said_and_kept(app: App, browser: httpx.AsyncClient, email: str) -> None:
    """On the form, with what was written; nobody is put on the list, and it counts for no limit."""
    for _ in range(10):
        answer = await browser.post("/subscribe", data={"email": email, "name": "Ada"})
    page = Page(answer.text)
    fields = {attributes["name"]: attributes for tag, attributes in page.elements if tag == "input"}
    assert answer.status_code == 422
    assert fields["email"]["aria-invalid"] == "true"
    described = fields["email"]["aria-describedby"]
    assert any(attributes.get("id") == described for _, attributes in page.elements)
    assert ("div", {"class": "message wrong", "role": "alert"}) in page.elements
    assert fields["name"]["value"] == "Ada"
    assert (fields["email"]["value"] or "").split() == email.split()
    assert await app.subscribers.counts() == {}


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_what_was_written_is_text(app: App, browser: httpx.AsyncClient, payload: str) -> None:
    """In the form that comes back, and in what is kept."""
    answer = await browser.post("/subscribe", data={"email": payload, "name": payload})
    page = Page(answer.text)
    values = [attributes.get("value") for tag, attributes in page.elements if tag == "input"]
    assert values[:2] == [payload, payload]
    assert "script" not in [tag for tag, _ in page.elements]
    await browser.post("/subscribe", data={"email": ADA, "name": payload})
    assert (await app.subscribers.find(ADA)).name == payload


async def test_a_field_that_nobody_sees_is_a_trap(app: App, browser: httpx.AsyncClient) -> None:
    """Programs fill it in: they get the same answer, and nothing comes of it."""
    honest = await browser.post("/subscribe", data={"email": "bo@example.com"})
    trapped = await browser.post("/subscribe", data={"email": ADA, "message": "Buy!"})
    assert (trapped.status_code, trapped.text) == (honest.status_code, honest.text)
    with pytest.raises(NotFound):
        await app.subscribers.find(ADA)


async def test_too_much_is_put_off(app: App, browser: httpx.AsyncClient) -> None:
    """Over a limit there is a page that says when to come again, and nothing is done."""
    people = [f"reader{number}@example.org" for number in range(4)]
    answers = [await browser.post("/subscribe", data={"email": email}) for email in people]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "3601"
    assert "That is too much at once" in answers[3].text
    assert sum((await app.subscribers.counts()).values()) == 3
    assert (await browser.post("/subscribe", data={"email": "x@example.com"})).status_code == 200


async def test_a_visitor_is_who_the_proxy_says(app: App, browser: httpx.AsyncClient) -> None:
    """Five an hour for each; what a visitor writes into the header themselves does not count."""

    async def come(number: int, forwarded: str) -> int:
        data = {"email": f"a@{number}.example.org"}
        answer = await browser.post("/subscribe", data=data, headers={"X-Forwarded-For": forwarded})
        return answer.status_code

    found = [await come(number, f"203.0.113.{number}, 192.0.2.1") for number in range(6)]
    assert found == [200, 200, 200, 200, 200, 429]
    assert await come(6, "192.0.2.2") == 200


async def test_a_huge_form_is_refused(app: App, browser: httpx.AsyncClient) -> None:
    """Before it is read to its end."""
    answer = await browser.post("/subscribe", data={"email": ADA, "name": "x" * 300_000})
    assert answer.status_code == 413
    await browser.post("/subscribe", data={"email": ADA, "name": "x" * 10_000})
    assert len((await app.subscribers.find(ADA)).name) == 100


async def test_the_form_can_be_closed(tmp_path: Path) -> None:
    """Then there is no such page, and nothing leads there."""
    config = config_in(tmp_path)
    config.write_text(f"{config.read_text()}\n[signup]\nenabled = false\n")
    async with open_app(config, NOW) as app, browser_of(app) as browser:
        person = await subscribe(app)
        assert (await browser.get("/subscribe")).status_code == 404
        assert (await browser.post("/subscribe", data={"email": ADA})).status_code == 404
        answer = await browser.post(link_of(app, person.id))
        assert not any("/subscribe" in link for link in Page(answer.text).links)


# Other sites


async def test_a_listed_site_may_read_the_answer(browser: httpx.AsyncClient) -> None:
    """By a script: in JSON, and its origin is named; never everybody's, never with credentials."""
    answer = await browser.post("/subscribe", data={"email": ADA}, headers={**JSON, "Origin": SITE})
    assert answer.json() == {"status": "look into your mailbox"}
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    wrong = await browser.post("/subscribe", data={"email": "x"}, headers={**JSON, "Origin": SITE})
    assert (wrong.status_code, wrong.json()) == (422, {"error": "this is not an email address"})
    assert wrong.headers["Access-Control-Allow-Origin"] == SITE
    asked = await browser.options("/subscribe", headers={"Origin": SITE})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    assert asked.headers["Access-Control-Allow-Origin"] == SITE


async def test_too_much_is_json_too(browser: httpx.AsyncClient) -> None:
    """With the time to wait, and readable for a listed site."""
    for number in range(4):
        answer = await browser.post(
            "/subscribe", data={"email": f"r{number}@example.org"}, headers={**JSON, "Origin": SITE}
        )
    assert (answer.status_code, answer.json()) == (429, {"error": "too many sign-ups, try later"})
    assert answer.headers["Retry-After"] == "3601"
    assert answer.headers["Access-Control-Allow-Origin"] == SITE


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{SITE}.evil.example", "http://friends.example.net", "*"]
)
async def test_other_sites_learn_nothing(browser: httpx.AsyncClient, origin: str) -> None:
    """Their forms work, as forms do everywhere; their scripts may not read what comes of it."""
    posted = await browser.post("/subscribe", data={"email": ADA}, headers={**JSON, "Origin": origin})
    asked = await browser.options("/subscribe", headers={"Origin": origin})
    for answer in (posted, asked):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "Origin" in answer.headers["Vary"]
    assert (posted.status_code, asked.status_code) == (200, 204)


@pytest.mark.parametrize("script", [False, True])
async def test_the_snippet_is_a_form_that_works(app: App, browser: httpx.AsyncClient, script: bool) -> None:
    """It leads to our form, with the same fields, and looks like nothing that our style sheet would have to
    bring; there is a script only where one is asked for."""
    page = Page(snippet(app.newsletter, app.theme, script=script))
    [form] = [attributes for tag, attributes in page.elements if tag == "form"]
    ours = Page((await browser.get("/subscribe")).text)
    names = [
        [attributes["name"] for tag, attributes in shown.elements if tag == "input"] for shown in (page, ours)
    ]
    assert (form["action"], form["method"]) == ("https://papers.example.org/subscribe", "post")
    assert names[0] == names[1]
    assert ("script" in [tag for tag, _ in page.elements]) is script
    assert not any("class" in attributes for _, attributes in page.elements)


# Confirming


@pytest.fixture
async def link(app: App, browser: httpx.AsyncClient) -> str:
    await browser.post("/subscribe", data={"email": ADA})
    return link_of(app, (await app.subscribers.find(ADA)).id, tokens.CONFIRM)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_the_link_confirms_nothing(
    app: App, browser: httpx.AsyncClient, link: str, method: str
) -> None:
    """Mail scanners follow every link."""
    assert (await browser.request(method, link)).status_code == 200
    assert await status(app) is Status.PENDING
    assert await planned(app) == ["confirm"]


async def test_the_button_confirms_and_once_is_enough(
    app: App, browser: httpx.AsyncClient, link: str
) -> None:
    """The page asks who will get what, and then leads to preferences and archive."""
    asking = await browser.get(link)
    assert "Do you want Tom & Ada's <Papers>?" in Page(asking.text).text
    assert "a…@example.org will then get every edition" in Page(asking.text).text
    assert (asking.headers["Cache-Control"], asking.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    answers = [await browser.post(link) for _ in range(2)] + [await browser.get(link)]
    assert len({answer.text for answer in answers}) == 1
    page = Page(answers[0].text)
    assert "You are subscribed" in page.text
    person = await app.subscribers.find(ADA)
    assert {link_of(app, person.id, tokens.PREFERENCES), "/archive"} <= set(page.links)
    assert "button" not in [tag for tag, _ in page.elements]
    assert person.status is Status.ACTIVE
    assert await planned(app) == ["confirm", "welcome"]
    assert await sources(app) == [("subscribe", "form"), ("confirm", "link")]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("event", [Event.UNSUBSCRIBE, Event.BOUNCE, Event.COMPLAIN])
async def test_who_has_left_signs_up_again(
    app: App, browser: httpx.AsyncClient, link: str, event: Event, method: str
) -> None:
    """An old link brings nobody back."""
    after = await app.subscribers.move((await app.subscribers.find(ADA)).id, event, NOW, "test")
    answer = await browser.request(method, link)
    assert answer.status_code == 200
    assert "/subscribe" in Page(answer.text).links
    assert "button" not in answer.text
    assert await status(app) is after


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_links_of_others_are_unknown(app: App, browser: httpx.AsyncClient, method: str) -> None:
    """Those of another purpose or newsletter, of nobody, of somebody who was erased: all the same."""
    person = await subscribe(app)
    erased = await subscribe(app, "gone@example.org")
    await app.subscribers.move(erased.id, Event.ERASE, NOW, "test")
    other = link_of(app, person.id).rpartition("/")[2]
    foreign = tokens.make(app.secret, tokens.CONFIRM, "others", person.id)
    links = [
        *(f"/confirm/{token}" for token in (other, foreign, "x", "")),
        link_of(app, erased.id, tokens.CONFIRM),
        link_of(app, 10**6, tokens.CONFIRM),
    ]
    answers = [await browser.request(method, link) for link in links]
    unknown = await browser.get("/unsubscribe/x")
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, unknown.text)}


# Leaving


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"data": {"List-Unsubscribe": "One-Click"}}, "one-click"),
        ({"files": {"List-Unsubscribe": (None, "One-Click")}}, "one-click"),
        ({}, "link"),
        ({"content": b"x" * 10_000_000}, "link"),
    ],
    ids=["form", "multipart", "button", "huge"],
)
async def test_how_somebody_left_is_remembered(
    app: App, browser: httpx.AsyncClient, body: dict[str, dict[str, str]], source: str
) -> None:
    """By their mail program or by the button; whatever the body is, they are off the list."""
    person = await subscribe(app)
    assert (await browser.post(link_of(app, person.id), **body)).status_code == 200  # type: ignore[arg-type]
    assert await status(app) is Status.UNSUBSCRIBED
    assert await sources(app) == [("subscribe", "import"), ("unsubscribe", source)]
    assert await planned(app) == []


async def test_there_is_another_way_than_leaving_and_a_way_back(app: App, browser: httpx.AsyncClient) -> None:
    """Preferences before, the form afterwards."""
    person = await subscribe(app)
    before = Page((await browser.get(link_of(app, person.id))).text)
    assert link_of(app, person.id, tokens.PREFERENCES) in before.links
    after = Page((await browser.post(link_of(app, person.id))).text)
    assert after.links.count("/subscribe") == 2
    assert link_of(app, person.id, tokens.PREFERENCES) not in after.links
