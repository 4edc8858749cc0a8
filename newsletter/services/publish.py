"""Making an edition: choose from what is new, render once, freeze, plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from newsletter.core import tokens
from newsletter.core.audience import EVERYBODY, Audience
from newsletter.core.edition import EditionPolicy, arrange, topics_of
from newsletter.core.model import Edition, Entry, Newsletter
from newsletter.core.phrases import Phrases
from newsletter.core.rhythm import Frequency
from newsletter.core.series import edition_name, series_of, week_start
from newsletter.core.translation import Translator
from newsletter.ports import Editions, Entries, PublishedEdition, Rendering, WaitingEdition
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
    """One series of a newsletter with its policy and its theme."""

    newsletter: Newsletter
    policy: EditionPolicy
    theme: Theme
    phrases: Phrases
    secret: bytes
    entries: Entries
    editions: Editions
    audience: Audience = EVERYBODY
    speak: Callable[[Theme, str], tuple[Theme, Phrases] | None] = lambda theme, language: None
    """The theme with the words of another language; None where nobody has translated it."""

    @property
    def series(self) -> str:
        """What its editions have as their `newsletter`."""
        return series_of(self.newsletter.id, self.audience.frequency)

    async def propose(self, slot: datetime, now: datetime) -> Edition | None:
        """The edition that would go out for this slot now; None where too little is new."""
        headlines = await self.editions.headlines(self.series)
        before = headlines[0].slot if headlines else None
        oldest = now - timedelta(days=self.policy.max_age_days)
        if self.audience.frequency is Frequency.WEEKLY:
            oldest = before = week_start(now, before).astimezone(slot.tzinfo)
        return arrange(
            await self.entries.candidates(self.series, oldest),
            self.policy,
            newsletter=self.series,
            number=await self.editions.next_number(self.series),
            slot=slot,
            now=now,
            since=before,
            phrases=self.phrases,
        )

    def draft(self, edition: Edition, now: datetime) -> Draft:
        """What its readers would get, made to fit into their mailboxes. Raises TemplateError."""
        nonce = tokens.nonce(self.secret, edition.newsletter, edition.number)
        counted = self.newsletter.clicks_by_reader
        links = links_of(0, self.newsletter, edition_name(edition), self.secret, counted=counted)
        clicks = click_links_of(edition, self.newsletter, self.secret, nonce)
        fitted = fit(
            edition, self.newsletter, self.theme, self.phrases, nonce=nonce, links=links, clicks=clicks
        )
        view = view_edition(fitted.edition, self.newsletter, self.theme.language, fitted.detail, clicks)
        return Draft(edition, fitted.edition, fitted.rendered, view, fitted.fitting, now)

    def file(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        """The sections of one edition that these entries would stand in, by their ids."""
        return topics_of(entries, self.policy, self.phrases)

    async def publish(self, draft: Draft, approved: WaitingEdition | None = None) -> PublishedEdition | None:
        """Freeze this draft and plan its outbox. None where another process has taken its slot, its number or
        one of its entries in the meantime, or has changed what was approved."""
        rendered = draft.rendered
        asked = await self.editions.languages(self.audience, draft.edition.slot)
        translated = [self._translated(draft, language) for language in asked]
        return await self.editions.publish(
            draft.edition,
            rendered.html,
            rendered.text,
            rendered.nonce,
            draft.created,
            self.audience,
            [rendering for rendering in translated if rendering],
            approved,
        )

    def abroad(self, language: str) -> Self | None:
        """The same desk with the words of another language. None for the newsletter's own, and where there
        are no texts in it."""
        own = language in ("", self.theme.language.tag)
        spoken = None if own else self.speak(self.theme, language)
        if spoken is None:
            return None
        theme, phrases = spoken
        weekly = self.audience.frequency is Frequency.WEEKLY
        return replace(self, theme=theme, phrases=phrases.of_week() if weekly else phrases)

    def _translated(self, draft: Draft, language: str) -> Rendering | None:
        desk = self.abroad(language)
        if desk is None:
            return None
        made = desk.draft(Translator(self.phrases, desk.phrases).edition(draft.edition), draft.created)
        return Rendering(language, made.edition, made.rendered.html, made.rendered.text)
