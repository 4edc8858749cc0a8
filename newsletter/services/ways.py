"""The mail servers of one run: which of them work, and whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.core.pace import Learned, Limits
from newsletter.errors import DeliveryError
from newsletter.ports import Clock, Throttle, Transport
from newsletter.services.gate import Gate

__all__ = ["Server", "Way", "Ways"]


@dataclass(frozen=True)
class Server:
    """A mail server that copies may go through."""

    name: str
    """`host:port`."""
    transport: Transport
    connections: int = 4
    """At the same time, of all workers together."""
    rate: float | None = None
    """Messages a second over all connections of all workers; None is as fast as it goes."""
    weight: int = 1
    """Its share beside that of the others; 0 stands by until none of the others works."""


class Way:
    """One server in one run."""

    def __init__(self, server: Server, learned: Learned, clock: Clock, throttle: Throttle) -> None:
        self.server = server
        limits = Limits(server.rate, server.connections)
        self.gate = Gate(server.name, limits, learned, clock, throttle)
        self.sent = 0
        self.answered = False
        """Whether it has answered for any message."""
        self.serving = False
        """Whether it has connections in this pass."""
        self.works = True
        """Not while its connections fail."""
        self.given_up: DeliveryError | None = None
        """Why nothing more goes this way in this run."""
        self.lanes = 0
        """How many connections it would have in this pass."""
        self.lost = 0
        """How many of them have given up."""

    @property
    def usable(self) -> bool:
        """Whether others should leave it its share."""
        return self.serving and self.works and self.given_up is None

    @property
    def is_lost(self) -> bool:
        """Whether as many connections have given up as may be used: the others need not wait any more."""
        return self.lost >= min(self.lanes, max(self.gate.usable, 1))

    @property
    def load(self) -> float:
        """What went this way, as a share of its weight."""
        return self.sent / self.server.weight if self.server.weight else float("inf")


class Ways:
    """All servers of a run."""

    def __init__(
        self, servers: Sequence[Server], learned: Mapping[str, Learned], clock: Clock, throttle: Throttle
    ) -> None:
        nothing = Learned()
        self.all = [Way(server, learned.get(server.name, nothing), clock, throttle) for server in servers]

    @property
    def names(self) -> set[str]:
        """Of their servers."""
        return {way.server.name for way in self.all}

    @property
    def open(self) -> list[Way]:
        """Those not given up."""
        return [way for way in self.all if way.given_up is None]

    def is_turn_of(self, way: Way) -> bool:
        """Whether this server may take the next copy: no more than its share, give or take one for each of
        its connections. A server that keeps a rate, or at which others have all places, takes what it can and
        holds up no other."""
        others = [other for other in self.all if other is not way and other.usable and other.server.weight]
        if not way.server.weight:
            return not others
        slack = way.server.connections / way.server.weight
        return all(way.load <= other.load + slack for other in others if not other.gate.is_slow)

    def hear(self, learned: Mapping[str, Learned]) -> None:
        """What other workers learned, by server."""
        for way in self.all:
            if known := learned.get(way.server.name):
                way.gate.hear(known)

    @property
    def learned(self) -> dict[str, Learned]:
        """What is worth keeping."""
        return {way.server.name: way.gate.learned for way in self.all if way.gate.learned.changed}
