"""Where copies are written and signed: a group at a time, the signatures in threads."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from os import cpu_count
from typing import Protocol, Self

from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState
from newsletter.ports import DueCopy, Message, Outbox, PublishedEdition

__all__ = ["ALL_MUTED", "CopyDesk", "CopyWriter"]

ALL_MUTED = "the reader has muted all of this edition"


class CopyWriter(Protocol):
    """Writes the copies of one edition: `services.compose.Composer`."""

    @property
    def signs(self) -> bool:
        """Whether `sign` has something to do."""

    def check(self) -> None:
        """Raises ConfigError for what would fail for everybody."""

    def unsigned(self, row: DueCopy) -> Message | None:
        """What this reader gets; None where they have muted all of it. Raises where it cannot be
        written."""

    def sign(self, message: Message) -> Message:
        """The message with its signature; from any thread."""


class CopyDesk:
    """The editions that are being sent. A context manager: it keeps threads."""

    def __init__(self, outbox: Outbox, writer: Callable[[PublishedEdition], CopyWriter]) -> None:
        self._outbox = outbox
        self._writer = writer
        self._in_hand: dict[tuple[int, str], CopyWriter] = {}
        self._published: dict[int, datetime] = {}
        self._opening = asyncio.Lock()
        self._threads = cpu_count() or 1
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    def published(self, edition_id: int) -> datetime:
        """When the edition of a row that was written here was published, or sent on after a pause."""
        return self._published[edition_id]

    async def write(self, rows: Sequence[DueCopy]) -> list[tuple[DueCopy, Message | Decision]]:
        """Each row with its message, ready to be handed over, or with what becomes of it without one."""
        written = [(row, _compose(await self._writer_of(row), row)) for row in rows]
        if any(self._in_hand[_rendering(row)].signs for row in rows):
            return await self._signed(written)
        return written

    async def _writer_of(self, row: DueCopy) -> CopyWriter:
        which = _rendering(row)
        if which not in self._in_hand:
            async with self._opening:  # or each group would make one of its own
                if which not in self._in_hand:
                    self._in_hand[which] = await self._open(*which)
        return self._in_hand[which]

    async def _open(self, edition_id: int, language: str) -> CopyWriter:
        found = await (
            self._outbox.rendering(edition_id, language) if language else self._outbox.edition(edition_id)
        )
        writer = self._writer(found)
        writer.check()
        self._published[edition_id] = found.resumed or found.created
        return writer

    async def _signed(
        self, written: Sequence[tuple[DueCopy, Message | Decision]]
    ) -> list[tuple[DueCopy, Message | Decision]]:
        """RSA lets go of the interpreter, so threads sign side by side, and beside what this one does."""
        self._pool = self._pool or ThreadPoolExecutor(self._threads, "signing")
        loop = asyncio.get_running_loop()
        shares = [written[start :: self._threads] for start in range(min(self._threads, len(written)))]
        signed = await asyncio.gather(
            *(loop.run_in_executor(self._pool, self._sign, share) for share in shares)
        )
        return [item for share in signed for item in share]

    def _sign(
        self, share: Sequence[tuple[DueCopy, Message | Decision]]
    ) -> list[tuple[DueCopy, Message | Decision]]:
        return [
            (row, outcome if isinstance(outcome, Decision) else self._one_signed(row, outcome))
            for row, outcome in share
        ]

    def _one_signed(self, row: DueCopy, message: Message) -> Message | Decision:
        try:
            return self._in_hand[_rendering(row)].sign(message)
        except Exception as error:
            return _unwritable(row, error)


def _rendering(row: DueCopy) -> tuple[int, str]:
    return row.edition_id, row.language


def _compose(writer: CopyWriter, row: DueCopy) -> Message | Decision:
    try:
        message = writer.unsigned(row)
    except Exception as error:  # or this row would stop every run; `check` has seen what fails for everybody
        return _unwritable(row, error)
    return message or Decision(DeliveryState.SUPPRESSED, row.attempts, ALL_MUTED)


def _unwritable(row: DueCopy, error: Exception) -> Decision:
    reason = str(error) or type(error).__name__
    return Decision(DeliveryState.REJECTED, row.attempts, f"could not be written: {reason}")
