"""Copies made ready ahead of the connections: taken from the line, written, signed, begun in the ledger.

    line ──▶ copy desk ──▶ ledger: `sending` ──▶ ready ──▶ connections

Only as many are made ready as connections ask for, and a few more where they are quick, so that what is
ready is always fresh. Where copies are what is short, as when they are signed, half the connections get two
each rather than all one: the second is announced behind the first, and costs no exchange of its own. Not in
here: who sends, what replies mean.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.core.delivery import Decision
from newsletter.ports import DueCopy, Message
from newsletter.services.copydesk import CopyDesk
from newsletter.services.ledger import Ledger
from newsletter.services.line import Line
from newsletter.services.waiting import loop_time

__all__ = ["Preparation", "Prepared"]

_FEEDERS = 3
"""Groups that are under way at once: while one is written another one is signed or committed."""


@dataclass(slots=True)
class Prepared:
    """A copy that says `sending` on the disk and waits for its connection."""

    row: DueCopy
    message: Message
    begun: float
    """When that was committed, in the event loop's time."""
    breaks: int = 0
    """Connections that broke on it before its last dot was sent."""

    @property
    def attempts(self) -> int:
        """This one included."""
        return self.row.attempts + 1


class Preparation:
    """Hands out copies to connections until the line is at its end."""

    def __init__(
        self,
        line: Line,
        desk: CopyDesk,
        ledger: Ledger,
        *,
        group: int,
        ahead: Callable[[], int],
        decided: Callable[[DueCopy, Decision], None],
    ) -> None:
        """`group` rows are begun together at most; `ahead` says how many may wait that nobody asked for;
        `decided` is told what became of copies that cannot be sent."""
        self._line = line
        self._desk = desk
        self._ledger = ledger
        self._group = group
        self._ahead = ahead
        self._decided = decided
        self._ready: deque[Prepared] = deque()
        self._asking: deque[asyncio.Future[Prepared | None]] = deque()
        self._waiting: dict[object, asyncio.Future[Prepared | None]] = {}
        self._under_way = 0
        self._hungry = asyncio.Event()
        self._fed = False
        """Whether one of the feeders has seen the end of the line."""
        self._closed = False
        self.has_begun = False
        """Whether any row of the line could be begun."""
        self.trouble: Exception | None = None

    @property
    def is_out(self) -> bool:
        """Whether nothing more will come."""
        return self._closed and not self._ready

    async def run(self) -> None:
        """Feed until the end, or until closed; `trouble` says what went wrong."""
        await asyncio.gather(*(self._feed() for _ in range(_FEEDERS)))
        self.close()

    async def get(self, who: object) -> Prepared | None:
        """The next copy; None when there is none any more, or none for this one."""
        ready = self.get_ready()
        if ready is not None or self._closed:
            return ready
        asking: asyncio.Future[Prepared | None] = asyncio.get_running_loop().create_future()
        self._asking.append(asking)
        self._waiting[who] = asking
        self._rouse()
        try:
            return await asking
        finally:
            del self._waiting[who]

    def dismiss(self, who: object) -> None:
        """It need not wait any longer, if it does."""
        asking = self._waiting.get(who)
        if asking is not None and not asking.done():
            self._asking.remove(asking)
            asking.set_result(None)

    def get_ready(self) -> Prepared | None:
        """The next copy if there is one at once."""
        if not self._ready:
            return None
        prepared = self._ready.popleft()
        self._rouse()
        return prepared

    def put_back(self, prepared: Prepared) -> None:
        """It was not used after all."""
        self._ready.appendleft(prepared)
        self._serve(1)

    def close(self) -> None:
        """Make no more ready."""
        self._closed = True
        self._line.close()
        self._hungry.set()
        while self._asking:
            if not (asking := self._asking.popleft()).done():
                asking.set_result(None)

    def left(self) -> list[Prepared]:
        """What nobody has asked for in the end."""
        left = list(self._ready)
        self._ready.clear()
        return left

    async def _feed(self) -> None:
        try:
            while (wanted := await self._appetite()) and (rows := await self._take(wanted)):
                await self._prepare(rows)
                self._under_way -= len(rows)
            self._fed = True
            self._hungry.set()
        except Exception as trouble:
            # The connections finish what is on its way; whoever waits for the run gets to know.
            self.trouble = trouble
            self.close()

    async def _appetite(self) -> int:
        """How many to make ready next; 0 at the end."""
        while not (self._closed or self._fed):
            if wanted := self._wanted():
                return wanted
            self._hungry.clear()
            await self._hungry.wait()
        return 0

    def _wanted(self) -> int:
        """How many are worth a commit now: any that somebody waits for, and else once most of what may wait
        is gone: large groups make few commits."""
        ahead, coming = self._ahead(), len(self._ready) + self._under_way
        room = len(self._asking) + ahead - coming
        worth = len(self._asking) > coming or (room > 0 and room >= ahead * 3 // 4)
        return min(max(room, 1), self._group) if worth else 0

    def _rouse(self) -> None:
        if not self._hungry.is_set() and self._wanted():
            self._hungry.set()

    async def _take(self, wanted: int) -> list[DueCopy]:
        self._under_way += wanted
        rows = await self._line.take(wanted)
        self._under_way -= wanted - len(rows)
        return rows

    async def _prepare(self, rows: list[DueCopy]) -> None:
        written = await self._desk.write(rows)
        begun = await self._ledger.begin([row.id for row in rows])
        self.has_begun = self.has_begun or bool(begun)
        now = loop_time()
        for row, outcome in written:
            if row.id not in begun:
                self._line.leave(row)
            elif isinstance(outcome, Decision):
                self._line.leave(row)
                self._decided(row, outcome)
            else:
                self._ready.append(Prepared(row, outcome, now))
        self._hand_out()

    def _hand_out(self) -> None:
        """To half as many connections as there are copies, and what those leave to all others."""
        if self._ahead():
            self._serve((len(self._ready) + 1) // 2)
            asyncio.get_running_loop().call_soon(lambda: self._serve(len(self._ready)))
        else:
            self._serve(len(self._ready))

    def _serve(self, most: int) -> None:
        """Give what is ready to so many of those that wait."""
        while most and self._ready and self._asking:
            asking = self._asking.popleft()
            if not asking.done():
                asking.set_result(self._ready.popleft())
                most -= 1
