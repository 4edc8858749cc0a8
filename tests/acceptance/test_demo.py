"""`newsletter demo`: what it says, and what its readers get."""

import re

from lxml import html
from support.commands import Received
from support.demo import NOW, Demo, example_list

CLIP_LIMIT = 102_400
HEADERS = (
    "From",
    "To",
    "Date",
    "Message-ID",
    "Subject",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Post",
    "Auto-Submitted",
    "Precedence",
    "MIME-Version",
    "Content-Type",
)


def text_of(message: Received) -> str:
    part = message.message.get_body(("plain",))
    assert part
    return str(part.get_content())


def html_of(message: Received) -> str:
    part = message.message.get_body(("html",))
    assert part
    return str(part.get_content())


def words(text: str) -> str:
    """With every run of white space as one space, as a reader sees it."""
    return " ".join(text.split())


# The run


def test_it_says_what_it_did(demo: Demo) -> None:
    """All 99 papers of the seed page, one edition, and every copy of it accepted."""
    people = len(example_list())
    assert demo.answer["collected"]["entries"] == demo.answer["collected"]["new"] == 99
    assert demo.answer["outbox"]["planned"] == demo.answer["outbox"]["accepted"] == people
    edition = demo.answer["edition"]
    assert (edition["number"], edition["slot"], edition["entries"]) == (1, NOW, 25)
    assert sum(len(section["entries"]) for section in edition["sections"]) == 25
    assert (demo.answer["preview"], demo.answer["mailbox"]) == ("demo/preview", "demo/mailbox")


def test_the_preview_is_there(demo: Demo) -> None:
    """A page to open, and the three forms of the email that it shows."""
    sizes = {file.name: file.stat().st_size for file in (demo.folder / "preview").iterdir()}
    assert set(sizes) == {"index.html", "email.html", "email.txt", "email.eml"}
    assert min(sizes.values()) > 10_000


def test_everybody_has_exactly_one_message(demo: Demo) -> None:
    """Nobody more, nobody less."""
    assert sorted(message.recipient for message in demo.mail) == sorted(example_list())


def test_each_message_is_sound(demo: Demo) -> None:
    """It parses without a defect; text comes first, HTML second; the headers are there once; it is
    addressed to whom it was sent; lines end in CRLF and are not too long."""
    for received_ in demo.mail:
        message = received_.message
        parts = list(message.walk())
        assert [part.get_content_type() for part in parts] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert not any(part.defects for part in parts)
        assert {name: len(message.get_all(name, [])) for name in HEADERS} == dict.fromkeys(HEADERS, 1)
        assert not any(value.defects for value in message.values())
        assert [address.addr_spec for address in message["To"].addresses] == [received_.recipient]
        assert received_.data.count(b"\r\n") == received_.data.count(b"\n") == received_.data.count(b"\r")
        assert max(map(len, received_.data.split(b"\r\n"))) <= 998


def test_each_message_stays_below_where_mailboxes_clip(demo: Demo) -> None:
    """Decoded, and as it travels."""
    for message in demo.mail:
        part = message.message.get_body(("html",))
        assert part
        assert len(str(part.get_content()).encode()) <= CLIP_LIMIT
        assert len(part.get_payload()) <= CLIP_LIMIT


def test_each_reader_has_links_and_a_message_id_of_their_own(demo: Demo) -> None:
    """The address in List-Unsubscribe also stands in both bodies, and in nobody else's."""
    links = set()
    for message in demo.mail:
        link = message.message["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://papers.example.org/unsubscribe/")
        assert link in text_of(message)
        assert link in html_of(message)
        links.add(link)
    assert len(links) == len({message.message_id for message in demo.mail}) == len(demo.mail)


def test_nothing_of_one_reader_is_in_the_message_of_another(demo: Demo) -> None:
    """Neither an address nor a token."""
    private = {
        message.recipient: (message.recipient, message.message["List-Unsubscribe"].strip("<>")[-32:])
        for message in demo.mail
    }
    for message in demo.mail:
        seen = "\n".join([text_of(message), html_of(message), *message.message.values()])
        leaked = [owner for owner, values in private.items() if any(value in seen for value in values)]
        assert leaked == [message.recipient]


def test_followed_topics_come_first(demo: Demo) -> None:
    """In both parts; the order within the two groups is the edition's."""
    topics = [section["topic"] for section in demo.answer["edition"]["sections"]]
    follows = example_list()
    orders = set()
    for message in demo.mail:
        expected = sorted(topics, key=lambda topic: topic not in follows[message.recipient])
        orders.add(tuple(expected))
        contents = [re.fullmatch(r"  (.+) \(\d+\)", line) for line in text_of(message).splitlines()]
        in_text = [found[1] for found in contents if found and found[1] in topics]
        assert in_text == expected
        headings = html.fromstring(html_of(message)).iterfind(".//h2")
        in_html = [words(heading.text or "") for heading in headings]
        shown = [topic for topic in in_html if topic in topics]
        assert len(shown) >= len(topics) - 1, "only the lead may leave its section empty"
        assert shown == [topic for topic in expected if topic in shown]
    assert len(orders) > 5


def test_every_featured_title_is_in_both_parts(demo: Demo) -> None:
    """As people read it."""
    titles = [words(title) for title in demo.titles()]
    assert len(titles) == 25
    message = demo.mail[0]
    text, page = words(text_of(message)), words(html.fromstring(html_of(message)).text_content())
    assert [title for title in titles if title not in text] == []
    assert [title for title in titles if title not in page] == []


def test_nothing_is_left_to_fill_in(demo: Demo) -> None:
    """No template tag and no sentinel in what readers get."""
    for message in demo.mail:
        for part in (text_of(message), html_of(message)):
            assert not any(mark in part for mark in ("{{", "{%", "__UNSUB", "_UNSUBSCRIBE__", "None"))
