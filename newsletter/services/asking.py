"""The mail that asks the operator for a word on an edition, once for each that waits."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.core.series import edition_name
from newsletter.errors import DeliveryError
from newsletter.ports import Drafts, WaitingEdition
from newsletter.render.approval import Question, with_question
from newsletter.services.approval import Approval, link_token, spoken_deadline
from newsletter.services.operator import OperatorPost

__all__ = ["Asking"]


@dataclass(frozen=True)
class Asking:
    """Writes to the operator's addresses of what waits and was not told."""

    approval: Approval
    drafts: Drafts
    post: OperatorPost

    async def ask(self, now: datetime) -> None:
        """What one address has taken counts as told. Raises DeliveryError where none has taken it, after all
        others were tried: the next call tries again."""
        trouble: DeliveryError | None = None
        for waiting in await self.approval.waiting():
            if waiting.told is None:
                trouble = await self._ask(waiting, now) or trouble
        if trouble is not None:
            raise trouble

    async def _ask(self, waiting: WaitingEdition, now: datetime) -> DeliveryError | None:
        written = self.approval.sample(waiting, now)
        copy = with_question(written.copy, self._question(waiting))
        subject = f"[approve by {spoken_deadline(waiting)}] {written.subject}"
        occasion = f"approve {edition_name(waiting.edition)} {waiting.edition.slot.isoformat()}"
        trouble, told = None, False
        for address in self.post.to:
            # Each alone: one that is refused for good must not bring the mail to the others again and again.
            try:
                await replace(self.post, to=(address,)).send(subject, copy, f"{occasion} {address}", now)
                told = True
            except DeliveryError as error:
                trouble = error
        if told:
            await self.drafts.tell(waiting, now)
            return None
        return trouble

    def _question(self, waiting: WaitingEdition) -> Question:
        name, until = edition_name(waiting.edition), spoken_deadline(waiting)
        fate = "it is sent as it is" if self.approval.sends_at_deadline else "it is not sent"
        return Question(
            headline=f"Edition {name} of {self.post.newsletter.name} waits for your word until {until}",
            otherwise=f"Where nobody answers by then, {fate}.",
            page=f"{self.post.newsletter.base_url}/approve/{link_token(self.post.secret, waiting)}",
            commands=(
                f"newsletter editions show {name}",
                f"newsletter editions approve {name}",
                f"newsletter editions reject {name}",
            ),
        )
