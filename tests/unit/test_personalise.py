"""One rendered edition to many readers' copies."""

import re
from collections import Counter
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.reader import Arrangement, SectionPlace, arrange_for
from newsletter.core.readerindex import ReaderIndex, Reason, ReasonKind
from newsletter.core.wishes import Wishes
from newsletter.errors import TemplateError
from newsletter.render.balance import balance_error
from newsletter.render.compiled import Shape
from newsletter.render.digest import RenderedEdition
from newsletter.render.personalise import Links, Personaliser, Reader, Sheet
from newsletter.render.text import clean

NONCE = "0123456789abcdef"
LINKS = Links(unsubscribe="https://e.org/u/1", preferences="https://e.org/p/1", more="https://e.org/m/1")
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
TWO = Shape(sections=((1,), (2, 3)), also=(4,))
"""What SMALL is an edition of."""


def mark(name, number=None, edge=None):
    return (
        f"__{NONCE}_{name}"
        + (f"_{number}" if number is not None else "")
        + (f"_{edge}" if edge else "")
        + "__"
    )


def block(name, number, body):
    return f"<!--{mark(name, number, 'BEGIN')}-->{body}<!--{mark(name, number, 'END')}-->"


def why(rank):
    return "".join(block(kind.name, rank, f" {kind}:{mark('WISH', rank)}") for kind in ReasonKind)


def rendered(html, text=None):
    """The same source for both parts, or a plain text that is in order."""
    return RenderedEdition(html=html, text=html if text is None else text, nonce=NONCE)


SMALL = "".join(
    [
        "<p>",
        *(block("SHOWN", count, f"{count} for you: ") for count in range(1, 5)),
        block("CONTENTS", 0, f"first {mark('COUNT', 0)}"),
        " · ",
        block("CONTENTS", 1, f"second {mark('COUNT', 1)}"),
        "</p>",
        *(block("LEAD", rank, f"<b>{rank}{why(rank)}</b>") for rank in range(1, 5)),
        block("PICKS", 0, "<u>" + block("PICK", 4, f"4{why(4)}") + "</u>"),
        block("SECTION", 0, f"<i>A{block('FOLLOWED', 0, ' yours')} {block('ENTRY', 1, '1')}</i>"),
        "|",
        block(
            "SECTION",
            1,
            f"<i>B{block('FOLLOWED', 1, ' yours')} {block('ENTRY', 2, '2' + why(2))},"
            f"{block('ENTRY', 3, '3' + why(3))}</i>",
        ),
        block("TITLES", 0, "<s>" + block("TITLE", 4, "4") + "</s>"),
        f'<a href="{mark("UNSUBSCRIBE")}">{mark("NAME")} {mark("EMAIL")} {mark("MORE")}/1</a>',
    ]
)
PLAIN = Arrangement(
    lead=1, picks=(), sections=(SectionPlace(0, 1, ()), SectionPlace(1, 2, (2, 3))), also=(4,)
)


def count_elements(html):
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(html)
    parser.close()
    return Counter(tags)


@pytest.fixture(scope="module")
def small():
    return Personaliser(rendered(SMALL), TWO)


@pytest.fixture(scope="module")
def reader():
    return Reader(
        email="ada@example.org",
        name="Ada",
        links=LINKS,
        subject="",
        preheader="",
        arrangement=PLAIN,
    )


END = '<a href="https://e.org/u/1">Ada ada@example.org https://e.org/m/1/1</a>'


