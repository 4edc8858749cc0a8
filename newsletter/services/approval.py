"""A person's word on editions that wait for it: changed, approved, rejected, or over when nobody came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.core import revision, tokens
from newsletter.core.model import Edition
from newsletter.core.series import edition_name
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.core.wishes import Wishes
from newsletter.errors import DraftChanged, InputError, NotFound, TemplateError
from newsletter.ports import Drafts, DueCopy, Entries, PublishedEdition, WaitingEdition
from newsletter.services.compose import Composer, Written
from newsletter.services.daily import Published
from newsletter.services.publish import EditorialDesk

__all__ = ["Approval", "is_link_of", "link_token", "spoken_deadline"]

_SAMPLE = DueCopy(0, 0, 0, "reader@example.org", "Sample Reader", Wishes(), 0)
_TOLD = "all of it was in other editions by then"


@dataclass(frozen=True)
class Approval:
    """All editions of a newsletter that wait."""

    series: Sequence[str]
    desk: Callable[[str], EditorialDesk]
    """That of a series; opened where there is something to do, as each has a theme to load."""
    drafts: Drafts
    entries: Entries
    composer: Callable[[PublishedEdition], Composer]
    sends_at_deadline: bool
    """Whether an edition goes out that nobody has looked at in time."""

    async def waiting(self) -> tuple[WaitingEdition, ...]:
        """All of them, by series and number."""
        return tuple([waiting for series in self.series for waiting in await self.drafts.waiting(series)])

    def sample(self, waiting: WaitingEdition, now: datetime) -> Written:
        """What a reader without wishes would get. Raises TemplateError."""
        draft = self._desk(waiting).draft(waiting.edition, now)
        written = self.composer(draft.published).write(_SAMPLE)
        if written is None:  # they would have muted all of it, without a wish
            raise NotFound("nobody would get a copy of this edition.")
        return written

    async def drop(self, waiting: WaitingEdition, id_: str) -> WaitingEdition:
        """Leave out an entry, for good: no later edition of the series proposes it. Raises DraftChanged, or
        InputError where it is the last one."""
        desk = self._desk(waiting)
        edition = revision.without(waiting.edition, {id_}, desk.phrases, desk.file)
        if edition is None:
            name = edition_name(waiting.edition)
            raise InputError(f"it is the last one: `newsletter editions reject {name}` sends nothing.")
        return await self._change(waiting, edition, (*waiting.dropped, id_))

    async def move(self, waiting: WaitingEdition, id_: str, rank: int) -> WaitingEdition:
        """Put an entry at this rank. Raises DraftChanged, or InputError for a rank that there is not."""
        desk = self._desk(waiting)
        edition = revision.moved(waiting.edition, id_, rank, desk.phrases, desk.file)
        return await self._change(waiting, edition, waiting.dropped)

    async def approve(self, waiting: WaitingEdition, now: datetime) -> Published:
        """Publish it, without what other editions have told of since. Raises DraftChanged, or TemplateError
        where it does not render; it then goes on waiting."""
        desk = self._desk(waiting)
        while True:
            asked, edition = await self._as_of_now(waiting)
            if edition is None:
                return await self._end(waiting, Outcome.EMPTY, _TOLD, now)
            draft = desk.draft(edition, now)
            published = await desk.publish(draft, asked)
            if published is not None:
                outcome = SlotOutcome(edition.slot, Outcome.SENT, edition=edition.number)
                return Published(outcome, published, draft)
            # Another edition has just told of one of its entries, unless somebody was quicker with this one.
            if not await self._is_as_given(waiting):
                raise _changed(waiting)

    async def reject(self, waiting: WaitingEdition, reason: str, now: datetime) -> Published:
        """Send nothing for its slot. Raises DraftChanged."""
        return await self._end(waiting, Outcome.SKIPPED, f"not approved: {reason}", now)

    async def settle(self, now: datetime) -> tuple[Published, ...]:
        """What becomes of those that nobody has looked at in time."""
        over = [waiting for waiting in await self.waiting() if waiting.deadline <= now]
        settled = []
        for waiting in over:
            try:
                settled.append(await self._settle(waiting, now))
            except DraftChanged:
                continue  # in the last moment; what is left of it is settled the next time
        return tuple(settled)

    async def _settle(self, waiting: WaitingEdition, now: datetime) -> Published:
        if not self.sends_at_deadline:
            reason = f"nobody approved it by {spoken_deadline(waiting)}"
            return await self._end(waiting, Outcome.SKIPPED, reason, now)
        try:
            return await self.approve(waiting, now)
        except TemplateError as error:
            return await self._end(waiting, Outcome.FAILED, str(error), now)

    def _desk(self, waiting: WaitingEdition) -> EditorialDesk:
        return self.desk(waiting.edition.newsletter)

    async def _change(
        self, waiting: WaitingEdition, edition: Edition, dropped: tuple[str, ...]
    ) -> WaitingEdition:
        if not await self.drafts.change(waiting, edition, dropped):
            raise _changed(waiting)
        return replace(waiting, edition=edition, version=waiting.version + 1, dropped=dropped)

    async def _end(self, waiting: WaitingEdition, outcome: Outcome, reason: str, now: datetime) -> Published:
        ended = SlotOutcome(waiting.edition.slot, outcome, reason)
        if not await self.drafts.end(waiting, ended, now):
            raise _changed(waiting)
        return Published(ended)

    async def _is_as_given(self, waiting: WaitingEdition) -> bool:
        now = await self.drafts.waiting(waiting.edition.newsletter)
        wanted = (waiting.edition.slot, waiting.version)
        return wanted in [(found.edition.slot, found.version) for found in now]

    async def _as_of_now(self, waiting: WaitingEdition) -> tuple[WaitingEdition, Edition | None]:
        """With the ids that its entries have by now, as collecting may have found that two are one; and
        without what the series has told of since."""
        edition, desk = waiting.edition, self._desk(waiting)
        ids = [item.entry.id for item in (*edition.featured, *edition.also)]
        present = await self.entries.present_ids([*ids, *waiting.dropped])
        told = await self.entries.told(edition.newsletter, [*present.values(), *edition.rest])
        gone = _gone(ids, present, told) | told.intersection(edition.rest)
        kept = revision.without(edition, gone, desk.phrases, desk.file) if gone else edition
        dropped = dict.fromkeys(present[id_] for id_ in waiting.dropped if id_ in present)
        asked = replace(waiting, dropped=tuple(dropped))
        return asked, revision.renamed(kept, present) if kept else None


def _gone(ids: Sequence[str], present: Mapping[str, str], told: frozenset[str]) -> set[str]:
    """Which of these entries were told of, or are the same as a better one, or no longer there."""
    seen = set(told)
    gone = set()
    for id_ in ids:
        now = present.get(id_)
        if now is None or now in seen:
            gone.add(id_)
        else:
            seen.add(now)
    return gone


def _changed(waiting: WaitingEdition) -> DraftChanged:
    return DraftChanged(
        f"somebody else has just changed edition {edition_name(waiting.edition)}, or decided on it: "
        "look at it again."
    )


def spoken_deadline(waiting: WaitingEdition) -> str:
    """Until when it waits, in the time of its slot: "09:30", with the day where that is another."""
    slot = waiting.edition.slot
    local = waiting.deadline.astimezone(slot.tzinfo)
    return f"{local:%H:%M}" if local.date() == slot.date() else f"{local:%Y-%m-%d %H:%M}"


def link_token(secret: bytes, waiting: WaitingEdition) -> str:
    """What the address of its page ends with."""
    return tokens.make(secret, tokens.APPROVE, _slot_of(waiting), waiting.edition.number)


def is_link_of(keys: Sequence[bytes], waiting: WaitingEdition, token: str) -> bool:
    """Whether the token is one of this edition's."""
    return tokens.read(keys, tokens.APPROVE, _slot_of(waiting), token) == waiting.edition.number


def _slot_of(waiting: WaitingEdition) -> str:
    return f"{waiting.edition.newsletter} {waiting.edition.slot.isoformat()}"
