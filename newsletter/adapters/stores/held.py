"""What one worker holds of the outbox, in its memory: batches, and which of their rows are on their way.

A batch is through when nothing more of it is handed out and every row that was is through. A lease that was
lost is kept until then as well, so that no row of it is taken for one of a lease that came later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from newsletter.adapters.stores.batches import Claimed

__all__ = ["Held", "Holding"]


@dataclass(eq=False)
class Held:
    """A batch, claimed by this worker."""

    lease: Claimed
    after: int = 0
    """The highest id that was handed out."""
    out: set[int] = field(default_factory=set)
    """Rows that were handed out and are not through."""
    ended: bool = False
    """Whether no more are handed out."""
    lost: bool = False

    @property
    def id(self) -> int:
        """Of the batch."""
        return self.lease.id

    @property
    def is_through(self) -> bool:
        """Nothing of it is on its way any more."""
        return self.ended and not self.out


class Holding:
    """All of them, and the rows by which they are found."""

    def __init__(self) -> None:
        self._batches: dict[int, Held] = {}
        self._of: dict[int, Held] = {}
        self.current: Held | None = None
        """The one that was claimed last."""

    def __contains__(self, batch: int) -> bool:
        return batch in self._batches

    @property
    def all(self) -> list[Held]:
        """In the order in which they were claimed."""
        return list(self._batches.values())

    @property
    def leases(self) -> dict[int, int]:
        """The fence of each batch that is not lost."""
        return _fences(self._batches.values())

    def add(self, lease: Claimed) -> Held:
        """The next one."""
        held = self._batches[lease.id] = self.current = Held(lease)
        return held

    def hand_out(self, held: Held, rows: Iterable[int]) -> None:
        """These rows of it are on their way."""
        for row in rows:
            held.out.add(row)
            self._of[row] = held

    def leases_of(self, rows: Iterable[int]) -> dict[int, int]:
        """Of the batches of these rows, where they are not lost."""
        return _fences({self._of[row] for row in rows if row in self._of})

    def by_batch(self, rows: Iterable[int]) -> Mapping[int, set[int]]:
        """Those of batches that are not lost."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for row in rows:
            held = self._of.get(row)
            if held is not None and not held.lost:
                found[held.id].add(row)
        return found

    def ends_with(self, decided: Mapping[int, set[int]]) -> dict[int, int]:
        """The leases of those that are through once these rows are."""
        held = [self._batches[batch] for batch in decided]
        return _fences(one for one in held if one.ended and one.out <= decided[one.id])

    def done(self, rows: Iterable[int]) -> None:
        """They are through, one way or another."""
        for row in rows:
            held = self._of.pop(row, None)
            if held is not None:
                held.out.discard(row)

    def lose(self, leases: Mapping[int, int]) -> list[int]:
        """Others have them; answers which of them were ours until now."""
        lost = [
            held
            for batch, fence in leases.items()
            if (held := self._batches.get(batch)) and held.lease.fence == fence and not held.lost
        ]
        for held in lost:
            held.lost = held.ended = True
        return [held.id for held in lost]

    def end_those_of(self, rows: Collection[int]) -> None:
        """Hand out no more of the batches that these rows are of."""
        for row in rows:
            if row in self._of:
                self._of[row].ended = True

    def forget(self, held: Held) -> None:
        """It was released, or lost and is through."""
        self._batches.pop(held.id, None)
        for row in list(held.out):
            self._of.pop(row, None)
        if self.current is held:
            self.current = None


def _fences(held: Iterable[Held]) -> dict[int, int]:
    return {one.id: one.lease.fence for one in held if not one.lost}
