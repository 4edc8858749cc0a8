"""A megabyte of what patterns choke on, given to whatever reads a text from outside."""

import time
from collections.abc import Callable

import pytest

from newsletter.cli.logs import _without_addresses
from newsletter.core import tokens
from newsletter.core.address import normalise_address
from newsletter.core.feed import FeedItem, entry_from_item
from newsletter.core.identity import web_address
from newsletter.core.listfile import ListFile
from newsletter.errors import InputError
from newsletter.render.text import clean, clean_lines, cut, safe_link

LENGTH = 1_000_000
SECONDS = 5
"""Of the processor. On a machine that does nothing else each takes less than one; where time grows with the
square of the length, minutes."""
KEYS = [b"0" * 32]
PIECES = [
    *(
        "a",
        "a-",
        "a- ",
        "a.",
        "a@",
        "@",
        ".",
        "-",
        " ",
        "\n",
        "(",
        "[[",
        "{",
        '"',
        "'",
        "\\",
        "$",
        "&#",
        "<a",
    ),
    *(
        "http://",
        "https://a{b}",
        "https://a. ",
        "10.1234/.",
        "10.1234/a",
        "arXiv:",
        "v1 ",
        "A. ",
        "!? ",
        "x_{",
    ),
    *("=?utf-8?q?", "\u0301", "\u200b", "\u202e", "\u00e9", "\u7814"),
]


def as_address(text: str) -> str:
    try:
        return normalise_address(text)
    except InputError as refused:
        return str(refused)


def as_token(text: str) -> str:
    tokens.read(KEYS, tokens.UNSUBSCRIBE, "papers", text)
    tokens.read_link(KEYS, "papers", text)
    tokens.read_envelope(KEYS, "papers", text)
    return ""


def as_title_in_a_feed(text: str) -> str:
    entry, _ = entry_from_item(FeedItem(title=text, link="https://example.org/x"), "x", base="")
    return entry.title


def as_item_of_a_feed(text: str) -> str:
    item = FeedItem(title="x", text=text, link=text, guid=text, doi=text, comment=text, authors=(text,))
    try:
        return entry_from_item(item, "x", base="https://example.org")[0].title
    except InputError as refused:
        return str(refused)


def as_line_of_a_list(text: str) -> str:
    line = text.replace("\n", " ")
    list(ListFile(["email,name\n", f"ada@example.org,{line}"], name="x"))
    problems = [row for _, row in ListFile([line], name="x", jsonl=True) if isinstance(row, InputError)]
    return str(problems[0]) if problems else ""


def as_text_in_an_email(text: str) -> str:
    clean_lines(text)
    return cut(clean(text), 100)


def as_link(text: str) -> str:
    for url in (text, f"https://{text}", f"https://example.org/{text}"):
        safe_link(url)
        web_address(url)
    return ""


def as_line_of_a_log(text: str) -> str:
    _without_addresses(None, "info", {"event": text})
    return ""


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "reader",
    [
        as_address,
        as_token,
        as_title_in_a_feed,
        as_item_of_a_feed,
        as_line_of_a_list,
        as_text_in_an_email,
        as_link,
        as_line_of_a_log,
    ],
)
def test_no_text_takes_long(reader: Callable[[str], str], piece: str) -> None:
    """The time grows with the length alone, or the length is looked at first."""
    text = piece * (LENGTH // len(piece))
    start = time.process_time()
    said = reader(text)
    assert time.process_time() - start < SECONDS
    assert len(said) < 1000, "what is refused is not repeated at length"
