"""What counts as an email address, and what becomes of it."""

import re
import string
from pathlib import Path

import pytest
from evaluation.addresses import EXPLAINED, TRIMMED
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.address import normalise_address
from newsletter.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "addresses.md"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada.Lovelace+papers@Example.ORG", "Ada.Lovelace+papers@example.org"),
        (" ada@example.org\r\n", "ada@example.org"),
        ("!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"),
        ("Jürgen@Bücher.example", "Jürgen@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
        ("ada@пример.рф", "ada@xn--e1afmkfd.xn--p1ai"),
        ("ada@ＥＸＡＭＰＬＥ。org", "ada@example.org"),  # as people type it
        ("u\u0308@example.org", "ü@example.org"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        (f"{'é' * 32}@example.org", f"{'é' * 32}@example.org"),
        ("ada@papers.test", "ada@papers.test"),
    ],
)
def test_an_address_is_stored_as_a_mail_server_wants_it(given: str, stored: str):
    """The domain in lower-case A-labels, what stands before it as it was; and so it stays."""
    assert normalise_address(given) == stored
    assert normalise_address(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@example.org", "ada@", "ada@example.org.", "ada.@example.org", "a..da@example.org"),
        *("x> AUTH=<y", "x> AUTH=<y@example.org", "x@example.org> AUTH=<y", "x@example.org SIZE=1"),
        *("a\0da@example.org", "ada@exam\0ple.org", "ada\x7f@example.org", "ada@example.org\0"),
        "ada@example.org\r\nRCPT TO:<bob@example.org>",
        *("ada\n@example.org", "ada\r@example.org", "ada@example.org\r\nBcc: bob@example.org"),
        *("ada\u2028@example.org", "ada\u0085@example.org"),
        "alice@example.org)bob@example.com",
        *("ada@example.org,bob@example.org", "ada@example.org;bob@example.org", "ada@bob@example.org"),
        *("Ada <ada@example.org>", "<ada@example.org>", "mailto:ada@example.org"),
        *('"ada lovelace"@example.org', '"ada"@example.org', '"ada\\@home"@example.org'),
        *("ada(home)@example.org", "ada@(home)example.org", "ada @example.org", "ada@ example.org"),
        *("ada@[192.0.2.1]", "ada@[IPv6:2001:db8::1]", "ada@192.0.2.1", "ada@example.123"),
        *("ada@localhost", "ada@org", "ada@printer.local", "ada@example.invalid"),
        *("ada@-example.org", "ada@example-.org", "ada@exam_ple.org", "ada@☃.example", "ada@xn--example.com"),
        *("ada\u200b@example.org", "ada\u202e@example.org", "ada＠example.org"),
        *(f"{'a' * 65}@example.org", f"{'é' * 33}@example.org", f"ada@{'a' * 64}.org"),
        f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.example",
    ],
)
def test_what_is_more_or_less_than_an_address_is_refused(text: str):
    """With the reason, and never cut down to the part that would be one."""
    with pytest.raises(InputError, match="is not an email address"):
        normalise_address(text)


SIGNS = st.sampled_from(
    [
        *string.printable,
        "\0",
        "\x7f",
        "\x85",
        "\u2028",
        "ü",
        "İ",
        "ı",
        "ß",
        "ﬁ",
        "。",
        "＠",
        "\u200b",
        "\ud800",
    ]
)


@given(st.text(SIGNS, max_size=20), st.text(SIGNS, max_size=12))
def test_what_is_stored_is_one_address_whatever_comes_in(local: str, domain: str):
    """No space, bracket, quote, control character or second at sign is ever in it, so it can stand in a
    command and in a header; and reading it again changes nothing."""
    try:
        stored = normalise_address(f"{local}@{domain}.org")
    except InputError:
        return
    assert re.fullmatch(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f-\x9f]+@[a-z0-9.-]+", stored)
    assert normalise_address(stored) == stored


def test_the_page_of_addresses_explains_every_class_of_differences():
    """Those that the comparison with other people's verdicts may find."""
    named = re.findall(r"^\| ([^|]+) \| \d+ \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted([*EXPLAINED, TRIMMED])
