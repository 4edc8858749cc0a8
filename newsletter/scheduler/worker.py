"""A worker: one of any number of processes, on as many machines, that share the daily job and its delivery.

    tick, once a minute over all workers ─┬▶ day      the steps of the daily job, one worker at a time
                                          ├▶ letters  before all else, in a queue of their own
                                          └▶ deliver  a batch of the outbox each

Jobs say where to look; rows and leases in the database say what is true. A tick posts again whatever is
missing, so a job that is lost costs a minute.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress

import structlog

from newsletter.adapters.jobs import JobBoard, Work
from newsletter.bootstrap import App
from newsletter.errors import DeliveryError, EditionPaused, NewsletterError, StoreError
from newsletter.ports import Feed
from newsletter.scheduler.rounds import Rounds
from newsletter.services.deliver import Delivery
from newsletter.services.deliverydesk import DeliveryDesk

__all__ = ["QUEUES", "Worker"]

log = structlog.get_logger()

QUEUES = {"letters": 1, "day": 2, "deliver": 2}
"""How many jobs of each a worker takes at a time: while one batch drains, the next one is there."""
_FILLED = 1000
"""Jobs that wait at most for delivery: half a million copies, which are made anew each minute."""
_MINUTE = 60.0
_TRIES = 6
"""Two minutes; then the tick posts what is still due."""


class Worker:
    """Of one newsletter in this process, inside the event loop that starts it."""

    def __init__(self, app: App, queues: Collection[str] = QUEUES) -> None:
        """`queues` are those whose jobs it takes."""
        self._app = app
        self._rounds = Rounds(app)
        self._post = app.post()
        self._desk = DeliveryDesk(self._delivery, self._tell_paused)
        passing = (DeliveryError, StoreError)
        self._board = JobBoard(
            app.settings.store.url,
            [
                Work("tick", "day", self._tick, priority=10, alone=True, every_minute=True),
                Work("day", "day", self._day, alone=True),
                Work("look", "day", self._rounds.look, alone=True),
                Work("letters", "letters", self._send_letters, priority=100),
                Work("deliver", "deliver", self._desk.deliver, tries=_TRIES, passing=passing),
            ],
        )
        self._lease = app.settings.delivery.lease.total_seconds()
        self._queues = {name: most for name, most in QUEUES.items() if name in queues}
        self._stopped = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Work from now on."""
        self._working = asyncio.create_task(self.run())

    async def stop(self) -> None:
        """Start nothing more, and return when what is on its way has arrived. Raises what ended it before."""
        self._stopped.set()
        if self._working is not None:
            await self._working

    async def run(self) -> None:
        """Until stopped. Raises StoreError where the database cannot be reached at the start."""
        async with self._board.open():
            taking = asyncio.create_task(self._board.run(self._app.worker, self._queues, self._lease / 3))
            beside = [asyncio.create_task(part()) for part in (self._beat, self._revive, self._answer_bell)]
            await self._try_to_post("tick")
            stopped = asyncio.create_task(self._stopped.wait())
            await asyncio.wait([stopped, taking], return_when=asyncio.FIRST_COMPLETED)
            self._rounds.stopping = True
            self._post.stop()
            for task in (taking, stopped, *beside):
                task.cancel()
            await asyncio.gather(self._desk.stop(), taking, stopped, *beside, return_exceptions=True)
            await self._rounds.rest()
            await self._rounds.sign_off()
            with suppress(StoreError):  # then it is forgotten in a while
                await self._app.workers.gone(self._app.worker)
            if not taking.cancelled() and (trouble := taking.exception()):
                raise trouble

    # Jobs

    async def _tick(self) -> None:
        """Post what is to be done. Each minute, and when a worker starts."""
        await self._try_to_post("day")
        if self._app.intakes and self._is_time_to_look():
            await self._try_to_post("look")
        if await self._app.letterbox.waiting():
            await self._try_to_post("letters")
        await self._post_batches()

    async def _day(self) -> None:
        await self._rounds.go_round(self._post_batches)

    async def _send_letters(self) -> None:
        try:
            await self._post.run()
        except NewsletterError as error:
            log.error("letters wait", error=str(error))

    async def _post_batches(self) -> None:
        for batch in await self._app.leased.due_batches(self._app.clock.now(), _FILLED):
            if self._rounds.stopping:
                return
            await self._board.post("deliver", str(batch), batch=batch)

    # Delivering

    async def _delivery(self, feed: Feed) -> Delivery | None:
        if await self._app.allowance() == 0:
            return None
        return await self._app.delivery(feed=feed)

    def _tell_paused(self, held: EditionPaused) -> None:
        log.error("edition paused", error=str(held))

    # Beside the jobs

    async def _beat(self) -> None:
        while True:
            await self._rounds.beat()
            try:
                await self._app.workers.alive(self._app.worker)
            except StoreError as error:
                log.error("no sign of life", error=str(error))
            await asyncio.sleep(_MINUTE)

    async def _revive(self) -> None:
        """Not a job: whoever dies in one that is done by one worker at a time would keep all from it."""
        while True:
            await asyncio.sleep(self._lease / 2)
            try:
                if stalled := await self._board.revive(self._lease):
                    log.warning("jobs taken up of workers that are gone", jobs=stalled)
            except StoreError as error:
                log.error("stalled jobs not found", error=str(error))

    async def _answer_bell(self) -> None:
        """Letters that this process has taken in are posted at once."""
        while True:
            await self._app.bell.wait()
            self._app.bell.clear()
            await self._try_to_post("letters")

    async def _try_to_post(self, name: str) -> None:
        """The next tick tries again."""
        try:
            await self._board.post(name)
        except StoreError as error:
            log.error("job not posted", job=name, error=str(error))

    def _is_time_to_look(self) -> bool:
        """Once in so many minutes, whichever worker ticks."""
        minutes = max(int(self._app.settings.bounces.every.total_seconds() // _MINUTE), 1)
        return int(self._app.clock.now().timestamp() // _MINUTE) % minutes == 0
