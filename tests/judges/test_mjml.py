"""The official MJML on what we write, and on what mrml makes of it."""

import itertools

import pytest
from support import emails, judges
from support.domdiff import TOLERATED, compare

from newsletter.render.html import lay_out

pytestmark = judges.needs_npm

EMAILS = list(emails.ALL)


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The MJML of every email."""
    return {f"{name}-{language}": emails.mjml(name, language) for name, language in EMAILS}


@pytest.fixture(scope="module")
def official(sources: dict[str, str]) -> dict[str, judges.OfficialMjml]:
    return dict(zip(sources, judges.official_mjml(list(sources.values())), strict=True))


def test_every_source_is_valid(official: dict[str, judges.OfficialMjml]) -> None:
    """Strictly: every tag is known, stands where it may, and has only attributes that it knows."""
    wrong = {name: list(map(str, made.errors)) for name, made in official.items() if made.errors}
    assert not wrong


def test_mrml_makes_what_the_official_makes(
    sources: dict[str, str], official: dict[str, judges.OfficialMjml]
) -> None:
    """But for what is tolerated with a reason; and no reason is kept that is no longer needed."""
    compared = {name: compare(official[name].html, lay_out(source)) for name, source in sources.items()}
    different = {name: found.differences[:40] for name, found in compared.items() if found.differences}
    assert not different, "\n".join(itertools.chain.from_iterable(different.values()))
    assert frozenset().union(*(found.tolerated for found in compared.values())) == {
        known.reason for known in TOLERATED
    }


def test_the_judge_sees_what_is_wrong() -> None:
    """With the line of each fault, and what cannot be laid out is an error too."""
    source = """<mjml>
<mj-body>
<mj-section colour="red"><mj-text>outside of a column</mj-text></mj-section>
<mj-nothing></mj-nothing>
</mj-body>
</mjml>"""
    faulty, empty = judges.official_mjml([source, "no MJML"])
    assert {(error.line, error.tag) for error in faulty.errors} == {
        (3, "mj-section"), (3, "mj-text"), (4, "mj-nothing"),
    }  # fmt: skip
    assert empty.html == ""
    assert empty.errors


PAGE = """<!doctype html><html><head><style>p { margin: 0 }
@media (max-width: 40px) { p { color: red } }</style></head><body><div class="a b">
<!--[if mso | IE]><table><tr><td><![endif]--><p style="color:red;margin:0px">One <b>bold</b> <i>word</i></p>
<!-- kept --><!--[if mso | IE]></td></tr></table><![endif]--><img src="i.png" width="9"></div>
</body></html>"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("color:red", "color:blue"),
        ("One", "Two"),
        ("</b> <i>", "</b><i>"),
        (' width="9"', ""),
        ("mso | IE", "mso"),
        ("<td>", '<td align="left">'),
        ("40px", "41px"),
        ("<!-- kept -->", ""),
    ],
)
def test_a_difference_is_seen(old: str, new: str) -> None:
    """In text, style, white space between words, attributes, conditions and what they hold, and comments."""
    assert compare(PAGE, PAGE.replace(old, new)).differences


def test_how_it_is_written_is_no_difference() -> None:
    """Order, white space beside blocks, units of nothing."""
    other = PAGE.replace("a b", "b  a").replace("color:red;margin:0px", "margin: 0; color: red;")
    other = other.replace("{ margin: 0 }", "{\n  margin:0;\n}").replace("</p>", " </p>\n\n")
    assert compare(PAGE, other).differences == []
