"""Mistakes in MJML: what is refused, with which words, and where."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import mjml
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.render.marks import Marks
from newsletter.render.mjmlrules import DROPPED, VOID, rules
from newsletter.render.strict import find_mistake
from newsletter.render.view import view_edition

JUDGES = Path(__file__).parents[1] / "judges"
RULES = Path(__file__).parents[2] / "newsletter" / "render" / "mjml_rules.json"
official = pytest.mark.skipif(
    not shutil.which("node") or not (JUDGES / "node_modules" / "mjml").is_dir(),
    reason="needs node, and `npm install` in tests/judges",
)
VALIDATE = """
const mjml = require(process.cwd() + '/node_modules/mjml')
const wrong = async (source) => {
  try { await mjml(source, { validationLevel: 'strict' }) } catch (error) { return String(error.message) }
  return ''
}
const read = async () => { let text = ''; for await (const part of process.stdin) text += part; return text }
read().then(async (text) => {
  const answers = []
  for (const source of JSON.parse(text)) answers.push(await wrong(source))
  console.log(JSON.stringify(answers))
})
"""


def document(inside="", head="", text="x"):
    body = inside or f"<mj-text>{text}</mj-text>"
    return (
        f"<mjml><mj-head><mj-title>t</mj-title>{head}</mj-head><mj-body><mj-section><mj-column>"
        f"{body}</mj-column></mj-section></mj-body></mjml>"
    )


def refused_by_mrml(source):
    try:
        mjml.mjml2html(source, fonts={})
    except BaseException as error:  # a broken conditional comment makes mrml panic
        if isinstance(error, KeyboardInterrupt):
            raise
        return True
    return False


WITH = {
    "mj-style": lambda more: document(head=f"<mj-style{more}>.a {{ color: red }}</mj-style>"),
    "mj-body": lambda more: document().replace("<mj-body>", f"<mj-body{more}>"),
    "mj-section": lambda more: document().replace("<mj-section>", f"<mj-section{more}>"),
    "mj-wrapper": lambda more: (
        f"<mjml><mj-body><mj-wrapper{more}><mj-section/><mj-section/></mj-wrapper></mj-body></mjml>"
    ),
    "mj-hero": lambda more: f'<mjml><mj-body><mj-hero background-url="https://x/y"{more}/></mj-body></mjml>',
    "mj-table": lambda more: document(f"<mj-table{more}><tr><td>a</td></tr></mj-table>"),
    "mj-button": lambda more: document(f'<mj-button href="https://x"{more}>a</mj-button>'),
    "mj-image": lambda more: document(f'<mj-image src="https://x/y" alt="a"{more}/>'),
    "mj-social-element": lambda more: document(
        f'<mj-social><mj-social-element name="github" href="https://x"{more}>a</mj-social-element></mj-social>'
    ),
    "mj-accordion-title": lambda more: document(
        f"<mj-accordion><mj-accordion-element><mj-accordion-title{more}>a</mj-accordion-title>"
        "</mj-accordion-element></mj-accordion>"
    ),
}
"""A document that has the tag with more attributes."""


ACCEPTED = [
    document(text="a<br>b<br/>c<img src='x'>&nbsp;&amp; & é &unknown; &#0; > 1"),
    document(text='<a href="x?a=1&b=2" title="a < b">b</a>'),
    document(text="<P>a</p><input disabled/><p a='1' a='2'>b</p><h1>c</h1><o:p>d</o:p>"),
    document(text="<!-- a - b -->c<!---->"),
    document(text="<!--[if mso]><table><![endif]-->x<!--[if mso]></table><![endif]-->"),
    document(text="<!--[if !mso]><!--><p>a</p><!--<![endif]-->"),
    document('<mj-raw><v:rect xmlns:v="urn:x"/></mj-raw><mj-text/>'),
    document('<mj-image src="x" alt="" fluid-on-mobile="true"> </mj-image><!-- c -->'),
    document('<mj-button href="x?a=1&b=2" line-height="1.5" padding="1px 2% 0 3.5px">a<b>c</b></mj-button>'),
    document('<mj-text letter-spacing="-1px" color="rgba(1, 2, 3, 0.5)" css-class="x y">a</mj-text>'),
    document('<mj-text color="transparent" background-color="#aBc" mj-class="">a</mj-text>'),
    document(
        '<mj-text mj-class="a b">x</mj-text>',
        '<mj-attributes><mj-all color="red"/><mj-class color="red" name="a"/><mj-class name="b"/>'
        '<mj-text padding="0"></mj-text></mj-attributes>',
    ),
    document(head="<mj-style>.a > p { color: red }</mj-style><mj-breakpoint width='400px'/><!-- c -->"),
    document(head='<mj-raw><meta name="a" content="b"></mj-raw><mj-preview>a & b</mj-preview>'),
    document(
        '<mj-social mode="vertical">\n <mj-social-element name="x">a<br></mj-social-element></mj-social>'
    ),
    document('<mj-navbar><mj-navbar-link href="x">a</mj-navbar-link></mj-navbar>'),
    '\ufeff <!-- c -->\n<mjml lang="en" dir="ltr" owa="desktop"> <mj-body> </mj-body></mjml>\n<!-- c -->',
    "<mjml><mj-body><mj-wrapper full-width='full-width'><mj-hero><mj-text>a</mj-text></mj-hero>"
    "<mj-section full-width='false'><mj-group><mj-column width='50%'/></mj-group></mj-section></mj-wrapper>"
    "</mj-body><mj-head>\n</mj-head></mjml>",
]

# What official MJML refuses too: the source, the text at the offset, a part of the message.
REFUSED = [
    (document("<mj-foo/>"), "<mj-foo/>", "there is no <mj-foo>; did you mean <mj-"),
    (document("<mj-buton>a</mj-buton>"), "<mj-buton>", "did you mean <mj-button>?"),
    (
        document('<mj-text padding="0" colour="red">a</mj-text>'),
        'colour="red"',
        '<mj-text> has no attribute "colour"; did you mean "color"?',
    ),
    (
        document('<mj-text class="a">a</mj-text>'),
        "class=",
        '<mj-text> has no attribute "class"; did you mean "css',
    ),
    (
        document("<mj-section/>"),
        "<mj-section/>",
        "<mj-section> cannot stand in <mj-column>; it stands in mj-body, mj-wrapper",
    ),
    ("<mjml><mj-body><mj-column/></mj-body></mjml>", "<mj-column/>", "it stands in mj-group, mj-section"),
    (document("<p>a</p>"), "<p>a", "<p> cannot stand in <mj-column>: put HTML into mj-text"),
    (
        document('<mj-text padding="abc">a</mj-text>'),
        "padding=",
        'padding="abc" of <mj-text> is not 1 to 4 numbers',
    ),
    (document('<mj-text padding="1px  2px">a</mj-text>'), "padding=", "with px, %"),
    (document('<mj-text font-size="16">a</mj-text>'), "font-size", "is not a number with px"),
    (document('<mj-text color="colr">a</mj-text>'), "color=", "is not a colour"),
    (document('<mj-text color="#11223344">a</mj-text>'), "color=", "is not a colour"),
    (document("<mj-text color>a</mj-text>"), "color>", "is not a colour"),
    (document('<mj-text align="middle">a</mj-text>'), "align=", "is not one of left, right, center, justify"),
    (document('<mj-image src="x" fluid-on-mobile="yes"/>'), "fluid", "is not true or false"),
    (document('<mj-table cellpadding="none"><tr/></mj-table>'), "cellpadding", "is not a number"),
    (document(head='<mj-attributes><mj-text colour="red"/></mj-attributes>'), "colour", "has no attribute"),
    (document(head="<mj-attributes><mj-foo/></mj-attributes>"), "<mj-foo/>", "there is no <mj-foo>"),
    (document(head="<mj-attributes><p/></mj-attributes>"), "<p/>", "<p> cannot stand in <mj-attributes>"),
    ("<mjml></mjml>", "</mjml>", "there is no <mj-body>"),
    ("", "", "there is no MJML"),
    ("<p>a</p>", "<p>a", "<p> cannot stand outside of <mjml>"),
    (document() + "<mjml></mjml>", "<mjml></mjml>", "<mjml> cannot stand behind </mjml>"),
    (document("<mj-image><!-- a --></mj-image>"), "<!-- a", "neither a comment nor a block of `reader`"),
]

# What mrml refuses, mostly without a place.
BROKEN = [
    (document(text="<p>a</div>"), "</div>", "<p> is closed by </div>: write </p>"),
    (document(text="<ul><li>a<li>b</ul>"), "<li>b", "<li> is not closed before </ul>"),
    (document(text="<p>a"), "<p>a", "<p> is not closed before </mj-text>"),
    (document(text="a</p>"), "</p>", "<mj-text> is closed by </p>"),
    (document(text="a</br>b"), "</br>", "<mj-text> is closed by </br>"),
    (document().removesuffix("</mjml>"), "<mjml>", "<mjml> is never closed"),
    (document() + "</p>", "</p>", "</p> closes nothing"),
    (document(text="<BR>"), "<BR>", "<BR> is not closed"),
    (document('<mj-image src="x">'), "<mj-image", "<mj-image> is not closed before </mj-column>"),
    (document(text="x < 5"), "< 5", "begins no tag: write &lt;"),
    (
        document(text="<a href=x>b</a>"),
        "<a href",
        '<a is no whole tag: end it with >, and write attributes as name="',
    ),
    (document(text='<a b="1"c="2">d</a>'), "<a b", "after a space"),
    (document(text="<!-- a -- b -->"), "<!-- a", "a comment has no -- in it"),
    (document(text="<![CDATA[a]]>"), "<![CDATA", "no CDATA"),
    (document(text="a ]]> b"), "]]>", "write ]]&gt;"),
    (document(text="<!DOCTYPE html>"), "<!DOC", "no such declaration"),
    ('<?xml version="1.0"?>' + document(), "<?xml", "no <?xml?>"),
    (document(text="a\x07b"), "\x07", "the character '\\x07' cannot stand"),
    (document(text="a\ud800b"), "\ud800", "the character '\\ud800'"),
    (document(text="<!--[if mso]<p/>-->"), "<!--[if", "this conditional comment is not one"),
    (document(text="<!--[if mso] ><p/><![endif]-->"), "<!--[if", "this conditional comment is not one"),
    (document("<!--[if mso]><p/><![endif]-->"), "<!--[if", "cannot stand in <mj-column>: put it into mj-raw"),
    (document("<mj-button><b><!--[if mso]>a<![endif]--></b></mj-button>"), "<!--[if", "in <mj-button>"),
    (document(head="<mj-title>a<b>c</b></mj-title>"), "<b>", "<b> cannot stand in <mj-title>"),
    (document(head="<mj-title>a<!-- b --></mj-title>"), "<!-- b", "can stand in <mj-title>"),
    (document(head=" <mj-title>a</mj-title>"), " <mj-title>a<", "must begin with a line feed"),
    (document(head="a"), "a</mj-head>", "text cannot stand in <mj-head>"),
    (document(head="<mj-all color='red'/>"), "<mj-all", "it stands in mj-attributes"),
    (
        document(head="<mj-attributes><mj-class color='red'/></mj-attributes>"),
        " color",
        "<mj-class> has no name",
    ),
    (
        document(head="<mj-attributes><mj-all><mj-text/></mj-all></mj-attributes>"),
        "<mj-text/>",
        "in <mj-all>",
    ),
    (document("<mj-social>a</mj-social>"), "a</mj-social>", "text cannot stand in <mj-social>"),
    (
        document("<mj-navbar><mj-raw>a</mj-raw></mj-navbar>"),
        "<mj-raw>",
        "<mj-raw> cannot stand in <mj-navbar>",
    ),
    (document("<mj-social><mj-raw/></mj-social>"), "<mj-raw/>", "<mj-raw> cannot stand in <mj-social>"),
    (document("<mj-accordion><mj-raw/></mj-accordion>"), "<mj-raw/>", "cannot stand in <mj-accordion>"),
    (
        document("<mj-accordion><mj-accordion-element><mj-raw/></mj-accordion-element></mj-accordion>"),
        "<mj-raw/>",
        "cannot stand in <mj-accordion-element>",
    ),
    (
        "<mjml><mj-raw/><mj-body/></mjml>",
        "<mj-raw/>",
        "<mj-raw> cannot stand in <mjml>; it stands in mj-body",
    ),
    (
        document(head="<mj-html-attributes/>"),
        "<mj-html-attributes",
        "does not work here: write the attributes on",
    ),
    (document('<mj-include path="x.mjml"/>'), "<mj-include", 'write {% include "..." %} instead'),
    ("text", "text", "text cannot stand outside of <mjml>"),
]

# What both pass on, and readers see or miss.
SILENT = [
    (document("a word"), "a word", "text cannot stand in <mj-column>: put it into mj-text"),
    (document(text="<mj-image/>"), "<mj-image/>", "<mj-image> cannot stand in <mj-text>"),
    (document(text="<b><mj-foo/></b>"), "<mj-foo/>", "there is no <mj-foo>"),
    (document("<mj-TEXT>a</mj-TEXT>"), "<mj-TEXT", "there is no <mj-TEXT>; did you mean <mj-text>?"),
    (document(text="<b><i>a</b></i>"), "<i>", "<i> is not closed before </b>"),
    (document('<mj-text mj-class="tite">a</mj-text>'), "mj-class", 'no <mj-class name="tite"> stands in'),
    (
        document(
            '<mj-text mj-class="tite">a</mj-text>',
            '<mj-attributes><mj-class name="title" color="red"/></mj-attributes>',
        ),
        'mj-class="tite"',
        'did you mean "title"?',
    ),
    (document(head='<mj-attributes><mj-all colour="a"/></mj-attributes>'), "colour", 'did you mean "color"?'),
    (document(head='<mj-attributes><mj-all color="a"/></mj-attributes>'), "color=", "is not a colour"),
    (document('<mj-text color="red" color="blue">a</mj-text>'), 'color="blue"', "twice"),
    ("<mjml lnag='en'><mj-body/></mjml>", "lnag", '<mjml> has no attribute "lnag"; did you mean "lang"?'),
    (document('<mj-table role="presentation"><tr/></mj-table>'), "role", 'write <table role="presentation">'),
    (document('<mj-button title="a">b</mj-button>'), "title=", "has no effect here"),
    (
        document(head='<mj-style inline="inline">a {}</mj-style>'),
        "inline",
        "put these rules into the theme's CSS",
    ),
    (document(head="<mj-style>\n.a { colr: red }</mj-style>"), "colr", "did you mean color?"),
]


@pytest.mark.parametrize("source", ACCEPTED)
def test_what_mrml_and_official_mjml_take_without_loss_passes(source):
    """Also where it is neither XML nor tidy HTML."""
    assert find_mistake(source) is None
    assert not refused_by_mrml(source)


@pytest.mark.parametrize(("source", "where", "message"), REFUSED + BROKEN + SILENT)
def test_a_mistake_has_its_place_and_says_how_to_mend_it(source, where, message):
    """The offset is that of the tag, attribute or character that is wrong."""
    mistake = find_mistake(source)
    assert mistake
    assert source[mistake.offset :].startswith(where)
    assert message in mistake.message


@pytest.mark.parametrize("source", [source for source, *_ in BROKEN])
def test_what_is_refused_as_broken_is_broken_for_mrml(source):
    """So that nothing is refused which would have worked; a tag closed by another name apart."""
    assert refused_by_mrml(source) or "</div>" in source


def test_the_shipped_theme_has_no_mistake(render_theme, render_plain_edition, render_newsletter):
    """With the marks of readers in it."""
    view = view_edition(render_plain_edition, render_newsletter, render_theme.language)
    source = render_theme.render(
        "edition.mjml", edition=view, reader=Marks("0123456789abcdef", comments=True)
    )
    assert find_mistake(source) is None


@official
def test_official_mjml_agrees():
    """Its strict validation takes what passes and refuses what is refused, where it has an opinion."""
    sources = ACCEPTED + [source for source, *_ in REFUSED]
    answer = subprocess.run(
        ["node", "-e", VALIDATE],
        input=json.dumps(sources),
        cwd=JUDGES,
        capture_output=True,
        text=True,
        check=True,
    )
    differing = [
        (source, official)
        for source, official in zip(sources, json.loads(answer.stdout), strict=True)
        if bool(official) != (find_mistake(source) is not None)
    ]
    assert not differing


@official
def test_the_rules_are_those_of_the_official_package():
    """`node rules.mjs` writes what is checked in."""
    answer = subprocess.run(["node", "rules.mjs"], cwd=JUDGES, capture_output=True, text=True, check=True)
    assert answer.stdout == RULES.read_text(encoding="utf-8")


@pytest.mark.parametrize(("tag", "attribute"), sorted(DROPPED))
def test_an_attribute_said_to_have_no_effect_has_none(tag, attribute):
    """The HTML is the same without it: once mrml honours it, the rule can go."""
    values = {"unit(px,%)": "37px", "unit(px)": "37px", "enum(none,presentation)": "presentation"}
    (kind,) = rules()[tag].attributes[attribute]
    value = values.get(kind, "right" if kind.startswith("enum") else "inline" if tag == "mj-style" else "900")
    given, without = (mjml.mjml2html(WITH[tag](more), fonts={}) for more in (f' {attribute}="{value}"', ""))
    assert given == without


@pytest.mark.parametrize("tag", sorted(VOID))
def test_mrml_takes_these_elements_without_an_end(tag):
    """And no others."""
    assert not refused_by_mrml(document(text=f"<{tag}>"))
    assert refused_by_mrml(document(text="<keygen>"))


def test_a_large_edition_is_checked_in_milliseconds():
    """It happens at every render: 150 KB take about ten, and the bound leaves room for a busy machine."""
    entry = (
        '<h3 class="title"><a href="https://example.org/">Some title</a></h3>\n<p class="sum">' + "word " * 60
    )
    source = document("<mj-text>" + (entry + "</p>") * 400 + "</mj-text>")
    begun = time.process_time()
    assert find_mistake(source) is None
    assert len(source) > 150_000
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize(
    "piece", ["<a ", "<a b", "<!--", "<a b='", "- ", "<!--[if", "<mj-class ", "</", "]]>", "\n "]
)
def test_long_nonsense_takes_no_longer(piece):
    """No pattern goes back over what it has read again and again."""
    begun = time.process_time()
    find_mistake(piece * 50_000)
    find_mistake("<mjml><mj-head><mj-style>" + piece * 20_000)
    assert time.process_time() - begun < 2


WORDS = """
<mjml> </mjml> <mj-body> </mj-body> <mj-head> </mj-head> <mj-text> </mj-text> <mj-column> </mj-column>
<mj-style> </mj-style> <p> </p> <br> <b </b> a=b <!-- --> <!--[if <![endif]--> <mj-raw> </mj-raw> " ' < > &
]]> { } : ; @media padding="abc" mj-class="x" /* # ! \x00 \ud800
"""
PIECES = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
def test_no_text_makes_it_raise(source):
    """And every offset is within the source."""
    mistake = find_mistake(source)
    assert mistake is None or 0 <= mistake.offset <= len(source)


def _trees(parents):
    return st.one_of(
        st.sampled_from(["\n", " ", "x", "<!-- a -->", "&", "<br>", "<mj-image/>", "</p>"]),
        st.tuples(st.sampled_from([*sorted(rules()), "p", "b"]), parents).map(
            lambda found: f"<{found[0]}>{found[1]}</{found[0]}>"
        ),
        st.builds("<!--[if mso]>{}<![endif]-->".format, parents),
    )


TREES = st.recursive(
    st.sampled_from(["", "x", "\n", "<br>"]), lambda inner: st.lists(_trees(inner), max_size=3).map("".join)
)


@example("mj-attributes", "<mj-attributes><mj-text></mj-text></mj-attributes>")
@example("mj-attributes", "<mj-title>x</mj-title>")
@given(st.sampled_from(sorted(rules())), TREES)
def test_mrml_takes_all_that_passes(tag, inside):
    """Nothing that mrml refuses gets by, whatever stands in whatever."""
    for source in (document(f"<{tag}>{inside}</{tag}>"), document(head=f"<{tag}>{inside}</{tag}>")):
        if find_mistake(source) is None:
            assert not refused_by_mrml(source)