class TestCopy:
    def test_as_the_editor_has_it(self, small, reader):
        """A reader without wishes gets the lead out of its section, which is not shown where it is empty."""
        assert small.copy(reader).html == (
            "<p>3 for you: first 1 · second 2</p><b>1</b><i>B 2,3</i><s>4</s>" + END
        )

    def test_order_and_reasons(self, small, reader):
        """Sections, contents and entries come in the reader's order with the reader's reasons; what stands
        between stays."""
        arrangement = Arrangement(
            lead=1,
            picks=(4,),
            sections=(SectionPlace(1, 2, (3, 2)), SectionPlace(0, 1, ())),
            also=(),
            followed=frozenset({1}),
            reasons={3: Reason(ReasonKind.AUTHOR, "Ada"), 4: Reason(ReasonKind.LIKE, "<1>")},
        )
        assert small.copy(replace(reader, arrangement=arrangement)).html == (
            "<p>4 for you: second 2 · first 1</p><b>1</b><u>4 like:&lt;1&gt;</u><i>B yours 3 author:Ada,2</i>"
            + END
        )

    def test_what_is_muted_leaves_nothing(self, small, reader):
        """Neither a line of the contents, nor a separator, nor a count, nor an empty heading."""
        arrangement = Arrangement(lead=3, picks=(), sections=(SectionPlace(1, 1, ()),), also=())
        assert small.copy(replace(reader, arrangement=arrangement)).html == (
            "<p>1 for you: second 1</p><b>3</b>" + END
        )

    def test_counts_of_what_is_not_there(self, reader):
        """Where a theme says how much there is of a section that this reader does not get, it is nothing."""
        counts = "".join(f" {mark(name, index)}" for name in ("COUNT", "LISTED") for index in (0, 1))
        counted = Personaliser(rendered(SMALL + counts + f" {mark('PICKED')}"), TWO)
        arrangement = Arrangement(lead=3, picks=(), sections=(SectionPlace(1, 2, (2,)),), also=())
        assert counted.copy(replace(reader, arrangement=arrangement)).text.endswith(" 0 2 0 1 0")

    def test_nothing_goes_out_with_a_value_missing(self):
        """Its sign would be in the email."""
        sheet = Sheet([b"a=\r\n", b"\0COUNT_1"], [b"a=\r\n"], {}, {})
        with pytest.raises(ValueError, match="has no text"):
            sheet.copy("ada@example.org", "", LINKS)

    def test_note(self, render_plain_edition, render_copy):
        """Only followed topics say so, in both parts; the lead's topic says it beside the lead."""
        copy = render_copy(render_plain_edition, topics=("speech & sound",))
        assert copy.html.count("because you follow") == copy.text.count("because you follow") == 1
        assert "because you follow Speech &amp; sound" in copy.html
        assert "because you follow Speech & sound" in copy.text
        of_lead = render_copy(render_plain_edition, topics=("Agents",))
        assert of_lead.text.index("because you follow Agents") < of_lead.text.index("Title of paper 1")

    def test_counts_are_those_of_the_copy(self, render_plain_edition, render_copy):
        """The numbers in words, in the contents and at the headings follow what is muted and picked."""
        copy = render_copy(render_plain_edition, muted=("Vision", "paper 3"), keywords=("paper 8",))
        for part in (copy.html, copy.text):
            assert "35 new papers; these 4 are worth your time." in part
            assert "ision" not in part.replace("Provision", "")
        assert re.search(r"For you \(1\)\n +Agents \(1\)\n +Speech & sound \(2\)\n", copy.text)
        assert "SPEECH & SOUND (2)" in copy.text
        assert "FOR YOU (1)" in copy.text

    def test_picks_stand_in_full_and_not_twice(self, render_plain_edition, render_copy):
        """With their reason, below the lead; the list of titles goes on without them, or goes."""
        one = render_copy(render_plain_edition, keywords=("paper 8",)).text
        assert one.index("Title of paper 1\n") < one.index("FOR YOU (1)") < one.index("Title of paper 8\n")
        assert one.index("because you follow paper 8") < one.index("Title of paper 2\n")
        assert (one.count("Title of paper 8\n"), one.count("ALSO NEW")) == (1, 1)
        both = render_copy(render_plain_edition, keywords=("paper 8", "paper 9")).text
        assert "ALSO NEW" not in both

    def test_every_wish_of_the_shipped_theme(self, render_plain_edition, render_copy):
        """Words, people and likes say each in their own way why an entry is there."""
        copy = render_copy(render_plain_edition, authors=("Bo Li",))
        assert (
            copy.html.count("by Bo Li, whom you follow") == copy.text.count("by Bo Li, whom you follow") == 9
        )
        copy = render_copy(render_plain_edition, keywords=("second sentence",))
        assert copy.text.count("because you follow second sentence") == 9

    def test_nothing_of_another_reader(self, render_rendered, render_plain_edition, render_reader):
        """A copy made after another reader's has nothing of theirs."""
        personaliser = Personaliser(render_rendered, Shape.of(render_plain_edition))
        other = replace(
            render_reader,
            email="bob@example.net",
            name="Bob",
            links=Links(
                unsubscribe="https://e.org/u/bob",
                preferences="https://e.org/p/bob",
                more="https://e.org/m/bob",
            ),
        )
        before = personaliser.copy(render_reader)
        copy = personaliser.copy(other)
        assert "ada@" not in copy.html + copy.text
        assert "t0k3n" not in copy.html + copy.text
        assert personaliser.copy(render_reader) == before

    @given(email=ANYTHING, name=ANYTHING, token=ANYTHING, wish=ANYTHING)
    def test_values_are_literal(self, small, reader, email, name, token, wish):
        """Any value is put in once, escaped in HTML, as it is in text, and is never looked at again."""
        reader = replace(
            reader,
            email=email,
            name=name,
            links=replace(LINKS, unsubscribe="https://e.org/" + clean(token)),
            arrangement=replace(PLAIN, reasons={1: Reason(ReasonKind.KEYWORD, wish)}),
        )
        plain = f"<p></p>{mark('NAME')}\x01{mark('EMAIL')}\x01{mark('UNSUBSCRIBE')}"
        bare = Personaliser(rendered(plain), Shape((), ()))
        copy = bare.copy(replace(reader, arrangement=Arrangement(1, (), (), ())))
        shown = copy.text.removeprefix("<p></p>").split("\x01")
        assert shown[:2] == [clean(name), clean(email)]
        assert copy.html.split("\x01")[0] == "<p></p>" + escape(clean(name), quote=True)
        assert re.fullmatch(r"https://e\.org/[!-~]*", shown[2])
        copy = small.copy(reader)
        assert f"<b>1 keyword:{clean(wish)}</b>" in copy.text
        assert f"<b>1 keyword:{escape(clean(wish), quote=True)}</b>" in copy.html
        assert count_elements(copy.html) == {"p": 1, "b": 1, "i": 1, "s": 1, "a": 1}

    @pytest.mark.parametrize(
        "arrangement",
        [
            replace(PLAIN, lead=5),
            replace(PLAIN, also=(5,)),
            replace(PLAIN, sections=(SectionPlace(2, 1, (2,)),)),
            replace(PLAIN, sections=(SectionPlace(1, 1, (1,)),)),
        ],
    )
    def test_an_arrangement_must_fit(self, small, reader, arrangement):
        """One of another edition is refused."""
        with pytest.raises(ValueError, match="is not of this edition"):
            small.copy(replace(reader, arrangement=arrangement))

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "mailto:x@e.org", "", "/unsubscribe/1"])
    @pytest.mark.parametrize("which", ["unsubscribe", "preferences", "more"])
    def test_links_must_be_of_the_web(self, small, reader, which, url):
        """A copy without a way out is never made."""
        with pytest.raises(ValueError, match="not one of the web"):
            small.copy(replace(reader, links=replace(LINKS, **{which: url})))


