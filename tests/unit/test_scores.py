"""What bounces cost: each day once, less with time, in whatever order they come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Settings
from newsletter.core.bounces import Cause, Kind
from newsletter.core.consent import Event
from newsletter.core.model import SubscriberStatus as Status
from newsletter.core.scores import MEMORY, THRESHOLD, consequence, score, weight

START = date(2026, 3, 2)
HARD = weight(Kind.HARD, Cause.UNKNOWN_USER)
SOFT = weight(Kind.SOFT, Cause.FULL)
MARKS = st.lists(
    st.tuples(
        st.dates(date(2026, 3, 1), date(2026, 5, 1)),
        st.sampled_from([weight(kind, cause) for kind in Kind for cause in (None, *Cause)]),
    ),
    max_size=30,
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 1))


def day(number: int) -> date:
    """The day so many after the first."""
    return START + timedelta(days=number)


def lost_on(days: list[int], counted: float) -> int | None:
    """The first of these days on which a reader is let go."""
    marks = [(day(number), counted) for number in days]
    return next((number for number in days if score(marks, day(number)) >= THRESHOLD), None)


@pytest.mark.parametrize(
    ("days", "counted", "lost"),
    [
        ([0] * 100, HARD, None),
        ([0, 1], HARD, 1),
        ([0, 4], HARD, 4),
        ([0, 5], HARD, None),
        ([0, 7, 14, 21], HARD, 14),
        (list(range(20)), SOFT, 6),
        (list(range(0, 400, 7)), SOFT, None),
    ],
)
def test_how_soon_a_reader_is_let_go(days: list[int], counted: float, lost: int | None):
    """Never for one day, however much comes back on it; as the page says for the others."""
    assert lost_on(days, counted) == lost


@given(MARKS, DAYS, st.randoms())
def test_neither_order_nor_repetition_matters(marks, on, random):
    """The very same number, to the last bit."""
    shuffled = [*marks, *marks[: len(marks) // 2]]
    random.shuffle(shuffled)
    assert score(shuffled, on) == score(marks, on)


@given(MARKS, DAYS)
def test_it_is_never_below_zero_and_less_each_day(marks, on):
    """From the last mark on it only falls, to half in a week."""
    assert score(marks, on) >= 0
    after = max([marked for marked, _ in marks], default=on)
    now, later = score(marks, after), score(marks, after + timedelta(days=7))
    assert later == pytest.approx(now / 2)
    assert score(marks, after + timedelta(days=1)) <= now


@given(MARKS, DAYS, st.floats(0, 3))
def test_each_day_counts_once(marks, on, counted):
    """By the worst of it: what weighs no more adds nothing."""
    same = [(marked, min(counted, weight)) for marked, weight in marks]
    assert score([*marks, *same], on) == score(marks, on)


def test_what_is_forgotten_would_not_be_missed():
    """Less than a thousandth of a hard bounce is left of it."""
    assert score([(START, HARD)], START + MEMORY) < HARD / 1000


def test_the_threshold_is_that_of_the_configuration():
    """Where it says nothing else."""
    assert Settings.model_fields["bounces"].default.threshold == THRESHOLD


def test_what_is_held_against_us_costs_no_reader():
    """A week on a block list must not cost all readers of a provider; nor does a warning or an answer."""
    ours = (Cause.BLOCKED, Cause.SPAM, Cause.POLICY, Cause.AUTHENTICATION, Cause.RELAYING, Cause.DELAYED)
    assert {weight(kind, cause) for kind in Kind for cause in ours} == {0}
    assert {weight(kind, None) for kind in Kind if kind not in (Kind.HARD, Kind.SOFT)} == {0}


@pytest.mark.parametrize(
    ("status", "kind", "reached", "event"),
    [
        (Status.ACTIVE, Kind.HARD, 3.0, None),
        (Status.ACTIVE, Kind.HARD, 5.0, Event.BOUNCE),
        (Status.ACTIVE, Kind.SOFT, 5.0, Event.BOUNCE),
        (Status.PENDING, Kind.HARD, 3.0, Event.BOUNCE),
        (Status.PENDING, Kind.SOFT, 1.0, None),
        (Status.UNSUBSCRIBED, Kind.HARD, 9.0, None),
        (Status.ACTIVE, Kind.COMPLAINT, 0.0, Event.COMPLAIN),
        (Status.ACTIVE, Kind.UNSUBSCRIBE, 0.0, Event.UNSUBSCRIBE),
        (Status.ACTIVE, Kind.AUTO_REPLY, 9.0, None),
        (Status.ACTIVE, Kind.NONE, 9.0, None),
        *((Status.ERASED, kind, 9.0, None) for kind in Kind),
    ],
)
def test_what_follows(status: Status, kind: Kind, reached: float, event: Event | None):
    """Whoever complains or asks leaves at once; a bounce alone takes only who has never confirmed."""
    assert consequence(status, kind, None, reached, THRESHOLD) is event
