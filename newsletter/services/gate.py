"""What one mail server, or one recipient domain, lets through at the moment."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

from newsletter.core.pace import Learned, Limits
from newsletter.ports import Clock
from newsletter.services.waiting import loop_time, wait_for_event

__all__ = ["Domains", "Gate"]

_ANY = "*"
"""Among the limits of domains: those of every domain that has none of its own."""
_NOTHING = Learned()


class Gate:
    """Keeps a rate and a number of connections, as configured and as learned from complaints."""

    def __init__(self, limits: Limits, learned: Learned, clock: Clock) -> None:
        self.learned = learned
        self.inside = 0
        """How many are between entering and leaving."""
        self._configured = limits
        self._clock = clock
        self._next = 0.0
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

    def admits(self, index: int) -> bool:
        """Whether the connection of this number, from 0, may be used."""
        most = self.limits.connections
        return most is None or index < most

    async def turn(self, stop: asyncio.Event) -> None:
        """Returns when it is this caller's turn, or at once when a stop is asked for."""
        self.count()
        rate = self.limits.rate
        if rate is None:
            return
        now = loop_time()
        turn = max(now, self._next)
        self._next = turn + 1 / rate
        if turn > now:
            await wait_for_event(stop, turn - now)

    def count(self) -> None:
        """One goes through; `turn` and `enter` count by themselves."""
        self._meter.count(loop_time())

    def opens_in(self) -> float | None:
        """Seconds until the next may enter: 0 is now, None is when somebody has left."""
        limits = self.limits
        if limits.connections is not None and self.inside >= limits.connections:
            return None
        return 0.0 if limits.rate is None else max(self._next - loop_time(), 0.0)

    def enter(self) -> None:
        """Go through; `opens_in` has said 0."""
        self.inside += 1
        self.count()
        rate = self.limits.rate
        if rate is not None:
            self._next = max(loop_time(), self._next) + 1 / rate

    def leave(self) -> None:
        """What entered is done."""
        self.inside -= 1

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
        `rate`."""
        seen = Limits(self._meter.rate(loop_time()) if rate else None, self.inside + 1)
        self.learned = self.learned.slowed(seen, self._clock.now())


class Domains:
    """The gates of recipient domains; a domain that nothing limits has none."""

    def __init__(self, limits: Mapping[str, Limits], learned: Mapping[str, Learned], clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._gates: dict[str, Gate] = {}
        for domain, known in learned.items():
            self._new(domain, known)

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

    @property
    def learned(self) -> dict[str, Learned]:
        """What is worth keeping."""
        return {domain: gate.learned for domain, gate in self._gates.items() if gate.learned.changed}

    def _new(self, domain: str, learned: Learned = _NOTHING) -> Gate:
        limits = self._limits.get(domain) or self._limits.get(_ANY) or Limits()
        gate = self._gates[domain] = Gate(limits, learned, self._clock)
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
