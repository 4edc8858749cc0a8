"""The JSON API, asked over HTTP without a socket, over a real database."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.site import NOW, Page, browser_of, config_in, papers, publish, subscribe
from support.smtp import ScriptedServer, scripted_server

from newsletter.adapters.clock import FixedClock
from newsletter.adapters.stores.schema import history
from newsletter.bootstrap import App, open_app
from newsletter.core.consent import Event
from newsletter.core.model import DeliveryState, SubscriberStatus
from newsletter.web.attempts import Attempts

TOKEN, READING = "w" * 24, "r" * 24
MOST = 262_144


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    monkeypatch.setenv("NEWSLETTER_API_TOKEN", f"{TOKEN} read:{READING}")
    async with open_app(config_in(tmp_path, "/papers"), NOW) as opened:
        yield opened


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app, raising=False) as browser:
        browser.base_url = httpx.URL("https://papers.example.org/papers/api/")
        browser.headers["Authorization"] = f"Bearer {TOKEN}"
        yield browser


def is_problem(answer: httpx.Response, status: int, words: str = "") -> bool:
    """Whether this is how a request is refused."""
    found = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, found["status"]) == (status, status), found
    assert words in found["detail"], found
    return True


# Who may use it


async def test_without_a_token_there_is_no_api(tmp_path: Path):
    """The addresses are like any that do not exist."""
    async with open_app(config_in(tmp_path), NOW) as opened, browser_of(opened) as browser:
        for path in ("/api/stats", "/api/docs", "/api/openapi.json", "/api/"):
            assert (await browser.get(path, headers={"Authorization": "Bearer "})).status_code == 404


@pytest.mark.parametrize(
    "sent", [None, "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "é"]
)
async def test_only_a_token_opens_it(client: httpx.AsyncClient, sent: str | None):
    """Anything else is told how to ask, with the challenge of RFC 6750."""
    del client.headers["Authorization"]
    headers = {} if sent is None else {"Authorization": sent.encode()}
    answer = await client.get("stats", headers=headers)
    assert is_problem(answer, 401, "Authorization: Bearer TOKEN")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="newsletter"')


async def test_a_reading_token_changes_nothing(app: App, client: httpx.AsyncClient):
    """It reads, and is told that writing needs another."""
    client.headers["Authorization"] = f"Bearer {READING}"
    assert (await client.get("subscribers")).status_code == 200
    answer = await client.post("subscribers", json={"email": "a@example.org", "confirmed": True})
    assert is_problem(answer, 403, "may only read")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert await app.subscribers.counts() == {}


async def test_guessing_is_slowed_down(client: httpx.AsyncClient):
    """After 20 wrong tokens in a minute none is looked at, a right one included; others are not affected."""
    wrong = {"Authorization": "Bearer wrong"}
    answers = [await client.get("stats", headers=wrong) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    answer = await client.get("stats")
    assert is_problem(answer, 429, "try again in 60 s")
    assert answer.headers["Retry-After"] == "60"


def test_what_is_known_of_guessers_is_bounded():
    """The oldest make room; a minute later everybody may try again."""
    attempts = Attempts(most=1, clients=3)
    for number in range(5):
        attempts.failed(f"192.0.2.{number}", NOW)
    blocked = [number for number in range(5) if attempts.wait(f"192.0.2.{number}", NOW)]
    assert blocked == [2, 3, 4]
    assert not attempts.wait("192.0.2.4", NOW + timedelta(minutes=1))
    attempts.failed("192.0.2.4", NOW + timedelta(minutes=1))
    assert attempts.wait("192.0.2.4", NOW + timedelta(minutes=1)) == 60


async def test_tokens_are_never_told(client: httpx.AsyncClient):
    """Neither in answers nor in what is said of refused ones."""
    answers = [await client.get("openapi.json"), await client.get("stats", headers={"Authorization": "x"})]
    assert not any(secret in answer.text for answer in answers for secret in (TOKEN, READING))


async def test_answers_are_for_programs_alone(client: httpx.AsyncClient):
    """No cache keeps them, no other origin may read them, nothing is executed."""
    answer = await client.get("stats", headers={"Origin": "https://example.com"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await client.options("stats")).status_code == 405


async def test_it_is_below_the_path_of_the_pages_or_without_it(client: httpx.AsyncClient):
    """A proxy may take the path off."""
    assert (await client.get("https://papers.example.org/api/stats")).status_code == 200
    assert is_problem(await client.get("nothing"), 404, "/api/docs")
    assert is_problem(await client.put("stats"), 405, "Allow")


def test_it_costs_nothing_where_it_is_not_used():
    """No command loads FastAPI to start, nor do the pages."""
    code = "import sys, newsletter.cli, newsletter.web.site; print('fastapi' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


# What is sent


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Content-Type: application/json"),
        (b"{", "not valid JSON"),
        (b"\xff", ""),
        (b"[]", ""),
        (b"[" * 100_000, ""),
        (b'{"email": "a@example.org"}', "/confirmed: missing: add it"),
        (b'{"email": "a@example.org", "confirmed": true, "emial": 1}', "/emial: unknown key"),
        (b'{"email": "a b", "confirmed": true}', "/email: 'a b' is not an email address"),
        (b'{"email": "a@example.org", "confirmed": true, "topics": ["a;b"]}', "/topics/0: no semicolons"),
        (b'{"email": "a@example.org", "confirmed": true, "\\ud800": 1}', ""),
        (b'{"email": "a@example.org", "confirmed": true, "rhythm": {"zone": "Moon"}}', "IANA name"),
        (
            b'{"email": "a@example.org", "confirmed": true, "rhythm": {"zone": "../../etc/passwd"}}',
            "IANA name",
        ),
    ],
)
async def test_what_is_wrong_with_a_body_is_said(
    app: App, client: httpx.AsyncClient, body: bytes, words: str
):
    """Each fault with its place, and nothing is kept."""
    headers = {"Content-Type": "application/json"}
    answer = await client.post("subscribers", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert is_problem(answer, answer.status_code, words)
    assert await app.subscribers.counts() == {}


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_body_is_refused(client: httpx.AsyncClient, chunked: bool):
    """However it comes, it is not kept in memory."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * (MOST // 4)

    answer = await client.post("subscribers", content=pieces() if chunked else b" " * (MOST + 1))
    assert is_problem(answer, 413, "262,144 octets")


