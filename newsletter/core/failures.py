"""What the reasons of copies that did not arrive have in common: a few classes, fit to be counted and shown.

A reason is what a server said, such as "550 5.1.1 <ada@example.org>: no such user", or our own words where
none said anything. A class names nobody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsletter.core.bounces import Cause, Kind, classify_reply

__all__ = ["LABELS", "FailureClass", "classify_failure"]

LABELS: Mapping[Cause, str] = {
    Cause.UNKNOWN_USER: "no such mailbox",
    Cause.MOVED: "the mailbox has moved",
    Cause.NO_DOMAIN: "the domain does not exist",
    Cause.NO_MAIL: "the domain takes no mail",
    Cause.FULL: "the mailbox is full",
    Cause.DISABLED: "the mailbox is disabled",
    Cause.SENDER: "our sender address is refused",
    Cause.RELAYING: "our server may not send there",
    Cause.AUTHENTICATION: "SPF, DKIM or DMARC, or a login, is missing",
    Cause.BLOCKED: "our server is blocked",
    Cause.SPAM: "taken for spam",
    Cause.CONTENT: "the content is refused",
    Cause.POLICY: "refused by a policy",
    Cause.TOO_BIG: "the message is too big",
    Cause.TOO_MANY: "too many in too short a time",
    Cause.LOOP: "a loop of mail",
    Cause.NETWORK: "the network or their server was away",
    Cause.EXPIRED: "given up after trying for too long",
    Cause.TEMPORARY: "not now, says their server",
    Cause.DELAYED: "delayed",
}
"""What each cause is called in a table."""

_NO_ANSWER = "the connection broke, or nothing answered"
_OURS = (
    ("the sender stopped", "our sender stopped before the answer was recorded"),
    ("its edition was published", "given up after trying for too long"),
    ("could not be written", "the copy could not be written"),
)
"""Reasons in our own words, by how they begin."""
_GIVEN_UP = re.compile(r"given up(?: after \d+ attempts?)?: ")
_CODE = re.compile(r"([2-5]\d\d)(?: |$)")
_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+")
_NUMBERED = re.compile(r"\b(?=\w*\d)\w{6,}")
"""The names of queues, sessions and messages, which differ each time."""
_LONGEST = 500
_BY_CODE = {"4": "not now, says their server", "5": "refused without a reason that is known"}


@dataclass(frozen=True, slots=True)
class FailureClass:
    """One row of a table of failures."""

    code: str
    """The status of RFC 3463, "5.1.1"; of policy and security "4.7.x", of which there are very many; where
    there is none the reply code, "550"; empty where no server said anything."""
    label: str
    """What that means, in a few words."""
    permanent: bool = False
    """Whether the address is at fault, and will be tomorrow."""


def classify_failure(reason: str) -> FailureClass:
    """The class of a reason as the ledger keeps it."""
    return _classified(_NUMBERED.sub("#", _ADDRESS.sub("@", reason[:_LONGEST])))


@lru_cache(maxsize=4096)  # servers say the same of many
def _classified(reason: str) -> FailureClass:
    said = _GIVEN_UP.sub("", reason, count=1)
    found = _CODE.match(said)
    if found is None:
        own = next((label for begin, label in _OURS if said.startswith(begin)), _NO_ANSWER)
        return FailureClass("", own)
    kind, cause, status = classify_reply(int(found[1]), said[found.end() :])
    label = LABELS[cause] if cause else _BY_CODE.get(found[1][0], _NO_ANSWER)
    return FailureClass(_short(status) if status else found[1], label, permanent=kind is Kind.HARD)


def _short(status: str) -> str:
    kind, subject, _ = status.split(".")
    return f"{kind}.7.x" if subject == "7" else status
