"""Nothing twice, nothing lost: days that keep growing, through the real source, job after job."""

import os
from pathlib import Path

import pytest
from acceptance.replay import Replay, made_up_days, read_days, replay

DATA = os.environ.get("NEWSLETTER_REPLAY_DATA")


async def test_every_paper_is_told_once_at_the_next_slot(tmp_path: Path):
    """Lists that grow, come shuffled, repeat themselves and are sometimes not to be had."""
    report = await replay(made_up_days(8, 12), tmp_path, Replay())
    assert (report.twice, report.lost) == ((), ())
    assert (report.papers, report.told, report.waiting, report.too_old) == (96, 96, 0, 0)
    assert report.failed == 2
    assert report.unchanged > 20
    assert [slot.featured for slot in report.slots] == [slot.new for slot in report.slots]
    # A third of a day at each hour, except where the request was lost: then at the next.
    assert [slot.new for slot in report.slots[:13]] == [4, 4, 4, 4, 4, 4, 4, 0, 8, 4, 4, 0, 8]


async def test_what_there_is_no_room_for_is_considered_again_until_it_is_too_old(tmp_path: Path):
    """Each paper was told of once, or was among the rest of an edition, or waits."""
    how = Replay(publish="day", max_entries=2, max_age_days=2)
    report = await replay(made_up_days(6, 20), tmp_path, how)
    assert (report.twice, report.lost) == ((), ())
    assert report.papers == 120
    assert report.papers == report.told + report.waiting + report.too_old
    assert report.too_old > 0
    assert max(slot.rest for slot in report.slots) > 0


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_recorded_days(tmp_path: Path):
    """The same for the days in the file that NEWSLETTER_REPLAY_DATA names, where it does."""
    days = read_days(Path(DATA)) if DATA else made_up_days(3, 30)
    report = await replay(days, tmp_path, Replay())
    assert (report.twice, report.lost) == ((), ())
    assert report.told == report.papers
