"""Mistakes in CSS: what is refused, with which words, and where."""

import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from premailer import Premailer

from newsletter.render.cssmistakes import find_css_mistake, find_style_mistake

ACCEPTED = [
    "",
    "/* a: b } */ p { color: red }",
    "p { }",
    "p, .a > b + i ~ u, #c d, a[href^='http://x'], .a\\9 { color: red }",
    "p:first-child, b:last-child { color: RED }",
    "p { margin: -1px auto 0 !important; ; padding: 0 }",
    "p { text-underline-offset: 2px; margin-inline: 1em; inset-inline-start: 1px; aspect-ratio: 1 / 2 }",
    "p { -webkit-text-size-adjust: 100%; mso-line-height-rule: exactly; --own: x }",
    "p { background: url(data:image/png;base64,AA==) no-repeat }",
    "p { background: linear-gradient(to right, #fff 0%, #000 100%) }",
    "p { width: calc(100% / 3 - 2px); font-size: clamp(1px, 2vw, 3px); color: rgba(1, 2, 3, .5) }",
    'p { font: bold 12px/1.5 \'A; } B\', serif; content: "\\"}"; line-height: 1.5; opacity: .5 }',
    "p { some-new-thing: whatever; display: new-kind; color: AccentColor }",
    "p { filter: progid:DXImageTransform.Microsoft.gradient(startColorstr='#1') }",
]

REFUSED = [
    ("p { color: red", "{", "this { is never closed"),
    ("p { color: red\nb { margin: 0 }", "{ color", "this { is never closed"),
    ("p { color: red } }", "}", "this } closes nothing"),
    ("p { width: calc(1px }", "(1px", "this ( is not closed before a }"),
    ("/* a", "/* a", "this comment is never closed"),
    ("p { content: 'a\n' }", "'a", "this string is not closed"),
    ("color: red", "color", "`color: red` is no rule: a { is missing"),
    ("p { color: red } ; b { margin: 0 }", "; b", "this ; has no selector before it"),
    ("{ color: red }", "{", "this { has no selector before it"),
    ("p { color: red; b { margin: 0 } }", "b {", "a rule in a rule"),
    ("p,, b { color: red }", ",, b", "a part is missing in the selector"),
    ("p, { color: red }", ", {", "a part is missing in the selector"),
    ("p > { color: red }", "> {", "a part is missing in the selector"),
    (". a { color: red }", ". a", "'.' cannot stand so in the selector"),
    ("<!-- p { color: red } -->", "<!--", "'<' cannot stand so"),
    ("p { color red }", "color red", "`color red` is no declaration"),
    ("p { *zoom: 1 }", "*zoom", "is no declaration"),
    ("p { colr: red }", "colr", "there is no property colr; did you mean color?"),
    ("p { margin: 0; background-colour: red }", "background-colour", "did you mean background-color?"),
    ("p { fontsize: 1px }", "fontsize", "did you mean font-size?"),
    ("p { color: }", " }", "color has no value"),
    ("p { font-size: 10px margin: 0 }", ": 0", "a ; is missing in the value of font-size"),
    ("p { color: red !importnt }", "!importnt", "write !important"),
    ("p { color: #12 }", "#12", "#12 is no colour here"),
    ("p { color: #ggg }", "#ggg", "#ggg is no colour here"),
    ("p { color: whiite }", " whiite", "color takes no whiite; did you mean white?"),
    ("p { text-align: centre }", " centre", "text-align takes no centre; did you mean center?"),
    ("p { padding: 1px 10 px }", "10 px", "10 px must have no space before its unit"),
    ("p { font-size: 16xp }", "16xp", "there is no unit xp"),
    ("p { padding: 0 10 }", "10 }", "10 of padding has no unit: write 10px"),
]

