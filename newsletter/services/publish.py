"""Making an edition: choose from what is new, render once, freeze, plan."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.core import tokens
from newsletter.core.edition import EditionPolicy, arrange
from newsletter.core.model import Edition, Newsletter
from newsletter.core.phrases import Phrases
from newsletter.ports import Editions, Entries, PublishedEdition
from newsletter.render.digest import RenderedEdition
from newsletter.render.fitting import Fitting
from newsletter.render.ladder import fit
from newsletter.render.theme import Theme
from newsletter.render.view import EditionView, view_edition
from newsletter.services.compose import click_links_of, links_of

__all__ = ["Draft", "EditorialDesk"]


@dataclass(frozen=True)
class Draft:
    """What would go out, not kept anywhere yet."""

    proposed: Edition
    edition: Edition
    """The same without what had no room in the email."""
    rendered: RenderedEdition
    view: EditionView
    """What the templates were given."""
    fitting: Fitting
    created: datetime

    @property
    def published(self) -> PublishedEdition:
        """As if it were: for whoever writes copies of it."""
        rendered = self.rendered
        return PublishedEdition(0, self.edition, rendered.html, rendered.text, rendered.nonce, self.created)


@dataclass(frozen=True)
class EditorialDesk:
    """One newsletter with its policy and its theme."""

    newsletter: Newsletter
    policy: EditionPolicy
    theme: Theme
    phrases: Phrases
    secret: bytes
    entries: Entries
    editions: Editions

    async def propose(self, slot: datetime, now: datetime) -> Edition | None:
        """The edition that would go out for this slot now; None where too little is new."""
        since = now - timedelta(days=self.policy.max_age_days)
        candidates = await self.entries.candidates(self.newsletter.id, since)
        number = await self.editions.next_number(self.newsletter.id)
        before = next(iter(await self.editions.headlines(self.newsletter.id)), None)
        return arrange(
            candidates,
            self.policy,
            newsletter=self.newsletter.id,
            number=number,
            slot=slot,
            now=now,
            since=before.slot if before else None,
            phrases=self.phrases,
        )

    def draft(self, edition: Edition, now: datetime) -> Draft:
        """What its readers would get, made to fit into their mailboxes. Raises TemplateError."""
        nonce = tokens.nonce(self.secret, edition.newsletter, edition.number)
        counted = self.newsletter.clicks_by_reader
        links = links_of(0, self.newsletter, edition.number, self.secret, counted=counted)
        clicks = click_links_of(edition, self.newsletter, self.secret, nonce)
        fitted = fit(
            edition, self.newsletter, self.theme, self.phrases, nonce=nonce, links=links, clicks=clicks
        )
        view = view_edition(fitted.edition, self.newsletter, self.theme.language, fitted.detail, clicks)
        return Draft(edition, fitted.edition, fitted.rendered, view, fitted.fitting, now)

    async def publish(self, draft: Draft) -> PublishedEdition | None:
        """Freeze this draft and plan its outbox. None where another process has taken its slot, its number or
        one of its entries in the meantime."""
        rendered = draft.rendered
        return await self.editions.publish(
            draft.edition, rendered.html, rendered.text, rendered.nonce, draft.created
        )
