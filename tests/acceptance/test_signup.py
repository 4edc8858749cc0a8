"""From the form to the inbox and out again, with the real commands over HTTP and SMTP."""

import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from acceptance.signups import flood
from support.commands import Mailbox, Received, answer, database, finish, newsletter, ready, started
from support.room import DUE, READERS, Room

DORA = "dora@example.org"
NEXT_DAY = "2026-03-12T07:30:00+00:00"
BEFORE = "2026-03-11T06:00:00+00:00"
"""No slot is due yet: the one before is long past."""


@contextmanager
def serving(room: Room, now: str) -> Iterator[httpx.Client]:
    """The pages, while the server runs."""
    with started("serve", "--now", now, "--json", cwd=room.folder) as process:
        with httpx.Client(base_url=ready(process)["web"], timeout=10) as web:
            yield web
        process.send_signal(signal.SIGTERM)
        end = finish(process)
    assert (end.returncode, end.stdout) == (0, "")
    assert "Traceback" not in end.stderr


def mail_to(inbox: Mailbox, address: str, count: int = 1) -> list[Received]:
    """What came for this address, once so many have; by their subjects."""
    end = time.monotonic() + 20
    while len(found := [mail for mail in inbox.received if mail.recipient == address]) < count:
        assert time.monotonic() < end, f"{len(found)} of {count} messages came for {address}"
        time.sleep(0.02)
    return sorted(found, key=lambda mail: str(mail.message["Subject"]))


def link_in(mail: Received, purpose: str) -> str:
    body = mail.message.get_body(("plain",))
    assert body
    [link] = set(re.findall(rf"https://papers\.example\.org(/{purpose}/\S+)", body.get_content()))
    return link


def status_of(room: Room, address: str) -> str:
    people = room.do("subscribers", "list")["subscribers"]
    [status] = [person["status"] for person in people if person["email"] == address]
    return str(status)


def events_of(room: Room, address: str) -> list[tuple[str, str]]:
    with database(room.folder) as connection:
        rows = connection.execute(
            "SELECT email, event, source FROM history JOIN subscribers ON subscribers.id = subscriber_id"
            " ORDER BY history.id"
        )
        return [(event, source) for email, event, source in rows if email == address]


