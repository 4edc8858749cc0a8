"""How an edition was made to fit into the size that large mailboxes show whole."""

from dataclasses import dataclass

__all__ = ["CLIP_LIMIT", "Fitting"]

CLIP_LIMIT = 102_400
"""Bytes of HTML, decoded or encoded, from which large mailboxes cut an email short."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The steps that were taken, and the largest copy that a reader can get."""

    steps: tuple[str, ...]
    """In words, in their order: "summaries of at most 160 characters". None where all fitted as it was."""
    decoded: int
    """Bytes of HTML of the largest copy."""
    encoded: int
    """The same in quoted-printable, as it is sent."""
