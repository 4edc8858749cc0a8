"""The state table of one copy, and what a reply means for it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.delivery import (
    MOVES,
    OPEN,
    Alarm,
    Attempt,
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


def judge(reply: Reply, count: int = 1, policy: Policy = Policy.RESEND, now: datetime = NOW, row: int = 1):
    return after_reply(reply, Attempt(row, count, NOW), now, policy=policy, retries=RETRIES)


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
    """The waits of the schedule in order, the last one repeated, each with a little more that is different
    for everybody; two days after publishing it is expired and never lost."""
    now, count, waits = NOW, 1, []
    while (decision := judge(Reply(450, "try later"), count, now=now)).state is State.DEFERRED:
        waits.append(decision.next_attempt - now)
        now, count = decision.next_attempt, count + 1
    for wait, planned in zip(waits, RETRIES.delays, strict=False):
        assert planned <= wait <= 1.2 * planned
    assert all(wait >= RETRIES.delays[-1] for wait in waits[len(RETRIES.delays) :])
    assert timedelta(hours=43) < now - NOW <= RETRIES.lifetime
    assert (decision.state, decision.next_attempt) == (State.EXPIRED, None)
    assert decision.reason == f"given up after {count} attempts: 450 try later"


def test_those_who_failed_together_do_not_come_back_together():
    """A thousand copies deferred at one moment are spread over the fifth of the wait."""
    times = {judge(Reply(450, "later"), row=row).next_attempt for row in range(1000)}
    assert len(times) > 990
    assert max(times) - min(times) > timedelta(seconds=50)


@pytest.mark.parametrize("code", [421, 454])
def test_a_server_that_gets_too_much_uses_up_nobodys_attempts(code: int):
    """The copy waits a minute or so, and its attempt does not count; only its lifetime goes on."""
    decision = judge(Reply(code, "throttled"), 3)
    assert (decision.state, decision.attempts) == (State.DEFERRED, 2)
    assert timedelta(minutes=1) <= decision.next_attempt - NOW <= timedelta(minutes=1.2)
    assert judge(Reply(code, "throttled"), 3, now=NOW + RETRIES.lifetime).state is State.EXPIRED


def test_an_edition_is_stopped_when_a_tenth_of_its_copies_are_rejected():
    """Not by a few at the start, and not by a tenth or less."""
    alarm = Alarm(share=0.1, least=100)
    assert not alarm.rings(rejected=50, answered=99)
    assert not alarm.rings(rejected=10, answered=100)
    assert alarm.rings(rejected=11, answered=100)
    assert not alarm.rings(rejected=1, answered=1_000_000)


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
        assert decision.next_attempt - NOW >= timedelta(minutes=1)
