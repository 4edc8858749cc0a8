"""Batches as they come in, delivered by one run that goes on while they come.

    job ──batch──▶ desk ──next──▶ delivery ──▶ released
                                     └ asks for the next one: the job has done its part

One run has one set of connections to the mail servers, and does not stop between two batches. What of a batch
has to wait for a slow domain keeps no job: its lease is held, and if this worker dies, it lapses.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from newsletter.errors import AlreadyRunning, EditionPaused
from newsletter.ports import Feed
from newsletter.services.deliver import Delivery
from newsletter.services.waiting import wait_for_event

__all__ = ["DeliveryDesk"]

_LINGER = 2.0
"""Seconds for which a run that has nothing to do waits for the next batch."""


class DeliveryDesk:
    """`ports.Feed` of one worker."""

    def __init__(
        self,
        make: Callable[[Feed], Awaitable[Delivery | None]],
        paused: Callable[[EditionPaused], None] = lambda _: None,
    ) -> None:
        """`make` begins a run that is fed by this desk; None where nothing may be sent now. `paused` is told
        when an edition waits for a person."""
        self._make = make
        self._paused = paused
        self._waiting: deque[int] = deque()
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._current: int | None = None
        """What was handed out last."""
        self._handed_out = 0
        self._held: set[int] = set()
        """What was handed out and not released yet."""
        self._came = asyncio.Event()
        self._delivery: Delivery | None = None
        self._run: asyncio.Task[None] | None = None
        self._stopping = False

    async def deliver(self, batch: int) -> None:
        """Returns when this worker needs to be told of another. Raises what ended the run meanwhile:
        DeliveryError where no server can be used, StoreError."""
        if self._stopping:
            return
        if batch not in self._asked:
            self._asked[batch] = asyncio.get_running_loop().create_future()
            self._waiting.append(batch)
            self._came.set()
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._go_on())
        await asyncio.shield(self._asked[batch])

    async def stop(self) -> None:
        """Returns when what is on its way has arrived; the rest is left to others."""
        self._stopping = True
        self._came.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._run is not None:
            await asyncio.wait([self._run])
        self._end(None)

    async def next(self) -> int | None:
        """A batch as soon as there is one; None where none came for a while, and nothing is on its way."""
        self._let_go(self._current)
        while not self._waiting and not self._stopping:
            self._came.clear()
            await wait_for_event(self._came, _LINGER)
            if not self._came.is_set() and not self._held:
                return None
        if self._stopping:
            return None
        self._current = self._waiting.popleft()
        self._held.add(self._current)
        self._handed_out += 1
        return self._current

    def released(self, batch: int) -> None:
        """Nothing of it is on its way here any more."""
        self._held.discard(batch)
        self._let_go(batch)

    def _let_go(self, batch: int | None) -> None:
        """Its job may end."""
        asked = self._asked.pop(batch, None) if batch is not None else None
        if asked is not None and not asked.done():
            asked.set_result(None)

    async def _go_on(self) -> None:
        """Run after run, as long as there are batches and runs take any."""
        before = -1
        while self._waiting and not self._stopping and self._handed_out != before:
            before = self._handed_out
            try:
                self._delivery = await self._make(self)
                if self._delivery is not None:
                    await self._delivery.run()
            except EditionPaused as held:
                self._paused(held)
            except AlreadyRunning:  # what may be sent now another worker sends
                break
            except Exception as error:
                self._end(error)
                return
            finally:
                self._delivery = None
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        """Of the run, for all that were asked for."""
        self._waiting.clear()
        self._held.clear()
        self._current = None
        asked, self._asked = self._asked, {}
        for one in asked.values():
            if one.done():
                continue
            if error is None:
                one.set_result(None)
            else:
                one.set_exception(error)
