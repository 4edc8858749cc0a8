"""Sends in a process of their own that die at a chosen moment, by the signal that cannot be caught."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from simulation.mutants import mutated

from newsletter.adapters.stores import sends
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.stores.sends import SendCounter
from newsletter.adapters.transports.conversation import Conversation
from newsletter.bootstrap import open_app
from newsletter.cli.options import new_runner
from newsletter.services.deliver import Delivery
from newsletter.services.ledger import Ledger
from newsletter.services.outcomes import Outcomes
from support.samples import NOW

__all__ = ["MOMENTS", "send_and_die", "start"]

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
"""Before or after which call."""

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


def _send(folder: Path, moment: str, after: int, mutant: str | None) -> None:
    async def send() -> None:
        async with open_app(folder / "newsletter.toml", NOW) as app:
            await (await app.delivery()).run()

    with ExitStack() as changes:
        if mutant:
            changes.enter_context(mutated(mutant))
        if moment:
            owner, name, when = MOMENTS[moment]
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
