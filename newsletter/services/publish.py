"""Making an edition: choose from what is new, render once, freeze, plan."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core import tokens
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Edition, Newsletter
from newsletter.ports import Editions, Entries, PublishedEdition
from newsletter.render.digest import render_edition
from newsletter.render.theme import Theme

__all__ = ["EditorialDesk"]


@dataclass(frozen=True)
class EditorialDesk:
    """One newsletter with its policy and its theme."""

    newsletter: Newsletter
    policy: EditionPolicy
    theme: Theme
    secret: bytes
    entries: Entries
    editions: Editions

    async def propose(self, slot: datetime, now: datetime) -> Edition | None:
        """The edition that would go out for this slot now; None where too little is new."""
        since = now - timedelta(days=self.policy.max_age_days)
        candidates = await self.entries.candidates(self.newsletter.id, since)
        number = await self.editions.next_number(self.newsletter.id)
        return arrange(
            candidates, self.policy, newsletter=self.newsletter.id, number=number, slot=slot, now=now
        )

    def render(self, edition: Edition, now: datetime) -> PublishedEdition:
        """What its readers would get, not kept anywhere."""
        nonce = tokens.nonce(self.secret, edition.newsletter, edition.number)
        rendered = render_edition(edition, self.newsletter, self.theme, nonce=nonce)
        return PublishedEdition(0, edition, rendered.html, rendered.text, nonce, now)

    async def publish(self, edition: Edition, now: datetime) -> PublishedEdition | None:
        """Freeze this edition and plan its outbox. None where another process has taken its slot, its
        number or one of its entries in the meantime."""
        draft = self.render(edition, now)
        return await self.editions.publish(edition, draft.html, draft.text, draft.nonce, now)
