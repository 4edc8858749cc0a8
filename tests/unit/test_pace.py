"""How fast a server or a domain is sent to: halved by a complaint, creeping back afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.pace import Learned, Limits, slows_down
from newsletter.core.warmup import WarmUp

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)


def test_a_complaint_halves_what_is_in_use():
    """Rate and connections, of what was seen and not of what is allowed."""
    learned = Learned().slowed(Limits(100.0, 20), NOW)
    assert (learned.rate, learned.connections) == (50.0, 10)


def test_what_was_on_its_way_at_a_complaint_does_not_halve_again():
    """Twenty connections hear 421 at once: that is one complaint; five seconds later it is another."""
    learned = Learned().slowed(Limits(100.0, 20), NOW)
    assert learned.slowed(Limits(50.0, 10), NOW + timedelta(seconds=4)) == learned
    assert learned.slowed(Limits(50.0, 10), NOW + timedelta(seconds=6)).rate == pytest.approx(25, rel=0.02)


def test_a_server_with_too_many_connections_is_not_sent_to_more_slowly():
    """What refuses connections at its greeting has not seen how fast they are."""
    learned = Learned().slowed(Limits(None, 20), NOW)
    assert learned.at(NOW, Limits(100.0, 20)) == Limits(100.0, 10)
    assert learned.at(NOW, Limits()) == Limits(None, 10)


def test_it_creeps_back_up_to_what_is_configured():
    """A tenth more each minute, a connection more each minute, and never above the limits."""
    learned = Learned(50.0, 10, NOW)
    limits = Limits(100.0, 12)
    assert learned.at(NOW, limits) == Limits(50.0, 10)
    assert learned.at(NOW + timedelta(minutes=1), limits) == Limits(pytest.approx(55.0), 11)
    assert learned.at(NOW + timedelta(minutes=8), limits) == limits
    assert Learned().at(NOW, limits) == limits


def test_only_some_replies_mean_too_much():
    """Those that servers use for it; a full mailbox or an unknown user says nothing of the pace."""
    assert [code for code in range(200, 600) if slows_down(code)] == [421, 451, 454]


@given(st.lists(st.tuples(st.integers(0, 3600), st.floats(0.01, 10_000), st.integers(1, 200)), max_size=20))
def test_it_never_stops_and_never_exceeds(complaints):
    """However many complaints, a message a minute over one connection is always allowed; a clock that goes
    back changes nothing of that."""
    learned, now, limits = Learned(), NOW, Limits(30.0, 8)
    for seconds, rate, connections in complaints:
        now += timedelta(seconds=seconds)
        learned = learned.slowed(Limits(rate, connections), now)
    for moment in (now - timedelta(days=1), now, now + timedelta(days=400)):
        allowed = learned.at(moment, limits)
        assert 1 / 60 <= allowed.rate <= 30
        assert 1 <= allowed.connections <= 8


def test_a_warm_up_plan_grows_by_the_day():
    """So many on the first day, none before it, and in the end more than anybody sends."""
    plan = WarmUp(date(2026, 3, 11), 200, 1.5)
    days = [plan.allowance(date(2026, 3, day)) for day in (10, 11, 12, 13)]
    assert days == [0, 200, 300, 450]
    assert plan.allowance(date(2027, 3, 11)) == 10**9
    assert WarmUp(date(2026, 3, 11), 200, 1.0).allowance(date(2036, 3, 11)) == 200
