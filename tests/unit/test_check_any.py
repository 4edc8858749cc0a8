"""The check on input that nobody would send: it finds faults, and never fails itself."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.render.check import SpamVerdict, Specimen, Told, check
from newsletter.render.check.css import rules_of
from newsletter.render.check.letter import Letter
from newsletter.render.check.page import Page
from newsletter.render.findings import Status
from newsletter.render.fitting import Fitting

EMPTY = Specimen(
    mjml="",
    mistake=None,
    laid_out="",
    rendered="",
    nonce="0123456789abcdef",
    fitting=None,
    html="",
    text="",
    message=b"",
    again=b"",
    subject="",
    entries=(),
    outside=(),
    more=0,
    archive="",
    unsubscribe="",
    private=(),
    other=b"",
    other_private=(),
    one_click=None,
    dkim=None,
    spam=None,
)

HTML = [
    "<html>", "<body>", "<p>", "</p>", "<table>", "<th>", "<td width=9>", "<a href=", "<img src=", "alt",
    "<h1>", "<h6>", "<svg>", "<style>", "</style>", "<style media='(min-width:",
    "<meta name=viewport content=", "<meta name=color-scheme", '"', "'", ">", "<", "&#0;", "&lt;",
    "<!--", "-->", "<![CDATA[", "<?xml?>",
    "\x00", "\ud800", "\x85", "²", "http://[", "https://", "{{", "}}", "{%", "__0123456789abcdef_NAME__",
]  # fmt: skip
CSS = [
    "@media", "{", "}", "(prefers-color-scheme: dark)", "url(", ":is(", "a::before", "p ", "style='", ";",
    ":", "color:", "#12", "rgb(1,2", "hsl(", "background:", "font-size:", "font:", "width:", "1e9em",
    "!important", "99999999999999999999px", "\\", "/*", "*/",
]  # fmt: skip
LINES = [
    b"From: a@b.c", b"Subject: =?utf-8?q?=ZZ?=", b"Subject: =?x?b?a?=", b"Date: Fri, 99",
    b"Date: 1 Jan 1 0:0 +9999", b"Content-Type: multipart/alternative; boundary=b",
    b"Content-Type: text/html; charset=\xff", b"Content-Type: text/html; charset*=utf-8'%ff",
    b"Content-Type: text/plain; charset=idna",
    b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"DKIM-Signature: h",
    b"Content-Transfer-Encoding: uuencode", b"Content-Transfer-Encoding: quoted-printable", b"begin 6 x",
    b"DKIM-Signature: =;h=:", b"", b"", b"--b", b"--b--", b"List-Unsubscribe: <https://", b" folded",
    b"\x80", b"=3D=", b"List-Unsubscribe: >x<", b"\xff\x00",
]  # fmt: skip


def mixed(*pieces: str) -> st.SearchStrategy[str]:
    """Pieces in any order, with anything between them."""
    piece = st.one_of(st.sampled_from(pieces), st.text(max_size=4))
    return st.lists(piece, max_size=30).map("".join)


MARKUP = mixed(*HTML, *CSS)
MESSAGES = st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=12)), max_size=20).map(b"\r\n".join)


@settings(max_examples=200, deadline=None)
@given(html=MARKUP, rendered=MARKUP, text=MARKUP, title=MARKUP, message=MESSAGES, other=MESSAGES)
def test_anything(html: str, rendered: str, text: str, title: str, message: bytes, other: bytes) -> None:
    """There is a finding for each point whatever the parts are, with a mend where it does not pass."""
    specimen = replace(
        EMPTY,
        html=html,
        rendered=rendered,
        laid_out=rendered,
        mjml=rendered,
        text=text,
        message=message,
        again=other,
        other=other,
        subject=title,
        archive=text,
        more=1,
        entries=(Told(title, (text,)),),
        outside=(html, title),
        private=(text, ""),
        other_private=(title,),
        fitting=Fitting((title,), 1, 1),
        spam=SpamVerdict(3.0, ((title, 3.0),)),
    )
    findings = check(specimen)
    assert [found.point for found in findings] == list(range(1, 21))
    assert all((found.status is Status.PASS) is not bool(found.mend) for found in findings)
    assert all(found.detail for found in findings)
    assert findings == check(specimen)


def test_nothing_at_all() -> None:
    """An empty email fails where something must be there."""
    failed = {found.point for found in check(EMPTY) if found.status is Status.FAIL}
    assert failed == {2, 7, 9, 16, 17}


def test_deep() -> None:
    """Elements inside of elements, ten thousand deep, are no trouble."""
    page = Page("<!DOCTYPE html><html><body>" + "<div>" * 10_000 + "deep" + "</div>" * 10_000)
    assert len(page.elements) > 200
    check(replace(EMPTY, html=page.source))


@given(mixed(*CSS))
def test_any_css(css: str) -> None:
    """Whatever a style sheet says, what can be read of it is read."""
    for rule in rules_of(css):
        assert rule.selector


@given(MESSAGES)
def test_any_message(message: bytes) -> None:
    """Whatever arrives can be taken apart."""
    letter = Letter(message)
    assert all(isinstance(leaf.text, str) for leaf in letter.leaves)
    assert isinstance(letter.shown_head, str)
