"""What the operator's programs do to the list, one person at a time.

The operator vouches for whom they add, or has them asked by a letter. Whoever has left is never brought back
that way, nor asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.core.consent import Event
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import IllegalMove, NotFound
from newsletter.ports import Changes, Roster, Signups, Subscribers

__all__ = ["Registrar"]


@dataclass(frozen=True)
class Registrar:
    """Adds, changes and takes off; `source` is what the history calls it."""

    subscribers: Subscribers
    roster: Roster
    signups: Signups
    bell: Callable[[], None]
    """Says that a letter waits."""
    source: str

    async def add(self, email: str, changes: Changes, now: datetime) -> tuple[Subscriber, bool]:
        """Have them on the list as active, with these wishes; and whether they are new to it. Raises
        IllegalMove for whoever has left."""
        added = await self.subscribers.add([NewSubscriber(email)], now, self.source)
        if added.suppressed:
            raise IllegalMove(f"{email} {await self._why_not(email)}: only they can subscribe again.")
        person = await self.subscribers.find(email)
        if person.status is SubscriberStatus.PENDING:
            await self.subscribers.move(person.id, Event.CONFIRM, now, self.source)
        return await self.roster.change(person.id, changes, now), added.added > 0

    async def ask(self, email: str, changes: Changes, now: datetime) -> tuple[Subscriber, bool]:
        """Have them asked by a letter whether they want it; and whether they are new to the list. Who is
        active need not be asked. Raises IllegalMove for whoever has left."""
        known = await self._known(email)
        if known is None:
            await self.signups.subscribe(email, changes.name or "", now, self.source)
        elif known.status is SubscriberStatus.PENDING:
            await self.signups.subscribe(email, "", now, self.source)
        self.bell()
        person = known or await self.find(email)
        return await self.roster.change(person.id, changes, now), known is None

    async def change(self, email: str, changes: Changes, now: datetime) -> Subscriber:
        """Who that is then. Raises NotFound."""
        return await self.roster.change((await self.find(email)).id, changes, now)

    async def erase(self, email: str, now: datetime) -> None:
        """Forget all that is known of them, and see to it that no list brings them back."""
        await self.subscribers.erase(email, now, self.source)

    async def unsubscribe(self, email: str, now: datetime) -> None:
        """They get nothing more; where they have left already, that stays as it is. Raises NotFound."""
        await self.subscribers.move((await self.find(email)).id, Event.UNSUBSCRIBE, now, self.source)

    async def find(self, email: str) -> Subscriber:
        """By the normalised address. Raises NotFound, for whoever was erased too."""
        person = await self.subscribers.find(email)
        if person.status is SubscriberStatus.ERASED:
            raise NotFound(f"{email} is not on the list.")
        return person

    async def _known(self, email: str) -> Subscriber | None:
        """Who may be asked; None for a stranger. Raises IllegalMove."""
        if await self.subscribers.is_erased(email):
            raise IllegalMove(f"{email} was erased: only they can subscribe again.")
        try:
            person = await self.find(email)
        except NotFound:
            return None
        if person.status not in (SubscriberStatus.PENDING, SubscriberStatus.ACTIVE):
            raise IllegalMove(f"{email} is {person.status}: only they can subscribe again.")
        return person

    async def _why_not(self, email: str) -> str:
        try:
            return f"is {(await self.find(email)).status}"
        except NotFound:
            return "was erased"
