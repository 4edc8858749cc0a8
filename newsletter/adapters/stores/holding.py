"""The seats of one worker at one server or domain, as far as it knows: asked for, used, renewed, given back.

A lease is relied on for two thirds of its time, so that a message that is on its way when the database falls
silent has come to its end before others may have the seat. Not in here: the rows (`seats`).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Self

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.seats import Leases, settle
from newsletter.core.seats import Wish

__all__ = ["HeldSeats", "Holder", "Patience", "loop_time"]

_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things last, in seconds."""

    leases: Leases = field(default_factory=Leases)
    beat: float = 2.0
    """Between two renewals."""
    ask: float = 1.0
    """Between two tries to get more seats."""
    idle: float = 2.0
    """Seats that nobody has used for so long are given back."""
    turn: float = 10.0
    """Where there are fewer seats than workers, each has one for so long."""

    @classmethod
    def of(cls, lease: float) -> Self:
        """Where seats of those who give no sign of life are free after so long."""
        leases = Leases(seat=lease, waiting=min(6.0, lease))
        return cls(leases, beat=min(2.0, lease / 5), ask=min(1.0, lease / 5), idle=min(2.0, lease / 2))

    @property
    def relied_on(self) -> float:
        """How long after it was renewed a lease is believed in."""
        return self.leases.seat * 2 / 3


@dataclass(frozen=True)
class Holder:
    """One worker."""

    name: str
    database: Database
    patience: Patience
    roused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something can be given back."""
    seats: "dict[str, HeldSeats]" = field(default_factory=dict)
    """Those that may be held, by server or domain."""


class HeldSeats:
    """`ports.Seats`. While something about them is being settled nobody sits down."""

    def __init__(self, key: str, holder: Holder) -> None:
        self._key, self._holder = key, holder
        self._held: tuple[int, ...] = ()
        self._usable = 0
        self._until = 0.0
        self._used = 0
        self._most, self._wanted = 1, 0
        self._since = _NEVER
        """Since when we have had any without a break."""
        self._idle_since = _NEVER
        self._asked = _NEVER
        self._settling = asyncio.Lock()

    def count(self, most: int) -> int:
        """Nothing once the lease is not relied on any more."""
        if loop_time() >= self._until:
            return 0
        if most < self._most:  # it has become less: the seats above it are to be left
            self._usable = min(self._usable, sum(number < most for number in self._held))
        self._most = most
        usable = min(self._usable, most)
        return min(usable, self._used) if self._settling.locked() else usable

    def use(self, count: int) -> None:
        """What was too much can be given back at once."""
        if count < self._used and self._has_too_many:
            self._holder.roused.set()
        if not count:
            self._idle_since = loop_time()
        self._used = count

    async def ask(self, most: int, wanted: int) -> None:
        """Not before some time has passed since the last time, unless we have none of what we want."""
        if self._settling.locked():
            async with self._settling:
                return
        is_enough = self.count(most) >= min(most, wanted)
        self._most, self._wanted = most, wanted
        if not is_enough and loop_time() - self._asked >= self._holder.patience.ask:
            self._asked = loop_time()
            await self.settle()

    async def settle(self) -> None:
        """Get and give back what is right now. Raises StoreError."""
        async with self._settling:
            begun, holder = loop_time(), self._holder
            had_its_turn = bool(self._held) and begun - self._since > holder.patience.turn
            wish = Wish(self._most, self._wanted, self._used, had_its_turn)
            holder.seats[self._key] = self
            try:
                plan = await holder.database.beside(
                    settle, self._key, holder.name, wish, holder.patience.leases
                )
            except BaseException:
                self._usable = 0  # nobody knows what came of it; the next renewal says what we have
                raise
            if not self._held:
                self._since = self._idle_since = begun
            self._held, self._usable = plan.held, plan.usable
            self._until = begun + holder.patience.relied_on

    def renewed(self, held: tuple[int, ...], begun: float) -> None:
        """These are ours, as of then."""
        self._held, self._usable = held, min(self._usable, len(held))
        self._until = begun + self._holder.patience.relied_on
        if not (held or self._settling.locked()):
            self._holder.seats.pop(self._key, None)

    def close_if_idle(self) -> bool:
        """Whether nobody has used them for long; then nobody sits down any more, and they may be given
        back."""
        unused_for = loop_time() - self._idle_since
        if self._used or self._settling.locked() or unused_for <= self._holder.patience.idle:
            return False
        self._held, self._usable, self._asked = (), 0, _NEVER
        return True

    def is_to_settle(self, *, wanted: bool) -> bool:
        """Whether there is something to give back, or to see about, now that others want some."""
        return bool(self._held) and (wanted or self._has_too_many)

    @property
    def _has_too_many(self) -> bool:
        return len(self._held) > self._usable


def loop_time() -> float:
    """In seconds."""
    return asyncio.get_running_loop().time()
