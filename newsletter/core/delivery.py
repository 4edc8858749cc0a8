"""What happens to one copy: the state table, and what a mail server's reply means for it.

    pending ──begin──▶ sending ──▶ accepted | deferred | rejected | unknown | suppressed
    deferred ──begin──▶ sending          deferred, pending ──▶ expired | suppressed

`sending` is on disk before DATA may start, the outcome after the reply: whoever finds a row in
`sending` that nobody is sending does not know whether the server took it. Policy `resend` sends it
again (at least once), policy `hold` leaves it to a person (at most once). Not in here: who claims rows,
how they are stored, how fast they go out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.core.model import DeliveryState as State

__all__ = [
    "MOVES",
    "OPEN",
    "Decision",
    "Policy",
    "Reply",
    "RetrySchedule",
    "after_interruption",
    "after_reply",
    "released",
]

# Change this table together with the drawing above; tests/contract/test_store.py walks every pair.
MOVES: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.DEFERRED: frozenset({State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.SENDING: frozenset(
        {
            State.ACCEPTED,
            State.DEFERRED,
            State.REJECTED,
            State.EXPIRED,
            State.UNKNOWN,
            State.PENDING,
            State.SUPPRESSED,
        }
    ),
    State.UNKNOWN: frozenset({State.PENDING, State.ACCEPTED}),
    State.ACCEPTED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
    State.SUPPRESSED: frozenset(),
}

OPEN = frozenset({State.PENDING, State.DEFERRED, State.SENDING})
"""States of rows that still have a way to go."""


class Policy(StrEnum):
    """What to do when nobody knows whether the server took a message."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True)
class Reply:
    """What the server said of one message.

    `code` is the SMTP reply code, or 0 where the connection broke before the message's last dot was
    sent. `ambiguous` says that it broke after that: the server may have taken the message.
    """

    code: int
    text: str = ""
    ambiguous: bool = False


@dataclass(frozen=True)
class RetrySchedule:
    """How long to wait after each attempt that failed for now, and when to give up."""

    delays: tuple[timedelta, ...] = (
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
    )
    attempts: int = 12
    """With the delays above, the last one about a day after the first."""

    def after(self, attempts: int) -> timedelta | None:
        """The wait after so many attempts; None when it is time to give up."""
        if attempts >= self.attempts:
            return None
        return self.delays[min(attempts, len(self.delays)) - 1]


@dataclass(frozen=True)
class Decision:
    """Where a row goes next. `attempts` counts the times that DATA was begun."""

    state: State
    attempts: int
    reason: str = ""
    next_attempt: datetime | None = None


def released(attempts: int, reason: str) -> Decision:
    """The server as a whole could not be used: this copy was not taken and has nothing to do with it, so
    the attempt does not count."""
    return Decision(State.PENDING, attempts - 1, reason)


def after_reply(
    reply: Reply, attempts: int, now: datetime, *, policy: Policy, retries: RetrySchedule
) -> Decision:
    """What a reply means for a row in `sending`; `attempts` includes the one that was answered."""
    reason = f"{reply.code} {reply.text}".strip() if reply.code else reply.text
    if reply.ambiguous:
        return (
            _deferred(attempts, reason, now, retries) if policy is Policy.RESEND else _held(attempts, reason)
        )
    if 200 <= reply.code < 300:
        return Decision(State.ACCEPTED, attempts, reason)
    if 500 <= reply.code < 600:
        return Decision(State.REJECTED, attempts, reason)
    return _deferred(attempts, reason, now, retries)


def after_interruption(attempts: int, *, policy: Policy) -> Decision:
    """A row that a dead sender left in `sending`."""
    reason = "the sender stopped before the server's answer was recorded"
    return Decision(State.PENDING, attempts, reason) if policy is Policy.RESEND else _held(attempts, reason)


def _held(attempts: int, reason: str) -> Decision:
    return Decision(State.UNKNOWN, attempts, reason)


def _deferred(attempts: int, reason: str, now: datetime, retries: RetrySchedule) -> Decision:
    wait = retries.after(attempts)
    if wait is None:
        return Decision(State.EXPIRED, attempts, f"given up after {attempts} attempts: {reason}")
    return Decision(State.DEFERRED, attempts, reason, now + wait)
