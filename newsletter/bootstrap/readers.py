"""What has to do with readers besides sending them editions: how they come, what they do, what comes back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from secrets import token_bytes
from typing import TYPE_CHECKING

from newsletter.adapters.stores.firstlines import FirstLines
from newsletter.adapters.stores.signups import SqlSignups
from newsletter.bootstrap.editing import speak
from newsletter.bootstrap.foundation import Foundation
from newsletter.bootstrap.returns import make_intakes, make_proofs
from newsletter.bootstrap.sending import signup_limits
from newsletter.config import Secrets
from newsletter.core.proofs import Proofs
from newsletter.core.signup import Turnstile
from newsletter.core.slots import next_slot
from newsletter.ports import Intake
from newsletter.render.theme import Theme
from newsletter.services.clicks import ClickCounter
from newsletter.services.letters import LetterWriter
from newsletter.services.post import Post
from newsletter.services.signup import SignUp

if TYPE_CHECKING:
    from newsletter.services.returns import Returns

__all__ = ["Readers"]


@dataclass(frozen=True)
class Readers(Foundation):
    """Their side of the newsletter."""

    @cached_property
    def bell(self) -> asyncio.Event:
        """Set where this process has a new letter to send."""
        return asyncio.Event()

    @cached_property
    def signup(self) -> SignUp:
        """Who comes and who goes."""
        # Others than those of this process cannot be told, so another start may forget who visitors were.
        key = token_bytes(32)
        turnstile = Turnstile(signup_limits(self.settings))
        goodbye = self.settings.signup.goodbye
        return SignUp(SqlSignups(self.database), turnstile, self.clock, key, self.bell.set, goodbye)

    @cached_property
    def letters(self) -> LetterWriter:
        """Who writes the small mails."""
        return LetterWriter(self.newsletter, self.theme, self.secret, self.signer(), self._abroad)

    def post(self) -> Post:
        """Who sends the small mails."""
        upcoming = partial(next_slot, self.schedule)
        return Post(self.letterbox, self.letters, self.servers(), self.clock, upcoming)

    def first_lines(self) -> FirstLines:
        """Who stands where in a list that is imported."""
        return FirstLines()

    @cached_property
    def click_counter(self) -> ClickCounter:
        """Who counts them while they come."""
        return ClickCounter(self.clicks, self.subscribers, self.outbox, self.clock)

    @cached_property
    def api_tokens(self) -> tuple[str, ...]:
        """What programs may use the API with; none where there is no API."""
        return Secrets(self.settings).api_tokens()

    @cached_property
    def dashboard_token(self) -> str | None:
        """With which the dashboard is shown to whoever asks from elsewhere."""
        return Secrets(self.settings).dashboard_token()

    @cached_property
    def proofs(self) -> Proofs:
        """By which copies are known that came back."""
        return make_proofs(self.newsletter, self.keys)

    @cached_property
    def returns(self) -> "Returns":
        """Who takes in what comes back."""
        # Likewise.
        from newsletter.adapters.returns import Aside
        from newsletter.services.returns import Returns

        table = self.settings.bounces
        aside = Aside(self.settings.path(table.aside))
        return Returns(self.bounces, aside, self.proofs, self.clock, table.threshold)

    @cached_property
    def intakes(self) -> Sequence[Intake]:
        """Mailboxes of returned messages."""
        return make_intakes(self.settings)

    async def fetch(self, url: str) -> bytes:
        """What a page answers that a provider has told of, by the vetted way to the network. Raises
        SourceError."""
        from newsletter.bootstrap.sources import make_fetcher

        brief = {
            "timeout": timedelta(seconds=10),
            "total_timeout": timedelta(seconds=20),
            "max_bytes": 100_000,
        }
        table = self.settings.fetch.model_copy(update=brief)
        async with make_fetcher(table, self.memory, self.newsletter.base_url) as fetcher:
            page = await fetcher.get(url, source="hooks")
        return page.content if page else b""

    def _abroad(self, language: str) -> Theme | None:
        spoken = speak(self.theme, language)
        return spoken[0] if spoken else None
