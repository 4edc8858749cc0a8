"""One waking of the daily job, step by step: whatever wakes it, the steps are these.

    drafts that nobody came for ──▶ the due slot ──▶ tell, ask ──▶ (send) ──▶ count what was refused ──▶ tell

What goes wrong in a step is logged, whatever it is; the next step and the next waking go on. Whether a slot
is due, and whether somebody has served it, is asked of the store each time. Not in here: when it wakes.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from newsletter.bootstrap import App
from newsletter.errors import AlreadyRunning, DeliveryError, EditionPaused, NewsletterError, said
from newsletter.ports import WaitingEdition
from newsletter.services.daily import Tried

__all__ = ["Rounds"]

log = structlog.get_logger()

_NOT_OURS = (AlreadyRunning, DeliveryError, EditionPaused)
"""The program works as it should all the same: mail servers that do not take mail, another that sends."""


class Rounds:
    """Those of one newsletter in one process."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.pulse = app.pulse()
        self.stopping = False
        """Whether nothing more is to be started."""
        self._tried: Tried | None = None
        self._awake = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._beating = asyncio.Lock()

    async def go_round(self, send: Callable[[], Awaitable[None]] | None = None) -> None:
        """All steps, once; `send` is how copies are sent, where that is a step of its own."""
        async with self._awake:
            sending = [send] if send else []
            steps = (self._settle, self._publish, self._tell, self._ask, *sending, self._count, self._tell)
            troubles = [await self._try(step) for step in steps]
            self.pulse.rest("; ".join(dict.fromkeys(filter(None, troubles))) or None)

    async def rest(self) -> None:
        """Returns when what is under way has ended."""
        async with self._awake, self._looking:
            pass

    async def sign_off(self) -> None:
        """It is stopped on purpose."""
        try:
            await self.pulse.sign_off()
        except NewsletterError as error:
            log.error("not signed off", error=str(error))

    async def beat(self) -> None:
        """Give a sign of life, if all is well."""
        async with self._beating:
            try:
                if why := await self.pulse.beat():
                    log.error("not well", why=why)
            except NewsletterError as error:
                log.error("no sign of life", error=str(error))
            except Exception:  # or it would give none from then on
                log.exception("no sign of life")

    async def look(self) -> None:
        """Take in what came back. What goes wrong is logged; the next look tries again."""
        async with self._looking:
            if self.stopping:
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

    async def _try(self, step: Callable[[], Awaitable[None]]) -> str | None:
        """What is wrong with the program or its store, if anything is."""
        self.pulse.move()
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

    async def _tell(self) -> None:
        if self.stopping:
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
        if self._app.asking is not None and not self.stopping:
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
        if not due or self.stopping:
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
