"""One request at a time, with a pause between two, to a host that wants it so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

__all__ = ["Turns"]


@dataclass
class _Host:
    pause: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0


class Turns:
    """`intervals` are in seconds, by host name. Other hosts need not wait."""

    def __init__(self, intervals: Mapping[str, float]) -> None:
        self._hosts = {name.lower(): _Host(pause) for name, pause in intervals.items()}

    @asynccontextmanager
    async def turn(self, name: str, clock: asyncio.Timeout) -> AsyncIterator[None]:
        """Wait for this host to be free, then have it alone. The wait is not the address's fault, so
        `clock` stands still for so long."""
        host = self._hosts.get(name.lower())
        if host is None:
            yield
            return
        loop = asyncio.get_running_loop()
        asked, ends = loop.time(), clock.when()
        clock.reschedule(None)
        async with host.lock:
            await asyncio.sleep(max(0.0, host.free_at - loop.time()))
            clock.reschedule(ends and ends + loop.time() - asked)
            try:
                yield
            finally:
                host.free_at = loop.time() + host.pause
