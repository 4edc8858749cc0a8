"""What replies taught of the pace: kept for the next runs, and shared with the workers of this one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from newsletter.core.pace import Learned
from newsletter.errors import StoreError
from newsletter.ports import Paces
from newsletter.services.gate import Domains
from newsletter.services.ways import Ways

__all__ = ["Learning"]

_EVERY = 3.0
"""Seconds between two looks at what others have learned."""


class Learning:
    """Of one run."""

    def __init__(self, paces: Paces, ways: Ways, domains: Domains) -> None:
        self._paces = paces
        self._ways = ways
        self._domains = domains
        self._kept: dict[str, Learned] = {}

    @asynccontextmanager
    async def going_on(self, *, is_shared: bool) -> AsyncIterator[None]:
        """While anything is sent; what was learned is kept at the end."""
        exchanging = asyncio.create_task(self._exchange()) if is_shared else None
        try:
            yield
        finally:
            if exchanging is not None:
                exchanging.cancel()
                await asyncio.wait([exchanging])
            await self._keep()

    async def _exchange(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            with suppress(StoreError):  # whoever records what was sent will say so
                await self._keep()
                known = await self._paces.load()
                self._kept |= known
                self._ways.hear(known)
                self._domains.hear({key: pace for key, pace in known.items() if key not in self._ways.names})

    async def _keep(self) -> None:
        learned = self._domains.learned | self._ways.learned
        await self._paces.save({key: pace for key, pace in learned.items() if self._kept.get(key) != pace})
        self._kept |= learned