ONLY_INLINED = [
    ("@media print { p { color: red } }", "@media", "@media cannot be inlined: put it into an mj-style"),
    ("@font-face { font-family: a }", "@font-face", "@font-face cannot be inlined"),
    ("@import url(https://x);", "@import", "@import cannot be inlined"),
    (
        "a { color: red } a:hover { color: red }",
        ":hover",
        ":hover cannot be inlined: put it into an mj-style",
    ),
    ("p::before { content: 'a' }", "::before", "::before cannot be inlined"),
    ("td:first-child b { color: red }", ":first-child b", ":first-child cannot be inlined"),
    (".a * { color: red }", "* {", "* cannot be inlined: name the elements"),
    ("p { color: rgb(0 0 0 / 50%) }", "rgb(0", "gets lost: write commas"),
    ("p { color: hsl(120deg 100% 50%) }", "hsl(", "gets lost: write commas"),
    ("p { color: #11223344 }", "#11223344", "#11223344 is no colour here: write #RGB or #RRGGBB"),
]


def inlined(css):
    html = Premailer(
        "<html><body><div class='a'><table><tr><td><p>a</p><b>b</b></td></tr></table></div></body></html>",
        css_text=css,
        keep_style_tags=False,
        disable_validation=True,
        disable_basic_attributes=["width"],
        allow_network=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform()
    return "style=" in html and "<style" not in html


@pytest.mark.parametrize("css", ACCEPTED)
def test_what_is_new_or_unusual_passes(css):
    """Names and values that are like no other are not judged."""
    assert find_css_mistake(css) is None
    assert find_style_mistake(css) is None


@pytest.mark.parametrize(("css", "where", "message"), REFUSED + ONLY_INLINED)
def test_a_mistake_has_its_place_and_says_how_to_mend_it(css, where, message):
    """The offset is that of what is wrong."""
    mistake = find_css_mistake(css)
    assert mistake
    assert css[mistake.offset :].startswith(where)
    assert message in mistake.message


@pytest.mark.parametrize("css", [css for css, *_ in REFUSED])
def test_most_mistakes_are_so_in_a_style_sheet_as_well(css):
    """That of mj-style, which stays one."""
    assert find_style_mistake(css)


@pytest.mark.parametrize("css", [css for css, *_ in ONLY_INLINED])
def test_what_cannot_be_inlined_can_stand_in_a_style_sheet(css):
    """The inliner loses it or leaves it over."""
    assert find_style_mistake(css) is None
    if "a { color: red }" not in css:
        assert not inlined(css)


def test_media_queries_and_animations_are_looked_into():
    """A mistake inside of them is found."""
    css = "@media (max-width: 500px) {\n.a { color: red }\n@supports (x: y) { .b { colr: red } } }"
    mistake = find_style_mistake(css)
    assert mistake
    assert mistake.line(css) == 3
    assert find_style_mistake("@keyframes a { from { margin: 0 } 50.5% { margin: 1px } }") is None
    assert find_style_mistake("@font-face { font-familly: a }")


def test_the_shipped_theme_has_no_mistake(render_theme):
    """Its file of CSS."""
    assert find_css_mistake(render_theme.render("style.css")) is None


@given(st.one_of(st.text(), st.text(alphabet="a{}()[];:@,.#*/'\"\\!-1 \n")))
def test_no_text_makes_it_raise(css):
    """And every offset is within it."""
    for mistake in (find_css_mistake(css), find_style_mistake(css)):
        assert mistake is None or 0 <= mistake.offset <= len(css)


@pytest.mark.parametrize(
    "piece", ["/*", "url(", "url( ", "'a", "{", "a{b:", "a,", "1", "1 ", "rgb(", ":a", "\\", "a "]
)
def test_long_nonsense_takes_no_longer(piece):
    """No pattern goes back over what it has read again and again."""
    begun = time.process_time()
    find_css_mistake(piece * 20_000)
    find_css_mistake("a { b: " + piece * 20_000 + "}")
    assert time.process_time() - begun < 2
