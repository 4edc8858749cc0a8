"""Letters that wait to be sent, and what happens at the door: signing up, confirming, leaving."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.core.delivery import Decision
from newsletter.core.letters import LetterKind
from newsletter.core.model import Subscriber, SubscriberStatus

__all__ = ["ClaimedLetter", "Letters", "Signups"]


@dataclass(frozen=True)
class ClaimedLetter:
    """A letter that is on the disk as `sending`, by this claim."""

    id: int
    kind: LetterKind
    person: Subscriber
    created: datetime
    attempts: int
    """How many times it was claimed, this one included."""


class Letters(Protocol):
    """The ledger of letters: each in exactly one state, by the moves of `core.delivery`."""

    async def claim(self, now: datetime) -> ClaimedLetter | None:
        """The first that is due, moved to `sending` in a durable commit before it is answered; None where
        none is. No two claims, of whatever processes, get the same letter, until a claim is `STALE`: its
        process is taken for dead. Letters that nobody may get any more are suppressed or expired here."""

    async def decide(self, letter: ClaimedLetter, decision: Decision, now: datetime) -> bool:
        """Record what became of it. False where the claim was lost meanwhile: then nothing is changed.
        Raises IllegalMove."""

    async def waiting(self) -> int:
        """How many are not at their end."""


class Signups(Protocol):
    """Who comes and who goes, with the letter for it in the same commit."""

    async def subscribe(
        self, email: str, name: str, now: datetime, source: str = "form"
    ) -> LetterKind | None:
        """Somebody asks for the newsletter; `email` is normalised. Who is unknown or has left becomes pending
        and gets a letter that asks; who is active gets the welcome letter again; who complained gets
        nothing. No letter of a kind is planned twice within `SPACING`. A name is kept only where none is
        known; `source` is for the history. Answers which letter was planned."""

    async def confirm(self, subscriber_id: int, now: datetime) -> SubscriberStatus:
        """Who is pending becomes active, with a clean score, and gets the welcome letter; once is enough.
        Answers the new status. Raises NotFound, and IllegalMove for those who have left."""

    async def say_goodbye(self, subscriber_id: int, now: datetime) -> bool:
        """Plan the goodbye letter for who has left, unless there was one within `SPACING`."""
