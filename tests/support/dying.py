"""Sends, and whole daily jobs, in a process of their own that die at a chosen moment, by the signal that
cannot be caught."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from simulation.mutants import mutated

from newsletter.adapters.stores import intake, sends
from newsletter.adapters.stores.editions import SqlEditions
from newsletter.adapters.stores.entries import SqlEntries
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.stores.sends import SendCounter
from newsletter.adapters.transports.conversation import Conversation
from newsletter.bootstrap import App, open_app
from newsletter.cli.options import new_runner
from newsletter.services.deliver import Delivery
from newsletter.services.ledger import Ledger
from newsletter.services.outcomes import Outcomes
from newsletter.services.publish import EditorialDesk
from support.samples import NOW

__all__ = ["MOMENTS", "MORNING", "run_and_die", "send_and_die", "start"]

MOMENTS: dict[str, tuple[Any, str, str]] = {
    "planned, nothing begun": (Delivery, "run", "before"),
    "about to begin": (Ledger, "begin", "before"),
    "begun, not handed over": (Ledger, "begin", "after"),
    "about to send the text": (Conversation, "deliver", "before"),
    "after the last dot": (Conversation, "deliver", "after"),
    "after the server's answer": (Outcomes, "answered", "before"),
    "decided, not recorded": (Outcomes, "answered", "after"),
    "all answered, not all recorded": (SqlPaces, "save", "before"),
    "all recorded, the right to send not given back": (SendCounter, "_step", "before"),
    "the end not counted in the file": (sends, "_write", "before"),
}
"""Of a send: before or after which call."""

MORNING: dict[str, tuple[Any, str, str]] = {
    "an entry in the middle of a source": (intake._Intake, "take", "before"),
    "a source is kept": (SqlEntries, "add", "after"),
    "about to rank": (SqlEntries, "candidates", "after"),
    "ranked, not rendered": (EditorialDesk, "propose", "after"),
    "rendered, not published": (EditorialDesk, "draft", "after"),
    "published": (SqlEditions, "publish", "after"),
}
"""Of a daily job, before anything is sent."""

_Job = Callable[[App], Coroutine[Any, Any, None]]

_WORLD = multiprocessing.get_context("forkserver")
_WORLD.set_forkserver_preload(["newsletter.bootstrap", "newsletter.cli.options", "aiosmtplib", "uvloop"])


def start(
    folder: Path, moment: str = "", after: int = 0, mutant: str | None = None
) -> multiprocessing.Process:
    """A process that sends what is due."""
    process = _WORLD.Process(target=_send, args=(folder, moment, after, mutant), daemon=True)
    process.start()
    return process


async def send_and_die(folder: Path, moment: str, after: int, mutant: str | None = None) -> int:
    """Send what is due, and die when that moment comes for the time after this many. Answers the exit
    code: that of SIGKILL where it died. `mutant` is one of `simulation.mutants` to send with."""
    process = start(folder, moment, after, mutant)
    try:
        await asyncio.to_thread(process.join, 20)
    finally:
        process.kill()
    return process.exitcode or 0


async def run_and_die(folder: Path, moment: str = "", after: int = 0) -> int:
    """The same with the whole daily job: collect, publish, send."""
    process = _WORLD.Process(target=_send, args=(folder, moment, after, None, _whole_job), daemon=True)
    process.start()
    try:
        await asyncio.to_thread(process.join, 60)
    finally:
        process.kill()
    return process.exitcode or 0


async def _only_send(app: App) -> None:
    await (await app.delivery()).run()


async def _whole_job(app: App) -> None:
    for job in await app.jobs():
        if slot := await job.due(NOW):
            await job.publish(slot, NOW, await app.collect())
    await _only_send(app)


def _send(folder: Path, moment: str, after: int, mutant: str | None, job: _Job = _only_send) -> None:
    async def send() -> None:
        async with open_app(folder / "newsletter.toml", NOW) as app:
            await job(app)

    with ExitStack() as changes:
        if mutant:
            changes.enter_context(mutated(mutant))
        if moment:
            owner, name, when = (MOMENTS | MORNING)[moment]
            changes.enter_context(patch.object(owner, name, _deadly(getattr(owner, name), when, after)))
        with new_runner() as runner:
            runner.run(send())


def _deadly(function: Callable[..., Any], when: str, after: int) -> Callable[..., Any]:
    calls = 0

    def come(now: str) -> None:
        nonlocal calls
        calls += now == when
        if calls > after:
            os.kill(os.getpid(), signal.SIGKILL)

    async def waited(*values: Any, **named: Any) -> Any:
        come("before")
        answer = await function(*values, **named)
        come("after")
        return answer

    def called(*values: Any, **named: Any) -> Any:
        come("before")
        answer = function(*values, **named)
        come("after")
        return answer

    return waited if asyncio.iscoroutinefunction(function) else called
