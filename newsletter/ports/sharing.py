"""How fast all workers together may go that send from one store."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from newsletter.core.turns import Turns

__all__ = ["Seats", "Throttle"]


class Seats(Protocol):
    """The connections to one server or domain, as this worker may have them."""

    def count(self, most: int) -> int:
        """How many may be open here now, where all workers together may have `most`. Costs nothing."""

    def use(self, count: int) -> None:
        """So many are open here from now on. Costs nothing."""

    async def ask(self, most: int, wanted: int) -> None:
        """Try to get so many; `count` says what came of it. Looks what the others have every now and then
        only, so it may be asked often. Raises StoreError."""


class Throttle(Protocol):
    """The limits that hold over all workers. While it is entered, what this worker holds stays its own;
    afterwards others may have it, and so they may soon after this worker has died."""

    @property
    def is_shared(self) -> bool:
        """Whether there can be other workers."""

    def working(self) -> AbstractAsyncContextManager[None]:
        """To be inside for as long as anything is sent."""

    async def reserve(self, key: str, rate: float, most: int) -> Turns:
        """The next turns of a rate, in messages a second, at most so many, which nobody else gets. Turns that
        are not used in time have lapsed. Raises StoreError."""

    def seats(self, key: str) -> Seats:
        """Of a server or domain."""
