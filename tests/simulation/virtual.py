"""An event loop whose time passes only when everybody waits: hours of sending in milliseconds, always the
same for the same seed."""

import asyncio
import gc
import selectors
import sys
from collections.abc import Coroutine
from typing import Any

__all__ = ["Killed", "VirtualLoop", "bury", "run_until_killed"]


class Killed(KeyboardInterrupt):
    """`kill -9`: nothing of the process runs any more. (asyncio lets only its kind out of the loop.)"""


class _NoFiles(selectors.SelectSelector):
    """Nothing ever happens outside; to wait is to let the time pass."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at the time that is given, in seconds."""

    def __init__(self, now: float) -> None:
        selector = _NoFiles()
        self.now = now
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """What `now` says."""
        return self.now


def run_until_killed(
    work: Coroutine[Any, Any, None], start: float, kill_at: float | None
) -> tuple[float, bool]:
    """Run a process from `start` on. Answers when it ended and whether it was killed; raises its errors."""
    loop = VirtualLoop(start)
    try:
        if kill_at is not None:
            loop.call_at(kill_at, _kill)
        task = loop.create_task(work)
        loop.run_until_complete(task)
        return loop.now, False
    except Killed:
        return loop.now, True
    finally:
        _forget(loop)
        loop.close()


_graveyard: list[asyncio.Task[Any]] = []
"""Tasks of dead processes: collected in the middle of a run, their `finally` would still do something."""


def bury() -> None:
    """Collect what died, quietly: coroutines complain when their loop is closed."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    _graveyard.clear()
    gc.collect()
    gc.freeze()  # what is left is the program's: the next collection need not look at it
    sys.unraisablehook = before


def _kill() -> None:
    raise Killed


def _forget(loop: VirtualLoop) -> None:
    """What a dead process leaves behind in memory is nobody's business, so nobody is told of it."""
    loop.set_exception_handler(lambda *_: None)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        _graveyard.append(task)