def test_from_the_form_to_the_inbox_and_out_again(room: Room, inbox: Mailbox) -> None:
    """Nothing is sent to who has not said yes but the question; a scanner that follows its link says nothing;
    the button does, and welcome and edition come; one click of the mail program ends it."""
    with serving(room, BEFORE) as web:
        assert 'action="/subscribe"' in web.get("/subscribe").text
        told = web.post("/subscribe", data={"email": "Dora@EXAMPLE.org", "name": "Dora"})
        assert "Look into your mailbox" in told.text
        [asking] = mail_to(inbox, "Dora@example.org")
        assert asking.message["Subject"] == "Please confirm: Morning Papers"
        assert asking.message["List-Unsubscribe"] is None
        link = link_in(asking, "confirm")
        for look in (web.get, web.head):
            assert look(link).status_code == 200
        assert status_of(room, "Dora@example.org") == "pending"
        assert "You are subscribed" in web.post(link).text
        assert status_of(room, "Dora@example.org") == "active"
        asked, welcome = mail_to(inbox, "Dora@example.org", 2)
        assert asked.message_id == asking.message_id
        assert welcome.message["Subject"] == "Welcome to Morning Papers"
        assert web.get(link_in(welcome, "preferences")).status_code == 200
        assert "You are subscribed" in web.get(link).text
        assert "You are subscribed" in web.post(link).text
    assert inbox.count == 2

    inbox.empty()
    with serving(room, DUE) as web:
        [edition] = mail_to(inbox, "Dora@example.org")
        assert edition.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        leave = re.fullmatch(r"<https://papers\.example\.org(/\S+)>", edition.message["List-Unsubscribe"])
        assert leave
        assert web.post(leave[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert "Sign up again" in web.get(leave[1]).text
    assert events_of(room, "Dora@example.org") == [
        ("subscribe", "form"),
        ("confirm", "link"),
        ("unsubscribe", "one-click"),
    ]

    inbox.empty()
    room.write_page('{"title": "A new paper"}')
    room.do("run", now=NEXT_DAY)
    assert inbox.recipients == sorted(READERS)


def test_a_letter_waits_for_its_mail_server_and_any_command_sends_it(room: Room, inbox: Mailbox) -> None:
    """Where the server is away the sign-up is kept, `status` tells of it, and `send` sends it once."""
    room.configure(f"port = {inbox.port}", "port = 9")
    with serving(room, BEFORE) as web:
        assert web.post("/subscribe", data={"email": DORA}).status_code == 200
    assert room.do("status", now=BEFORE)["letters"] == 1
    assert "Letters 1 waits to be sent" in room.say("status", now=BEFORE)[0]
    room.configure("port = 9", f"port = {inbox.port}")
    room.do("send", now=BEFORE)
    room.do("run", now=BEFORE)
    assert inbox.recipients == [DORA]
    assert room.do("status", now=BEFORE)["letters"] == 0


def test_a_letter_outlives_the_process_that_was_sending_it(room: Room, inbox: Mailbox) -> None:
    """Killed while it spoke to the mail server: for a while the letter might be somebody's, then another
    process sends it, once."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        room.configure(f"port = {inbox.port}", f"port = {port}")
        with started("serve", "--now", BEFORE, "--json", cwd=room.folder) as process:
            with httpx.Client(base_url=ready(process)["web"], timeout=10) as web:
                assert web.post("/subscribe", data={"email": DORA}).status_code == 200
            connection, _ = silent.accept()
            process.kill()
            process.wait()
            connection.close()
    room.configure(f"port = {port}", f"port = {inbox.port}")
    room.do("send", now="2026-03-11T06:19:00+00:00")
    assert (inbox.recipients, room.do("status", now=BEFORE)["letters"]) == ([], 1)
    for _ in range(2):
        room.do("send", now="2026-03-11T06:20:00+00:00")
    assert (inbox.recipients, room.do("status", now=BEFORE)["letters"]) == ([DORA], 0)


def test_who_leaves_by_the_page_gets_a_goodbye_where_that_is_wished(room: Room, inbox: Mailbox) -> None:
    """With the way back in it; and once, however often the button is pressed."""
    room.configure("[schedule]", "[signup]\ngoodbye = true\n\n[schedule]")
    with serving(room, DUE) as web:
        [edition] = mail_to(inbox, READERS[0])
        leave = link_in(edition, "unsubscribe")
        for _ in range(2):
            assert "You are unsubscribed" in web.post(leave).text
        goodbye = mail_to(inbox, READERS[0], 2)[1]
        assert goodbye.message["Subject"] == "You are unsubscribed from Morning Papers"
        assert "https://papers.example.org/subscribe" in str(goodbye.message.get_body(("plain",)))
    assert events_of(room, READERS[0]) == [("subscribe", "import"), ("unsubscribe", "link")]
    assert len(mail_to(inbox, READERS[0], 2)) == 2


def test_many_posts_from_everywhere_are_one_mail(room: Room, inbox: Mailbox) -> None:
    """A short run of `signups.py`: whoever wants to flood a mailbox with our help sends it one letter."""
    with serving(room, BEFORE) as web:
        answers = flood(str(web.base_url), DORA, 300)
        assert set(answers) <= {200, 429}
        assert answers[200] == 100, "no more than [signup] per_domain_hour"
        mail_to(inbox, DORA)
    assert inbox.recipients == [DORA]
    assert room.do("status", now=BEFORE)["letters"] == 0


def test_the_form_for_other_sites(room: Room) -> None:
    """As it is, to be pasted, or in JSON; and none where there is no sign-up."""
    printed = newsletter("signup-form", "--script", cwd=room.folder).stdout
    assert printed.startswith('<form action="https://papers.example.org/subscribe" method="post"')
    assert answer("signup-form", "--script", cwd=room.folder) == {"html": printed}
    room.configure("[schedule]", "[signup]\nenabled = false\n\n[schedule]")
    assert "[signup] enabled" in newsletter("signup-form", cwd=room.folder, code=1).stderr
