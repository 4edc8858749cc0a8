"""Text without its markup."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.markup import plain_text, readable


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h2>Aim</h2><p>We show <b>bo</b>ld\n  things</p><p>twice.</p>", "Aim. We show bold things. twice."),
        ("<p>One.</p><p>Two!</p>Three", "One. Two! Three"),
        ("<ul><li>a</li><li>b</li></ul>", "a. b"),
        ("a<br>b<table><tr><td>c<td>d</table>", "a b. c d"),
        ("AT&amp;T &amp;amp; &lt;i&gt; &ouml;&nbsp;x", "AT&T &amp; <i> ö x"),
        ("<script>alert(1)</script><style>p{}</style><svg><text>x</text></svg>seen<!-- not -->", "seen"),
        ("x < y and a<b", "x < y and a"),
        ("evil\u202etxt\x00\x07 \u200bend", "eviltxt end"),
        ("<p>unfinished <a href='", "unfinished"),
        ("", ""),
    ],
    ids=[
        "blocks",
        "stops",
        "lists",
        "breaks",
        "entities-once",
        "unseen",
        "no-tag",
        "controls",
        "cut",
        "empty",
    ],
)
def test_html_becomes_sentences(markup: str, text: str) -> None:
    """Blocks are apart, inline tags are not, and nothing is decoded twice."""
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (
            r"Schr\"odinger, Erd\H{o}s, Garc\'{\i}a, {\"o}, \c{c}, \v{s}",
            "Schrödinger, Erdős, García, ö, ç, š",
        ),
        (r"stra{\ss}e, J{\o}rgensen, \AA{}ngstrom", "straße, Jørgensen, Ångstrom"),
        (r"\emph{x}, \textbf{a \emph{b}}, {\it c}", "x, a b, c"),
        (r"$\emph{q} \% \alpha$ and 5\% \& more\_so", r"$\emph{q} \% \alpha$ and 5% & more_so"),
        (r"\href{https://a.org}{here}, \url{https://b.org}", "here (https://a.org), https://b.org"),
        (r"it\'s \"quoted\" \q{x} \"{q}", r"it\'s \"quoted\" \q{x} \"{q}"),
        ("from \\$5 to \\$6 in\nC:\\new", "from $5 to $6 in C:\\new"),
    ],
    ids=["accents", "letters", "commands", "formulas", "links", "unknown", "dollars"],
)
def test_latex_is_made_readable(written: str, text: str) -> None:
    """Accents and emphasis become what they mean; formulas and what is no LaTeX stay."""
    assert readable(written) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<font size={}>",
        "<div>",
        "<b><p>",
        "<a '",
        "&#",
        "<!--",
        "\\emph{{",
        "{{\\it ",
        "\\href{{",
        "$",
        "\\'{{",
        "</p>",
    ],
)
def test_made_for_it_text_takes_no_time(piece: str) -> None:
    """A megabyte of what parsers choke on is done within seconds, as HTML and as LaTeX."""
    text = "".join(piece.format(number) for number in range(1_000_000 // len(piece)))
    start = time.process_time()
    plain_text(text)
    readable(text)
    assert time.process_time() - start < 3


@given(st.text(st.sampled_from("<>/&;pb$\\{}\"'eo \n\x00\u202e"), max_size=60))
def test_any_text_is_one_line_without_controls(text: str) -> None:
    """Whatever comes in, what comes out is printable and trimmed."""
    for found in (plain_text(text), readable(text)):
        assert found == found.strip()
        assert all(character.isprintable() for character in found)
