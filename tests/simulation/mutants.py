"""Broken variants of the delivery: each breaks one promise, and the simulation must notice every one. A check
that finds nothing wrong with them would find nothing wrong with anything."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from newsletter.core import delivery
from newsletter.core.delivery import Decision
from newsletter.core.model import DeliveryState as State
from newsletter.services import deliver, ledger, outcomes, preparation

__all__ = ["MUTANTS", "mutated"]

Mutant = tuple[Any, str, Any]


async def _begin_without_commit(self: ledger.Ledger, rows: Any) -> frozenset[int]:
    if self.trouble:
        raise self.trouble
    loop = asyncio.get_running_loop()
    loop.call_later(0.5, lambda: loop.create_task(_BEGIN(self, rows)))
    return frozenset(rows)


def _decide_and_forget(self: ledger.Ledger, row: int, decision: Decision) -> None:
    if row % 7:
        _DECIDE(self, row, decision)


def _ambiguous_is_accepted(reply: Any, attempt: Any, now: Any, **rules: Any) -> Decision:
    return _AFTER_REPLY(replace(reply, ambiguous=False, code=250 if reply.ambiguous else reply.code),
                        attempt, now, **rules)  # fmt: skip


def _ambiguous_is_not_taken(reply: Any, attempt: Any, now: Any, **rules: Any) -> Decision:
    return _AFTER_REPLY(replace(reply, ambiguous=False), attempt, now, **rules)


def _interrupted_is_pending(attempts: int, *, policy: Any) -> Decision:
    return Decision(State.PENDING, attempts, "as if nothing had happened")


def _interrupted_is_accepted(attempts: int, *, policy: Any) -> Decision:
    return Decision(State.ACCEPTED, attempts, "it will have arrived")


async def _never_asked(self: deliver.Delivery, row_id: int) -> bool:
    return True


def _far_ahead(self: deliver.Delivery, ways: Any, connections: int) -> int:
    return 5 * connections


def _put_back_twice(self: preparation.Preparation, prepared: Any) -> None:
    _PUT_BACK(self, prepared)
    _PUT_BACK(self, prepared)


def _dropped(self: preparation.Preparation, prepared: Any) -> None:
    """Not put back."""


def _nothing_left(self: preparation.Preparation) -> list[Any]:
    return []


_BEGIN = ledger.Ledger.begin
_DECIDE = ledger.Ledger.decide
_AFTER_REPLY = delivery.after_reply
_PUT_BACK = preparation.Preparation.put_back

MUTANTS: dict[str, Mutant] = {
    "sends before the intent is on the disk": (ledger.Ledger, "begin", _begin_without_commit),
    "forgets outcomes": (ledger.Ledger, "decide", _decide_and_forget),
    "takes silence for acceptance": (outcomes, "after_reply", _ambiguous_is_accepted),
    "takes silence for refusal": (outcomes, "after_reply", _ambiguous_is_not_taken),
    "takes an interrupted copy for unsent": (deliver, "after_interruption", _interrupted_is_pending),
    "takes an interrupted copy for sent": (deliver, "after_interruption", _interrupted_is_accepted),
    "does not look again whether a reader has left": (deliver.Delivery, "_wanted", _never_asked),
    "makes ready more than it may": (deliver.Delivery, "_ahead", _far_ahead),
    "sends what was put back twice": (preparation.Preparation, "put_back", _put_back_twice),
    "drops what was not used": (preparation.Preparation, "put_back", _dropped),
    "leaves what is ready in sending": (preparation.Preparation, "left", _nothing_left),
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """With this variant in place of the real code."""
    owner, attribute, broken = MUTANTS[name]
    with patch.object(owner, attribute, broken):
        yield
