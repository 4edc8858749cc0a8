"""Whose turn it is, where a command does its work for several newsletters one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["Turn", "current_turn", "taking_turn"]


@dataclass
class Turn:
    """That of one newsletter."""

    keeps: bool
    """Whether its JSON is kept for the one object that tells of all, and not printed."""
    answer: dict[str, object] = field(default_factory=dict)
    failed: bool = False
    is_last: bool = False
    """Whether somebody has asked for an end."""


_CURRENT: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current_turn() -> Turn | None:
    """None where there is only one newsletter, or one was named."""
    return _CURRENT.get()


@contextmanager
def taking_turn(*, keeps: bool) -> Iterator[Turn]:
    """What runs inside is a part of what is done for all."""
    turn = Turn(keeps)
    token = _CURRENT.set(turn)
    try:
        yield turn
    finally:
        _CURRENT.reset(token)
