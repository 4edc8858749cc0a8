"""One rendered edition to many readers' copies."""

import re
from collections import Counter
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.digest import RenderedEdition
from newsletter.render.personalise import Personaliser, Reader
from newsletter.render.text import clean

NONCE = "0123456789abcdef"
ANYTHING = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            f"__{NONCE}_EMAIL__",
            f"<!--__{NONCE}_SECTION_0_BEGIN__-->",
            "{{7*7}}",
            "<b>x</b>",
            "\\1\\g<0>",
            "&amp;",
        ]
    ),
)


def mark(name, index=None, edge=None):
    return f"__{NONCE}_{name}__" if index is None else f"__{NONCE}_{name}_{index}_{edge}__"


def block(name, index, body):
    return f"<!--{mark(name, index, 'BEGIN')}-->{body}<!--{mark(name, index, 'END')}-->"


def rendered(html, text=None):
    """The same source for both parts, or a plain text that is in order."""
    return RenderedEdition(html=html, text=html if text is None else text, nonce=NONCE)


SMALL = "".join(
    [
        "<p>",
        block("CONTENTS", 0, "first 3"),
        " · ",
        block("CONTENTS", 1, "second 4"),
        "</p>",
        block("SECTION", 0, f"<i>A{block('FOLLOWED', 0, ' yours')}</i>"),
        "|",
        block("SECTION", 1, f"<i>B{block('FOLLOWED', 1, ' yours')}</i>"),
        f'<a href="{mark("UNSUBSCRIBE")}">{mark("NAME")} {mark("EMAIL")}</a>',
    ]
)


def count_elements(html):
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(html)
    parser.close()
    return Counter(tags)


@pytest.fixture
def small():
    return Personaliser(rendered(SMALL), 2)


@pytest.fixture
def reader():
    return Reader(
        email="ada@example.org",
        name="Ada",
        unsubscribe_url="https://e.org/u/1",
        order=(1, 0),
        followed=frozenset({1}),
    )


class TestCopy:
    def test_order_and_notes(self, small, reader):
        """Sections and contents come in the reader's order, what stands between stays."""
        assert small.copy(reader).html == (
            "<p>second 4 · first 3</p><i>B yours</i>|<i>A</i>"
            '<a href="https://e.org/u/1">Ada ada@example.org</a>'
        )

    def test_every_order_has_every_section(self, render_rendered, render_reader):
        """Whatever the order, a copy has all titles of all sections, in that order, and no sentinel."""
        personaliser = Personaliser(render_rendered, 3)
        for order in permutations(range(3)):
            copy = personaliser.copy(replace(render_reader, order=order))
            shown = [index for index in order if index != 1]  # the lead was all of section 1
            for part, topics in ((copy.html, ["Vision", "", "Speech &amp; sound"]), (copy.text, None)):
                names = topics or ["VISION (", "", "SPEECH & SOUND ("]
                heads = [f">{names[i]} <span" if topics else f"\n{names[i]}" for i in shown]
                places = [part.index(head) for head in heads]
                assert places == sorted(places)
                assert all(part.count(f"Title of paper {rank}") >= 1 for rank in range(1, 10))
                assert NONCE not in part

    def test_order_of_contents(self, render_rendered, render_reader):
        """The contents follow the order of the sections."""
        text = Personaliser(render_rendered, 3).copy(render_reader).text
        assert re.search(r"3  Speech & sound\n +3  Vision\n +1  Agents\n", text)

    def test_note(self, render_rendered, render_reader):
        """Only followed topics say so, in both parts; the lead's topic says it beside the lead."""
        personaliser = Personaliser(render_rendered, 3)
        copy = personaliser.copy(render_reader)
        assert copy.html.count("because you follow") == copy.text.count("because you follow") == 1
        assert "because you follow Speech &amp; sound" in copy.html
        assert "because you follow Speech & sound" in copy.text
        of_lead = personaliser.copy(replace(render_reader, followed=frozenset({1})))
        assert of_lead.text.index("because you follow Agents") < of_lead.text.index("Title of paper 1")

    def test_nothing_of_another_reader(self, render_rendered, render_reader):
        """A copy made after another reader's has nothing of theirs."""
        personaliser = Personaliser(render_rendered, 3)
        other = replace(
            render_reader, email="bob@example.net", name="Bob", unsubscribe_url="https://e.org/u/bob"
        )
        before = personaliser.copy(render_reader)
        copy = personaliser.copy(other)
        assert "ada@" not in copy.html + copy.text
        assert "t0k3n" not in copy.html + copy.text
        assert personaliser.copy(render_reader) == before

    @given(email=ANYTHING, name=ANYTHING, token=ANYTHING)
    def test_values_are_literal(self, email, name, token):
        """Any value is put in once, escaped in HTML, as it is in text, and is never looked at again."""
        reader = Reader(
            email=email,
            name=name,
            unsubscribe_url="https://e.org/" + clean(token),
            order=(0, 1),
            followed=frozenset(),
        )
        plain = f"<p></p>{mark('NAME')}\x01{mark('EMAIL')}\x01{mark('UNSUBSCRIBE')}"
        copy = Personaliser(rendered(plain), 0).copy(replace(reader, order=()))
        shown = copy.text.removeprefix("<p></p>").split("\x01")
        assert shown[:2] == [clean(name), clean(email)]
        assert copy.html.split("\x01")[0] == "<p></p>" + escape(clean(name), quote=True)
        assert re.fullmatch(r"https://e\.org/[!-~]*", shown[2])
        small = Personaliser(rendered(SMALL), 2).copy(reader)
        assert count_elements(small.html) == {"p": 1, "i": 2, "a": 1}

    @pytest.mark.parametrize("order", [(), (0,), (0, 0), (0, 1, 2), (1, 2), (-1, 0)])
    def test_order_must_fit(self, small, reader, order):
        """An order that would lose or repeat a section is refused."""
        with pytest.raises(ValueError, match="not an order of 2 sections"):
            small.copy(replace(reader, order=order))

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "mailto:x@e.org", "", "/unsubscribe/1"])
    def test_unsubscribe_must_be_of_the_web(self, small, reader, url):
        """A copy without a way out is never made."""
        with pytest.raises(ValueError, match="not one of the web"):
            small.copy(replace(reader, unsubscribe_url=url))


