"""The page on the points is what the check does."""

import re
from pathlib import Path

from newsletter.render.check import POINTS
from newsletter.render.check.size import CSS_LIMIT
from newsletter.render.detail import FULL
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.render.ladder import RUNGS

PAGE = Path(__file__).parents[2] / "docs" / "email.md"


def rows_of(heading: str) -> list[list[str]]:
    """Of the table below a heading, those that begin with a number."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in line.replace("\\|", "").strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|") and line.strip("| ")[0].isdigit()
    ]


def test_the_page_lists_every_point_and_no_other() -> None:
    """Each row is a point by number and name, in their order, with what is looked at and how to mend it."""
    rows = rows_of("The points")
    assert [(int(row[0]), row[1]) for row in rows] == [(point.number, point.name) for point in POINTS]
    assert all(len(row) == 4 and all(row) for row in rows)


def test_the_limits_are_those_of_the_code() -> None:
    """The names of the points say the limits that are held."""
    names = {point.number: point.name for point in POINTS}
    assert f"{CLIP_LIMIT:,}" in names[7]
    assert f"{CSS_LIMIT // 1024} KB" in names[8]


def test_the_ladder_is_that_of_the_code() -> None:
    """Each rung is listed with what it takes away; those that differ by a number alone share a row."""
    rows = dict(rows_of("The size ladder"))
    steps = [list(rung.told.values()) for rung in RUNGS]
    for place in range(1, 5):
        assert rows[str(place)] in steps[place]
    numbers = [[int(number) for number in re.findall(r"\d+", rows[key])] for key in ("5 to 15", "16 to 27")]
    assert [rung.per_topic for rung in RUNGS[5:16]] == numbers[0]
    assert [rung.featured for rung in RUNGS[16:]] == numbers[1]
    assert len(RUNGS) == 28
    assert rows["0"].endswith(f"up to {FULL.summary} characters, titles of up to {FULL.title}")