class TestConstruction:
    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            (SMALL.replace(mark("UNSUBSCRIBE"), ""), "reader.unsubscribe"),
            (SMALL.replace("SECTION_1", "SECTION_0"), "out of place: ENTRY 2"),
            (SMALL.replace("CONTENTS_1", "CONTENTS_0"), r"CONTENTS is marked for \[0, 0\]"),
            (SMALL.replace("SECTION_1", "SECTION_2"), "out of place: SECTION 2 BEGIN"),
            (SMALL.replace("SECTION_1_END", "SECTION_1_BEGIN"), "out of place: SECTION 1"),
            (SMALL.replace("SECTION_1_BEGIN", "SECTION_1_END"), "out of place: SECTION 1 END"),
            (SMALL.replace("_EMAIL_", "_PASSWORD_"), "out of place: PASSWORD"),
            (SMALL.replace("_EMAIL_", "_EMAIL_1_"), "out of place: EMAIL 1"),
            (
                SMALL.replace(block("ENTRY", 3, "3" + why(3)), block("ENTRY", 2, "")),
                r"ENTRY is marked for \[2, 2\], not once for each of \[2, 3\]",
            ),
            (SMALL.replace(block("ENTRY", 1, "1"), ""), "ENTRY is missing"),
            (SMALL.replace(block("TITLE", 4, "4"), ""), "TITLE is missing"),
            (SMALL.replace("WISH_2", "WISH_3"), "out of place: WISH 3"),
            (SMALL.replace("SHOWN_4", "SHOWN_5"), "out of place: SHOWN 5"),
            (SMALL.replace(" · ", mark("NAME")), "CONTENTS must be in one place"),
            (SMALL.replace(mark("SECTION", 1, "END"), ""), "out of place"),
            (SMALL + mark("SECTION", 1, "BEGIN"), "begins and does not end"),
            (block("SECTION", 0, SMALL), "out of place"),
            (
                SMALL + block("TITLES", 0, block("TITLE", 4, "4")),
                "TITLE is marked for the same entries in two",
            ),
        ],
    )
    def test_marks_are_checked(self, source, reason):
        """A theme that loses, doubles or crosses marks, in either part, is refused."""
        for html, text in ((source, SMALL), (SMALL, source)):
            with pytest.raises(TemplateError, match=reason):
                Personaliser(rendered(html, text), TWO)

    def test_a_theme_may_do_without_contents_and_numbers(self, reader):
        """No entry is lost by that."""
        source = re.sub("<p>.*?</p>", "", SMALL)
        assert Personaliser(rendered(source), TWO).copy(reader).html == "<b>1</b><i>B 2,3</i><s>4</s>" + END

    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            ("<i>A", "</p><i>A", "SECTION 0 must be whole elements, but </p>"),
            ("|", "</p>", "what is between SECTION blocks must be whole elements, but </p>"),
        ],
    )
    def test_blocks_are_whole_elements(self, old, new, what):
        """A block that closes what another opened is refused: it could not be moved."""
        with pytest.raises(TemplateError, match=what):
            Personaliser(rendered(SMALL.replace(old, new), SMALL), TWO)

    def test_shape(self, render_rendered, render_plain_edition):
        """The sections and entries must be the edition's."""
        shape = Shape.of(render_plain_edition)
        for other in (Shape(shape.sections[1:], shape.also), Shape(shape.sections, shape.also[1:])):
            with pytest.raises(TemplateError):
                Personaliser(render_rendered, other)


