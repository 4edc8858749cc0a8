"""Charts of the dashboard: shapes that stand for the numbers, whatever these are."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.dashboard.charts import Part, area, bar, ceiling, columns

VALUES = st.one_of(st.integers(0, 10**12), st.floats(0, 1e12))


def drawn(markup: str) -> ElementTree.Element:
    """The picture; that it can be read at all says that it is well-formed."""
    return ElementTree.fromstring(markup)  # noqa: S314 it is our own


def shapes(markup: str, kind: str) -> list[dict[str, str]]:
    """The attributes of each shape of this kind."""
    return [element.attrib for element in drawn(markup).iter(kind)]


def rects(markup: str) -> list[tuple[str, float, float, float, float]]:
    return [
        (rect["class"], *(float(rect[name]) for name in ("x", "y", "width", "height")))
        for rect in shapes(markup, "rect")
    ]


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (1.2, 2), (2, 2), (2.1, 2.5), (30, 50), (99, 100), (100, 100), (1_000_001, 2_000_000)],
)
def test_an_axis_ends_at_a_round_number(value, top):
    """Not below the value."""
    assert ceiling(value) == top


@given(st.floats(0, 1e300))
def test_no_value_is_above_its_axis(value):
    """Nor is the axis more than two and a half times as high."""
    assert value * (1 - 1e-9) <= ceiling(value) <= max(2.5 * value, 1)


def test_a_bar_is_divided_in_proportion():
    """From left to right, without a gap."""
    assert rects(bar([Part("accepted", 750), Part("rejected", 250)], "copies")) == [
        ("accepted", 0, 0, 750, 20),
        ("rejected", 750, 0, 250, 20),
    ]


def test_the_smallest_share_can_be_seen():
    """At the cost of the largest; nothing is not shown at all."""
    found = rects(bar([Part("accepted", 10**12), Part("rejected", 1), Part("expired", 0)], "copies"))
    assert found == [("accepted", 0, 0, 997, 20), ("rejected", 997, 0, 3, 20)]


def test_an_empty_bar_is_a_bar():
    """Of a colour that says nothing."""
    assert rects(bar([], "no copies")) == [("none", 0, 0, 1000, 20)]
    assert rects(bar([Part("accepted", 0)], "no copies")) == [("none", 0, 0, 1000, 20)]


def test_columns_stand_on_the_ground_and_their_parts_on_each_other():
    """To the scale of the axis."""
    found = rects(columns([[Part("accepted", 6), Part("rejected", 2)], []], "copies", 10))
    assert found == [("accepted", 62.5, 80, 375, 120), ("rejected", 62.5, 40, 375, 40)]


def test_an_axis_is_found_where_none_is_given():
    """For the highest column."""
    [column] = rects(columns([[Part("accepted", 8)]], "copies"))
    assert column[4] == 160


def test_no_columns_are_an_empty_chart():
    """With the lines of its grid."""
    assert len(shapes(columns([], "nothing"), "line")) == 3


def test_a_line_goes_through_its_values():
    """From the left edge to the right."""
    [line] = shapes(area([0, 5, 10], "readers", 0, 10), "polyline")
    assert line["points"] == "0,200 500,100 1000,0"


def test_a_single_value_is_a_level_line():
    """Across the whole chart."""
    [line] = shapes(area([5], "readers", 0, 10), "polyline")
    assert line["points"] == "0,100 1000,100"


def test_no_values_are_no_line():
    """And no error."""
    assert shapes(area([], "readers"), "polyline") == []


def test_an_axis_of_no_height_divides_by_nothing():
    """As where all values are alike."""
    [line] = shapes(area([7, 7], "readers", 7, 7), "polyline")
    assert "nan" not in line["points"]


def test_a_label_is_text():
    """Whatever it says."""
    hostile = '"><script>alert(1)</script>'
    assert drawn(bar([], hostile)).attrib["aria-label"] == hostile
    assert "<script" not in bar([Part(hostile, 1)], hostile)


@given(st.lists(st.lists(VALUES, max_size=5), max_size=40))
def test_every_column_stays_in_the_picture(stacks):
    """Of whatever numbers."""
    chart = columns([[Part("accepted", value) for value in stack] for stack in stacks], "any")
    for _, x, y, width, height in rects(chart):
        assert -0.01 <= x <= x + width <= 1000.01
        assert -0.01 <= y <= y + height <= 200.02


@given(st.lists(VALUES, max_size=8))
def test_every_bar_fills_its_place(values):
    """To the edge and no further; and no style is among its attributes."""
    chart = bar([Part("accepted", value) for value in values], "any")
    assert sum(width for *_, width, _ in rects(chart)) == pytest.approx(1000, abs=0.1)
    assert not re.search(r"\bstyle=|<script|<style", chart)
