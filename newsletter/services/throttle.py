"""Limits where one process sends alone: everything is its own, and nobody needs to be asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from newsletter.core.turns import Turns, reserve
from newsletter.ports import Seats
from newsletter.services.waiting import loop_time

__all__ = ["LocalThrottle"]


class LocalThrottle:
    """`ports.Throttle` of one process."""

    is_shared = False

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        """When the first turn comes that is not reserved, in the event loop's time."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Nobody needs to know."""
        yield

    async def reserve(self, key: str, rate: float, most: int) -> Turns:
        """The next ones."""
        now = loop_time()
        turns, ahead = reserve(self._next.get(key, now) - now, rate, most)
        self._next[key] = now + ahead
        return turns

    def seats(self, key: str) -> Seats:
        """All of them."""
        return _ALL


class _All:
    """`ports.Seats` of one process."""

    def count(self, most: int) -> int:
        return most

    def use(self, count: int) -> None:
        """Nobody needs to know."""

    async def ask(self, most: int, wanted: int) -> None:
        """There is nobody to ask."""


_ALL = _All()