wished = st.lists(
    st.sampled_from(
        ["Vision", "agents", "paper 2", "paper 4", "paper 8", "Bo Li", "x", "paper", "second sentence", "ᚠ"]
    ),
    max_size=4,
).map(tuple)


@given(st.builds(Wishes, topics=wished, keywords=wished, authors=wished, muted=wished))
def test_every_copy_is_whole(render_rendered, render_plain_edition, render_reader, wishes):
    """Whatever somebody wishes, every entry is in their copy as often as their arrangement has it, both parts
    tell the same, what is open is closed, and no sentinel is left."""
    arrangement = arrange_for(ReaderIndex.of(render_plain_edition), wishes)
    if arrangement is None:
        return
    personaliser = Personaliser(render_rendered, Shape.of(render_plain_edition))
    copy = personaliser.copy(replace(render_reader, subject="", preheader="", arrangement=arrangement))
    shown = {*arrangement.in_full, *arrangement.also}
    for part in (copy.html, copy.text):
        assert NONCE not in part
        titles = re.findall(r"Title of paper (\d+)", part)
        assert sorted(titles) == sorted(str(rank) for rank in shown)
        assert titles == [str(rank) for rank in (*arrangement.in_full, *arrangement.also)]
    assert balance_error(copy.html.removeprefix("<!DOCTYPE html>")) is None


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
