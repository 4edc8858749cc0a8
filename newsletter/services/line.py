"""The due rows, each once, in the order of the plan; a domain that must wait lets the others past."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container

from newsletter.core.address import domain_of
from newsletter.ports import Clock, DueCopy, Outbox
from newsletter.services.gate import Domains, Gate
from newsletter.services.waiting import wait_for_event

__all__ = ["Line"]

_PAGE = 500
_PARKED = 20_000
"""Rows that may wait for their domains in memory; with more, everybody waits for one of them."""
_LOOK_AGAIN = 1.0
"""Seconds at most: where a domain opens by time alone, nobody says so."""
_INSTANT = 0.001


class Line:
    """One reading of all that is due."""

    def __init__(
        self,
        outbox: Outbox,
        claim: Callable[[], Awaitable[bool]],
        clock: Clock,
        domains: Domains,
        paused: Container[int],
        budget: int | None,
    ) -> None:
        """`claim` is asked for more when what is held has been read, and answers whether there is;
        `paused` are editions to leave out, also from now on; `budget` is how many rows may be taken."""
        self._outbox = outbox
        self._claim = claim
        self._clock = clock
        self._domains = domains
        self._paused = paused
        self.left = budget
        """How many more may be taken; None is as many as there are."""
        self._page: deque[DueCopy] = deque()
        self._after = 0
        self._claiming: asyncio.Task[bool] | None = None
        self._read_all = False
        self._passed_over: list[int] = []
        self._parked: dict[str, deque[DueCopy]] = {}
        self._inside: dict[int, Gate] = {}
        self._closed = False
        self._moved = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def spent(self) -> bool:
        """Whether the budget is used up."""
        return self.left == 0

    async def take(self, most: int) -> list[DueCopy]:
        """Up to so many that may go now; waits while all that are left must wait. None are the end."""
        async with self._turn:
            while not (self._closed or self.spent):
                rows = await self._open(most if self.left is None else min(most, self.left))
                if self.left is not None:
                    self.left -= len(rows)
                if rows or (self._read_all and not self._parked):
                    return rows
                await self._wait()
        return []

    def leave(self, row: DueCopy) -> None:
        """This row is through, or was put back."""
        gate = self._inside.pop(row.id, None)
        if gate is not None:
            gate.leave(row.id)
            self._moved.set()

    def close(self) -> None:
        """Hand out no more."""
        self._closed = True
        if self._claiming is not None:
            self._claiming.cancel()
        self._moved.set()

    async def end(self) -> None:
        """Give back what is left."""
        self.close()
        if self._claiming is not None:
            await asyncio.wait([self._claiming])
        left = [row.id for rows in (self._page, *self._parked.values()) for row in rows]
        await self._outbox.give_back([*self._passed_over, *left])

    async def _open(self, most: int) -> list[DueCopy]:
        """Parked rows whose domains open first, then new ones."""
        rows: list[DueCopy] = []
        for domain in list(self._parked):
            await self._unpark(domain, most, rows)
        while len(rows) < most and await self._fill():
            row = self._page.popleft()
            domain = domain_of(row.email)
            if domain not in self._parked and await self._enters(row, domain):
                rows.append(row)
            elif row.edition_id in self._paused:
                self._passed_over.append(row.id)
            else:
                self._parked.setdefault(domain, deque()).append(row)
        return rows

    async def _unpark(self, domain: str, most: int, rows: list[DueCopy]) -> None:
        """Add those that may go now."""
        parked = self._parked[domain]
        while parked and parked[0].edition_id in self._paused:
            self._passed_over.append(parked.popleft().id)
        while parked and len(rows) < most and await self._enters(parked[0], domain):
            rows.append(parked.popleft())
        if not parked:
            del self._parked[domain]

    async def _enters(self, row: DueCopy, domain: str) -> bool:
        if row.edition_id in self._paused:
            return False
        gate = self._domains.of(domain)
        if gate is None:
            return True
        if not await gate.enter(row.id):
            return False
        self._inside[row.id] = gate
        return True

    async def _fill(self) -> bool:
        """Whether there is a row to look at."""
        if self._passed_over:
            passed_over, self._passed_over = self._passed_over, []
            await self._outbox.give_back(passed_over)
        while not self._page and await self._has_more():
            self._page.extend(await self._outbox.due(self._clock.now(), self._after, _PAGE))
            if self._page:
                self._after = self._page[-1].id
            else:
                self._claim_more()
        return bool(self._page)

    async def _has_more(self) -> bool:
        """Whether there is something to read now."""
        if self._claiming is not None and self._claiming.done() and not self._closed:
            self._read_all, self._after = not await self._claiming, 0
            self._claiming = None
        is_full = sum(map(len, self._parked.values())) >= _PARKED
        return not (self._read_all or self._claiming is not None or is_full)

    def _claim_more(self) -> None:
        """Those that wait for their domains go on meanwhile."""

        async def claim() -> bool:
            return await self._claim()

        self._claiming = asyncio.create_task(claim())
        self._claiming.add_done_callback(lambda _: self._moved.set())

    async def _wait(self) -> None:
        openings = [gate.opens_in() for domain in self._parked if (gate := self._domains.of(domain))]
        soonest = min((opening for opening in openings if opening is not None), default=_LOOK_AGAIN)
        self._moved.clear()
        await wait_for_event(self._moved, min(max(soonest, _INSTANT), _LOOK_AGAIN))
