"""The time."""

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """The time. The only one who may ask for it; everything else gets `now`."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
