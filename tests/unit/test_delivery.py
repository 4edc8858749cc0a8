"""The state table of one copy, and what a reply means for it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.delivery import (
    MOVES,
    OPEN,
    Policy,
    Reply,
    RetrySchedule,
    after_interruption,
    after_reply,
    released,
)
from newsletter.core.model import DeliveryState as State

NOW = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
RETRIES = RetrySchedule()


def judge(reply: Reply, attempts: int = 1, policy: Policy = Policy.RESEND):
    return after_reply(reply, attempts, NOW, policy=policy, retries=RETRIES)


def test_a_finished_copy_stays_finished():
    """Accepted, rejected, expired and suppressed are ends: no move leads out of them."""
    ends = {state for state in State if not MOVES[state]}
    assert ends == {State.ACCEPTED, State.REJECTED, State.EXPIRED, State.SUPPRESSED}
    assert not ends & OPEN


@pytest.mark.parametrize("code", [200, 250, 251])
def test_a_positive_reply_is_acceptance(code: int):
    """Any 2yz after the last dot means that the server answers for the message now."""
    assert judge(Reply(code, "ok")).state is State.ACCEPTED


def test_a_5yz_reply_rejects_this_copy_and_keeps_the_reason():
    """The server's words are kept, since they are what an operator needs."""
    decision = judge(Reply(550, "5.1.1 no such user"))
    assert (decision.state, decision.reason) == (State.REJECTED, "550 5.1.1 no such user")


def test_a_4yz_reply_waits_longer_each_time_and_ends_expired():
    """The waits of the schedule in order, the last one repeated, then expired and never lost."""
    waits = []
    for attempt in range(1, RETRIES.attempts):
        decision = judge(Reply(451, "try later"), attempt)
        assert decision.state is State.DEFERRED
        waits.append(decision.next_attempt - NOW)
    assert waits == sorted(waits)
    assert waits[: len(RETRIES.delays)] == list(RETRIES.delays)
    last = judge(Reply(451, "try later"), RETRIES.attempts)
    assert last.state is State.EXPIRED
    assert last.next_attempt is None
    assert "12 attempts" in last.reason


def test_a_break_before_the_last_dot_is_tried_again_under_both_policies():
    """The server cannot have the message, so sending it again makes no second copy."""
    for policy in Policy:
        assert judge(Reply(0, "connection lost"), policy=policy).state is State.DEFERRED


def test_an_ambiguous_break_is_resent_or_held():
    """`resend` promises at least one copy, `hold` at most one."""
    broken = Reply(0, "connection lost", ambiguous=True)
    assert judge(broken, policy=Policy.RESEND).state is State.DEFERRED
    assert judge(broken, policy=Policy.HOLD).state is State.UNKNOWN


def test_what_a_dead_sender_left_is_resent_or_held():
    """After a crash nobody knows what became of a row in sending."""
    assert after_interruption(1, policy=Policy.RESEND).state is State.PENDING
    assert after_interruption(1, policy=Policy.HOLD).state is State.UNKNOWN


def test_trouble_of_the_server_is_no_fault_of_the_reader():
    """The row goes back to pending, with the reason, and the attempt does not count."""
    decision = released(3, "421 closing")
    assert (decision.state, decision.attempts, decision.reason) == (State.PENDING, 2, "421 closing")


@given(
    code=st.integers(0, 599),
    attempts=st.integers(1, 50),
    policy=st.sampled_from(Policy),
    ambiguous=st.booleans(),
)
def test_every_decision_is_a_legal_move(code: int, attempts: int, policy: Policy, ambiguous: bool):
    """Whatever a server says, a row in sending has somewhere to go, and a deferred one a later time."""
    decision = judge(Reply(code, "x", ambiguous), attempts, policy)
    assert decision.state in MOVES[State.SENDING]
    assert (decision.next_attempt is not None) == (decision.state is State.DEFERRED)
    if decision.next_attempt:
        assert decision.next_attempt - NOW >= timedelta(minutes=5)
