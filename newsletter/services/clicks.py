"""Counting clicks beside the answers: noted in memory, judged after some seconds, written once a second."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from newsletter.core.clicks import BURST, Click, Judged, Watch
from newsletter.core.likeness import like_of
from newsletter.core.wishes import Like
from newsletter.errors import NotFound, StoreError
from newsletter.ports import Clicks, Clock, Followed, LinkName, Outbox, Subscribers, Tally

__all__ = ["ClickCounter"]

_EVERY = 1.0
"""Seconds between two commits."""
_FOLLOWED = 5000
"""Likewise, of what readers have looked at: one statement names them all."""
_LIKES = 1000
"""Entries that are ready to be counted as looked at: those of many editions."""
_ROOM = 50_000
"""Of what waits to be written, when the store is busy for long: more is not counted."""


class ClickCounter:
    """Takes notes without waiting for anything. Where the process dies, the clicks of its last seconds are
    lost."""

    def __init__(self, clicks: Clicks, subscribers: Subscribers, outbox: Outbox, clock: Clock) -> None:
        self._clicks = clicks
        self._subscribers = subscribers
        self._outbox = outbox
        self._clock = clock
        self._likes: dict[tuple[int, int], Like | None] = {}
        """Of entries that were looked at lately, by edition and rank."""
        self._watch = Watch(_ROOM)
        self._people: Counter[LinkName] = Counter()
        self._machines: Counter[LinkName] = Counter()
        self._followed: dict[Followed, datetime] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, click: Click) -> None:
        """Somebody has followed a link."""
        self._watch.add(click)
        if self._writer is None and not self._closing.is_set():
            self._writer = asyncio.get_running_loop().create_task(self._write_now_and_then())

    async def close(self) -> None:
        """Write all that is left, by what is known of it."""
        self._closing.set()
        if self._writer is not None:
            await self._writer
        await self._write(self._watch.close())

    async def _write_now_and_then(self) -> None:
        while not self._closing.is_set():
            try:
                await asyncio.wait_for(self._closing.wait(), _EVERY)
            except TimeoutError:
                await self._write(self._watch.settled(self._clock.now()))

    async def _write(self, judged: list[Judged]) -> None:
        """What the store does not take now waits for the next time."""
        for click, machine in await self._by_copy(judged):
            self._count(click, machine=machine)
        if not (self._people or self._machines):
            return
        try:
            new = await self._clicks.record(self._counts(), self._followed)
        except StoreError:
            return
        self._people.clear()
        self._machines.clear()
        self._followed.clear()
        await self._like(new)

    async def _like(self, followed: Collection[Followed]) -> None:
        """What somebody has looked at tells a little of what they want to see."""
        for one in followed:
            # They may leave at this very moment, and one click more or less changes little.
            with suppress(StoreError, NotFound):
                if like := await self._like_of(one.edition, one.place):
                    await self._subscribers.like(one.reader, like, self._clock.now())

    async def _like_of(self, edition_id: int, place: int) -> Like | None:
        key = (edition_id, place)
        if key not in self._likes:
            if len(self._likes) >= _LIKES:
                self._likes.clear()
            like = like_of((await self._outbox.edition(edition_id)).edition, place)
            self._likes[key] = replace(like, clicked=True) if like else None
        return self._likes[key]

    async def _by_copy(self, judged: list[Judged]) -> list[Judged]:
        """Where it is known whose copy it was, that copy's own time counts and not the edition's."""
        copies = {(click.edition, click.reader) for click, machine in judged if click.reader and not machine}
        sent: Mapping[tuple[int, int], datetime] = {}
        with suppress(StoreError):
            sent = await self._clicks.sent([(edition, reader) for edition, reader in copies if reader])
        return [
            Judged(
                click, machine or click.at < sent.get((click.edition, click.reader or 0), click.sent) + BURST
            )
            for click, machine in judged
        ]

    def _count(self, click: Click, *, machine: bool) -> None:
        name = LinkName(click.edition, click.place, click.link)
        counter = self._machines if machine else self._people
        if name in counter or len(counter) < _ROOM:
            counter[name] += 1
        if click.reader and not machine and len(self._followed) < _FOLLOWED:
            self._followed.setdefault(Followed(click.reader, click.edition, click.place), click.at)

    def _counts(self) -> dict[LinkName, Tally]:
        names = self._people.keys() | self._machines.keys()
        return {name: Tally(self._people[name], self._machines[name]) for name in names}
