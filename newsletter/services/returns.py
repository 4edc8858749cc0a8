"""Taking in what comes back: whose it is, what it changes, and never losing a message.

    mailbox ─▶ message ──classify──▶ feedback ──whose?──▶ bounce ──▶ store: score, list
                  └─ cannot be read ─▶ put aside
    provider ─▶ event ──────────────────▲
    outbox ──▶ rejected copy ───────────▲

Whose it is must be proved: by the token of the address that it was returned to, by the Message-ID of the copy
in it, or by a provider's signature. A message that has nothing but a reader's address counts as a soft bounce
at the most, since anybody can write that. Not in here: what a message means (`core.bounces`) and what it
costs (`core.scores`).
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from newsletter.core.bounces import Kind
from newsletter.core.feedback import Feedback, feedback_of_message, feedback_of_rejection, worst
from newsletter.core.proofs import Proofs
from newsletter.core.scores import MEMORY, THRESHOLD
from newsletter.errors import IntakeError, NewsletterError
from newsletter.ports import Bounce, Bounces, Clock, Fate, Intake, Quarantine, SentCopy

__all__ = ["Returns", "Scan", "Taken"]

log = structlog.get_logger()

_BY_ADDRESS = timedelta(days=14)
"""How long after a copy its address alone tells that a message is about it."""
_LATEST = timedelta(days=60)
"""No server tries for so long; and what is older than all that is remembered would count twice."""
_BATCH = 500
_SOURCES = {Kind.COMPLAINT: "complaint", Kind.UNSUBSCRIBE: "mail"}
_CHANGES = (Kind.COMPLAINT, Kind.UNSUBSCRIBE)
"""What ends a subscription at once, so it must be proved."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one thing that came back."""

    kind: Kind
    fate: Fate


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look into all mailboxes brought."""

    taken: Counter[Taken]
    errors: tuple[str, ...] = ()
    """Of the mailboxes that could not be read."""


class Returns:
    """Takes in what comes back to one newsletter. `limit` is the score that nobody stays with."""

    def __init__(
        self, bounces: Bounces, aside: Quarantine, proofs: Proofs, clock: Clock, limit: float = THRESHOLD
    ) -> None:
        self._bounces = bounces
        self._aside = aside
        self._proofs = proofs
        self._clock = clock
        self._limit = limit

    async def take(self, message: bytes, recipients: Sequence[str] = ()) -> tuple[Taken, ...]:
        """A message that came to these addresses. Raises StoreError or IntakeError where it could not be
        kept, and then nothing has changed."""
        try:
            said = await asyncio.to_thread(feedback_of_message, message, recipients)
            # Each copy is one person's, whoever else their mailbox has passed it on to.
            is_known = self._proofs.knows(said[0].addresses)
            return await self.hear([worst(said)] if is_known else said)
        except NewsletterError:
            raise
        except Exception as error:  # whatever it may be: one message must not keep all others waiting
            await self._aside.keep(message)
            log.warning("returned message put aside", error=type(error).__name__)
            return (Taken(Kind.NONE, Fate.ASIDE),)

    async def accept(self, message: bytes, recipients: Sequence[str]) -> None:
        """`ports.Take`, with a line in the log."""
        for taken in await self.take(message, recipients):
            log.info("came back", kind=taken.kind.value, fate=taken.fate.value)

    async def hear(self, said: Sequence[Feedback], source: str | None = None) -> tuple[Taken, ...]:
        """What somebody says of copies; `source` is how we know, for the history. Raises StoreError."""
        now = self._clock.now()
        bounces = [await self._attributed(feedback, source, now) for feedback in said]
        fates = await self._bounces.record(bounces, self._limit, now)
        return tuple(Taken(bounce.kind, fate) for bounce, fate in zip(bounces, fates, strict=True))

    async def count_rejections(self) -> Counter[Taken]:
        """What was refused at the time of sending, each once, as if it had come back."""
        counted: Counter[Taken] = Counter()
        now = self._clock.now()
        while rejections := await self._bounces.rejections(now - _BY_ADDRESS, _BATCH):
            bounces = [
                _bounce(
                    feedback_of_rejection(rejection.key, rejection.reason, rejection.at),
                    SentCopy(rejection.subscriber_id, rejection.at, rejection.row),
                    "bounce",
                    now,
                )
                for rejection in rejections
            ]
            fates = await self._bounces.record(bounces, self._limit, now)
            counted += Counter(Taken(bounce.kind, fate) for bounce, fate in zip(bounces, fates, strict=True))
        return counted

    async def scan(self, intakes: Sequence[Intake]) -> Scan:
        """Empty every mailbox; one that cannot be read does not stop the others."""
        taken: Counter[Taken] = Counter()
        errors = []

        async def take(message: bytes, recipients: Sequence[str]) -> None:
            taken.update(await self.take(message, recipients))

        for intake in intakes:
            try:
                await intake.scan(take)
            except IntakeError as error:
                errors.append(str(error))
        await self._bounces.forget(self._clock.now() - MEMORY)
        return Scan(taken, tuple(errors))

    async def _attributed(self, feedback: Feedback, source: str | None, now: datetime) -> Bounce:
        """Whose it is, as far as it is proved."""
        copy, is_proved = await self._copy(feedback, now)
        if copy and not is_proved:
            if feedback.kind in _CHANGES:
                copy = None
            elif feedback.kind is Kind.HARD and copy.edition:
                feedback = replace(feedback, kind=Kind.SOFT)
        if copy and feedback.kind not in _CHANGES and copy.sent < now - _LATEST:
            copy = None
        return _bounce(feedback, copy, source, now)

    async def _copy(self, feedback: Feedback, now: datetime) -> tuple[SentCopy | None, bool]:
        row = self._proofs.row(feedback.addresses)
        if row is not None:
            return await self._bounces.sent(row), True
        letter = self._proofs.letter(feedback.addresses)
        if letter is not None:
            return await self._bounces.sent_letter(letter), True
        if feedback.recipient is None or feedback.kind in (Kind.AUTO_REPLY, Kind.NONE):
            return None, False
        copies = await self._bounces.sent_to(feedback.recipient, now - _BY_ADDRESS)
        ids = feedback.message_ids
        for copy in copies:
            if copy.edition and self._proofs.is_of(ids, copy.edition, copy.subscriber_id):
                return copy, True
        return (copies[0] if copies else None), feedback.vouched


def _bounce(feedback: Feedback, copy: SentCopy | None, source: str | None, now: datetime) -> Bounce:
    return Bounce(
        key=feedback.key,
        kind=feedback.kind,
        cause=feedback.cause,
        status=feedback.status,
        detail=feedback.detail,
        source=source or _SOURCES.get(feedback.kind, "bounce"),
        # Nobody's clock but ours says what is yet to come.
        at=min(feedback.at or now, now),
        subscriber_id=copy.subscriber_id if copy else None,
        row=copy.row if copy else None,
    )
