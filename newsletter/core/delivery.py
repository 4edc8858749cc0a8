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
from hashlib import blake2b

from newsletter.core.model import DeliveryState as State

__all__ = [
    "MOVES",
    "OPEN",
    "Alarm",
    "Attempt",
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

_TOO_MUCH = (421, 454)
"""It is the server that cannot take more now; 454 after DATA is how Amazon SES throttles."""


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
class Attempt:
    """A row in `sending`, as far as its next state depends on it."""

    row: int
    count: int
    """How many times DATA was begun for it, this time included."""
    published: datetime
    """When its edition was published, or sent on by a person after a pause."""


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
    lifetime: timedelta = timedelta(days=2)
    """From publishing; a digest that comes later than that is no news."""
    throttled: timedelta = timedelta(minutes=1)
    """The wait where the server says that it gets too much: not this copy's fault."""
    jitter: float = 0.2
    """Up to so much of a wait is added, or all that failed together would come back together."""

    def after(self, attempt: Attempt, now: datetime, *, throttled: bool = False) -> datetime | None:
        """When to try again; None when it is time to give up."""
        wait = self.throttled if throttled else self.delays[min(attempt.count, len(self.delays)) - 1]
        again = now + wait * (1 + self.jitter * _spread(attempt))
        return again if again <= attempt.published + self.lifetime else None


@dataclass(frozen=True)
class Decision:
    """Where a row goes next. `attempts` counts the times that DATA was begun."""

    state: State
    attempts: int
    reason: str = ""
    next_attempt: datetime | None = None


@dataclass(frozen=True)
class Alarm:
    """When an edition stops by itself: something is wrong with it or the list, and a person must look."""

    share: float = 0.1
    """Of the copies that were answered in this run."""
    least: int = 100
    """Answers before the share means anything."""

    def rings(self, rejected: int, answered: int) -> bool:
        """Whether too many were rejected."""
        return answered >= self.least and rejected > self.share * answered


def released(attempts: int, reason: str) -> Decision:
    """The server as a whole could not be used: this copy was not taken and has nothing to do with it, so
    the attempt does not count."""
    return Decision(State.PENDING, attempts - 1, reason)


def after_reply(
    reply: Reply, attempt: Attempt, now: datetime, *, policy: Policy, retries: RetrySchedule
) -> Decision:
    """What a reply means for a row in `sending`."""
    reason = f"{reply.code} {reply.text}".strip() if reply.code else reply.text
    if reply.ambiguous:
        return (
            _deferred(attempt, reason, now, retries)
            if policy is Policy.RESEND
            else _held(attempt.count, reason)
        )
    if 200 <= reply.code < 300:
        return Decision(State.ACCEPTED, attempt.count, reason)
    if 500 <= reply.code < 600:
        return Decision(State.REJECTED, attempt.count, reason)
    if reply.code in _TOO_MUCH:
        return _put_off(attempt, reason, now, retries)
    return _deferred(attempt, reason, now, retries)


def after_interruption(attempts: int, *, policy: Policy) -> Decision:
    """A row that a dead sender left in `sending`."""
    reason = "the sender stopped before the server's answer was recorded"
    return Decision(State.PENDING, attempts, reason) if policy is Policy.RESEND else _held(attempts, reason)


def _held(attempts: int, reason: str) -> Decision:
    return Decision(State.UNKNOWN, attempts, reason)


def _deferred(attempt: Attempt, reason: str, now: datetime, retries: RetrySchedule) -> Decision:
    again = retries.after(attempt, now)
    if again is None:
        return Decision(State.EXPIRED, attempt.count, f"given up after {_attempts(attempt.count)}: {reason}")
    return Decision(State.DEFERRED, attempt.count, reason, again)


def _put_off(attempt: Attempt, reason: str, now: datetime, retries: RetrySchedule) -> Decision:
    """The attempt does not count, but the edition's lifetime goes on."""
    again = retries.after(attempt, now, throttled=True)
    if again is None:
        return Decision(State.EXPIRED, attempt.count - 1, f"given up: {reason}")
    return Decision(State.DEFERRED, attempt.count - 1, reason, again)


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _spread(attempt: Attempt) -> float:
    """From 0 to 1: the same for the same attempt, and unlike that of others."""
    digest = blake2b(f"{attempt.row}:{attempt.count}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFFFFFF
