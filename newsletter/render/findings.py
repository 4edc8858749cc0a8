"""What a judge of an email says: one finding for each point, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Status"]


class Status(StrEnum):
    """How a point stands."""

    PASS = "pass"  # noqa: S105 - the word, not a password
    WARN = "warn"
    """Not wrong, or not known here: worth a look before it goes out."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point that an email must satisfy, and how it stands."""

    point: int
    """Its number, from 1; the points are listed in docs/email.md."""
    name: str
    """In a few words: "at most 102,400 bytes"."""
    status: Status
    detail: str
    """What was found, with figures."""
    mend: str = ""
    """What to do about it; empty where it passes."""
