"""Signed links, Message-IDs and nonces."""

import base64

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
