"""Whether all is well, judged by signs of life and outcomes."""

from datetime import UTC, datetime, time, timedelta

from newsletter.core.slots import Outcome, Schedule, SlotOutcome
from newsletter.core.watch import GRACE, STALE, SeriesState, judge_pulse, judge_series

SCHEDULE = Schedule(time(7, 30), UTC)
SLOT = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SENT = SlotOutcome(SLOT - DAY, Outcome.SENT, edition=1)
MINUTE = timedelta(minutes=1)


def found(now: datetime, *outcomes: SlotOutcome, waiting: tuple[datetime, ...] = ()) -> list[str]:
    return [finding.what for finding in judge_series(SeriesState(SCHEDULE, outcomes, waiting), now)]


def test_a_scheduler_without_a_sign_of_life_is_gone() -> None:
    """After five minutes; a clock that was set back a day is noticed as well."""
    assert judge_pulse(SLOT, SLOT + STALE) is None
    assert judge_pulse(SLOT, SLOT + STALE + MINUTE)
    assert judge_pulse(SLOT, SLOT - DAY)


def test_without_a_scheduler_only_slots_count() -> None:
    """Whoever lets cron do it has none."""
    assert judge_pulse(None, SLOT) is None


def test_a_slot_has_an_hour_to_end() -> None:
    """Then nothing has served it."""
    assert found(SLOT + GRACE - MINUTE, SENT) == []
    assert found(SLOT + GRACE, SENT) == ["nothing has served the slot of Wed 11 March, 07:30"]
    assert found(SLOT + GRACE, SlotOutcome(SLOT, Outcome.EMPTY, "no new entries"), SENT) == []


def test_days_later_the_newest_of_those_missed_is_named() -> None:
    """However long ago it stopped."""
    assert found(SLOT + 3 * DAY, SENT) == ["nothing has served the slot of Fri 13 March, 07:30"]


def test_a_new_newsletter_has_missed_nothing() -> None:
    """Until a slot that could have been served was not."""
    assert found(SLOT + GRACE - MINUTE) == []
    assert found(SLOT + GRACE) != []


def test_a_draft_that_waits_for_a_person_is_served() -> None:
    """It has a deadline of its own."""
    assert found(SLOT + 2 * GRACE, SENT, waiting=(SLOT,)) == []


def test_trouble_counts_until_something_better_comes() -> None:
    """A failed slot, or one that was missed; not a holiday, nor an edition made afterwards."""
    failed = SlotOutcome(SLOT, Outcome.FAILED, "Page: no such file.")
    assert found(SLOT + GRACE, failed, SENT) == [
        "the slot of Wed 11 March, 07:30 ended as failed: Page: no such file"
    ]
    made = SlotOutcome(SLOT + GRACE, Outcome.SENT, edition=2)
    assert found(SLOT + 2 * GRACE, made, failed, SENT) == []
    assert found(SLOT + GRACE, SlotOutcome(SLOT, Outcome.SKIPPED, "nothing ran"), SENT) != []
    assert found(SLOT + GRACE, SlotOutcome(SLOT, Outcome.SKIPPED, "holiday: Whit Monday"), SENT) == []
