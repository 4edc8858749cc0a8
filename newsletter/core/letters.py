"""The small mails around a subscription: which there are, who may get them, how long they are tried."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from newsletter.core.delivery import RetrySchedule
from newsletter.core.model import SubscriberStatus as Status

__all__ = ["FOR", "RETRIES", "SPACING", "STALE", "LetterKind"]


class LetterKind(StrEnum):
    """Which one; also the name of its templates."""

    CONFIRM = "confirm"
    """Asks whoever was entered on a sign-up form whether it was they. Its link says yes."""
    WELCOME = "welcome"
    """To whoever has said yes. Its link leads to their preferences."""
    GOODBYE = "goodbye"
    """To whoever has left. Its link leads back."""


FOR: Mapping[LetterKind, Status] = {
    LetterKind.CONFIRM: Status.PENDING,
    LetterKind.WELCOME: Status.ACTIVE,
    LetterKind.GOODBYE: Status.UNSUBSCRIBED,
}
"""The status of those whom a letter is for. Whoever has moved on meanwhile does not get it."""

SPACING = timedelta(days=1)
"""Nobody gets two letters of one kind within it, however often a form with their address is sent."""

RETRIES = RetrySchedule(
    delays=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)),
    lifetime=timedelta(days=1),
)
"""Somebody waits for it before their mailbox, so the first tries come soon."""

STALE = timedelta(minutes=20)
"""After so long nobody is sending a letter any more that says so: a mail server has ten minutes for its
answer to a message, and one for each to the commands before."""
