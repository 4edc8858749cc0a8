"""A short form of the years that `tests/evaluation/years.py` simulates, and that it would notice a fault."""

from datetime import datetime, timedelta

import pytest
from evaluation import years

from newsletter.core import slots
from newsletter.core.slots import Due

YEAR = {"Europe/Berlin": 2026, "Pacific/Apia": 2011, "America/Nuuk": 2024, "Australia/Lord_Howe": 2026}


@pytest.mark.parametrize("zone", YEAR)
def test_in_a_year_every_date_ends_once(zone: str):
    """A dozen schedules, with gaps and folds, holidays, sleep and clocks that are wrong."""
    found = years.simulate(zone, YEAR[zone], 1, seed=1)
    assert found.violations == []
    assert found.schedules == len(years.SCHEDULES)
    assert found.slots > 2500
    assert found.served > found.slots / 2
    assert set(found.skipped) >= {"holiday", "nothing ran until a later slot was due"}


def test_what_goes_by_the_instant_and_not_by_the_date_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """Where the time was changed on a day it would serve that date again."""

    def due(schedule: slots.Schedule, now: datetime, outcomes: list[slots.SlotOutcome]) -> Due:
        known = {outcome.slot for outcome in outcomes}
        today = list(slots.slots_between(schedule, now - timedelta(hours=6), now))
        return Due(today[-1] if today and today[-1] not in known else None)

    monkeypatch.setattr(years, "due", due)
    assert years.simulate("Europe/Berlin", 2026, 1, seed=1).violations
