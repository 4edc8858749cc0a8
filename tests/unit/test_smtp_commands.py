"""What goes over the wire: addresses that are nothing else, lines that end in CRLF, dots that end nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.adapters.transports.commands import Commands, Extensions, Unfit, dot_stuffed
from newsletter.ports import Envelope

SENDER = "papers@example.org"
EVERYTHING = Extensions(pipelining=True, size=True, limit=10**6, eight_bit=True, utf8=True, dsn=True)
PATH = re.compile(rb'[^\x00-\x20\x7f<>"\\(),:;@\[\]]+@[A-Za-z0-9._-]+')
pieces = st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"\r\n.", b"x", b" ", b"\0", b"\xff", b"some words"])


def commands_for(recipient: str, extensions: Extensions = EVERYTHING) -> list[bytes]:
    return Commands(extensions).transaction(Envelope(SENDER, recipient), eight_bit=False)


@given(st.text() | st.text(st.sampled_from('ab@.<> \r\n"\\=\0é\u2028'), max_size=20))
@example("x> AUTH=<y")
@example("x@example.org> AUTH=<y@example.org")
@example("x@example.org\r\nRSET")
@example("x@example.org\n")
@example('"x y"@example.org')
@example("x\u2028@example.org")
@example("x\ud800@example.org")
@example("x@example.org SIZE=1")
def test_an_address_is_all_that_becomes_of_one(recipient: str):
    """Three lines, and between the brackets nothing that could end them; else it is refused."""
    try:
        mail, rcpt, data = commands_for(recipient)
    except Unfit:
        return
    assert re.fullmatch(rb"MAIL FROM:<papers@example\.org> RET=HDRS( SMTPUTF8)?\r\n", mail)
    assert rcpt.startswith(b"RCPT TO:<")
    assert rcpt.endswith(b">\r\n")
    assert PATH.fullmatch(rcpt[9:-3])
    assert data == b"DATA\r\n"


@pytest.mark.parametrize(
    "address", ["a@example.org", "a.b+c@xn--bcher-kva.example", "o'hara@a-b.example.org", "x_y@test"]
)
def test_usual_addresses_are_taken_as_they_are(address: str):
    """Whatever the server offers."""
    assert commands_for(address, Extensions()) == [
        b"MAIL FROM:<papers@example.org>\r\n", b"RCPT TO:<%s>\r\n" % address.encode(), b"DATA\r\n"
    ]  # fmt: skip


def test_outside_ascii_only_with_smtputf8():
    """The domain can always be written otherwise."""
    assert b"<a@xn--bcher-kva.example>" in commands_for("a@bücher.example", Extensions())[1]
    with pytest.raises(Unfit, match="SMTPUTF8") as refused:
        commands_for("ü@bücher.example", Extensions())
    assert refused.value.code == 553
    mail, rcpt, _ = commands_for("ü@bücher.example")
    assert mail.endswith(b" SMTPUTF8\r\n")
    assert "<ü@xn--bcher-kva.example>".encode() in rcpt


@pytest.mark.parametrize(
    ("offered", "limit"), [("", None), ("0", None), ("1000", 1000), ("x", None), ("-1", None), ("²", None)]
)
def test_the_servers_limit(offered: str, limit: int | None):
    """None where it says none, or nonsense."""
    found = Extensions.of({"size": offered, "pipelining": ""})
    assert found == Extensions(size=True, limit=limit, pipelining=True)


def test_a_message_that_the_server_does_not_take_is_unfit():
    """Too large, or not 7-bit: it would be refused after it was sent, or mangled."""
    small = Commands(Extensions(size=True, limit=10))
    small.check(b"x" * 10, eight_bit=False)
    with pytest.raises(Unfit, match="11 bytes"):
        small.check(b"x" * 11, eight_bit=False)
    with pytest.raises(Unfit, match="8BITMIME"):
        small.check(b"\xff", eight_bit=True)


@given(st.lists(pieces, max_size=12).map(b"".join))
@example(b"x\r\n.\r\n")
@example(b"x\r\n\n.\r\n")
def test_a_text_comes_back_and_ends_where_it_should(data: bytes):
    """The server takes one dot from each line that begins with one; none of them is a dot alone."""
    proper = data.endswith(b"\r\n") and not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    if not proper:
        with pytest.raises(ValueError, match="CRLF"):
            dot_stuffed(data)
        return
    lines = dot_stuffed(data).split(b"\r\n")
    assert b"." not in lines
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == data
