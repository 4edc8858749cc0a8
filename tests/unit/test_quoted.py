"""Text in quoted-printable, and copies that are put together from it."""

import quopri
import re

import dkim.canonicalization
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.copy import Copy
from newsletter.render.quoted import quoted, unquoted

NASTY = st.text(alphabet="ab .=\n\r\tFrom-_é😀\x00\x0b", max_size=300)
EDGES = st.sampled_from(
    [
        "From x",
        "." * 90,
        "x" * 74 + ".b",
        "x" * 71 + "\nFrom me",
        "x" * 75,
        "x" * 76,
        "x" * 75 + "\n",
        "=" * 80,
        *("\n", " \n", "  ", " ", "é" * 40, "x" * 150 + "From you", "--=_0", "\r\n.\r\n", "\r", ""),
    ]
)
TEXTS = st.lists(st.one_of(NASTY, EDGES, st.text(max_size=200)), max_size=8)


def lines(text: str) -> str:
    """With LF at the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(TEXTS)
def test_joined_pieces_are_the_joined_texts(texts):
    """Whatever they are and wherever they are cut, for us and for another decoder."""
    data = b"".join(map(quoted, texts))
    expected = "".join(map(lines, texts))
    assert unquoted(data) == expected
    assert quopri.decodestring(data).replace(b"\r\n", b"\n") == expected.encode()


@given(TEXTS)
def test_every_piece_is_whole_lines_that_nobody_changes(texts):
    """At most 76 octets of printable ASCII, no white space that could be trimmed or folded, nothing that is
    stuffed on the way."""
    for data in map(quoted, texts):
        *whole, rest = data.split(b"\r\n")
        assert rest == b""
        for line in whole:
            assert re.fullmatch(rb"[\x20-\x7e]{0,76}", line)
            assert not re.search(rb"  | \Z|\A\.|\AFrom ", line)
            assert re.fullmatch(rb"(?:[^=]|=[0-9A-F]{2})*=?", line)


@given(TEXTS)
def test_a_body_is_its_own_canonical_form(texts):
    """So what is hashed for DKIM is what is sent."""
    data = b"".join(map(quoted, texts)) + b"--end\r\n"
    assert (
        dkim.canonicalization.CanonicalizationPolicy.from_c_value(b"relaxed/relaxed").canonicalize_body(data)
        == data
    )


@given(NASTY, NASTY)
def test_copies_read_as_they_were_written(html, text):
    """But for line ends."""
    copy = Copy.of(html, text)
    assert (copy.html, copy.text) == (lines(html), lines(text))
