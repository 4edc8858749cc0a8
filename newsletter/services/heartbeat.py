"""Telling the operator how each slot ended, and what waits for their word: at least once, by each channel
until it worked, which the database remembers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from newsletter.core.model import Edition
from newsletter.core.notices import Circumstances, Notice, Tone, of_pause, of_slot, of_standstill
from newsletter.errors import said
from newsletter.ports import Caller, Editions, EndedSlot, Outbox, SourceMemory, Tellings
from newsletter.render.notice import render_notice
from newsletter.render.text import clean
from newsletter.services.operator import OperatorPost

__all__ = ["Channel", "Heartbeat", "MailChannel", "WebChannel", "trouble_address"]

_OLD = timedelta(days=7)
"""Of slots before that nobody wants to hear any more: whoever begins to listen is not flooded."""
_COLLECTED = timedelta(hours=1)
"""A source that failed so short before the slot ended failed in the collecting for it."""
_PATIENCE = 30.0
"""Seconds that one channel may take; sending waits for it."""


class Channel(Protocol):
    """One way to the operator."""

    @property
    def name(self) -> str:
        """By which the database remembers what went this way."""

    def wants(self, notice: Notice) -> bool:
        """Whether it is to be told this."""

    async def tell(self, notice: Notice, now: datetime) -> None:
        """Raises NewsletterError where nobody was told; told again, it is the same message."""


@dataclass(frozen=True)
class MailChannel:
    """By mail to the operator's addresses."""

    post: OperatorPost
    trouble_only: bool
    name: str = "mail"

    def wants(self, notice: Notice) -> bool:
        """All, or what is not as it should be."""
        return not self.trouble_only or notice.tone not in (Tone.GOOD, Tone.QUIET)

    async def tell(self, notice: Notice, now: datetime) -> None:
        """In a frame of its own."""
        copy = render_notice(notice, self.post.newsletter.name)
        await self.post.send(clean(notice.subject), copy, notice.key, now)


@dataclass(frozen=True)
class WebChannel:
    """By a POST to an address of the web; of what is trouble, to another."""

    caller: Caller
    url: str | None
    trouble_url: str | None
    name: str = "web"

    def wants(self, notice: Notice) -> bool:
        """What has an address to go to."""
        return self._address(notice) is not None

    async def tell(self, notice: Notice, now: datetime) -> None:
        """As JSON."""
        if address := self._address(notice):
            await self.caller.call(address, notice.data)

    def _address(self, notice: Notice) -> str | None:
        if notice.tone is not Tone.BAD:
            return self.url
        return self.trouble_url or (trouble_address(self.url) if self.url else None)


def trouble_address(url: str) -> str:
    """Where services such as healthchecks.io take failures: `/fail` behind the path, before a query."""
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}/fail{mark}{query}"


@dataclass(frozen=True)
class Heartbeat:
    """Of one newsletter with its series."""

    newsletter: str
    series: Sequence[str]
    tellings: Tellings
    editions: Editions
    outbox: Outbox
    memory: SourceMemory
    channels: Sequence[Channel]
    upcoming: Callable[[datetime], datetime]
    """The next slot after an instant."""
    stuck: Callable[[datetime], Awaitable[int]]
    """How many copies do not get away."""

    async def tell(self, now: datetime) -> tuple[str, ...]:
        """All that was not told yet; answers what went wrong, by channel. It is tried again when this is
        called again. Where another process is telling, nothing. Raises StoreError."""
        troubles: dict[str, str] = {}
        async with self.tellings.alone() as alone:
            if not alone:
                return ()
            for ended in await self.tellings.untold(self.series):
                await self._tell_end(ended, now, troubles)
            async for notice in self._waiting(now):
                await self._tell(notice, now, troubles)
        return tuple(f"{channel}: {trouble}" for channel, trouble in troubles.items())

    async def _tell_end(self, ended: EndedSlot, now: datetime, troubles: dict[str, str]) -> None:
        recent = now - ended.outcome.slot <= _OLD
        if not (self.channels and recent) or await self._tell(await self._of(ended, now), now, troubles):
            await self.tellings.settle(ended, now)

    async def _tell(self, notice: Notice, now: datetime, troubles: dict[str, str]) -> bool:
        """Whether everybody who wants to know has been told. A channel that failed is left alone until the
        next time."""
        told = await self.tellings.told_by(notice.key)
        waiting = [one for one in self.channels if one.name not in told and one.wants(notice)]
        for channel in waiting:
            if channel.name not in troubles:
                if trouble := await _told(channel, notice, now):
                    troubles[channel.name] = trouble
                    continue
                await self.tellings.record(notice.key, channel.name, now)
        return not any(channel.name in troubles for channel in waiting)

    async def _of(self, ended: EndedSlot, now: datetime) -> Notice:
        edition, planned = None, 0
        if ended.outcome.edition is not None:
            published = await self.editions.get(ended.series, ended.outcome.edition)
            edition, planned = published.edition, (await self.outbox.accounting(published.id)).planned
        failed = {
            state.name: state.error
            for state in await self.memory.states()
            if state.error and state.checked >= ended.closed - _COLLECTED
        }
        return of_slot(ended.outcome, self._around(ended.series, now, edition, planned, failed))

    async def _waiting(self, now: datetime) -> AsyncIterator[Notice]:
        """What stands still, if anybody is to be told."""
        if not self.channels:
            return
        if copies := await self.stuck(now):
            around = self._around(self.newsletter, now, None, 0)
            yield of_standstill(copies, now.astimezone(around.next_slot.tzinfo), around)
        for held in await self.tellings.paused(self.series):
            accounting = await self.outbox.accounting(held.id)
            around = self._around(held.edition.newsletter, now, held.edition, accounting.planned)
            # Paused again, it was resumed in between, and is told of again.
            since = held.resumed or held.created
            yield of_pause(held.edition, held.paused or "", since, accounting, around)

    def _around(
        self,
        series: str,
        now: datetime,
        edition: Edition | None,
        planned: int,
        failed: Mapping[str, str] = MappingProxyType({}),
    ) -> Circumstances:
        return Circumstances(self.newsletter, series, self.upcoming(now), edition, planned, failed)


async def _told(channel: Channel, notice: Notice, now: datetime) -> str | None:
    """What went wrong."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await channel.tell(notice, now)
    except TimeoutError:
        return f"nothing came within {_PATIENCE:g} s"
    except Exception as error:  # what nobody foresaw of one message must not keep back the others
        return said(error)
    return None
