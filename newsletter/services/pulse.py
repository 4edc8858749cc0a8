"""The scheduler's signs of life: given only while it is really well."""

from datetime import timedelta

from newsletter.ports import Caller, Clock, Pulses
from newsletter.services.waiting import loop_time

__all__ = ["SCHEDULER", "Pulse"]

SCHEDULER = "scheduler"
"""Its name among those who give signs of life."""

_NEARLY = 30.0


class Pulse:
    """Of one scheduler. It is well while its wakings come to their ends without trouble of its own, or move
    on. `limit` is how long one may stand still."""

    def __init__(
        self,
        pulses: Pulses,
        clock: Clock,
        caller: Caller,
        alive_url: str | None,
        alive_every: timedelta,
        limit: timedelta,
    ) -> None:
        self._pulses = pulses
        self._clock = clock
        self._caller = caller
        self._alive_url = alive_url
        self._alive_every = alive_every.total_seconds()
        self._limit = limit.total_seconds()
        self._moved: float | None = None
        """When the waking that is under way last moved on; None between wakings."""
        self._trouble: str | None = None
        self._called: float | None = None

    def move(self) -> None:
        """A waking has begun, or something of it is done."""
        self._moved = loop_time()

    def rest(self, trouble: str | None) -> None:
        """The waking is over, with this trouble of the program's own."""
        self._moved, self._trouble = None, trouble

    @property
    def ill(self) -> str | None:
        """What is wrong, if anything is."""
        if self._moved is not None and loop_time() - self._moved > self._limit:
            return f"a waking has stood still for more than {self._limit:g} s"
        return self._trouble

    async def beat(self) -> str | None:
        """Give a sign of life, and from time to time ask for `alive_url`; answers why it is not given. Raises
        StoreError where it cannot be kept, and SourceError where the address does not answer."""
        if self.ill:
            return self.ill
        await self._pulses.beat(SCHEDULER, self._clock.now())
        if self._alive_url and self._is_time:
            await self._caller.call(self._alive_url)
            self._called = loop_time()
        return None

    @property
    def _is_time(self) -> bool:
        """Nearly counts: a beat that comes a moment early would make it one beat late."""
        return self._called is None or loop_time() - self._called >= self._alive_every - _NEARLY

    async def sign_off(self) -> None:
        """It is stopped on purpose. Raises StoreError."""
        await self._pulses.sign_off(SCHEDULER)
