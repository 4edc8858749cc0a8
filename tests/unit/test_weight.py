"""How large copies get: what is said before the first one is written holds for every one that is."""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.themes import THEMES, shipped_theme

from newsletter.core.reader import Arrangement, SectionPlace, arrange_for
from newsletter.core.readerindex import ReaderIndex, Reason, ReasonKind
from newsletter.core.wishes import Wishes
from newsletter.render.clicklinks import ClickLinks
from newsletter.render.compiled import Shape
from newsletter.render.copy import Copy
from newsletter.render.digest import RenderedEdition, render_edition
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.marks import click_mark
from newsletter.render.personalise import Links, Personaliser, Reader
from newsletter.render.quoted import quoted, unquoted
from newsletter.render.weight import Weight

NONCE = "0123456789abcdef"
LINKS = Links(
    unsubscribe="https://e.org/u/1?a=1&b=2",
    preferences="https://e.org/p/'1'",
    more="https://e.org/m/1",
    click="c=&" * 11,
)
SET = st.text(alphabet="ab .=\n\t;é😀", max_size=30)
"""What a theme may set: the ends of lines, full stops and spaces that quoted-printable minds."""
OUTSIDE = st.one_of(
    st.text(max_size=90),
    st.sampled_from(["'" * 90, '"' * 90, "&<>" * 40, "😀" * 90, "=" * 90, "研究" * 50, "A 'n' B & Sons"]),
)


def sent(copy: Copy) -> int:
    """Octets of the HTML as it goes out."""
    return len(copy.quoted_html)


