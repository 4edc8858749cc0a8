"""Group commit: whatever was begun or decided while the last commit was on its way goes into the next.

A connection waits until its own line is on the disk, so at any moment at most one message a connection
is between the server's answer and its record. Not in here: what is decided.
"""

import asyncio
from types import TracebackType
from typing import Any, Self

from newsletter.core.delivery import Decision
from newsletter.ports import Clock, Outbox

__all__ = ["Ledger"]


class Ledger:
    """Writes the outbox for many connections at once; an async context manager."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._begun: dict[int, asyncio.Future[bool]] = {}
        self._decided: list[tuple[int, Decision, asyncio.Future[None]]] = []
        self._work = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)

    async def begin(self, row_id: int) -> bool:
        """True once `sending` is on the disk; False where this row must not be sent any more."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._begun[row_id] = future
        self._work.set()
        return await future

    async def decide(self, row_id: int, decision: Decision) -> None:
        """Returns when the decision is on the disk."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decided.append((row_id, decision, future))
        self._work.set()
        await future

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            begun, self._begun = self._begun, {}
            decided, self._decided = self._decided, []
            try:
                moved = await self._outbox.record(
                    list(begun), [(row_id, decision) for row_id, decision, _ in decided], self._clock.now()
                )
            except Exception as error:
                # Each waiter raises it where it belongs.
                for begun_future in begun.values():
                    _settle(begun_future, error)
                for _, _, decided_future in decided:
                    _settle(decided_future, error)
            else:
                for row_id, begun_future in begun.items():
                    _settle(begun_future, row_id in moved)
                for _, _, decided_future in decided:
                    _settle(decided_future, None)


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return  # Whoever waited was cancelled; what is on the disk stands.
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