class TestConstruction:
    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            (SMALL.replace(mark("UNSUBSCRIBE"), ""), "reader.unsubscribe"),
            (SMALL.replace("SECTION_1", "SECTION_0"), r"SECTION is marked for \[0, 0\]"),
            (SMALL.replace("CONTENTS_1", "CONTENTS_0"), r"CONTENTS is marked for \[0, 0\]"),
            (SMALL.replace("SECTION_1", "SECTION_2"), "SECTION 2 BEGIN"),
            (SMALL.replace("SECTION_1_END", "SECTION_1_BEGIN"), "out of place: SECTION 1"),
            (SMALL.replace("SECTION_1_BEGIN", "SECTION_1_END"), "out of place: SECTION 1 END"),
            (SMALL.replace("_EMAIL_", "_PASSWORD_"), "out of place: PASSWORD"),
            (SMALL.replace(mark("SECTION", 1, "END"), ""), "begins and does not end"),
            (block("SECTION", 0, SMALL), "out of place"),
        ],
    )
    def test_marks_are_checked(self, source, reason):
        """A theme that loses, doubles or crosses marks, in either part, is refused."""
        for html, text in ((source, SMALL), (SMALL, source)):
            with pytest.raises(TemplateError, match=reason):
                Personaliser(rendered(html, text), 2)

    def test_blocks_are_whole_elements(self):
        """A block that closes what another opened is refused: it could not be moved."""
        with pytest.raises(TemplateError, match="SECTION 0 must be whole elements, but </p>"):
            Personaliser(rendered(SMALL.replace("<i>A", "</p><i>A"), SMALL), 2)

    def test_section_count(self, render_rendered):
        """The number of sections must be the edition's."""
        with pytest.raises(TemplateError):
            Personaliser(render_rendered, 2)
        with pytest.raises(TemplateError):
            Personaliser(render_rendered, 4)


class TestBalance:
    @pytest.mark.parametrize(
        "html",
        [
            "",
            "<p>a<br>b</p>",
            "<!--[if mso | IE]><table><tr><![endif]--><div></div><!--[if mso | IE]></tr></table><![endif]-->",
            "<!--[if !mso]><!--><p></p><!--<![endif]-->",
            "<!-- </div> --><div></div>",
        ],
    )
    def test_balanced(self, html):
        """What opens closes, for browsers and for Outlook."""
        assert balance_error(html) is None

    @pytest.mark.parametrize(
        "html",
        [
            "<p>",
            "</p>",
            "<p><b></p></b>",
            "<div></div><!--[if mso | IE]></td></tr></table><![endif]-->",
            "<!--[if mso | IE]><table><tr><td><![endif]--><div></div>",
            "<!--[if !mso]><!--><p><!--<![endif]--></p>",
        ],
    )
    def test_unbalanced(self, html):
        """What only browsers or only Outlook would see open is found."""
        assert balance_error(html) is not None
