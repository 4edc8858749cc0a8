"""What a gate holds of the limits that it shares with other workers: turns of its rate, and places for
connections."""

import asyncio

from newsletter.core.turns import chunk
from newsletter.ports import Seats, Throttle
from newsletter.services.waiting import loop_time

__all__ = ["Places", "Stock"]

_LATE = 0.1
"""Seconds that a turn may be used late, or the time between two turns where that is longer."""


class Stock:
    """Turns that were reserved and not taken yet."""

    def __init__(self, throttle: Throttle, key: str) -> None:
        self._throttle, self._key = throttle, key
        self._rate = 1.0
        self._first = 0.0
        """When the first of them comes, in the event loop's time."""
        self._left = 0
        self._chunk = 1
        self._lapsed = True
        self._filling = asyncio.Lock()

    def opens_in(self) -> float:
        """Seconds until the next turn; 0 where none is in stock."""
        return max(self._first - loop_time(), 0.0) if self._left else 0.0

    async def take(self, rate: float) -> float:
        """The next turn, whenever it comes: in how many seconds. Raises StoreError."""
        async with self._filling:
            await self._fill(rate)
            return self._taken()

    async def take_now(self, rate: float) -> bool:
        """The next turn if it has come. Raises StoreError."""
        async with self._filling:
            await self._fill(rate)
            if self.opens_in() > 0:
                return False
            self._taken()
            return True

    async def _fill(self, rate: float) -> None:
        self._drop(rate)
        if self._left:
            return
        self._chunk = chunk(self._chunk, rate, lapsed=self._lapsed)
        turns = await self._throttle.reserve(self._key, rate, self._chunk)
        self._rate, self._first, self._left = rate, loop_time() + turns.wait, turns.count
        self._lapsed = False

    def _drop(self, rate: float) -> None:
        """Turns whose time is past, and all of them where it has become much slower."""
        late = loop_time() - max(1 / self._rate, _LATE) - self._first
        lapsed = min(int(late * self._rate) + 1, self._left) if late > 0 else 0
        if self._left and rate < self._rate * 0.9:
            lapsed = self._left
        if lapsed:
            self._left -= lapsed
            self._first += lapsed / self._rate
            self._lapsed = True

    def _taken(self) -> float:
        wait = self.opens_in()
        self._left -= 1
        self._first += 1 / self._rate
        return wait


class Places:
    """Who of us has which of our seats; a limit of None is none."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._taken: dict[object, None] = {}
        self.is_shut_out = False
        """Whether others have all seats, so that somebody here waits and nobody has a place."""

    def __len__(self) -> int:
        return len(self._taken)

    def allowed(self, most: int) -> int:
        """How many of us may have one now."""
        return self._seats.count(most)

    def is_full(self, most: int | None) -> bool:
        """Whether there is none left, as far as is known."""
        return most is not None and len(self._taken) >= self._seats.count(most)

    async def take(self, who: object, most: int | None, wanted: int) -> bool:
        """Whether this one has a place from now on. `wanted` is how many of us want one. Raises
        StoreError."""
        if who in self._taken:
            return self.keeps(who, most)
        if most is not None and self.is_full(most):
            await self._seats.ask(most, wanted)
            if self.is_full(most):
                self.is_shut_out = not self._taken
                return False
        self.is_shut_out = False
        self._taken[who] = None
        self._seats.use(len(self._taken))
        return True

    def keeps(self, who: object, most: int | None) -> bool:
        """Whether it still has it. Whoever came last must go first."""
        if who not in self._taken:
            return False
        if most is None or len(self._taken) <= (allowed := self._seats.count(most)):
            return True
        return list(self._taken).index(who) < allowed

    def leave(self, who: object) -> None:
        """It has gone, if it was there."""
        if who in self._taken:
            del self._taken[who]
            self._seats.use(len(self._taken))
