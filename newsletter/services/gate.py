"""What one mail server, or one recipient domain, lets through at the moment."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

from newsletter.core.pace import Learned, Limits, newer
from newsletter.ports import Clock, Throttle
from newsletter.services.passing import Places, Stock
from newsletter.services.waiting import loop_time, wait_for_event

__all__ = ["Domains", "Gate"]

_ANY = "*"
"""Among the limits of domains: those of every domain that has none of its own."""
_UNLIMITED = 1_000_000


class Gate:
    """Keeps a rate and a number of connections, as configured and as learned from complaints: those of all
    workers together, which the throttle knows."""

    def __init__(self, key: str, limits: Limits, learned: Learned, clock: Clock, throttle: Throttle) -> None:
        """`key` is the server or domain."""
        self.learned = learned
        self.inside = 0
        """How many are between entering and leaving."""
        self._configured = limits
        self._clock = clock
        self._stock = Stock(throttle, key)
        self._places = Places(throttle.seats(key))
        self._meter = _Meter()

    @property
    def limits(self) -> Limits:
        """What is allowed now."""
        if self.learned.changed is None:
            return self._configured
        return self.learned.at(self._clock.now(), self._configured)

    @property
    def keeps_a_rate(self) -> bool:
        """Whether entering may take time."""
        return self.limits.rate is not None

    @property
    def is_slow(self) -> bool:
        """Whether nobody should wait for what goes through here to keep up with the rest."""
        return self.keeps_a_rate or self._places.is_shut_out

    @property
    def usable(self) -> int:
        """How many connections may be open now."""
        most = self.limits.connections
        return _UNLIMITED if most is None else self._places.allowed(most)

    @property
    def seated(self) -> int:
        """How many have a place."""
        return len(self._places)

    async def sit(self, who: object, wanted: int) -> bool:
        """Whether this one may have a connection from now on. `wanted` is how many want one here. Raises
        StoreError."""
        return await self._places.take(who, self.limits.connections, wanted)

    def may_stay(self, who: object) -> bool:
        """Whether it may still have it. Costs nothing."""
        return self._places.keeps(who, self.limits.connections)

    def stand(self, who: object) -> None:
        """It has no connection any more."""
        self._places.leave(who)

    async def turn(self, stop: asyncio.Event) -> None:
        """Returns when it is this caller's turn, or at once when a stop is asked for. Raises StoreError."""
        self.count()
        rate = self.limits.rate
        if rate is None:
            return
        wait = await self._stock.take(rate)
        if wait > 0:
            await wait_for_event(stop, wait)

    def count(self) -> None:
        """One goes through; `turn` and `enter` count by themselves."""
        self._meter.count(loop_time())

    def opens_in(self) -> float | None:
        """Seconds until the next may enter, as far as is known: 0 is now, None is when somebody has left."""
        limits = self.limits
        if self._places.is_full(limits.connections):
            return None
        return 0.0 if limits.rate is None else self._stock.opens_in()

    async def enter(self, who: object) -> bool:
        """Go through, where that is allowed now. Raises StoreError."""
        limits = self.limits
        if not await self._places.take(who, limits.connections, limits.connections or 1):
            return False
        if limits.rate is not None and not await self._stock.take_now(limits.rate):
            self._places.leave(who)
            return False
        self.inside += 1
        self.count()
        return True

    def leave(self, who: object) -> None:
        """What entered is done."""
        self.inside -= 1
        self._places.leave(who)

    @contextlib.contextmanager
    def passage(self) -> Iterator[None]:
        """To be inside for as long as a connection is open."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def complain(self, *, rate: bool = True) -> None:
        """A reply said that this is too much: half of the connections in use from now on, and of the
        `rate`. Both are this worker's, and hold for all of them together, which is on the safe side."""
        seen = Limits(self._meter.rate(loop_time()) if rate else None, self.inside + 1)
        self.learned = self.learned.slowed(seen, self._clock.now())

    def hear(self, learned: Learned) -> None:
        """What another worker learned; the newer of both holds."""
        self.learned = newer(self.learned, learned)


class Domains:
    """The gates of recipient domains; a domain that nothing limits has none."""

    def __init__(
        self, limits: Mapping[str, Limits], learned: Mapping[str, Learned], clock: Clock, throttle: Throttle
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._throttle = throttle
        self._gates: dict[str, Gate] = {}
        self.hear(learned)

    def of(self, domain: str) -> Gate | None:
        """The gate that copies to this domain go through, if any."""
        gate = self._gates.get(domain)
        if gate is None and (domain in self._limits or _ANY in self._limits):
            return self._new(domain)
        return gate

    def complain(self, domain: str) -> None:
        """The server of this domain gets too much. Where nothing limited the domain nobody has counted its
        copies: then they go one at a time from now on."""
        known = domain in self._gates
        gate = self._gates[domain] if known else self._new(domain)
        gate.complain(rate=known)

    def hear(self, learned: Mapping[str, Learned]) -> None:
        """What earlier runs and other workers learned, by domain, unless it is over."""
        now = self._clock.now()
        for domain, known in learned.items():
            if not known.is_over(now):
                (self._gates.get(domain) or self._new(domain)).hear(known)

    @property
    def learned(self) -> dict[str, Learned]:
        """What is worth keeping."""
        return {domain: gate.learned for domain, gate in self._gates.items() if gate.learned.changed}

    def _new(self, domain: str) -> Gate:
        limits = self._limits.get(domain) or self._limits.get(_ANY) or Limits()
        gate = self._gates[domain] = Gate(domain, limits, Learned(), self._clock, self._throttle)
        return gate


class _Meter:
    """How many a second there were, over the last second or so."""

    def __init__(self) -> None:
        self._since = 0.0
        self._count = 0
        self._before = 0.0

    def count(self, now: float) -> None:
        if now - self._since >= 1:
            self._before = self.rate(now) if self._since else 0.0
            self._since, self._count = now, 0
        self._count += 1

    def rate(self, now: float) -> float:
        """At least what the second before had, while this one is young."""
        return max(self._count / max(now - self._since, 0.25), self._before, 1.0)