# The list


async def test_somebody_is_added_once(app: App, client: httpx.AsyncClient):
    """With all that is said of them; a second time refreshes what is named, and nothing else."""
    body = {
        "email": "Ada@Bücher.example.org",
        "confirmed": True,
        "name": " Ada  Lovelace",
        "topics": ["Agents", "Agents"],
        "tags": ["team"],
        "attributes": {"city": "London"},
        "rhythm": {"frequency": "weekly", "weekdays": [4, 0], "hour": 9, "zone": "Europe/Berlin"},
        "language": "de",
    }
    answer = await client.post("subscribers", json=body)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/papers/api/subscribers/Ada@xn--bcher-kva.example.org"
    found = answer.json()
    assert found["email"] == "Ada@xn--bcher-kva.example.org"
    assert (found["name"], found["topics"], found["tags"]) == ("Ada Lovelace", ["Agents"], ["team"])
    assert found["rhythm"]["weekdays"] == [0, 4]
    assert found["status"] == "active"
    again = await client.post(
        "subscribers", json={"email": "ada@bücher.example.org", "confirmed": True, "name": "A."}
    )
    assert again.status_code == 200
    assert again.json() == {**found, "name": "A."}
    assert await app.subscribers.counts() == {SubscriberStatus.ACTIVE: 1}


