"""Whether all is well: the line on top of the dashboard."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from newsletter.core.model import Accounting
from newsletter.core.model import DeliveryState as State
from newsletter.core.slots import Outcome, Schedule, SlotOutcome
from newsletter.ports import SourceState
from newsletter.ports.insight import EditionCounts, InFlight, Pulse, WaitingDraft
from newsletter.web.dashboard.verdict import Level, Signs, judge, level_of

SLOT = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
NOW = SLOT + timedelta(minutes=30)
DAY = timedelta(days=1)


def edition(**counts: int) -> EditionCounts:
    states = Accounting(counts={State(name): count for name, count in counts.items()})
    return EditionCounts(1, "papers", 7, SLOT, "Subject", SLOT, None, states)


FLIGHT = InFlight(1, "papers", 7, SLOT, None, 100, 50, 0, 0, 0, None)
WELL = Signs(
    schedule=Schedule(time(7, 30), UTC),
    outcomes=[SlotOutcome(SLOT, Outcome.SENT, edition=7)],
    editions=[edition(accepted=1000, rejected=3)],
    flights=[FLIGHT],
    sources=[SourceState("arxiv", NOW, NOW, None), SourceState("labs", NOW, NOW, None)],
    pulses=[Pulse("scheduler", NOW - timedelta(minutes=1))],
    drafts=[],
    readers=1003,
)


def test_all_is_well_where_nothing_is_amiss():
    """Copies under way, and a few that failed, are no trouble."""
    assert judge(WELL, NOW) == ()
    assert level_of(()) is Level.GOOD


FAILING = SourceState("labs", NOW, None, "answered 503")
TROUBLES = {
    "nobody": (replace(WELL, readers=0), Level.WARN, "Nobody is on the list"),
    "silent": (
        replace(WELL, pulses=[Pulse("scheduler", NOW - timedelta(minutes=6))]),
        Level.BAD,
        "The scheduler gave no sign of life since today, 07:54",
    ),
    "failed": (
        replace(WELL, outcomes=[SlotOutcome(SLOT, Outcome.FAILED, "no source could be read.")]),
        Level.BAD,
        "The slot of today, 07:30 failed: no source could be read",
    ),
    "empty": (
        replace(WELL, outcomes=[SlotOutcome(SLOT, Outcome.EMPTY, "no entry")]),
        Level.WARN,
        "The slot of today, 07:30 had nothing to send: no entry",
    ),
    "skipped": (
        replace(WELL, outcomes=[SlotOutcome(SLOT, Outcome.SKIPPED, "nothing ran")]),
        Level.BAD,
        "The slot of today, 07:30 was skipped: nothing ran",
    ),
    "unserved": (
        replace(WELL, outcomes=[SlotOutcome(SLOT - 2 * DAY, Outcome.SENT, edition=6)]),
        Level.BAD,
        "Nothing has served the slot of yesterday, 07:30",
    ),
    "a draft": (
        replace(
            WELL,
            outcomes=[SlotOutcome(SLOT - DAY, Outcome.SENT, edition=6)],
            drafts=[WaitingDraft("papers", 7, SLOT, SLOT + timedelta(hours=2))],
        ),
        Level.WARN,
        "Edition 7 waits for your word until today, 09:30",
    ),
    "paused": (
        replace(WELL, flights=[replace(FLIGHT, paused="too many were rejected.")]),
        Level.WARN,
        "Edition 7 is paused: too many were rejected",
    ),
    "some rejected": (
        replace(WELL, editions=[edition(accepted=950, rejected=40, expired=10)]),
        Level.WARN,
        "50 copies of edition 7 did not arrive (5%)",
    ),
    "many rejected": (
        replace(WELL, editions=[edition(accepted=800, rejected=200)]),
        Level.BAD,
        "200 copies of edition 7 did not arrive (20%)",
    ),
    "unknown": (
        replace(WELL, editions=[edition(accepted=999, unknown=1)]),
        Level.WARN,
        "Nobody knows whether 1 copy of edition 7 arrived",
    ),
    "a source": (
        replace(WELL, sources=[*WELL.sources, FAILING]),
        Level.WARN,
        "Source labs fails, and was never read",
    ),
    "all sources": (
        replace(WELL, sources=[replace(FAILING, succeeded=SLOT)]),
        Level.BAD,
        "Source labs fails, and was last read Wed 11 Mar, 07:30",
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_has_a_level_and_a_sentence(name):
    """One for each, and no other."""
    signs, level, text = TROUBLES[name]
    [reason] = judge(signs, NOW)
    assert (reason.level, reason.text) == (level, text)


@pytest.mark.parametrize("why", ["holiday: Easter Monday", "an extra edition went out after it"])
def test_a_slot_that_should_be_skipped_is_no_trouble(why):
    """As a holiday."""
    assert judge(replace(WELL, outcomes=[SlotOutcome(SLOT, Outcome.SKIPPED, why)]), NOW) == ()


def test_two_of_few_that_failed_are_no_trouble():
    """Whatever their share."""
    assert judge(replace(WELL, editions=[edition(accepted=5, rejected=2)]), NOW) == ()


def test_a_slot_has_an_hour_to_end():
    """A large list takes its time."""
    before = replace(WELL, outcomes=[SlotOutcome(SLOT - DAY, Outcome.SENT, edition=6)])
    assert judge(replace(before, pulses=[]), SLOT + timedelta(minutes=59)) == ()
    late = judge(replace(before, pulses=[]), SLOT + timedelta(minutes=61))
    assert [reason.text for reason in late] == ["Nothing has served the slot of today, 07:30"]


def test_a_slot_whose_edition_waits_for_a_word_is_not_late():
    """However long it waits."""
    signs, *_ = TROUBLES["a draft"]
    found = judge(replace(signs, pulses=[]), SLOT + timedelta(hours=1, minutes=30))
    assert [reason.level for reason in found] == [Level.WARN]


def test_the_worst_comes_first():
    """And gives the line its colour."""
    signs = replace(
        WELL, readers=0, outcomes=TROUBLES["failed"][0].outcomes, sources=[FAILING, *WELL.sources]
    )
    found = judge(signs, NOW)
    assert [reason.level for reason in found] == [Level.BAD, Level.WARN, Level.WARN]
    assert level_of(found) is Level.BAD
