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
    assert tokens.read(SECRET, "unsubscribe", "papers", token) == number
    assert len(token) == 32


@given(numbers, st.integers(0, 24 * 8 - 1))
def test_a_token_with_any_bit_changed_is_nobodys(number: int, bit: int):
    """Number and signature alike: no bit may be flipped."""
    raw = bytearray(base64.urlsafe_b64decode(tokens.make(SECRET, "unsubscribe", "papers", number)))
    raw[bit // 8] ^= 1 << bit % 8
    assert tokens.read(SECRET, "unsubscribe", "papers", base64.urlsafe_b64encode(raw).decode()) is None


def test_a_token_serves_one_purpose_of_one_newsletter_under_one_secret():
    """It cannot be carried over to another."""
    token = tokens.make(SECRET, "unsubscribe", "papers", 7)
    assert tokens.read(SECRET, "confirm", "papers", token) is None
    assert tokens.read(SECRET, "unsubscribe", "other", token) is None
    assert tokens.read(b"another secret of some length", "unsubscribe", "papers", token) is None


@given(st.text())
def test_any_other_text_is_nobodys(text: str):
    """Whatever stands in the address, the answer is None and never an exception."""
    assert tokens.read(SECRET, "unsubscribe", "papers", text) is None


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
        assert tokens.read_envelope(SECRET, "papers", seen) == row


@given(rows, st.integers(0, 20 * 8 - 1))
def test_an_envelope_with_any_bit_changed_is_nobodys(row: int, bit: int):
    """Row and signature alike: no bit may be flipped."""
    raw = bytearray(base64.b32decode(tokens.make_envelope(SECRET, "papers", row), casefold=True))
    raw[bit // 8] ^= 1 << bit % 8
    assert tokens.read_envelope(SECRET, "papers", base64.b32encode(raw).decode().lower()) is None


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
    read = tokens.read_envelope(SECRET, "papers", touched)
    assert read == (row if touched.isascii() and touched.lower() == token else None)


@given(st.text(max_size=40))
def test_anything_else_is_no_envelope(text: str):
    """Whatever stands before an at sign, it is read as nobody's without a fault."""
    assert tokens.read_envelope(SECRET, "papers", text) is None


def test_an_envelope_is_of_one_newsletter_under_one_secret():
    """And is no token of a subscriber's."""
    token = tokens.make_envelope(SECRET, "papers", 7)
    assert tokens.read_envelope(SECRET, "other", token) is None
    assert tokens.read_envelope(SECRET[::-1], "papers", token) is None
    assert tokens.read(SECRET, "envelope", "papers", token) is None
    assert tokens.read_envelope(SECRET, "papers", tokens.make(SECRET, "envelope", "papers", 7)) is None
