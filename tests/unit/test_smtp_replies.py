"""Replies out of bytes: the same however they are cut, and bounded whatever they are."""

from contextlib import suppress
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.transports.replies import Answer, ReplyReader, Unreadable

words = (
    st.binary(max_size=40)
    .filter(lambda text: b"\n" not in text and not text.endswith(b"\r"))
    .map(bytes.strip)
)
answers = st.builds(
    lambda code, lines: (code, lines), st.integers(200, 599), st.lists(words, min_size=1, max_size=5)
)


def on_the_wire(code: int, lines: list[bytes]) -> bytes:
    marks = [b"-"] * (len(lines) - 1) + [b" "]
    return b"".join(b"%d%s%s\r\n" % (code, mark, line) for mark, line in zip(marks, lines, strict=True))


@given(st.lists(answers, max_size=5), st.data())
def test_replies_are_the_same_however_they_are_cut(
    expected: list[tuple[int, list[bytes]]], data: st.DataObject
):
    """A packet may end anywhere."""
    stream = b"".join(on_the_wire(*answer) for answer in expected)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = ReplyReader()
    pieces = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]
    got = [answer for piece in pieces for answer in reader.read(piece)]
    assert got == [Answer(code, b"\n".join(lines)) for code, lines in expected]


@given(st.binary(max_size=300))
def test_anything_is_read_or_refused(data: bytes):
    """There is no third way, and what was read has a code and printable words."""
    got = []
    with suppress(Unreadable):
        got.extend(ReplyReader().read(data))
    assert all(200 <= answer.code < 600 and answer.text.isprintable() for answer in got)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"OK\r\n",
        b"2500 x\r\n",
        b"99 x\r\n",
        b"650 x\r\n",
        b"250_x\r\n",
        b"\xb250 x\r\n",
        b"250-a\r\n251 b\r\n",
    ],
)
def test_what_is_no_reply_is_refused(data: bytes):
    """Codes of other kinds and lines of two replies in one among them."""
    with pytest.raises(Unreadable):
        list(ReplyReader().read(data))


@pytest.mark.parametrize("line", [b"x" * 1000, b"250-" + b"x" * 1000 + b"\r\n", b"250-\r\n", b"250-x\n"])
def test_no_reply_is_without_end(line: bytes):
    """Neither in one line nor in many."""
    reader = ReplyReader()
    with pytest.raises(Unreadable, match="without end"):
        list(chain.from_iterable(reader.read(line) for _ in range(200)))


def test_a_code_alone_is_a_reply():
    """RFC 5321, 4.2: some send no words."""
    assert list(ReplyReader().read(b"250\r\n250 \n")) == [Answer(250, b"")] * 2
