"""A week and a day of a newsletter, with what an operator has to live with."""

from pathlib import Path

import pytest
from acceptance.replay import made_up_days
from acceptance.week import FIRST, play


@pytest.mark.slow
async def test_each_day_ends_as_it_should_and_the_operator_hears_of_it(tmp_path: Path):
    """Five editions, a holiday, a day without papers, one with the source down, and a send that is killed in
    the middle: nobody loses an edition, and nobody has one twice but for what was on its way then."""
    week = await play(made_up_days(8, 12, FIRST), tmp_path, readers=20)
    assert [(day.outcome, day.edition) for day in week.days] == [
        ("sent", 1),
        ("sent", 2),
        ("sent", 3),
        ("skipped", None),
        ("sent", 4),
        ("empty", None),
        ("failed", None),
        ("sent", 5),
    ]
    assert "holiday" in week.days[3].reason
    assert "503" in week.days[6].reason
    assert week.lost == 0
    assert week.twice <= 3
    assert all(day.told for day in week.days)
