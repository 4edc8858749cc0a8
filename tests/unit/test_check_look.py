"""How the check sees a page: rules and what they say on which screen, colours, hidden text."""

import pytest

from newsletter.render.check.colour import BLACK, WHITE, contrast, over, parse_colour
from newsletter.render.check.css import DARK, LIGHT, PHONE, Screen, nested
from newsletter.render.check.page import Look, Page


def look(html: str, screen: Screen = LIGHT, head: str = "") -> Look:
    """Of the element with the id x."""
    page = Page(f"<!DOCTYPE html><html><head>{head}</head><body>{html}</body></html>")
    (element,) = (element for element in page.elements if element.get("id") == "x")
    return page.looks(screen)[element]


RED, BLUE = (255, 0, 0, 1), (0, 0, 255, 1)


class TestColours:
    @pytest.mark.parametrize(
        ("value", "colour"),
        [
            ("#1B1A17", (27, 26, 23, 1)),
            ("#fff", WHITE),
            ("rgb(0, 0, 255)", BLUE),
            ("rgba(255, 0, 0, 0.5)", (255, 0, 0, 0.5)),
            ("hsl(0, 100%, 50%)", RED),
            ("Red", RED),
            ("#FFF url(x.png) no-repeat", WHITE),
            ("transparent", (0, 0, 0, 0)),
            ("var(--x)", None),
            ("", None),
            ("}{", None),
        ],
    )
    def test_read(self, value: str, colour: tuple[float, ...] | None) -> None:
        """Every way to write a colour that mailboxes know is read; anything else is none."""
        assert parse_colour(value) == colour

    def test_contrast(self) -> None:
        """The figures are those of WCAG."""
        assert contrast(BLACK, WHITE) == pytest.approx(21)
        assert contrast(RED, RED) == 1
        assert contrast((0x76, 0x76, 0x76, 1), WHITE) == pytest.approx(4.54, abs=0.01)
        assert over((0, 0, 0, 0.5), WHITE) == (127.5, 127.5, 127.5, 1)


class TestCascade:
    @pytest.mark.parametrize(
        ("css", "style", "colour"),
        [
            ("p { color: red }", "", RED),
            ("p { color: red }", "color: blue", BLUE),
            ("p { color: red !important }", "color: blue", RED),
            ("p { color: red !important }", "color: blue !important", BLUE),
            (".a { color: blue } p { color: red }", "", BLUE),
            ("p { color: red } p { color: blue }", "", BLUE),
            ("div > p.a:first-child { color: blue }", "", BLUE),
            ("p:hover, p::before { color: red }", "", BLACK),
            ("[data-ogsc] p { color: red }", "", BLACK),
            ("p { color: unheard-of }", "", BLACK),
            ("div { color: red }", "", RED),
            ("p { color: red", "", RED),
        ],
    )
    def test_order(self, css: str, style: str, colour: tuple[float, ...]) -> None:
        """Importance, then the style attribute, then specificity, then order; the rest is inherited."""
        found = look(f'<div><p id="x" class="a" style="{style}">a</p></div>', head=f"<style>{css}</style>")
        assert found.colour == colour

    @pytest.mark.parametrize(
        ("media", "screens"),
        [
            ("(prefers-color-scheme: dark)", {DARK}),
            ("(max-width: 500px)", {PHONE}),
            ("only screen and (min-width:480px)", {LIGHT, DARK}),
            ("print, (max-width:320px)", {PHONE}),
            ("print", set()),
            ("screen and (max-width: 480px) and (prefers-color-scheme: dark)", set()),
        ],
    )
    def test_media(self, media: str, screens: set[Screen]) -> None:
        """A rule holds where its media query does, whether it stands in the sheet or on the element."""
        for head in (
            f"<style>@media {media} {{ p {{ color: red }} }}</style>",
            f'<style media="{media}">p {{ color: red }}</style>',
        ):
            found = {s for s in (LIGHT, DARK, PHONE) if look('<p id="x">a</p>', s, head).colour == RED}
            assert found == screens

    @pytest.mark.parametrize(
        ("css", "is_nested"),
        [
            ("@media x { a { b: c } } @media y { a { b: c } }", False),
            ("@media x { @media y { a { b: c } } }", True),
            ("@supports (a: b) { @font-face { c: d } }", True),
            ("a { content: '@media {' } /* { @media */ @media x { }", False),
        ],
    )
    def test_nested(self, css: str, is_nested: bool) -> None:
        """An at-rule inside of another is seen, one in a comment or text is none."""
        assert nested(css) is is_nested


class TestLook:
    def test_grounds(self) -> None:
        """The ground is that of the nearest element with one, and shows through what is half opaque."""
        assert look('<table bgcolor="#FF0000"><tr><td id="x">a</td></tr></table>').ground == RED
        assert look('<p style="background: blue"><b id="x">a</b></p>').ground == BLUE
        half = look('<p style="background: rgba(0,0,0,.5)" id="x">a</p>')
        assert half.ground == (127.5, 127.5, 127.5, 1)

    def test_canvas(self) -> None:
        """Only what says that it knows the dark gets a dark canvas there."""
        knows = '<meta name="color-scheme" content="light dark">'
        assert look('<p id="x">a</p>', DARK).ground == WHITE
        assert look('<p id="x">a</p>', DARK, knows) == Look((255, 255, 255, 1), (18, 18, 18, 1))
        assert look('<p id="x">a</p>', LIGHT, knows).ground == WHITE
        assert look('<a id="x" href="y">a</a>').colour == (0, 0, 238, 1)

    @pytest.mark.parametrize(
        ("html", "size"),
        [
            ('<p style="font-size: 20px"><b id="x">a</b></p>', 20),
            ('<p style="font-size: 20px"><b id="x" style="font-size: 0.5em">a</b></p>', 10),
            ('<p style="font-size: 20px"><b id="x" style="font-size: 150%">a</b></p>', 30),
            ('<b id="x" style="font-size: 12pt">a</b>', 16),
            ('<h1 id="x">a</h1>', 32),
            ('<b id="x" style="font: bold 18px/24px serif">a</b>', 18),
            ('<b id="x" style="font-size: large">a</b>', 16),
            ('<td style="font-size: 0px"><b id="x">a</b></td>', 0),
        ],
    )
    def test_sizes(self, html: str, size: float) -> None:
        """Sizes are in pixels whatever their unit."""
        assert look(html).size == pytest.approx(size)

    @pytest.mark.parametrize(
        ("style", "large"),
        [
            ("font-size: 24px", True),
            ("font-size: 23px", False),
            ("font-size: 19px; font-weight: bold", True),
            ("font-size: 19px; font-weight: 700", True),
            ("font-size: 19px; font-weight: 400", False),
        ],
    )
    def test_large(self, style: str, large: bool) -> None:
        """Large type may have less contrast."""
        assert look(f'<p id="x" style="{style}">a</p>').large is large

    def test_hidden(self) -> None:
        """What is hidden is not among the words, nor is the padding of a preheader or a style sheet."""
        page = Page(
            "<body><div style='display:none'>hidden <b>too</b></div><p>seen <!-- no --> as well</p>"
            "<style>p { color: red }</style><i>&#8204;&#160;</i></body>"
        )
        assert page.words == "seen as well"
        assert [run.text for run in page.runs] == ["hidden", "too", "seen", "as well"]
