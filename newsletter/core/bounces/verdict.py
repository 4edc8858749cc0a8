"""What can be said of a returned message."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from newsletter.core.address import normalise_address
from newsletter.core.cleaning import clean_text
from newsletter.errors import InputError

__all__ = [
    "LONGEST_DETAIL",
    "MOST_RECIPIENTS",
    "NOTHING",
    "Cause",
    "Kind",
    "Phase",
    "Report",
    "Verdict",
    "detail_of",
    "mailbox",
]

LONGEST_DETAIL = 300
MOST_RECIPIENTS = 50


class Kind(StrEnum):
    """What a message that came back is."""

    HARD = "hard"
    """The address will not take mail at any time."""
    SOFT = "soft"
    """It did not take this message now."""
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    UNSUBSCRIBE = "unsubscribe"
    NONE = "none"


class Cause(StrEnum):
    """Why a message was not delivered."""

    UNKNOWN_USER = "unknown-user"
    MOVED = "moved"
    NO_DOMAIN = "no-domain"
    NO_MAIL = "no-mail"
    """The domain exists and takes no mail at all (RFC 7505)."""
    FULL = "full"
    DISABLED = "disabled"
    """The mailbox exists, and is locked, suspended or asleep."""
    SENDER = "sender"
    """The address of the sender is refused."""
    RELAYING = "relaying"
    AUTHENTICATION = "authentication"
    """SPF, DKIM, DMARC, or a login that is wanted."""
    BLOCKED = "blocked"
    """The sending machine is refused: its name, its address, its reputation."""
    SPAM = "spam"
    CONTENT = "content"
    """A virus, an attachment, a header: what is in the message."""
    POLICY = "policy"
    TOO_BIG = "too-big"
    TOO_MANY = "too-many"
    """Messages, connections or recipients in too short a time."""
    LOOP = "loop"
    NETWORK = "network"
    EXPIRED = "expired"
    """It was tried for as long as it was to be tried."""
    TEMPORARY = "temporary"
    DELAYED = "delayed"
    """Only a warning: the server goes on trying."""


class Phase(StrEnum):
    """What the server that refused was answering to."""

    GREETING = "greeting"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a message says of one recipient."""

    kind: Kind
    recipient: str | None = None
    """The address that failed or complained, normalised; None where unknown."""
    status: str | None = None
    """Of RFC 3463, such as "5.1.1"; None where unknown."""
    cause: Cause | None = None
    detail: str = ""
    """One line of what the server said, of 300 characters at the most."""


NOTHING = Verdict(kind=Kind.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server said of one recipient, before it is judged."""

    recipient: str | None
    text: str
    status: str = ""
    """As the field of RFC 3464 has it; empty where there is none."""
    phase: Phase | None = None
    """What it was an answer to, where nothing tells otherwise."""
    delayed: bool = False


def mailbox(*candidates: str) -> str | None:
    """The first of them that is an address, normalised."""
    return next(_normalised(candidates), None)


def detail_of(text: str) -> str:
    """On one line, and not too long."""
    line = clean_text(text[: 4 * LONGEST_DETAIL])
    return line if len(line) <= LONGEST_DETAIL else f"{line[: LONGEST_DETAIL - 1]}…"


def _normalised(candidates: tuple[str, ...]) -> Iterator[str]:
    for candidate in candidates:
        try:
            yield normalise_address(candidate[:320])
        except InputError:
            continue
