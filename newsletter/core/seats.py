"""Connections that several workers share: how many each of them may have open.

They are numbered from 0, and whoever has a number may have one connection open. Who has fewer than his part
stands in a queue; those who have more then give back what they can, and where there are fewer seats than
workers each has its turn. Not in here: where this is written down, and until when a seat is whose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Plan", "Wish", "arrange"]


@dataclass(frozen=True, slots=True)
class Wish:
    """Of one worker."""

    most: int
    """Connections of all workers together, at least 1."""
    wanted: int
    """As many as it has a use for."""
    used: int = 0
    """As many as it has open now."""
    had_its_turn: bool = False
    """Whether it has had seats for so long that it is another's turn, if there are too few for all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of it."""

    held: tuple[int, ...]
    """The seats that it has from now on: those that it may use, and those that are still in use."""
    usable: int
    """How many connections it may have open from now on."""
    waits: bool
    """Whether it stands in the queue."""


def arrange(me: str, taken: Mapping[int, str], queue: Sequence[str], wish: Wish) -> Plan:
    """What `me` may have, where the seats `taken` are held by others and us, and these wait in this order."""
    mine = sorted(number for number, holder in taken.items() if holder == me)
    valid = [number for number in mine if number < wish.most]
    free = [number for number in range(wish.most) if number not in taken]
    hungry = [worker for worker in queue if worker != me]
    contenders = len({*taken.values(), *queue, me})
    part = max(wish.most // contenders, 1)
    goal = min(wish.wanted, part if hungry else -(-wish.most // contenders))
    if wish.had_its_turn and hungry and not free and contenders > wish.most:
        goal = 0
    before = list(queue).index(me) if me in queue else len(hungry)
    usable = min(goal, len(valid) + max(len(free) - before, 0))
    new = free[: max(usable - len(valid), 0)]
    # What is in use cannot be given back yet, be it above the limit or not.
    held = sorted([*valid, *new]) + [number for number in mine if number >= wish.most]
    return Plan(tuple(held[: max(usable, wish.used)]), usable, usable < min(wish.wanted, part))