async def test_the_operator_vouches_for_whoever_has_not_answered(app: App, client: httpx.AsyncClient):
    """Somebody who is pending becomes active."""
    person = await subscribe(app)
    await app.subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "link")
    await app.subscribers.move(person.id, Event.SUBSCRIBE, NOW, "form")
    answer = await client.post("subscribers", json={"email": person.email, "confirmed": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "active")


@pytest.mark.parametrize(
    ("event", "word"),
    [(Event.UNSUBSCRIBE, "unsubscribed"), (Event.BOUNCE, "bounced"), (Event.COMPLAIN, "complained")],
)
async def test_nobody_who_left_is_brought_back(app: App, client: httpx.AsyncClient, event: Event, word: str):
    """A 409 says why."""
    person = await subscribe(app)
    await app.subscribers.move(person.id, event, NOW, "link")
    answer = await client.post("subscribers", json={"email": person.email, "confirmed": True})
    assert is_problem(answer, 409, f"is {word}: only they can subscribe again")
    assert (await app.subscribers.get(person.id)).status == word


async def test_a_letter_asks_whoever_has_not_agreed(app: App, client: httpx.AsyncClient):
    """They are pending, with what the operator said of them; asked again there is no second letter."""
    body = {"email": "new@example.org", "confirmed": False, "name": "New", "tags": ["team"]}
    for status in (201, 200):
        answer = await client.post("subscribers", json=body)
        assert (answer.status_code, answer.json()["status"]) == (status, "pending")
        assert answer.json()["tags"] == ["team"]
    assert app.bell.is_set()
    assert await app.letterbox.waiting() == 1


async def test_whoever_is_active_is_not_asked(app: App, client: httpx.AsyncClient):
    """They stay so, and get no letter."""
    person = await subscribe(app)
    answer = await client.post("subscribers", json={"email": person.email, "confirmed": False})
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert await app.letterbox.waiting() == 0


@pytest.mark.parametrize("confirmed", [True, False])
async def test_whoever_was_erased_is_neither_brought_back_nor_asked(
    app: App, client: httpx.AsyncClient, confirmed: bool
):
    """A 409; of them there is nothing to read, and erasing them again is fine."""
    person = await subscribe(app)
    for _ in range(2):
        assert (await client.delete(f"subscribers/{person.email}?erase=true")).status_code == 204
    assert (await client.get(f"subscribers/{person.email}")).status_code == 404
    answer = await client.post("subscribers", json={"email": person.email, "confirmed": confirmed})
    assert is_problem(answer, 409, "was erased: only they can subscribe again")
    assert await app.letterbox.waiting() == 0


@pytest.mark.parametrize("email", ["a/b?c#d%e@example.org", "ü@example.org", "o'neil+x@example.org"])
async def test_an_address_is_found_as_it_is_percent_encoded(client: httpx.AsyncClient, email: str):
    """Whatever signs it has, in capitals too."""
    assert (await client.post("subscribers", json={"email": email, "confirmed": True})).status_code == 201
    answer = await client.get(f"subscribers/{quote(email.upper(), safe='')}")
    assert answer.json()["email"] == email


async def test_changes_are_of_what_is_named(client: httpx.AsyncClient):
    """The rest stays; a list is replaced as a whole."""
    body = {"email": "ada@example.org", "confirmed": True, "tags": ["a", "b"], "name": "Ada"}
    before = (await client.post("subscribers", json=body)).json()
    changes = {"tags": ["c"], "attributes": {"x": "y"}, "rhythm": {"paused_until": "2026-12-24"}}
    answer = await client.patch("subscribers/ada@example.org", json=changes)
    assert answer.status_code == 200
    assert answer.json() == before | changes | {"rhythm": before["rhythm"] | {"paused_until": "2026-12-24"}}
    assert (await client.get("subscribers/ada@example.org")).json() == answer.json()
    assert (await client.patch("subscribers/ada@example.org", json={})).json() == answer.json()


async def test_taking_somebody_off_is_done_once(app: App, client: httpx.AsyncClient):
    """Their copies are suppressed, and the history knows that it was by the API; again it changes nothing."""
    person = await subscribe(app)
    published = await publish(app, papers(2))
    answers = [await client.delete("subscribers/ada@example.org") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].content == b""
    assert (await app.subscribers.get(person.id)).status is SubscriberStatus.UNSUBSCRIBED
    assert (await app.outbox.accounting(published.id))[DeliveryState.SUPPRESSED] == 1
    async with app.database.read() as connection:
        (known,) = [row for row in await connection.execute(history.select()) if row.event == "unsubscribe"]
    assert (known.subscriber_id, known.source) == (person.id, "api")


async def test_unknown_people_are_not_found(client: httpx.AsyncClient):
    """For each way to ask; what is no address is said so."""
    for method in ("GET", "PATCH", "DELETE"):
        body = {"json": {}} if method == "PATCH" else {}
        assert is_problem(await client.request(method, "subscribers/x@example.org", **body), 404)
        assert is_problem(await client.request(method, "subscribers/nobody", **body), 422, "not an email")


async def test_the_list_comes_in_pages(client: httpx.AsyncClient):
    """By address; nobody is there twice or missing, whatever is asked for."""
    for number in range(7):
        body = {"email": f"{number}@example.org", "confirmed": True, "tags": ["odd"] if number % 2 else []}
        await client.post("subscribers", json=body)
    await client.delete("subscribers/3@example.org")

    async def walk(**query: Any) -> list[str]:
        found, after = [], ""
        while after is not None:
            page = (await client.get("subscribers", params={"limit": 2, "after": after, **query})).json()
            assert len(page["subscribers"]) <= 2
            found += [person["email"][0] for person in page["subscribers"]]
            after = page["next"]
        return found

    assert await walk() == list("0123456")
    assert await walk(tag="odd") == list("135")
    assert await walk(tag="odd", status="active") == list("15")
    assert await walk(status="unsubscribed") == ["3"]
    assert is_problem(await client.get("subscribers?limit=0"), 422, "limit")
    assert is_problem(await client.get("subscribers?sort=name"), 422, "sort: unknown key")


# Editions


async def test_editions_and_how_they_stand(app: App, client: httpx.AsyncClient):
    """The list, one with its entries, and the states of its copies."""
    await subscribe(app)
    published = await publish(app, papers(5))
    page = (await client.get("editions")).json()
    assert [edition["subject"] for edition in page["editions"]] == [published.edition.subject]
    assert page["next"] is None
    whole = (await client.get("editions/1")).json()
    shown = [entry["title"] for section in whole["sections"] for entry in section["entries"]]
    assert len(shown) == 3
    assert whole["more"] + len(whole["also"]) == 2
    stats = (await client.get("editions/1/stats")).json()
    assert stats["copies"]["planned"] == stats["copies"]["states"]["pending"] == 1
    assert set(stats["copies"]["failed"]) == {"rejected", "expired", "suppressed", "unknown"}
    overall = (await client.get("stats")).json()
    assert (overall["editions"], overall["subscribers"]) == (1, {"active": 1})
    assert overall["last_slot"]["outcome"] == "sent"
    assert overall["next_slot"] == "2026-11-20T07:30:00Z"


async def test_editions_of_the_week_have_names_of_their_own(app: App, client: httpx.AsyncClient):
    """As people call them: w1."""
    await app.entries.add(papers(3), NOW)
    made = (await app.weekly.publish(NOW, NOW)).edition
    assert made
    assert (await client.get("editions")).json()["editions"] == []
    week = (await client.get("editions?series=weekly")).json()["editions"]
    assert [edition["subject"] for edition in week] == [made.edition.subject]
    assert (await client.get("editions/w1")).json()["subject"] == made.edition.subject
    assert (await client.get("editions/w1/stats")).json()["copies"]["planned"] == 0
    assert (await client.get("editions/1")).status_code == 404


@pytest.mark.parametrize("path", ["editions/7", "editions/7/stats"])
async def test_an_edition_that_there_is_not(client: httpx.AsyncClient, path: str):
    """A 404; what is no number a 422."""
    assert is_problem(await client.get(path), 404, "there is no edition 7")
    assert is_problem(await client.get(path.replace("7", "x")), 422, "name")
    assert is_problem(await client.get(path.replace("7", "9" * 30)), 422, "name")


# A copy to look at


@pytest.fixture
async def mail(app: App) -> AsyncIterator[ScriptedServer]:
    """The mail server that the newsletter sends by."""
    async with scripted_server() as server:
        smtp = app.settings.smtp.model_copy(update={"port": server.port, "tls": "none"})
        api = app.settings.api.model_copy(update={"test_addresses": ("boss@example.org",)})
        settings = app.settings.model_copy(update={"smtp": smtp, "api": api})
        object.__setattr__(app, "settings", settings)
        yield server


async def test_a_test_goes_out_at_once_and_leaves_no_trace(
    app: App, client: httpx.AsyncClient, mail: ScriptedServer
):
    """The newest edition where nothing is new, to whoever the operator named; a second one is another message
    to a mailbox, and the ledger is as it was."""
    await subscribe(app)
    published = await publish(app, papers(2))
    for _ in range(2):
        answer = await client.post("test-mail", json={"email": "boss@example.org"})
        assert answer.status_code == 200
        assert answer.json()["edition"] == 1
        assert answer.json()["reply"].startswith("250")
        object.__setattr__(app, "clock", FixedClock(app.clock.now() + timedelta(seconds=1)))
    sent = [message_from_bytes(data) for data in mail.messages["boss@example.org"]]
    assert [message["Subject"] for message in sent] == [f"[Test] {published.edition.subject}"] * 2
    assert sent[0]["Message-ID"] != sent[1]["Message-ID"]
    assert (await app.outbox.accounting(published.id)).counts == {DeliveryState.PENDING: 1}


async def test_a_test_is_of_what_would_go_out_now(app: App, client: httpx.AsyncClient, mail: ScriptedServer):
    """Without its being published, to a subscriber."""
    await subscribe(app)
    await app.entries.add(papers(2), NOW)
    answer = await client.post("test-mail", json={"email": "Ada@example.org"})
    assert (answer.status_code, answer.json()["email"]) == (200, "ada@example.org")
    assert await app.editions.newest(app.newsletter.id) is None
    assert mail.accepted == {"ada@example.org": 1}


async def test_a_test_goes_to_nobody_else(app: App, client: httpx.AsyncClient, mail: ScriptedServer):
    """Neither to strangers nor to whoever has left; nor is there one where there is no edition."""
    person = await subscribe(app)
    assert is_problem(await client.post("test-mail", json={"email": person.email}), 404, "nothing is new")
    await publish(app, papers(2))
    assert is_problem(await client.post("test-mail", json={"email": person.email, "edition": 7}), 404)
    await app.subscribers.move(person.id, Event.UNSUBSCRIBE, NOW, "link")
    for email in (person.email, "x@example.org"):
        assert is_problem(await client.post("test-mail", json={"email": email}), 403, "test_addresses")
    assert not mail.accepted


async def test_a_test_says_what_the_server_said(app: App, client: httpx.AsyncClient, mail: ScriptedServer):
    """Where it does not take the message, and where nobody listens."""
    await publish(app, papers(2))
    mail.on_rcpt = lambda _: "550 not here"
    assert is_problem(await client.post("test-mail", json={"email": "boss@example.org"}), 502, "550 not here")
    smtp = app.settings.smtp.model_copy(update={"port": 1})
    object.__setattr__(app, "settings", app.settings.model_copy(update={"smtp": smtp}))
    assert is_problem(await client.post("test-mail", json={"email": "boss@example.org"}), 502, "127.0.0.1:1")


# The description


async def test_the_description_is_behind_the_token_and_the_page_is_not(client: httpx.AsyncClient):
    """A browser sends no token. The page names every address, runs no script and loads from nowhere else."""
    schema = (await client.get("openapi.json")).json()
    assert schema["openapi"] == "3.1.0"
    assert schema["servers"] == [{"url": "https://papers.example.org/papers/api"}]
    del client.headers["Authorization"]
    assert (await client.get("openapi.json")).status_code == 401
    answer = await client.get("docs")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert all(f"{path}" in page.text for path in schema["paths"])
    assert "One of pending, active, unsubscribed, bounced, complained, erased." in page.text
    assert "`" not in page.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not [tag for tag, _ in page.elements if tag in ("script", "img", "iframe")]


async def test_every_reference_of_the_description_leads_somewhere(client: httpx.AsyncClient):
    """Each route has an operationId of its own, says what it does, and what is answered where it fails."""
    schema = (await client.get("openapi.json")).json()
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    used = set(references(schema))
    assert used == known
    operations = [found for path in schema["paths"].values() for found in path.values()]
    assert len({found["operationId"] for found in operations}) == len(operations) == 10
    assert all(found["description"] and "default" in found["responses"] for found in operations)
    for path, methods in schema["paths"].items():
        for found in methods.values():
            named = {given["name"] for given in found.get("parameters", ()) if given["in"] == "path"}
            assert named == {part[1:-1].split(":")[0] for part in path.split("/") if part[:1] == "{"}, path


def references(value: Any) -> list[str]:
    """Every `$ref` in a schema."""
    if isinstance(value, list):
        return [found for inner in value for found in references(inner)]
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for inner in value.values() for found in references(inner)]
    return []


