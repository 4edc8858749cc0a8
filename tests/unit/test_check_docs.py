"""The page on the points is what the check does."""

from pathlib import Path

from newsletter.render.check import POINTS
from newsletter.render.check.size import CSS_LIMIT
from newsletter.render.fitting import CLIP_LIMIT

PAGE = Path(__file__).parents[2] / "docs" / "email.md"


def test_the_page_lists_every_point_and_no_other() -> None:
    """Each row is a point by number and name, in their order, with what is looked at and how to mend it."""
    rows = [
        [cell.strip() for cell in line.replace("\\|", "").strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and line.strip("| ")[0].isdigit()
    ]
    assert [(int(row[0]), row[1]) for row in rows] == [(point.number, point.name) for point in POINTS]
    assert all(len(row) == 4 and all(row) for row in rows)


def test_the_limits_are_those_of_the_code() -> None:
    """The names of the points say the limits that are held."""
    names = {point.number: point.name for point in POINTS}
    assert f"{CLIP_LIMIT:,}" in names[7]
    assert f"{CSS_LIMIT // 1024} KB" in names[8]
