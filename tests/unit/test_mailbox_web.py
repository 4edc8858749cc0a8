"""The pages of the local mailbox, asked as a browser asks."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from newsletter.adapters.mailbox import MaildirHandler
from newsletter.web.mailbox import mailbox_app

TABS = ["html", "text", "headers", "source"]
PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</pre></textarea><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "javascript:alert(1)",
    'http://a.example/"onmouseover="alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202egpj.exe <b>",
]


class Page(HTMLParser):
    """What a browser sees: the elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def maildir(tmp_path: Path) -> MaildirHandler:
    return MaildirHandler(tmp_path)


@pytest.fixture
async def browser(tmp_path: Path, maildir: MaildirHandler) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(mailbox_app(tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as client:
        yield client


def a_message(
    subject: str = "Hello", text: str = "Hi\n", html: str | None = "<p>Hi</p>", **headers: str
) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "papers@example.org", "To": "reader@example.net", **headers}.items():
        message[name] = value
    message["Subject"] = subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


async def test_the_list_shows_what_came_in(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """Newest first, with recipient, subject and size, each leading to its message."""
    keys = [maildir.keep(a_message(subject)) for subject in ("First", "Second")]
    page = Page((await browser.get("/")).text)
    assert "2 messages" in page.text
    assert page.text.index("Second") < page.text.index("First")
    assert "To reader@example.net" in page.text
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert [link for link in links if link and "messages" in link] == [
        f"/messages/{key}" for key in keys[::-1]
    ]


async def test_an_empty_mailbox_says_so(browser: httpx.AsyncClient) -> None:
    """No message is a page too."""
    assert "Nothing yet" in (await browser.get("/")).text


async def test_the_list_renews_itself_until_paused(browser: httpx.AsyncClient) -> None:
    """New mail appears without a script, and a reader can stop it."""

    async def renewing(address: str) -> bool:
        page = Page((await browser.get(address)).text)
        return ("meta", {"http-equiv": "refresh", "content": "5"}) in page.elements

    assert await renewing("/")
    assert not await renewing("/?refresh=off")


async def test_a_long_list_comes_in_pages(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """Every message is on exactly one page; a page number that makes no sense is mended."""
    for number in range(101):
        maildir.keep(a_message(f"Number {number}."))
    first, second = [(await browser.get(f"/?page={page}")).text for page in (1, 2)]
    for number in range(101):
        assert (f"Number {number}." in first) != (f"Number {number}." in second)
    assert "Page 1 of 2" in first
    for nonsense in ("0", "-1", "x", "²", ""):
        assert (await browser.get(f"/?page={nonsense}")).text.count("<li>") == 100
    for beyond in ("3", "999999999"):
        assert "Page 2 of 2" in (await browser.get(f"/?page={beyond}")).text


async def test_each_tab_has_its_own_address(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """The views work without a script, and the current one is marked."""
    key = maildir.keep(a_message(text="The plain text", **{"X-Special": "yes"}))
    found = {tab: await browser.get(f"/messages/{key}/{tab}") for tab in TABS}
    for tab, response in found.items():
        assert response.status_code == 200
        assert ("a", {"href": f"/messages/{key}/{tab}", "aria-current": "page"}) in Page(
            response.text
        ).elements
    assert "The plain text" in found["text"].text
    assert "X-Special" in found["headers"].text
    assert "X-Special: yes" in found["source"].text


@pytest.mark.parametrize(("html", "tab"), [("<p>Hi</p>", "html"), (None, "text")])
async def test_a_message_opens_with_its_best_part(
    browser: httpx.AsyncClient, maildir: MaildirHandler, html: str | None, tab: str
) -> None:
    """The HTML where there is one, else the text."""
    key = maildir.keep(a_message(html=html))
    response = await browser.get(f"/messages/{key}")
    assert response.headers["location"] == f"/messages/{key}/{tab}"


async def test_a_part_that_is_missing_is_said(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """No frame without an HTML part, no empty text without a text part."""
    plain, bare = maildir.keep(a_message(html=None)), maildir.keep(b"Content-Type: text/html\n\n<p>")
    assert "no HTML part" in (await browser.get(f"/messages/{plain}/html")).text
    assert "no plain text part" in (await browser.get(f"/messages/{bare}/text")).text


async def test_the_download_has_the_exact_bytes(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """The file is handed out as it is, never for the browser to interpret."""
    content = b"Subject: x\r\n\r\n\x00\xff<script>\r\n"
    response = await browser.get(f"/messages/{maildir.keep(content)}/message.eml")
    assert response.content == content
    assert response.headers["content-type"] == "message/rfc822"
    assert response.headers["content-disposition"] == 'attachment; filename="message.eml"'


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_hostile_text_appears_literally(
    browser: httpx.AsyncClient, maildir: MaildirHandler, payload: str
) -> None:
    """In subject, sender, header and body: the text itself, and the elements that harmless text has."""

    async def pages(text: str) -> list[Page]:
        mail = a_message(text, text, None, **{"X-Header": text}).replace(
            b"From: papers@example.org", f"From: {text} <a@example.org>".encode()
        )
        key = maildir.keep(mail)
        found = [Page((await browser.get(f"/messages/{key}/{tab}")).text) for tab in TABS]
        listed = Page((await browser.get("/?refresh=off")).text)
        (maildir.folder / "new" / key).unlink()
        return [listed, *found]

    def skeleton(page: Page) -> list[tuple[str, list[str]]]:
        """The elements with the names of their attributes, but for the links that a text may have."""
        return [(tag, sorted(found)) for tag, found in page.elements if "target" not in found]

    hostile, harmless = await pages(payload), await pages("harmless")
    for bad, good in zip(hostile, harmless, strict=True):
        assert skeleton(bad) == skeleton(good)
    for page in hostile[:-1]:
        assert payload in page.text


async def test_links_of_the_text_are_http_only(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """A confirmation link can be followed; a script address stays text."""
    text = "Confirm: https://example.org/confirm/abc?a=1&b=2\njavascript:alert(1) data:text/html,x\n"
    page = Page((await browser.get(f"/messages/{maildir.keep(a_message(text=text))}/text")).text)
    outside = [attributes for tag, attributes in page.elements if tag == "a" and "target" in attributes]
    assert [link["href"] for link in outside] == ["https://example.org/confirm/abc?a=1&b=2"]
    assert outside[0]["rel"] == "noopener noreferrer"


async def test_the_html_part_is_shut_in(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """Its frame is sandboxed, and its own policy forbids scripts and the network even without the frame."""
    key = maildir.keep(a_message(html="<p>Grüße</p><script>alert(1)</script>"))
    page = Page((await browser.get(f"/messages/{key}/html")).text)
    (frame,) = [attributes for tag, attributes in page.elements if tag == "iframe"]
    assert frame["src"] == "html/part"
    sandbox = (frame["sandbox"] or "").split()
    assert sandbox == ["allow-popups", "allow-popups-to-escape-sandbox"]
    part = await browser.get(f"/messages/{key}/html/part")
    assert part.text.startswith("<p>Grüße</p>")
    policy = dict(rule.strip().split(" ", 1) for rule in part.headers["content-security-policy"].split(";"))
    assert policy["sandbox"].split() == sandbox
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert "script-src" not in policy
    assert "connect-src" not in policy


async def test_width_and_colours_can_be_switched(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """Each switch keeps the other; a value that does not exist is the default."""
    key = maildir.keep(a_message())

    async def frame_class(query: str) -> str | None:
        page = Page((await browser.get(f"/messages/{key}/html{query}")).text)
        return next(attributes["class"] for tag, attributes in page.elements if tag == "iframe")

    assert await frame_class("") == "part desk light"
    assert await frame_class("?width=phone&scheme=dark") == "part phone dark"
    assert await frame_class('?width="><script>&scheme=x') == "part desk light"
    page = Page((await browser.get(f"/messages/{key}/html?width=phone")).text)
    assert ("a", {"href": "?width=phone&scheme=dark"}) in page.elements


@pytest.mark.parametrize(
    "key",
    [
        "%2e%2e",
        "../secret",
        "..%2fsecret",
        "%2e%2e%2fsecret",
        "..%5csecret",
        "%00",
        "nothing",
        "%ff",
        "secret",
    ],
)
@pytest.mark.parametrize("tail", ["", "/html", "/html/part", "/message.eml"])
async def test_addresses_lead_to_messages_only(
    browser: httpx.AsyncClient, maildir: MaildirHandler, key: str, tail: str
) -> None:
    """Any other key is 404, with the same headers as every page."""
    (maildir.folder / "secret").write_text("secret")
    response = await browser.get(f"/messages/{key}{tail}")
    assert response.status_code == 404
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize("address", ["/", "/style.css", "/nothing", "/messages/x/html"])
async def test_every_answer_has_the_safe_headers(browser: httpx.AsyncClient, address: str) -> None:
    """Pages, the style sheet and errors alike."""
    headers = (await browser.get(address)).headers
    assert headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; frame-src 'self';"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8025", 200),
        ("localhost:8025", 200),
        ("LOCALHOST", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example:8025", 400),
        ("evil.example@127.0.0.1", 400),
        ("", 400),
    ],
)
async def test_only_names_of_this_machine_are_answered(
    browser: httpx.AsyncClient, host: str, status: int
) -> None:
    """A page elsewhere that points its own name at 127.0.0.1 reads nothing."""
    response = await browser.get("/", headers={"Host": host})
    assert response.status_code == status
    assert ("Mailbox" in response.text) == (status == 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_changed(browser: httpx.AsyncClient, method: str) -> None:
    """The pages are for reading."""
    assert (await browser.request(method, "/")).status_code == 405


async def test_a_broken_message_is_marked(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """It is listed, says what is wrong, and every tab of it works."""
    key = maildir.keep(b"\xff\x00 garbage \xed\xa0\x80")
    assert "Not a well-formed message" in (await browser.get("/")).text
    for tab in [*TABS, "html/part", "message.eml"]:
        assert (await browser.get(f"/messages/{key}/{tab}")).status_code == 200


async def test_a_name_with_strange_characters_still_works(
    browser: httpx.AsyncClient, maildir: MaildirHandler
) -> None:
    """Other programs name their files as they like; the list's links lead there all the same."""
    (maildir.folder / "cur" / "a?b#c%d&é <x>:2,S").write_bytes(a_message("Strange"))
    page = Page((await browser.get("/")).text)
    (link,) = [
        attributes["href"]
        for tag, attributes in page.elements
        if "/messages/" in (attributes.get("href") or "")
    ]
    assert "Strange" in (await browser.get(str(link), follow_redirects=True)).text


async def test_a_huge_message_is_cut(browser: httpx.AsyncClient, maildir: MaildirHandler) -> None:
    """The page stays small and leads to the whole file."""
    key = maildir.keep(a_message(text="word (word\n" * 200_000, html=None))
    for tab in ("text", "source"):
        page = (await browser.get(f"/messages/{key}/{tab}")).text
        assert len(page) < 600_000
        assert 'Cut here. <a href="message.eml">' in page
