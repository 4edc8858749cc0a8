"""The two clocks: the real one, and one that stands still for replays."""

from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["FixedClock", "SystemClock"]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """Always the same instant: what `--now` gives."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was made with."""
        return self.instant
