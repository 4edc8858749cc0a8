"""A file's people onto the list, a batch in each transaction: what stops half-way keeps whole batches, and
the same file once more goes on where it ended."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Protocol

from newsletter.core.address import address_key
from newsletter.core.listfile import NewSubscriber, Row
from newsletter.ports import Subscribers

__all__ = ["FirstLines", "Kind", "ListImport", "Remark", "Tally"]

BATCH = 50_000
"""Rows; so many are in memory at a time."""


class FirstLines(Protocol):
    """Remembers who stands where in a file."""

    def note(self, places: Sequence[tuple[str, int]]) -> dict[int, int]:
        """The lines of those that have been named before, with the first line of each."""


class Kind(StrEnum):
    """Why a row was not taken."""

    INVALID = "invalid"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Remark:
    """A row that was not taken."""

    line: int
    kind: Kind
    text: str


@dataclass
class Tally:
    """Every row of the file is in exactly one of these."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    duplicates: int = 0
    invalid: int = 0

    @property
    def people(self) -> int:
        """Rows that name somebody."""
        return self.added + self.updated + self.unchanged + self.suppressed + self.duplicates


@dataclass
class ListImport:
    """One import; `remark` is told of every row that was not taken."""

    subscribers: Subscribers
    first_lines: FirstLines
    now: datetime
    remark: Callable[[Remark], None]
    tags: tuple[str, ...] = ()
    """For everybody in the file."""
    rehearse: bool = False
    tally: Tally = field(default_factory=Tally)

    async def run(self, rows: Iterable[Row]) -> None:
        """Take them all."""
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            await self._take(batch)

    async def _take(self, batch: Sequence[Row]) -> None:
        remarks = [Remark(line, Kind.INVALID, str(row)) for line, row in batch if isinstance(row, Exception)]
        people = {line: row for line, row in batch if isinstance(row, NewSubscriber)}
        twice = self.first_lines.note([(address_key(row.email), line) for line, row in people.items()])
        for line, first in twice.items():
            text = f"{people.pop(line).email} stands in line {first} already."
            remarks.append(Remark(line, Kind.DUPLICATE, text))
        given = (
            [replace(row, more_tags=self.tags) for row in people.values()] if self.tags else people.values()
        )
        done = await self.subscribers.add(given, self.now, "import", rehearse=self.rehearse)
        if done.left:
            remarks += (
                Remark(line, Kind.SUPPRESSED, f"{row.email} is {done.left[row.email]}: not imported.")
                for line, row in people.items()
                if row.email in done.left
            )
        self._count(remarks, done.added, done.updated, done.unchanged)
        for remark in sorted(remarks, key=lambda remark: remark.line):
            self.remark(remark)

    def _count(self, remarks: Sequence[Remark], added: int, updated: int, unchanged: int) -> None:
        tally = self.tally
        tally.added += added
        tally.updated += updated
        tally.unchanged += unchanged
        kinds = [remark.kind for remark in remarks]
        tally.suppressed += kinds.count(Kind.SUPPRESSED)
        tally.duplicates += kinds.count(Kind.DUPLICATE)
        tally.invalid += kinds.count(Kind.INVALID)
