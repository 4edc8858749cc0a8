"""A new sending domain earns its reputation slowly: so many copies on the first day, then more each day."""

from dataclasses import dataclass
from datetime import date

__all__ = ["WarmUp"]

_DONE = 10**9
"""Copies a day: more than anybody sends, so the plan is over."""


@dataclass(frozen=True)
class WarmUp:
    """The plan. After three weeks at a growth of 1.5 it is nearly five thousand times the first day."""

    started: date
    first_day: int
    """Copies on the day it started."""
    growth: float
    """What a day's number is multiplied by for the next day's; at least 1."""

    def allowance(self, day: date) -> int:
        """How many copies may go out on this day; none before the start."""
        days = (day - self.started).days
        if days < 0:
            return 0
        number = float(self.first_day)
        for _ in range(days):
            number *= self.growth
            if self.growth == 1 or number >= _DONE:
                break
        return min(int(number), _DONE)
