"""Signing up by a form, and what comes of it: everybody gets the same answer, and some get a letter.

form ──▶ address ──▶ turnstile ──▶ one transaction ──▶ the bell: a letter waits
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.core.address import domain_of, normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.signup import Turnstile
from newsletter.core.visitors import Address, digest
from newsletter.ports import Clock, Signups

__all__ = ["LONGEST_NAME", "SignUp"]

LONGEST_NAME = 100
"""Characters; the rest is cut off."""
_ANSWER_AFTER = 0.2
"""Seconds. A new address costs a commit that a known one does not, and nobody is to see which it was."""


@dataclass(frozen=True)
class SignUp:
    """The door of one newsletter."""

    signups: Signups
    turnstile: Turnstile
    clock: Clock
    key: bytes
    """Of the digests that stand for visitors."""
    bell: Callable[[], None]
    """Says that a letter waits."""
    goodbye: bool = False
    """Whether who leaves by the page gets a letter."""

    async def subscribe(self, address: str, name: str, visitor: Address | None) -> timedelta:
        """Somebody asks to get it. Answers how long to wait before asking again, zero where this was let
        through; what came of it only the mailbox says. Raises InputError for what is no address."""
        email = normalise_address(address)
        wait = self.turnstile.enter(digest(self.key, visitor), domain_of(email), self.clock.now())
        if not wait:
            await asyncio.gather(self._subscribe(email, name), self.pretend())
        return wait

    async def pretend(self) -> None:
        """Take as long as signing up, for those who are told that they have."""
        await asyncio.sleep(_ANSWER_AFTER)

    async def confirm(self, person: Subscriber) -> SubscriberStatus:
        """They say yes. Raises IllegalMove where they have left meanwhile."""
        status = await self.signups.confirm(person.id, self.clock.now())
        self.bell()
        return status

    async def left(self, person: Subscriber) -> None:
        """They have left by the page."""
        if self.goodbye and await self.signups.say_goodbye(person.id, self.clock.now()):
            self.bell()

    async def _subscribe(self, email: str, name: str) -> None:
        kept = clean_text(name)[:LONGEST_NAME].strip()
        if await self.signups.subscribe(email, kept, self.clock.now()):
            self.bell()
