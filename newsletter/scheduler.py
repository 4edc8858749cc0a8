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
from newsletter.errors import AlreadyRunning, DeliveryError, EditionPaused, NewsletterError, said
from newsletter.ports import WaitingEdition
from newsletter.services.daily import Tried
from newsletter.services.deliver import Delivery
from newsletter.services.waiting import wait_for_event

__all__ = ["Scheduler"]

log = structlog.get_logger()

_MINUTE = 60.0
_PATIENCE = 20.0
"""Seconds to wait for the turn to send: the next slot must not wait for another newsletter's long list."""
_NOT_OURS = (AlreadyRunning, DeliveryError, EditionPaused)
"""The program works as it should all the same: mail servers that do not take mail, another that sends."""


class Scheduler:
    """Runs the daily job of one newsletter inside the event loop that starts it. Where several share a mail
    server, whoever has the `turn` sends."""

    def __init__(self, app: App, turn: asyncio.Lock | None = None) -> None:
        self._app = app
        self._turn = turn or asyncio.Lock()
        self._delivery: Delivery | None = None
        self._stopping = False
        self._awake = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._beating = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(timezone=app.schedule.zone)
        self._post = app.post()
        self._pulse = app.pulse()
        self._tried: Tried | None = None
        self._letters: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Wake at once, and from now on."""
        zone = self._app.schedule.zone
        self._call(self.wake, _trigger(self._app.schedule))
        self._call(self.beat, IntervalTrigger(minutes=1, timezone=zone))
        if self._app.intakes:
            often = int(self._app.settings.bounces.every.total_seconds())
            self._call(self.look, IntervalTrigger(seconds=often, timezone=zone))
        self._scheduler.start()
        self._letters = asyncio.create_task(self._send_letters())

    def _call(self, job: Callable[[], Awaitable[None]], trigger: BaseTrigger) -> None:
        """At once, and whenever the trigger says."""
        for when in (None, trigger):
            self._scheduler.add_job(job, when, max_instances=1, coalesce=True, misfire_grace_time=None)

    async def stop(self) -> None:
        """Start nothing more, and return when what is on its way has arrived."""
        self._stopping = True
        if self._delivery is not None:
            self._delivery.stop()
        self._post.stop()
        self._app.bell.set()
        async with self._awake, self._looking:
            # APScheduler cancels what runs when it is shut down, so it must be done by then; but a sign of
            # life is not worth waiting for.
            self._scheduler.shutdown(wait=False)
        if self._letters is not None:
            await self._letters
        try:
            await self._pulse.sign_off()
        except NewsletterError as error:
            log.error("not signed off", error=str(error))

    async def wake(self) -> None:
        """Serve the slot that is due, if any, tell the operator, and send what is due. What goes wrong is
        logged, whatever it is; the next step and the next waking go on."""
        async with self._awake:
            steps = (
                self._settle,
                self._publish,
                self._tell,
                self._ask,
                self._send,
                self._count,
                self._tell,
            )
            troubles = [await self._try(step) for step in steps]
            self._pulse.rest("; ".join(dict.fromkeys(filter(None, troubles))) or None)

    async def _try(self, step: Callable[[], Awaitable[None]]) -> str | None:
        """What is wrong with the program or its store, if anything is."""
        self._pulse.move()
        try:
            await step()
        except _NOT_OURS as error:
            log.error("daily job failed", error=str(error))
        except NewsletterError as error:
            log.error("daily job failed", error=str(error))
            return str(error)
        except Exception as error:  # a bug in one step must not end the others, nor the next waking
            log.exception("daily job failed")
            return said(error)
        return None

    async def beat(self) -> None:
        """Give a sign of life, if all is well."""
        async with self._beating:
            try:
                if why := await self._pulse.beat():
                    log.error("not well", why=why)
            except NewsletterError as error:
                log.error("no sign of life", error=str(error))
            except Exception:  # or it would give none from then on
                log.exception("no sign of life")

    async def _send_letters(self) -> None:
        """At once when the bell rings, and every minute what was put off; beside whatever delivery runs."""
        while not self._stopping:
            self._app.bell.clear()
            try:
                await self._post.run()
            except NewsletterError as error:
                log.error("letters wait", error=str(error))
            except Exception:  # or nobody would send the next ones
                log.exception("letters wait")
            await wait_for_event(self._app.bell, _MINUTE)

    async def look(self) -> None:
        """Take in what came back. What goes wrong is logged; the next look tries again."""
        async with self._looking:
            if self._stopping:
                return
            try:
                found = await self._app.returns.scan(self._app.intakes)
            except NewsletterError as error:
                log.error("bounces not taken in", error=str(error))
                return
            for trouble in found.errors:
                log.error("bounces not taken in", error=trouble)
            for taken, count in found.taken.items():
                log.info("came back", kind=taken.kind.value, fate=taken.fate.value, count=count)

    async def _tell(self) -> None:
        if self._stopping:
            return
        for trouble in await self._app.heartbeat.tell(self._app.clock.now()):
            log.error("operator not told", error=trouble)

    async def _count(self) -> None:
        await self._app.returns.count_rejections()

    async def _settle(self) -> None:
        """What waited for a person's word until now."""
        for settled in await self._app.approval.settle(self._app.clock.now()):
            log.info("nobody came", outcome=settled.outcome.outcome.value, reason=settled.outcome.reason)

    async def _ask(self) -> None:
        if self._app.asking is not None and not self._stopping:
            await self._app.asking.ask(self._app.clock.now())

    async def _publish(self) -> None:
        """Whatever keeps it from serving slots is remembered, for the outcome of those whose time is over."""
        try:
            await self._serve()
        except Exception as error:
            since = self._tried.since if self._tried else self._app.clock.now()
            self._tried = Tried(since, str(error))
            raise
        self._tried = None

    async def _serve(self) -> None:
        now = self._app.clock.now()
        tried = self._tried
        due = [(job, slot) for job in await self._app.jobs() if (slot := await job.due(now, tried))]
        if not due or self._stopping:
            return
        reports = await self._app.collect()
        for report in reports:
            log.info(
                "collected", source=report.name, entries=report.entries, new=report.new, error=report.error
            )
        for job, slot in due:
            served = await job.serve(slot, self._app.clock.now(), reports)
            if isinstance(served, WaitingEdition):
                log.info("waits for approval", series=job.desk.series, until=served.deadline.isoformat())
                continue
            outcome = served.outcome
            log.info(
                "slot",
                series=job.desk.series,
                slot=slot.isoformat(),
                outcome=outcome.outcome.value,
                reason=outcome.reason,
            )

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
        if not due or self._stopping or await self._app.allowance() == 0:
            return
        log.info("sending", copies=due)
        self._delivery = await self._app.delivery(lambda _: self._pulse.move())
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
