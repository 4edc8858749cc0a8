"""The local mailbox is read: every file is shown, whatever it holds, and no other."""

import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.adapters.mailbox import MaildirHandler, load, read_messages
from newsletter.errors import NotFound

READER = "reader@example.net"


def maildir(folder: Path, *contents: bytes) -> Path:
    handler = MaildirHandler(folder)
    for content in contents:
        handler.keep(content)
    return folder


def test_newest_first_and_in_pages(tmp_path: Path) -> None:
    """The order is that of arrival, even within one tick of the file system's clock."""
    maildir(tmp_path, *(f"Subject: {number}\n\n".encode() for number in range(30)))
    newest = [str(number) for number in reversed(range(30))]
    assert [message.subject for message in read_messages(tmp_path)] == newest
    assert [message.subject for message in read_messages(tmp_path, start=5, limit=10)] == newest[5:15]
    assert read_messages(tmp_path / "nowhere") == []


def test_a_message_is_loaded_with_its_parts(tmp_path: Path) -> None:
    """Both bodies are decoded by their charset, the headers in their order, the bytes as they are."""
    message = EmailMessage()
    message["From"] = "Jörg <j@example.org>"
    message["To"] = READER
    message["Subject"] = "Déjà vu: 学習"
    message.set_content("Grüße\n", charset="iso-8859-1")
    message.add_alternative("<p>Grüße</p>\n", subtype="html", cte="base64")
    handler = MaildirHandler(tmp_path)
    key = handler.keep(message.as_bytes())
    loaded = load(tmp_path, key)
    assert (loaded.text, loaded.html) == ("Grüße\n", "<p>Grüße</p>\n")
    assert loaded.raw == message.as_bytes()
    assert [name for name, _ in loaded.headers][:3] == ["From", "To", "Subject"]
    stored = loaded.stored
    assert (stored.sender, stored.to, stored.subject) == ("Jörg <j@example.org>", READER, "Déjà vu: 学習")
    assert (stored.key, stored.size, stored.problem) == (key, len(loaded.raw), "")
    assert read_messages(tmp_path) == [stored]


def test_a_message_that_a_mail_reader_has_moved_is_found(tmp_path: Path) -> None:
    """In cur/ a name carries flags; the key stays the same."""
    maildir(tmp_path, b"Subject: x\n\n")
    (path,) = (tmp_path / "new").iterdir()
    path.rename(tmp_path / "cur" / f"{path.name}:2,S")
    assert load(tmp_path, path.name).stored.subject == "x"


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../secret",
        "../../secret",
        "/etc/passwd",
        "new",
        "link",
        ".hidden",
        "a\0b",
        "\udcff",
        "x" * 9999,
    ],
)
def test_keys_lead_nowhere_else(tmp_path: Path, key: str) -> None:
    """A key names a message or nothing: no other file, no link, no error of another kind."""
    folder = maildir(tmp_path / "mail", b"Subject: x\n\n")
    (tmp_path / "secret").write_text("secret")
    (folder / "secret").write_text("secret")
    (folder / "new" / ".hidden").write_text("secret")
    (folder / "new" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        load(folder, key)
    assert [message.subject for message in read_messages(folder)] == ["x"]


DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            [b"From", b"To", b"Subject", b"Content-Type", b"Content-Transfer-Encoding", b"Date"]
        ).flatmap(lambda name: st.binary(max_size=40).map(lambda value: name + b": " + value + b"\n"))
    ).map(b"".join)
)
@example(b"")
@example(b"\x00\xff garbage")
@example(b"Subject: =?utf-7?q?+2AA-?= =?utf-16?b?2AA=?= =?nope?q?x?= \xff\xfe\n\n")
@example(b"Content-Type: text/html; charset=nope\n\n\xff")
@example(b"Content-Type: text/html; charset=base64\n\n\xff")
@example(b"Content-Type: text/html; charset*=x'y'%ff\n\n\xff")
@example(b"Content-Type: text/plain; charset=undefined\nContent-Transfer-Encoding: base64\n\n!!!")
@example(b"Content-Type: text/plain; charset=utf-16-le\n\n\x00\xd8")
@example(b'Content-Type: multipart/mixed; boundary=""\n\n--\n')
@example(b"Content-Type: multipart/alternative\n\nno boundary")
@example(b"From: " + b'"' * 60_000 + b"\n\n")
@example(b"From: " + b"(" * 900 + b"\n\n")
@example(DEEP)
def test_no_message_can_break_the_reader(tmp_path: Path, content: bytes) -> None:
    """Any bytes are listed and loaded, in good time, as texts that a page can show."""
    folder = tmp_path / "mail"
    key = MaildirHandler(folder).keep(content)
    started = time.monotonic()
    (listed,) = read_messages(folder)
    loaded = load(folder, key)
    (folder / "new" / key).unlink()
    assert time.monotonic() - started < 60  # it would be minutes where the time grows with the square
    assert loaded.raw == content
    texts = [listed.sender, listed.to, listed.subject, listed.problem, loaded.html or "", loaded.text or ""]
    for text in [*texts, *(part for header in loaded.headers for part in header)]:
        text.encode("utf-8")
        assert "\0" not in text


@pytest.mark.parametrize("content", [b"", b"no header here", b"Subject: x\nno header\n\n", DEEP])
def test_what_does_not_parse_is_listed_as_such(tmp_path: Path, content: bytes) -> None:
    """A broken message says what is wrong with it."""
    key = MaildirHandler(tmp_path).keep(content)
    assert load(tmp_path, key).stored.problem
