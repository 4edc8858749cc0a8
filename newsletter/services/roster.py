"""What the operator's programs do to the list, one person at a time.

The operator vouches for whom they add: nobody is asked. Whoever has left is never brought back that way.
"""

from dataclasses import dataclass
from datetime import datetime

from newsletter.core.consent import Event
from newsletter.core.listfile import NewSubscriber
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.errors import IllegalMove, NotFound
from newsletter.ports import Changes, Roster, Subscribers

__all__ = ["Registrar"]


@dataclass(frozen=True)
class Registrar:
    """Adds, changes and takes off; `source` is what the history calls it."""

    subscribers: Subscribers
    roster: Roster
    source: str

    async def add(self, email: str, changes: Changes, now: datetime) -> tuple[Subscriber, bool]:
        """Have them on the list as active, with these wishes; and whether they are new to it. Raises
        IllegalMove for whoever has left."""
        added = await self.subscribers.add([NewSubscriber(email)], now)
        if added.suppressed:
            raise IllegalMove(f"{email} {await self._why_not(email)}: only they can subscribe again.")
        person = await self.subscribers.find(email)
        if person.status is SubscriberStatus.PENDING:
            await self.subscribers.move(person.id, Event.CONFIRM, now, self.source)
        return await self.roster.change(person.id, changes, now), added.added > 0

    async def change(self, email: str, changes: Changes, now: datetime) -> Subscriber:
        """Who that is then. Raises NotFound."""
        return await self.roster.change((await self.find(email)).id, changes, now)

    async def unsubscribe(self, email: str, now: datetime) -> None:
        """They get nothing more; where they have left already, that stays as it is. Raises NotFound."""
        await self.subscribers.move((await self.find(email)).id, Event.UNSUBSCRIBE, now, self.source)

    async def find(self, email: str) -> Subscriber:
        """By the normalised address. Raises NotFound, for whoever was erased too."""
        person = await self.subscribers.find(email)
        if person.status is SubscriberStatus.ERASED:
            raise NotFound(f"{email} is not on the list.")
        return person

    async def _why_not(self, email: str) -> str:
        try:
            return f"is {(await self.find(email)).status}"
        except NotFound:
            return "was erased"
