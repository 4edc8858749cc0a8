"""A limit for those who guess a token."""

from collections import OrderedDict
from datetime import datetime, timedelta

__all__ = ["Attempts"]


class Attempts:
    """Counts the wrong tokens of each client; where there are too many, none is looked at for a while."""

    def __init__(
        self, most: int = 20, within: timedelta = timedelta(minutes=1), clients: int = 10_000
    ) -> None:
        self._most, self._within, self._clients = most, within, clients
        self._failed: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        """Since when, and how often. The oldest first, which make room."""

    def wait(self, client: str, now: datetime) -> int:
        """For how many seconds; 0 where the next one may come."""
        since, count = self._failed.get(client, (now, 0))
        left = since + self._within - now
        return max(int(left.total_seconds()), 1) if count >= self._most and left > timedelta(0) else 0

    def failed(self, client: str, now: datetime) -> None:
        """Once more."""
        since, count = self._failed.get(client, (now, 0))
        if now - since >= self._within:
            since, count = now, 0
            self._failed.pop(client, None)
        self._failed[client] = (since, count + 1)
        if len(self._failed) > self._clients:
            self._failed.popitem(last=False)