def filler(room: int) -> str:
    """A text that takes nearly so many octets as it is sent, and never more."""
    return "f" * (room * 75 // 78 - 3)


@given(st.lists(st.one_of(SET, st.text(max_size=200)), max_size=12))
def test_pieces_weigh_what_they_are(texts):
    """However a text is cut into pieces, their weights are together what it takes to send it."""
    pieces = [quoted(text) for text in texts]
    whole = sum(map(Weight.of, pieces), Weight())
    assert whole.plain == len(unquoted(b"".join(pieces)).encode())
    assert whole.encoded == len(b"".join(pieces))


@given(st.one_of(OUTSIDE, st.text(alphabet=".F", max_size=400), st.text(alphabet="é.", max_size=400)))
def test_no_text_weighs_more_than_is_said_of_its_length(text):
    """Whatever stands at the beginnings of its lines, and wherever they break."""
    plain = [sign for sign in text if sign.isascii() and sign.isprintable() and sign not in " ="]
    octets = len(text.encode())
    one, most = Weight.of(quoted(text)), Weight.at_most(octets, 3 * octets - 2 * len(plain))
    assert one.plain <= most.plain
    assert one.encoded <= most.encoded


def block(name: str, number: int, body: str) -> str:
    """With its marks."""
    return f"<!--__{NONCE}_{name}_{number}_BEGIN__-->{body}<!--__{NONCE}_{name}_{number}_END__-->"


def personaliser(source: str, shape: Shape) -> Personaliser:
    """The same source for both parts."""
    return Personaliser(RenderedEdition(source, source, NONCE), shape)


# What is heaviest where

SHAPE = Shape(sections=((1, 2),), also=(3, 4))
ARRANGEMENTS = (
    Arrangement(1, (), (SectionPlace(0, 2, (2,)),), (3, 4)),
    Arrangement(1, (3, 4), (SectionPlace(0, 2, (2,)),), ()),
    Arrangement(1, (4,), (SectionPlace(0, 2, (2,)),), (3,)),
    Arrangement(2, (), (SectionPlace(0, 1, ()),), (3, 4)),
    Arrangement(2, (3, 4), (SectionPlace(0, 2, (1,)),), ()),
    Arrangement(3, (), (), (4,)),
    Arrangement(3, (4,), (SectionPlace(0, 2, (1, 2)),), ()),
    Arrangement(3, (), (SectionPlace(0, 2, (1, 2)),), (4,)),
)


def source_of(*, between: str = "", why: str = "", why_lead: str = "", **bodies: str) -> str:
    """A source for `SHAPE` in which all entries of a kind have the same body."""

    def full(name: str, rank: int, reason: str = why) -> str:
        return block(name, rank, bodies.get(name, "") + block("LIKE", rank, reason))

    return "".join(
        [
            f"__{NONCE}_UNSUBSCRIBE__ ",
            *(full("LEAD", rank, why_lead) for rank in SHAPE.ranks),
            block("PICKS", 0, full("PICK", 3) + between + full("PICK", 4)),
            block("SECTION", 0, full("ENTRY", 1) + between + full("ENTRY", 2)),
            block(
                "TITLES", 0, between.join(block("TITLE", rank, bodies.get("TITLE", "")) for rank in (3, 4))
            ),
        ]
    )


def reader_of(arrangement: Arrangement, wish: str) -> Reader:
    """Somebody who has a reason for all that they get in full."""
    reasons = {rank: Reason(ReasonKind.LIKE, wish) for rank in arrangement.in_full}
    return Reader(
        email="a@b.org",
        name="",
        links=LINKS,
        subject="",
        preheader="",
        arrangement=replace(arrangement, reasons=reasons),
    )


@pytest.mark.parametrize(
    "heavy",
    [
        {},
        {"LEAD": "lead" * 500},
        {"ENTRY": "entry" * 500},
        {"PICK": "pick" * 500},
        {"TITLE": "title" * 500},
        {"TITLE": "title" * 500, "PICK": "pick" * 400},
        {"TITLE": "é" * 500, "PICK": "pick" * 400},
        {"between": "between"},
        {"why": "why" * 500},
        {"why_lead": "why" * 500},
        {"why": "why" * 500, "why_lead": "x", "LEAD": "lead" * 300},
    ],
)
def test_the_bound_is_met(heavy):
    """Whatever a theme spends its bytes on, some copy is as large as the largest, and none is larger."""
    source = source_of(**heavy)
    made = personaliser(source, SHAPE)
    most = made.largest(LINKS)
    copies = [made.copy(reader_of(one, "x" * 24)) for one in ARRANGEMENTS]
    assert max(len(copy.html.encode()) for copy in copies) <= most.plain
    assert max(map(sent, copies)) <= most.encoded
    assert max(len(copy.html.encode()) for copy in copies) > 0.65 * most.plain
    full = personaliser(source + filler(CLIP_LIMIT - most.encoded), SHAPE)
    for one, wish in product(ARRANGEMENTS, ("x", "'" * 60)):
        assert sent(full.copy(reader_of(one, wish))) <= CLIP_LIMIT


def test_reasons_are_heaviest_as_the_lead_or_in_a_section():
    """The room that they take is reckoned by where they take most."""
    for heavy in ({"why": "why" * 500}, {"why_lead": "why" * 500}):
        source = source_of(**heavy)
        said = personaliser(source, SHAPE).largest(LINKS).encoded
        made = personaliser(source + filler(CLIP_LIMIT + 1000 - said), SHAPE)
        for one in ARRANGEMENTS:
            assert sent(made.copy(reader_of(one, "x" * 60))) <= CLIP_LIMIT


# Anything anywhere


class Case(NamedTuple):
    """An edition of made-up blocks, and somebody who reads it."""

    shape: Shape
    source: str
    reader: Reader


@st.composite
def cases(draw):
    """Any number of sections and titles, in blocks of any weight; any selection and order of them."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    starts = [sum(sizes[:at]) + 1 for at in range(len(sizes))]
    sections = tuple(tuple(range(first, first + size)) for first, size in zip(starts, sizes, strict=True))
    first = sum(sizes) + 1
    shape = Shape(sections, tuple(range(first, first + draw(st.integers(0, 3)))))
    return Case(shape, _source(draw, shape), _reader(draw, shape))


def _source(draw, shape):
    def entry(name, rank):
        kinds = draw(st.sets(st.sampled_from(("AUTHOR", "KEYWORD", "LIKE"))))
        why = [block(kind, rank, f"{draw(SET)}__{NONCE}_WISH_{rank}__{draw(SET)}") for kind in sorted(kinds)]
        return block(name, rank, draw(SET) + "".join(why) + draw(SET))

    def several(name, ranks, make=entry):
        return draw(SET).join(make(name, rank) for rank in ranks)

    def title(name, rank):
        return block(name, rank, draw(SET))

    pieces = [
        *(block("SHOWN", count, draw(SET)) for count in range(1, len(shape.ranks) + 1)),
        *(entry("LEAD", rank) for rank in shape.ranks),
        *(
            block("SECTION", at, f"{draw(SET)}__{NONCE}_COUNT_{at}__{several('ENTRY', ranks)}{draw(SET)}")
            for at, ranks in enumerate(shape.sections)
        ),
    ]
    if shape.also:
        pieces += [block("PICKS", 0, draw(SET) + several("PICK", shape.also))]
        pieces += [block("TITLES", 0, draw(SET) + several("TITLE", shape.also, title))]
    names = ("NAME", "EMAIL", "SUBJECT", "PREHEADER", "UNSUBSCRIBE", "PREFERENCES", "MORE")
    return "".join(pieces) + "".join(f"{draw(SET)}__{NONCE}_{name}__" for name in names)


def _reader(draw, shape):
    lead = draw(st.sampled_from(shape.ranks))
    shown = draw(st.permutations(range(len(shape.sections))))
    sections = []
    for at in shown[: draw(st.integers(0, len(shown)))]:
        others = draw(st.permutations([rank for rank in shape.sections[at] if rank != lead]))
        sections.append(SectionPlace(at, len(others), tuple(others)))
    also = draw(st.permutations([rank for rank in shape.also if rank != lead]))
    picked = draw(st.integers(0, len(also)))
    arrangement = Arrangement(lead, tuple(also[:picked]), tuple(sections), tuple(also[picked:]))
    kinds = st.sampled_from(ReasonKind)
    reasons = {
        rank: Reason(draw(kinds), draw(OUTSIDE)) for rank in arrangement.in_full if draw(st.booleans())
    }
    local = draw(st.text(alphabet="a'&é😀", min_size=1, max_size=64))
    return Reader(
        email=f"{local}@{'a' * draw(st.integers(1, 185))}.org",
        name=draw(OUTSIDE),
        links=LINKS,
        subject=draw(OUTSIDE)[:69],
        preheader=draw(OUTSIDE),
        arrangement=replace(arrangement, reasons=reasons),
    )


@given(cases())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
def test_no_copy_is_larger_than_the_largest(case):
    """Whatever the theme sets where, and whatever is shown of it: with usual wishes no copy weighs more."""
    reasons = {
        rank: reason._replace(wish="x" * 24) for rank, reason in case.reader.arrangement.reasons.items()
    }
    reader = replace(case.reader, arrangement=replace(case.reader.arrangement, reasons=reasons))
    made = personaliser(case.source, case.shape)
    most, copy = made.largest(LINKS), made.copy(reader)
    assert len(copy.html.encode()) <= most.plain
    assert sent(copy) <= most.encoded


@given(cases(), st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
def test_no_copy_is_cut_short(case, spare):
    """In an edition that fits by a hair nobody's copy is too large, however long their wishes are."""
    bare = personaliser(case.source, case.shape).largest(LINKS)
    made = personaliser(case.source + filler(CLIP_LIMIT - bare.encoded - spare), case.shape)
    assert CLIP_LIMIT - 500 < made.largest(LINKS).encoded <= CLIP_LIMIT
    assert sent(made.copy(case.reader)) <= CLIP_LIMIT


# The shipped themes


CLICKS = ClickLinks("https://e.org/c", "{0:014d}{1:014d}".format, click_mark(NONCE))


@pytest.fixture(
    scope="module",
    params=product(THEMES, [None, CLICKS]),
    ids=lambda given: f"{given[0]}-{'clicks' if given[1] else 'plain'}",
)
def shipped(request, render_plain_edition, render_newsletter):
    """An edition of each, with what it takes to write copies of it; and with links that are each reader's."""
    name, clicks = request.param
    theme, newsletter = shipped_theme(name), replace(render_newsletter, show_reasons=True)
    rendered = render_edition(render_plain_edition, newsletter, theme, nonce=NONCE, clicks=clicks)
    return Personaliser(rendered, Shape.of(render_plain_edition)), ReaderIndex.of(render_plain_edition)


wished = st.lists(
    st.sampled_from(
        ["Vision", "agents", "paper 2", "paper 8", "Ada Lovelace", "Bo Li", "paper", "second sentence"]
    ),
    max_size=4,
).map(tuple)


@given(st.builds(Wishes, topics=wished, keywords=wished, authors=wished, muted=wished), OUTSIDE, OUTSIDE)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shipped_themes(shipped, wishes, name, beside):
    """The same for what the shipped themes make, and for what readers can really wish."""
    made, index = shipped
    arrangement = arrange_for(index, wishes)
    if arrangement is None:
        return
    reader = Reader(
        email="o'brien&sons@example.org",
        name=name,
        links=LINKS,
        subject=beside[:69],
        preheader=beside,
        arrangement=arrangement,
    )
    most, copy = made.largest(LINKS), made.copy(reader)
    assert len(copy.html.encode()) <= most.plain
    assert sent(copy) <= most.encoded


def test_the_bound_is_close(shipped, render_plain_edition):
    """Who follows something everywhere, and has what is longest, gets a copy of nearly that size."""
    made, index = shipped
    arrangement = arrange_for(index, Wishes(authors=("Ada Lovelace",), topics=("Vision",)))
    longest = "😀" * 300
    reader = Reader(
        email=f"{'😀' * 64}@{'m' * 185}.org",
        name=longest,
        links=LINKS,
        subject=longest[:69],
        preheader=longest,
        arrangement=arrangement,
    )
    assert sent(made.copy(reader)) > 0.9 * made.largest(LINKS).encoded


def test_reasons_are_left_out_where_they_have_no_room(render_edition_of, render_entry, render_newsletter):
    """All of them, or else somebody would wonder about one that is not said; the order stays the reader's."""
    entries = [render_entry(rank, authors=("&" * 60,)) for rank in range(1, 31)]
    edition = render_edition_of({"Vision": entries[:15], "Agents": entries[15:]})
    rendered = render_edition(edition, render_newsletter, shipped_theme(), nonce=NONCE)
    index, shape = ReaderIndex.of(edition), Shape.of(edition)
    bare = Personaliser(rendered, shape).largest(LINKS)
    full = rendered.html.replace("</body>", filler(CLIP_LIMIT - bare.encoded) + "</body>")
    made = Personaliser(replace(rendered, html=full), shape)

    def copy(wish: str) -> Copy:
        arrangement = arrange_for(index, Wishes(keywords=(wish, "paper 20")))
        assert arrangement
        reader = Reader(
            email="ada@example.org", name="", links=LINKS, subject="", preheader="", arrangement=arrangement
        )
        return made.copy(reader)

    short, long = copy("paper"), copy("'" * 50 + " paper")
    assert short.html.count("because you follow") == short.text.count("because you follow") == 30
    assert "because you follow" not in long.html + long.text
    assert long.text.index("paper 20") < long.text.index("paper 16")
    for one in (short, long):
        assert sent(one) <= CLIP_LIMIT
