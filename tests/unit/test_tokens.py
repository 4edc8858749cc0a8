"""Signed links, Message-IDs and nonces."""

import base64
import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.core import tokens

SECRET = b"0123456789abcdef0123456789abcdef"
numbers = st.integers(0, 2**63)


@given(numbers)
def test_a_token_reads_back_as_its_subscriber(number: int):
    """For every subscriber number."""
    token = tokens.make(SECRET, "unsubscribe", "papers", number)
    assert tokens.read([SECRET], "unsubscribe", "papers", token) == number
    assert len(token) == 32


@given(numbers, st.integers(0, 24 * 8 - 1))
def test_a_token_with_any_bit_changed_is_nobodys(number: int, bit: int):
    """Number and signature alike: no bit may be flipped."""
    raw = bytearray(base64.urlsafe_b64decode(tokens.make(SECRET, "unsubscribe", "papers", number)))
    raw[bit // 8] ^= 1 << bit % 8
    assert tokens.read([SECRET], "unsubscribe", "papers", base64.urlsafe_b64encode(raw).decode()) is None


def test_a_token_serves_one_purpose_of_one_newsletter_under_one_secret():
    """It cannot be carried over to another."""
    token = tokens.make(SECRET, "unsubscribe", "papers", 7)
    assert tokens.read([SECRET], "confirm", "papers", token) is None
    assert tokens.read([SECRET], "unsubscribe", "other", token) is None
    assert tokens.read([b"another secret of some length"], "unsubscribe", "papers", token) is None


@given(st.text())
def test_any_other_text_is_nobodys(text: str):
    """Whatever stands in the address, the answer is None and never an exception."""
    assert tokens.read([SECRET], "unsubscribe", "papers", text) is None


@given(numbers, numbers, st.integers(1, 10**6), st.integers(1, 10**6))
def test_message_ids_differ_by_edition_and_subscriber_and_by_nothing_else(a: int, b: int, x: int, y: int):
    """The same copy has the same Message-ID on every attempt, and no two copies share one."""
    one = tokens.message_id(SECRET, "papers", x, a, "example.org")
    other = tokens.message_id(SECRET, "papers", y, b, "example.org")
    assert (one == other) == ((x, a) == (y, b))
    assert one.startswith("<")
    assert one.endswith("@example.org>")
    assert one.isascii()


def test_a_nonce_is_sixteen_hexadecimal_digits_and_the_same_on_every_render():
    """As the sentinels want it."""
    nonce = tokens.nonce(SECRET, "papers", 1)
    assert nonce == tokens.nonce(SECRET, "papers", 1)
    assert nonce != tokens.nonce(SECRET, "papers", 2)
    assert len(nonce) == 16
    assert int(nonce, 16) >= 0


rows = st.integers(0, 2**64 - 1)


@given(rows)
def test_an_envelope_reads_back_as_its_row(row: int):
    """In whatever case a server returns it, and it fits before an at sign."""
    token = tokens.make_envelope(SECRET, "papers", row)
    assert re.fullmatch("[a-z2-7]{32}", token)
    for seen in (token, token.upper(), token.title()):
        assert tokens.read_envelope([SECRET], "papers", seen) == row


@given(rows, st.integers(0, 20 * 8 - 1))
def test_an_envelope_with_any_bit_changed_is_nobodys(row: int, bit: int):
    """Row and signature alike: no bit may be flipped."""
    raw = bytearray(base64.b32decode(tokens.make_envelope(SECRET, "papers", row), casefold=True))
    raw[bit // 8] ^= 1 << bit % 8
    assert tokens.read_envelope([SECRET], "papers", base64.b32encode(raw).decode().lower()) is None


@given(
    rows,
    st.integers(0, 32),
    st.integers(0, 2),
    st.one_of(st.text(max_size=2), st.sampled_from(["=", "ı", "ſ", "0", "1", "8", " ", "+", "ａ"])),
)
def test_an_envelope_that_was_touched_is_nobodys(row: int, at: int, gone: int, put: str):
    """Characters changed, left out or added anywhere."""
    token = tokens.make_envelope(SECRET, "papers", row)
    touched = token[:at] + put + token[at + gone :]
    read = tokens.read_envelope([SECRET], "papers", touched)
    assert read == (row if touched.isascii() and touched.lower() == token else None)


@given(st.text(max_size=40))
def test_anything_else_is_no_envelope(text: str):
    """Whatever stands before an at sign, it is read as nobody's without a fault."""
    assert tokens.read_envelope([SECRET], "papers", text) is None


def test_an_envelope_is_of_one_newsletter_under_one_secret():
    """And is no token of a subscriber's."""
    token = tokens.make_envelope(SECRET, "papers", 7)
    assert tokens.read_envelope([SECRET], "other", token) is None
    assert tokens.read_envelope([SECRET[::-1]], "papers", token) is None
    assert tokens.read([SECRET], "envelope", "papers", token) is None
    assert tokens.read_envelope([SECRET], "papers", tokens.make(SECRET, "envelope", "papers", 7)) is None


# Several keys

OLD, OLDER = b"an old secret of some length", b"an older secret of some length"


@given(numbers, st.sampled_from([SECRET, OLD, OLDER]))
def test_what_any_key_has_signed_reads_back(number: int, key: bytes):
    """Under every key that is still there, the newest or not; and no longer when it is gone."""
    keys = (SECRET, OLD, OLDER)
    rest = [other for other in keys if other != key]
    token, envelope = (
        tokens.make(key, "unsubscribe", "papers", number),
        tokens.make_envelope(key, "papers", number),
    )
    link = tokens.make_link(key, "papers", 3, 2, 1)
    assert tokens.read(keys, "unsubscribe", "papers", token) == number
    assert tokens.read_envelope(keys, "papers", envelope) == number
    assert tokens.read_link(keys, "papers", link) == (3, 2, 1)
    assert tokens.read(rest, "unsubscribe", "papers", token) is None
    assert tokens.read_envelope(rest, "papers", envelope) is None
    assert tokens.read_link(rest, "papers", link) is None


# Links of an edition

short = st.integers(0, 2**16 - 1)
links = st.tuples(st.integers(0, 2**32 - 1), short, short)


@given(links)
def test_a_link_reads_back_as_its_place(link: tuple[int, int, int]):
    """Edition, rank of the entry, and which of its links; 28 characters that an address may hold."""
    token = tokens.make_link(SECRET, "papers", *link)
    assert tokens.read_link([SECRET], "papers", token) == link
    assert re.fullmatch(r"[\w-]{28}", token, re.ASCII)


@given(links, st.integers(0, 21 * 8 - 1))
def test_a_link_with_any_bit_changed_is_none_of_ours(link: tuple[int, int, int], bit: int):
    """Numbers and signature alike."""
    raw = bytearray(base64.urlsafe_b64decode(tokens.make_link(SECRET, "papers", *link)))
    raw[bit // 8] ^= 1 << bit % 8
    assert tokens.read_link([SECRET], "papers", base64.urlsafe_b64encode(raw).decode()) is None


@given(
    links,
    st.integers(0, 28),
    st.integers(0, 2),
    st.one_of(st.text(max_size=2), st.sampled_from(["=", "ı", "ſ", "/", "+", " ", "\n", "ａ"])),
)
def test_a_link_that_was_touched_is_none_of_ours(link: tuple[int, int, int], at: int, gone: int, put: str):
    """One spelling is accepted, with no character changed, left out or added."""
    token = tokens.make_link(SECRET, "papers", *link)
    touched = token[:at] + put + token[at + gone :]
    assert tokens.read_link([SECRET], "papers", touched) == (link if touched == token else None)


@given(st.text(max_size=40))
def test_any_other_text_is_no_link(text: str):
    """Whatever stands in the address, the answer is None and never an exception."""
    assert tokens.read_link([SECRET], "papers", text) is None


def test_a_link_is_of_one_newsletter_under_one_secret():
    """And nobody's token: what all readers have opens nothing that is one reader's."""
    token = tokens.make_link(SECRET, "papers", 7, 1, 0)
    assert tokens.read_link([SECRET], "other", token) is None
    assert tokens.read_link([SECRET[::-1]], "papers", token) is None
    assert tokens.read([SECRET], "link", "papers", token) is None
    assert tokens.read_envelope([SECRET], "papers", token) is None


@given(st.text(), st.text())
def test_an_erased_address_is_known_by_its_key_and_does_not_show(one: str, other: str):
    """The same for the same address, whatever the newsletter; another under another secret."""
    key = tokens.erased_key(SECRET, one)
    assert (key == tokens.erased_key(SECRET, other)) == (one == other)
    assert key != tokens.erased_key(OLD, one)
    assert re.fullmatch("[0-9a-f]{40}", key)
