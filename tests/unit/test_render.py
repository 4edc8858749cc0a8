"""Editions to HTML and text, with the shipped theme and with broken ones."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.parse import urlsplit

import mjml
import pytest

from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.digest import render_edition
from newsletter.render.html import make_html
from newsletter.render.language import Language
from newsletter.render.text import clean, safe_link
from newsletter.render.theme import Theme
from newsletter.render.view import view_edition

NONCE = "0123456789abcdef"
HOSTILE = [
    "<script>alert(1)</script>",
    "x < 5 && y > 3",
    "$x_{<}$ \\frac{a}{b}",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "\"quotes\" 'and' `more`",
    "a -- b --> c <!-- d",
    "]]> <![CDATA[x]]> <?xml?>",
    "nul\x00 bell\x07 next\x85line sep\u2028arator",
    "\u202eright to left\u202c שלום",
    "emoji 🧪 and lone \ud800 surrogate",
    "__UNSUBSCRIBE__ __0123_EMAIL__",
    "</title></mj-text></mjml>",
    '<mj-include path="/etc/passwd" />',
]


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, headings, text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.title = [], [], ""
        self._in = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in == "title":
            self.title += data
        elif self._in != "style":
            self.text.append(data)

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]

    @property
    def words(self):
        return " ".join("".join(self.text).split())


@pytest.fixture(scope="module")
def copy(render_plain_edition, render_copy):
    """That of a reader without wishes."""
    return render_copy(render_plain_edition)


@pytest.fixture(scope="module")
def page(copy):
    return Page(copy.html)


class TestDigest:
    def test_same_input_same_bytes(
        self, render_plain_edition, render_newsletter, render_theme, render_rendered
    ):
        """Rendering twice, with a theme loaded anew, gives the same bytes."""
        again = Theme.load(render_theme.folder, render_theme.folders[1:])
        assert render_edition(render_plain_edition, render_newsletter, again, nonce=NONCE) == render_rendered

    def test_document(self, copy, page):
        """Standards mode; language and direction said twice; the title is the subject of this copy."""
        assert copy.html.startswith("<!DOCTYPE html>")
        assert page.all("html")[0] | {"lang": "en", "dir": "ltr"} == page.all("html")[0]
        first_child = page.elements[[tag for tag, _ in page.elements].index("body") + 1][1]
        assert (first_child["lang"], first_child["dir"]) == ("en", "ltr")
        assert page.title == "Title of paper 1"
        assert all(table["role"] == "presentation" for table in page.all("table"))

    def test_headings(self, page):
        """One h1, and no level is skipped on the way down."""
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below - above <= 1 for above, below in pairwise(levels))

    def test_links(self, page, copy):
        """Every link is absolute, has words of its own, and is in the plain text too."""
        links = [link["href"] for link in page.all("a")]
        assert "https://papers.example.org/unsubscribe/t0k3n" in links
        assert all(urlsplit(link).scheme == "https" for link in links)
        assert all(link in copy.text for link in links)
        assert not re.search(r"<a [^>]*>\s*</a>", copy.html)

    def test_more_like_this(self, page):
        """Every entry in full has a link of its own that asks for more like it."""
        links = [link["href"] for link in page.all("a")]
        more = [f"https://papers.example.org/more/t0k3n2/42/{rank}" for rank in range(1, 8)]
        assert sorted(link for link in links if "/more/" in link) == more

    def test_reasons_on_request(self, render_plain_edition, render_newsletter, render_copy, copy):
        """Why the editor ranked an entry so stands under it only where the newsletter says so."""
        telling = render_copy(render_plain_edition, replace(render_newsletter, show_reasons=True))
        for part, silent in ((telling.html, copy.html), (telling.text, copy.text)):
            assert part.count("ranked here for: 49 votes, has code") == 1
            assert "ranked here for" not in silent

    def test_order(self, page, copy):
        """Preheader, masthead, numbers, contents, lead, sections, also new, more, footer: in both parts."""
        expected = [
            "The Morning Papers",
            "Friday, November 20, 2026 · No. 42",
            "Good morning. 35 new papers; these 7 are worth your time.",
            "Vision",
            "The lead · Agents",
            "Title of paper 1",
            "Line of paper 1. A second sentence on paper 1 follows.",
            "Title of paper 2",
            "48 votes",
            "Ada Lovelace and 2 more · Example Lab",
            "Title of paper 7",
            "Also new",
            "Title of paper 9",
            "26 more on the web",
            "You get this because you subscribed to The Morning Papers.",
            "reply to this email",
        ]
        for part in (page.words.lower(), " ".join(copy.text.split()).lower()):
            at = 0
            for piece in expected:
                at = part.index(piece.lower(), at)
        assert page.words.startswith("Title of paper 2 · Title of paper 3")
        assert "10115 Berlin" in page.words
        assert "10115 Berlin" in copy.text

    def test_lead_is_not_repeated(self, page, copy):
        """The lead stands once; its section, being empty without it, is not shown."""
        assert page.words.count("Title of paper 1") == 1
        assert copy.text.count("Title of paper 1") == 1
        assert "AGENTS (1)" not in copy.text

    def test_text_width(self, copy):
        """Plain text is set at 72 columns but for addresses and sentinels."""
        lines = copy.text.splitlines()
        assert all(len(line) <= 72 for line in lines if "://" not in line)
        assert not re.search(r"<[a-z/!]|&[a-z#0-9]+;|\{[{%]", copy.text)

    def test_no_reply_no_promise(self, render_plain_edition, render_newsletter, render_theme):
        """Replying is offered only where there is an address to reply to."""
        mute = replace(render_newsletter, reply_to=None)
        rendered = render_edition(render_plain_edition, mute, render_theme, nonce=NONCE)
        assert "reply to this" not in rendered.html + rendered.text

    def test_size(self, render_edition_of, render_entry, render_copy):
        """25 entries with long texts and 10 titles take well under the 102,400 bytes of a clipped mail, and
        all 35 in full still do."""
        long = {"title": "A Long Title of a Paper " * 5, "line": "A long line about what it does. " * 7}
        sections = {f"Topic {n}": [render_entry(5 * n + i + 1, **long) for i in range(5)] for n in range(5)}
        edition = render_edition_of(sections, also=tuple(render_entry(30 + i, **long) for i in range(10)))
        html = render_copy(edition).html
        assert len(html.encode()) < 75_000
        assert len(render_copy(edition, authors=("Ada Lovelace",)).html.encode()) < 102_400
        styles = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
        assert len(styles) < 8_000

    def test_without_links(self, render_edition_of, render_entry, render_copy):
        """An entry that can be found nowhere has a title and no link."""
        edition = render_edition_of({"A": [render_entry(1, url=None, code="javascript:alert(1)")]})
        rendered = render_copy(edition)
        assert "javascript" not in rendered.html + rendered.text
        assert re.search(r"<h2[^>]*>Title of paper 1</h2>", rendered.html)

    def test_only_a_search(self, render_edition_of, render_entry, render_copy):
        """Where only a search is known, the title leads there and the link says what it is."""
        search = "https://huggingface.co/papers?q=title"
        edition = render_edition_of({"A": [render_entry(1, url=None, code=None, search=search)]})
        rendered = render_copy(edition)
        assert [link["href"] for link in Page(rendered.html).all("a")].count(search) == 2
        assert "Find it on huggingface.co" in rendered.html

    def test_logo(self, render_plain_edition, render_newsletter, render_copy, copy):
        """A picture stands for the name in the masthead, and says the name where it is not shown."""
        letter = replace(render_newsletter, logo="https://example.org/logo.png")
        page = Page(render_copy(render_plain_edition, letter).html)
        assert page.all("img") == [
            page.all("img")[0] | {"src": "https://example.org/logo.png", "alt": "The Morning Papers"}
        ]
        assert "<img" not in copy.html

    def test_since(self, render_plain_edition, render_copy):
        """The sentence of numbers says since when they are new: by the time, the weekday or the date."""
        slot = render_plain_edition.slot
        for days, said in ((0.1, "since 4:36"), (3, "since Tuesday;"), (10, "since November 10;")):
            since = slot - timedelta(days=days)
            text = render_copy(replace(render_plain_edition, since=since)).text
            assert f"35 new papers {said}" in " ".join(text.split())

    def test_no_sections(self, render_edition_of, render_newsletter, render_theme):
        """An edition without entries renders, for whoever wants to send one."""
        rendered = render_edition(render_edition_of({}), render_newsletter, render_theme, nonce=NONCE)
        assert "The Morning Papers" in rendered.text

    @pytest.mark.parametrize("nonce", ["", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdeg"])
    def test_nonce(self, render_plain_edition, render_newsletter, render_theme, nonce):
        """A nonce that is not 16 hexadecimal digits is refused."""
        with pytest.raises(ValueError, match="16 lower-case hexadecimal digits"):
            render_edition(render_plain_edition, render_newsletter, render_theme, nonce=nonce)

    def test_nonce_in_data(self, render_edition_of, render_entry, render_newsletter, render_theme):
        """A text that contains the nonce is refused rather than filled in."""
        edition = render_edition_of({"A": [render_entry(1, title=f"__{NONCE}_EMAIL__")]})
        with pytest.raises(TemplateError, match="another one"):
            render_edition(edition, render_newsletter, render_theme, nonce=NONCE)


class TestHostileText:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_stays_literal(self, render_edition_of, render_entry, render_copy, text):
        """Text from outside is shown as it is and adds no element, wherever it stands."""

        def rendered(word):
            fields = {"title": word, "line": word, "authors": (word,), "organization": word}
            edition = render_edition_of(
                {word: [render_entry(1, **fields), render_entry(2, **fields)]},
                also=(render_entry(3, **fields),),
                subject=word,
                preheader=word,
            )
            return render_copy(edition)

        hostile, harmless = rendered(text), rendered("harmless")
        page, plain = Page(hostile.html), Page(harmless.html)
        assert Counter(tag for tag, _ in page.elements) == Counter(tag for tag, _ in plain.elements)
        assert page.words.count(clean(text)) >= 8
        assert " ".join(hostile.text.split()).count(clean(text)) >= 6
        assert balance_error(hostile.html.removeprefix("<!DOCTYPE html>")) is None

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//example.org/x",
            "/x",
            "x",
            "https://",
            "https://[::1",
            "https://example.org:port/",
            "java\nscript:alert(1)",
            "https://example.org/\x00",
            "mailto://example.org",
            "https://example.org/" + "a" * 2000,
            "https://example.org/" + "ü" * 400,
            "https://" + "é" * 1_000_000,
            "",
            None,
        ],
    )
    def test_unsafe_links_are_dropped(self, url):
        """Only whole http, https and mailto addresses of a length that works are ever linked."""
        assert safe_link(url) is None

    @pytest.mark.parametrize(
        ("url", "safe"),
        [
            ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
            ("http://example.org/a b\"c<d>'", "http://example.org/a%20b%22c%3Cd%3E'"),
            ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
            ("mailto:ada@example.org", "mailto:ada@example.org"),
            ("https://e.org/{{x}}", "https://e.org/%7B%7Bx%7D%7D"),
        ],
    )
    def test_safe_links_are_encoded(self, url, safe):
        """What is linked is ASCII, percent-encoded once."""
        assert safe_link(url) == safe


class TestInlining:
    def test_nothing_is_lost(self, render_plain_edition, render_newsletter, render_theme):
        """Conditional comments, media queries and importance are the same before and after inlining."""
        rendered = render_edition(render_plain_edition, render_newsletter, render_theme, nonce=NONCE)
        laid_out, inlined = mjml.mjml2html(rendered.mjml, fonts={}), rendered.html
        for piece in (
            "<!--[if ",
            "<![endif]",
            "@media",
            "!important",
            "[data-ogsc]",
            "[data-ogsb]",
            "<style",
        ):
            assert inlined.count(piece) == laid_out.count(piece) > 0, piece
        assert "data-premailer" not in inlined
        assert "@import" not in inlined
        assert "<link" not in inlined

    def test_network_is_not_used(self, tmp_path):
        """A stylesheet on the web is not fetched."""
        asked = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

        with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
            Thread(target=server.serve_forever).start()
            link = f'<link rel="stylesheet" href="http://127.0.0.1:{server.server_port}/x.css"/>'
            head = f"<mj-head><mj-raw>{link}</mj-raw></mj-head>"
            (tmp_path / "x.mjml").write_text(f"<mjml>{head}<mj-body></mj-body></mjml>")
            (tmp_path / "style.css").write_text("")
            make_html(Theme.load(tmp_path, files=("style.css",)), "x.mjml")
            server.shutdown()
        assert asked == []


class TestView:
    @pytest.mark.parametrize(
        ("line", "summary", "after"),
        [
            (
                "One thing.",
                "One thing. Another thing, at 3.5 of 4, e.g. here. X.",
                "Another thing, at 3.5 of 4, e.g. here.",
            ),
            (
                "They show one big thing.",
                "We show one big thing. Another thing is here.",
                "Another thing is here.",
            ),
            ("One thing.", "One thing.", ""),
            ("Elsewhere.", "One thing. Another thing is here.", ""),
            ("One.", "One. Yes.", ""),
        ],
    )
    def test_second_sentence(self, render_edition_of, render_entry, render_newsletter, line, summary, after):
        """The lead gets the sentence after its line, if there is one worth showing."""
        edition = render_edition_of({"A": [render_entry(1, line=line, summary=summary)]})
        assert view_edition(edition, render_newsletter, Language.load("en")).lead.next_line == after
