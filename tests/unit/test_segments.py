"""Parts of the list: what conditions mean, and what is said where one cannot be understood."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.model import Subscriber
from newsletter.core.segments import (
    All,
    Attribute,
    Created,
    Either,
    Known,
    Named,
    Not,
    Segment,
    parse_segment,
)
from newsletter.core.wishes import Wishes
from newsletter.errors import InputError

ADA = Subscriber(
    id=1,
    email="ada@xn--bcher-kva.example",
    tags=("Beta", "early bird"),
    wishes=Wishes(topics=("Agents",)),
    language="de-AT",
    attributes={"Plan": "pro", "home town": "Wien"},
    created=datetime(2026, 1, 1, 23, 59, tzinfo=UTC),
)
BO = Subscriber(id=2, email="bo@example.org")

NAMES = st.text(min_size=1, max_size=8).filter(str.strip)
CONDITIONS = st.one_of(
    st.builds(Named, st.sampled_from(Known), NAMES),
    st.builds(Attribute, NAMES, st.lists(NAMES, min_size=1, max_size=3).map(tuple)),
    st.builds(Created, st.dates(), st.booleans()),
)
SEGMENTS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        "tag:beta",
        'TAG:"Early  Bird"',
        "topic:agents",
        "language:de",
        "language:de-at",
        "domain:bücher.example",
        "domain:XN--BCHER-KVA.example",
        "attribute.plan = Pro",
        'attribute."home town" in (Linz, "Wien")',
        "attribute.plan != free",
        "created before 2026-01-02",
        "created after 2025-12-31",
        "not tag:alpha",
        "tag:alpha or tag:beta and language:de",
        "not (tag:alpha or domain:example.org)",
        "not not tag:beta",
    ],
)
def test_ada_is_meant(text: str):
    """By each of these, and nobody of whom nothing is known but by a condition that says what is not so."""
    segment = parse_segment(text)
    assert segment.matches(ADA)
    assert segment.matches(BO) == (text in ("attribute.plan != free", "not tag:alpha"))


@pytest.mark.parametrize(
    "text",
    [
        "tag:bet",
        "language:d",
        "language:de-a",
        "domain:example",
        "attribute.plan = free",
        "created before 2026-01-01",
        "created after 2026-01-01",
        "(tag:alpha or tag:beta) and language:en",
        "not tag:beta or language:en",
    ],
)
def test_ada_is_not_meant(text: str):
    """By any of these."""
    assert not parse_segment(text).matches(ADA)


@given(SEGMENTS)
def test_what_is_written_is_read_as_the_same(segment: Segment):
    """Whatever names have in them."""
    assert parse_segment(str(segment)) == segment


@given(st.text() | st.text('()!=,:"\\ .aintdor\n-019tag:', max_size=30))
def test_no_text_does_more_than_not_be_understood(text: str):
    """And the complaint names a place in it."""
    assert isinstance(_read(text), Segment | int)


@given(SEGMENTS, st.data())
def test_a_piece_of_a_segment_is_understood_or_complained_of(segment: Segment, data: st.DataObject):
    """Wherever it is cut."""
    text = str(segment)
    cut = text[data.draw(st.integers(0, len(text))) :]
    assert isinstance(_read(cut), Segment | int)


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ("", 1, "write a condition"),
        ("tag:beta and", 13, "write a condition"),
        ("tag:beta language:de", 10, '"and" or "or"'),
        ("tag beta", 5, '":" is missing'),
        ("tag:", 5, "write a name"),
        ('tag:""', 5, "write a name"),
        ('tag:"be', 5, "has no end"),
        ("(tag:a or tag:b", 16, '")" is missing'),
        ("attribute.plan pro", 16, '"=", "!=" or "in"'),
        ("attribute.plan ! pro", 16, '"!="'),
        ("created 2026-01-01", 9, '"before" or "after"'),
        ("created before spring", 16, "2026-01-01"),
        ("email:ada", 1, "write a condition"),
    ],
)
def test_a_complaint_says_where_and_how_to_mend_it(text: str, place: int, mend: str):
    """Characters are counted from 1."""
    with pytest.raises(InputError) as raised:
        parse_segment(text)
    assert f"character {place}," in str(raised.value)
    assert mend in str(raised.value)


def test_no_depth_and_no_length_breaks_it():
    """Neither Python's stack nor its time is at the mercy of a text."""
    for text in ("(" * 5000, "not " * 2000, "(" * 60 + "tag:a" + ")" * 60):
        with pytest.raises(InputError, match="inside of each other"):
            parse_segment(text)
    with pytest.raises(InputError, match="at most"):
        parse_segment("tag:a or " * 10_000 + "tag:a")
    assert parse_segment(" or ".join(["tag:a"] * 1000)).matches(BO) is False
    assert parse_segment("created after 2026-01-01") == Created(date(2026, 1, 1), after=True)


def _read(text: str) -> Segment | int:
    """The segment, or the place in the text that the complaint names."""
    try:
        return parse_segment(text)
    except InputError as error:
        found = re.match(r"segment, character (\d+), at ", str(error))
        assert found is not None
        assert 1 <= int(found[1]) <= len(text) + 1
        return int(found[1])
