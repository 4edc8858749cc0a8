"""Reasons of copies that did not arrive, put into a few classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.bounces import Cause
from newsletter.core.failures import LABELS, FailureClass, classify_failure


@pytest.mark.parametrize(
    ("reason", "code", "label", "permanent"),
    [
        ("550 5.1.1 <ada@example.org>: no such user", "5.1.1", "no such mailbox", True),
        ("452 4.2.2 mailbox full", "4.2.2", "the mailbox is full", False),
        ("421 4.7.28 too many messages from your IP", "4.7.x", "too many in too short a time", False),
        ("550 5.7.26 unauthenticated mail is refused", "5.7.x", LABELS[Cause.AUTHENTICATION], False),
        ("550 no such user here", "550", "no such mailbox", True),
        ("554 xyzzy", "554", "refused without a reason that is known", False),
        ("450", "450", "not now, says their server", False),
        ("given up after 3 attempts: 452 4.2.2 mailbox full", "4.2.2", "the mailbox is full", False),
        ("given up: 421 4.3.2 closing", "4.3.2", "not now, says their server", False),
        (
            "its edition was published more than 2 days before",
            "",
            "given up after trying for too long",
            False,
        ),
        ("the connection was closed", "", "the connection broke, or nothing answered", False),
        ("", "", "the connection broke, or nothing answered", False),
    ],
)
def test_a_reason_has_a_class(reason, code, label, permanent):
    """The status where the server gave one, else the reply code, and what it means."""
    assert classify_failure(reason) == FailureClass(code, label, permanent)


def test_every_cause_has_a_label():
    """So that no table has a hole."""
    assert set(LABELS) == set(Cause)


def test_those_who_differ_by_name_alone_are_one_class():
    """Addresses and the names of queues are not looked at."""
    said = "550 5.2.1 <{}@example.org> account disabled, id {}"
    assert classify_failure(said.format("ada", "4f3a21b")) == classify_failure(said.format("bo", "99ff00c"))


@given(st.text())
def test_whatever_a_server_says_has_a_class_that_names_nobody(text):
    """No word of the server gets into it, but digits of its code."""
    found = classify_failure(f"550 {text}")
    assert found.label in {*LABELS.values(), "refused without a reason that is known"}
    assert set(found.code) <= set("0123456789.x")
