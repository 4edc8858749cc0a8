"""The page on which readers change what they wish, over a real database."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest
from support.forms import Form
from support.site import NOW, PAYLOADS, Page, link_of, papers, publish, subscribe

from newsletter.bootstrap import App
from newsletter.core import tokens
from newsletter.core.consent import Event
from newsletter.core.likeness import like_of
from newsletter.core.model import Entry, Subscriber, SubscriberStatus
from newsletter.core.wishes import LONGEST_WISH, MOST_WISHES, Wishes

EMPTY = {"keywords": "", "authors": "", "muted": ""}
"""A form of which nothing is filled in."""


@pytest.fixture
async def ada(app: App) -> Subscriber:
    return await subscribe(app)


@pytest.fixture
def link(app: App, ada: Subscriber) -> str:
    return link_of(app, ada.id, tokens.PREFERENCES)


async def wishes_of(app: App, person: Subscriber) -> Wishes:
    return (await app.subscribers.get(person.id)).wishes


async def test_the_form_shows_what_is_wished(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """Topics of the newest editions and those that are followed, each with its choice; the rest a line each;
    and a way out of the list."""
    edition = (await publish(app, papers(20))).edition
    topic = next(section.topic for section in edition.sections if not section.catch_all)
    wishes = Wishes(
        topics=("Old topic",), keywords=("tool use", "b"), authors=("Ada",), muted=(topic.upper(), "m")
    )
    await app.subscribers.wish(ada.id, wishes, NOW)
    answer = await browser.get(link)
    form = Form(answer.text)
    assert form.topics == {"topic:Old topic": "first", f"topic:{topic}": "never"}
    assert form.texts == {"keywords": "tool use\nb", "authors": "Ada", "muted": "m"}
    assert "a…@example.org" in form.text
    assert "ada@" not in answer.text
    assert link_of(app, ada.id) in form.links


async def test_every_field_has_a_label(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """By `for`, around it, or as the name of a group; and what describes a field is there."""
    edition = (await publish(app, papers(20))).edition
    like = like_of(edition, 1)
    assert like
    await app.subscribers.like(ada.id, like, NOW)
    await app.subscribers.wish(ada.id, Wishes(topics=("T",)), NOW)
    answer = await browser.post(link, data={"topic:T": "first", **EMPTY, "authors": "x" * 200})
    elements = Page(answer.text).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    assert {"keywords", "authors", "muted"} <= labels
    for tag, attributes in elements:
        named = f"{attributes.get('aria-labelledby', '')} {attributes.get('aria-describedby', '')}".split()
        assert set(named) <= set(ids), tag
    assert [tag for tag, _ in elements].count("h1") == 1


async def test_saving_changes_all_of_it(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """Cleaned, each wish once; it is said, shown, and the same when it is sent again as it stands."""
    sent = {
        "topic:Agents": "first",
        "topic:Vision": "as-it-comes",
        "topic:Robotics": "never",
        "keywords": "  tool\t use \r\n\r\ntool use\r\nbe\u200bta; gamma",
        "authors": "Lovelace, Ada",
        "muted": "Robotics\r\nbirds",
    }
    wishes = Wishes(
        topics=("Agents",),
        keywords=("tool use", "beta", "gamma"),
        authors=("Lovelace, Ada",),
        muted=("Robotics", "birds"),
    )
    answer = await browser.post(link, data=sent)
    assert answer.status_code == 200
    assert await wishes_of(app, ada) == wishes
    assert [attributes for _, attributes in Page(answer.text).elements if attributes.get("role") == "status"]
    assert "set-cookie" not in answer.headers
    await browser.post(link, data=Form(answer.text).fields)
    assert await wishes_of(app, ada) == wishes
    await browser.post(link, data=EMPTY)
    assert await wishes_of(app, ada) == Wishes()


async def test_what_was_liked_can_be_forgotten(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """What is ticked goes, the rest stays, and so does what was liked in the meantime."""
    edition = (await publish(app, papers(20))).edition
    likes = [like for rank in (1, 2, 3) if (like := like_of(edition, rank))]
    for like in likes[:2]:
        await app.subscribers.like(ada.id, like, NOW)
    form = Form((await browser.get(link)).text)
    boxes = [attributes["value"] for _, attributes in form.elements if attributes.get("name") == "forget"]
    assert boxes == [likes[1].entry, likes[0].entry]
    assert likes[0].title in form.text
    await app.subscribers.like(ada.id, likes[2], NOW)
    await browser.post(link, data={**EMPTY, "forget": [likes[0].entry, "paper:none"]})
    assert (await wishes_of(app, ada)).likes == (likes[1], likes[2])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str, method: str
) -> None:
    """Whatever stands behind the question mark: mail scanners follow links."""
    await app.subscribers.wish(ada.id, Wishes(keywords=("k",)), NOW)
    answer = await browser.request(method, link, params={**EMPTY, "keywords": "other"})
    assert answer.status_code == 200
    assert await wishes_of(app, ada) == Wishes(keywords=("k",))


MANY = "\n".join(f"wish {number}" for number in range(MOST_WISHES + 1))


@pytest.mark.parametrize("field", ["keywords", "authors", "muted", "topics"])
@pytest.mark.parametrize("wish", ["many", "long"])
async def test_too_much_is_refused(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str, field: str, wish: str
) -> None:
    """The page names the field, leads to it, keeps what was typed, and nothing at all is saved."""
    typed = MANY if wish == "many" else "x" * (LONGEST_WISH + 1)
    sent = {**EMPTY, "forget": "paper:1"}
    if field == "topics":
        sent |= {f"topic:{topic}": "first" for topic in typed.splitlines()}
    else:
        sent |= {field: typed, "topic:Agents": "first"}
    await app.subscribers.wish(ada.id, Wishes(keywords=("k",)), NOW)
    answer = await browser.post(link, data=sent)
    form = Form(answer.text)
    assert answer.status_code == 422
    assert f"#{field}" in form.links
    assert [attributes for _, attributes in form.elements if attributes.get("role") == "alert"]
    assert str(MOST_WISHES if wish == "many" else LONGEST_WISH) in form.text
    typed_again = {**form.topics, **form.texts}
    assert {name: value for name, value in typed_again.items() if value} == {
        name: value for name, value in sent.items() if value and name != "forget"
    }
    assert await wishes_of(app, ada) == Wishes(keywords=("k",))


async def test_as_much_as_is_allowed_is_kept(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """All fields full, with characters of which each takes twelve in a form."""
    full = [f"{number:02}" + "\U00010400" * (LONGEST_WISH - 2) for number in range(MOST_WISHES)]
    lines = "\r\n".join(full)
    sent = {**{f"topic:{name}": "first" for name in full}, **dict.fromkeys(EMPTY, lines)}
    assert (await browser.post(link, data=sent)).status_code == 200
    kept = tuple(full)
    assert await wishes_of(app, ada) == Wishes(topics=kept, keywords=kept, authors=kept, muted=kept)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"List-Unsubscribe=One-Click", 400),
        (b"keywords=&authors=", 400),
        (b"{}", 400),
        (b"\xff\xfe" * 100, 400),
        (b"&".join(b"a%d=" % number for number in range(5000)), 400),
        (b"keywords=" + b"x" * 2**20, 413),
    ],
    ids=["empty", "one click", "cut short", "JSON", "no text", "many fields", "large"],
)
async def test_what_is_no_form_of_ours_changes_nothing(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str, body: bytes, status: int
) -> None:
    """It must not be taken for a form in which all was deleted; and what is too large is not kept."""
    await app.subscribers.wish(ada.id, Wishes(keywords=("k",)), NOW)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await browser.post(link, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await wishes_of(app, ada) == Wishes(keywords=("k",))


async def test_an_endless_form_is_not_awaited(browser: httpx.AsyncClient, link: str) -> None:
    """The answer comes while more would follow."""
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 2**16

    assert (await browser.post(link, content=endless())).status_code == 413
    assert given < 30


async def test_odd_fields_are_passed_over(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str
) -> None:
    """Choices that there are not, topics without a name, other fields; bytes that are no text are marked."""
    odd = {"topic:Agents": "always", "topic: \t": "first", "email": "x@example.org", "status": "erased"}
    answer = await browser.post(link, content=urlencode({**EMPTY, **odd}) + "&keywords=a%00b%FFc")
    assert answer.status_code == 200
    person = await app.subscribers.get(ada.id)
    assert person.wishes == Wishes(keywords=("ab\ufffdc",))
    assert (person.email, person.status) == ("ada@example.org", SubscriberStatus.ACTIVE)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_link_tells_nothing(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, method: str
) -> None:
    """The same answer for all, the links of the other purposes included, whatever the form."""
    erased = await subscribe(app, "bob@example.org")
    await app.subscribers.move(erased.id, Event.ERASE, NOW, "test")
    made = [link_of(app, ada.id, purpose).rpartition("/")[2] for purpose in (tokens.MORE, tokens.UNSUBSCRIBE)]
    made += [link_of(app, number, tokens.PREFERENCES).rpartition("/")[2] for number in (erased.id, 10**6)]
    made += [
        "",
        "x",
        "a/b",
        "%00",
        "..%2F..%2Fx",
        tokens.make(app.secret, tokens.PREFERENCES, "others", ada.id),
    ]
    answers = [
        await browser.request(
            method, f"/preferences/{token}", data={**EMPTY, "keywords": "x"} if method == "POST" else None
        )
        for token in made
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert "This link is not one of ours" in answers[0].text
    assert await wishes_of(app, ada) == Wishes()


@pytest.mark.parametrize("event", [Event.UNSUBSCRIBE, Event.COMPLAIN])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_whoever_left_is_told_so(
    app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str, method: str, event: Event
) -> None:
    """There is nothing to choose any more, and no form."""
    await app.subscribers.move(ada.id, event, NOW, "test")
    answer = await browser.request(
        method, link, data={**EMPTY, "keywords": "x"} if method == "POST" else None
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "You are unsubscribed" in answer.text
    assert "form" not in [tag for tag, _ in Page(answer.text).elements]
    assert await wishes_of(app, ada) == Wishes()


async def test_wishes_stay_text(app: App, browser: httpx.AsyncClient, ada: Subscriber, link: str) -> None:
    """Whoever wrote them, and titles and topics too, where they are saved and where they are refused."""
    await publish(app, [Entry(id=f"p{n}", title=text) for n, text in enumerate(PAYLOADS)])
    for rank in range(1, len(PAYLOADS) + 1):
        await browser.post(f"{link_of(app, ada.id, tokens.MORE)}/1/{rank}")
    typed = "\n".join((*PAYLOADS, "</textarea><script>"))
    sent = {**dict.fromkeys(EMPTY, typed), **{f"topic:{text}": "first" for text in PAYLOADS}}
    for more in ("", "\n" + "<script>" * 50):
        answer = await browser.post(link, data={**sent, "authors": typed + more})
        form = Form(answer.text)
        assert not {"script", "img", "b"} & {tag for tag, _ in form.elements}
        assert not [name for _, attributes in form.elements for name in attributes if name.startswith("on")]
        assert all(payload.split(";")[0] in form.texts["keywords"] for payload in PAYLOADS)


async def test_topics_that_come_up_most_are_offered(app: App, browser: httpx.AsyncClient, link: str) -> None:
    """Without those of what fits no topic; before the first edition there are none, and the form works."""
    assert Form((await browser.get(link)).text).topics == {}
    edition = (await publish(app, papers(20))).edition
    offered = {f"topic:{section.topic}" for section in edition.sections if not section.catch_all}
    assert set(Form((await browser.get(link)).text).topics) == offered
