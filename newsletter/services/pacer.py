"""A steady rate over all connections."""

import asyncio
import contextlib

__all__ = ["Pacer"]


class Pacer:
    """Lets through `rate` callers a second, evenly; None lets everybody through at once."""

    def __init__(self, rate: float | None) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next = 0.0

    async def wait(self, stop: asyncio.Event) -> None:
        """Returns when it is this caller's turn, or at once when a stop is asked for."""
        if not self._interval:
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + self._interval
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), turn - now)
