"""What the doctor says: a finding for each thing that was looked at, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Finding",
    "Status",
    "left_out",
    "ok",
    "problem",
    "record",
    "sentence",
    "strings_of",
    "unknown",
    "warning",
]


class Status(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    """Works, but mail or the daily job could be better off."""
    PROBLEM = "problem"
    """Keeps mail out of the inbox, or the daily job from running."""
    UNKNOWN = "unknown"
    """Could not be checked; the detail says why."""
    NOT_ASKED = "not asked"
    """Was not to be checked, or is of no use now; the detail says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands."""

    check: str
    """The id of its check, one of `checks.CHECKS`; a check may have several findings."""
    status: Status
    title: str
    """In one line, with the names and figures that matter."""
    detail: str = ""
    """What was seen, and why it matters."""
    mend: str = ""
    """What to do: a sentence; each line behind it is to be copied as it is."""


def ok(check: str, title: str, detail: str = "") -> Finding:
    """As it should be."""
    return Finding(check, Status.OK, title, detail)


def warning(check: str, title: str, detail: str = "", mend: str = "") -> Finding:
    """Worth a look."""
    return Finding(check, Status.WARNING, title, detail, mend)


def problem(check: str, title: str, detail: str = "", mend: str = "") -> Finding:
    """To be mended."""
    return Finding(check, Status.PROBLEM, title, detail, mend)


def unknown(check: str, title: str, detail: str = "", mend: str = "") -> Finding:
    """Could not be checked."""
    return Finding(check, Status.UNKNOWN, title, detail, mend)


def left_out(check: str, title: str, why: str) -> Finding:
    """Not to be checked, or of no use now."""
    return Finding(check, Status.NOT_ASKED, title, why)


def sentence(text: str) -> str:
    """A reason that somebody gave, as a sentence of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def record(name: str, text: str) -> str:
    """A TXT record as a zone file has it."""
    return f"{name}. TXT " + " ".join(f'"{part}"' for part in strings_of(text))


def strings_of(text: str) -> list[str]:
    """What a TXT record is cut into, at most 255 octets each (RFC 1035, 3.3.14)."""
    return [text[at : at + 255] for at in range(0, len(text), 255)]
