"""The scheduler: APScheduler wakes the daily job, and nothing more; a bell wakes whoever sends letters.

Whether a slot is due, and whether somebody has served it, is asked of the store each time, so waking too
often or twice does no harm. It wakes at the schedule's times, and every minute for what was deferred and
for slots that a sleeping machine has missed. Beside that it gives a sign of life each minute, if all is well.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.bootstrap import App
from newsletter.core.slots import Schedule
from newsletter.errors import NewsletterError
from newsletter.scheduler.rounds import Rounds
from newsletter.services.deliver import Delivery
from newsletter.services.waiting import wait_for_event

__all__ = ["Scheduler"]

log = structlog.get_logger()

_MINUTE = 60.0
_PATIENCE = 20.0
"""Seconds to wait for the turn to send: the next slot must not wait for another newsletter's long list."""


class Scheduler:
    """Runs the daily job of one newsletter inside the event loop that starts it. Where several share a mail
    server, whoever has the `turn` sends."""

    def __init__(self, app: App, turn: asyncio.Lock | None = None) -> None:
        self._app = app
        self._turn = turn or asyncio.Lock()
        self._delivery: Delivery | None = None
        self._rounds = Rounds(app)
        self._scheduler = AsyncIOScheduler(timezone=app.schedule.zone)
        self._post = app.post()
        self._letters: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Wake at once, and from now on."""
        zone = self._app.schedule.zone
        self._call(self.wake, _trigger(self._app.schedule))
        self._call(self.beat, IntervalTrigger(minutes=1, timezone=zone))
        if self._app.intakes:
            often = int(self._app.settings.bounces.every.total_seconds())
            self._call(self._rounds.look, IntervalTrigger(seconds=often, timezone=zone))
        self._scheduler.start()
        self._letters = asyncio.create_task(self._send_letters())

    def _call(self, job: Callable[[], Awaitable[None]], trigger: BaseTrigger) -> None:
        """At once, and whenever the trigger says."""
        for when in (None, trigger):
            self._scheduler.add_job(job, when, max_instances=1, coalesce=True, misfire_grace_time=None)

    async def stop(self) -> None:
        """Start nothing more, and return when what is on its way has arrived."""
        self._rounds.stopping = True
        if self._delivery is not None:
            self._delivery.stop()
        self._post.stop()
        self._app.bell.set()
        await self._rounds.rest()
        # APScheduler cancels what runs when it is shut down, so it must be done by then; but a sign of life
        # is not worth waiting for.
        self._scheduler.shutdown(wait=False)
        if self._letters is not None:
            await self._letters
        await self._rounds.sign_off()

    async def wake(self) -> None:
        """Serve the slot that is due, if any, tell the operator, and send what is due."""
        await self._rounds.go_round(self._send)

    async def beat(self) -> None:
        """Give a sign of life, if all is well."""
        await self._rounds.beat()

    async def _send_letters(self) -> None:
        """At once when the bell rings, and every minute what was put off; beside whatever delivery runs."""
        while not self._rounds.stopping:
            self._app.bell.clear()
            try:
                await self._post.run()
            except NewsletterError as error:
                log.error("letters wait", error=str(error))
            except Exception:  # or nobody would send the next ones
                log.exception("letters wait")
            await wait_for_event(self._app.bell, _MINUTE)

    async def _send(self) -> None:
        """Unless another newsletter sends for longer than one should wait: the next waking tries again."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._turn.acquire()
        except TimeoutError:
            return
        try:
            await self._send_due()
        finally:
            self._turn.release()

    async def _send_due(self) -> None:
        due = await self._app.outbox.count_due(self._app.clock.now())
        if not due or self._rounds.stopping or await self._app.allowance() == 0:
            return
        log.info("sending", copies=due)
        self._delivery = await self._app.delivery(lambda _: self._rounds.pulse.move())
        try:
            await self._delivery.run()
        finally:
            self._delivery = None
        log.info("sent", left=await self._app.outbox.count_due(self._app.clock.now()))


def _trigger(schedule: Schedule) -> OrTrigger:
    days = ",".join(str(day) for day in sorted(schedule.weekdays))
    at = CronTrigger(
        day_of_week=days, hour=schedule.time.hour, minute=schedule.time.minute, timezone=schedule.zone
    )
    return OrTrigger([at, IntervalTrigger(minutes=1, timezone=schedule.zone)])