# Whatever is sent

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    "email",
    "name",
    "topics",
    "keywords",
    "authors",
    "muted",
    "tags",
    "attributes",
    "rhythm",
    "language",
    "confirmed",
    "edition",
    "frequency",
    "weekdays",
    "hour",
    "zone",
    "paused_until",
]
VALUES = JSON | st.sampled_from(["ada@example.org", True, ["x"], {"a": "b"}, {"hour": 3}, 1, "de", ""])
BODIES = JSON | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
ROUTES = [
    ("POST", "subscribers"),
    ("PATCH", "subscribers/ada@example.org"),
    ("DELETE", "subscribers/ada@example.org"),
    ("POST", "test-mail"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, query=st.dictionaries(st.sampled_from(["erase", "x"]), st.text(max_size=5), max_size=1))
async def test_whatever_is_sent_is_no_fault_of_ours(
    app: App, client: httpx.AsyncClient, method: str, path: str, body: Any, query: dict[str, str]
):
    """Any JSON is served or refused, and refused with a reason."""
    await subscribe(app)
    content = json.dumps(body)
    answer = await client.request(
        method, path, content=content, params=query, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["detail"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.text(max_size=12), min_size=1, max_size=3), query=st.text(max_size=20))
async def test_whatever_is_asked_for_is_no_fault_of_ours(
    client: httpx.AsyncClient, parts: list[str], query: str
):
    """Any path below a route, with any parameter."""
    for start in ("subscribers", "editions"):
        path = "/".join([start, *(quote(part, safe="") for part in parts)])
        answer = await client.get(f"{path}?status={quote(query)}&after={quote(query)}&limit={quote(query)}")
        assert answer.status_code < 500, answer.text
