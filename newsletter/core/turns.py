"""Turns of a rate that several share: whoever asks gets the next ones that nobody has (the generic cell rate
algorithm). Not in here: who keeps the one number that this needs, and who waits.
"""

from dataclasses import dataclass

__all__ = ["Turns", "chunk", "reserve"]

_AHEAD = 0.5
"""Seconds worth of turns that one asks for at a time, at most: that few are lost with whoever dies."""
_QUEUE = 200
"""So many others may have reserved before us. Who would have to wait longer than for them looks at a clock
that was put back."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Reserved for one worker."""

    count: int
    wait: float
    """Seconds until the first; each of the others comes 1/rate later."""


def reserve(ahead: float, rate: float, most: int) -> tuple[Turns, float]:
    """The next turns, at most so many, of a `rate` in messages a second. `ahead` is in how many seconds the
    first one comes that nobody has, negative where that is past; what it becomes is answered too."""
    longest = _QUEUE * max(_AHEAD, 1 / rate)
    wait = ahead if 0 < ahead <= longest else 0.0
    return Turns(most, wait), wait + most / rate


def chunk(before: int, rate: float, *, lapsed: bool) -> int:
    """How many turns to ask for, after so many: more where they were used in time, fewer where some have
    lapsed, which others could have had."""
    most = max(int(rate * _AHEAD), 1)
    return min(max(before // 2, 1) if lapsed else before * 2, most)
