"""What comes back of a copy that was sent, whoever says so: a returned message, a provider, the server."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from newsletter.core.bounces import (
    Cause,
    Kind,
    Verdict,
    classify,
    classify_reply,
    envelope_addresses,
    returned_senders,
)

__all__ = ["Feedback", "feedback_of_message", "feedback_of_rejection", "worst"]

_SEVERITY = (Kind.COMPLAINT, Kind.UNSUBSCRIBE, Kind.HARD, Kind.SOFT, Kind.AUTO_REPLY, Kind.NONE)
_LOOKED_AT = 1 << 18
_MOST_NAMES = 20
_OUR_ID = re.compile(rb"<[0-9a-f]{40}@[a-zA-Z0-9.-]{1,253}>")
"""A Message-ID of the form that ours have; whether it is one of ours is for `core.proofs`."""
_OWN_ID = re.compile(
    rb"^message-id:[ \t]{0,9}(?:\r?\n[ \t]{1,9})?(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_REPLY = re.compile(r"(5\d\d)(?: (.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody says of one copy."""

    key: str
    """The same whenever the same is said again."""
    kind: Kind
    cause: Cause | None = None
    status: str | None = None
    """Of RFC 3463."""
    detail: str = ""
    recipient: str | None = None
    """The address that it is about, normalised."""
    addresses: tuple[str, ...] = ()
    """Where it came to and what was returned to: one of them may have the token of a copy."""
    message_ids: tuple[str, ...] = ()
    """Those of the returned original, with their brackets."""
    at: datetime | None = None
    """When it happened, where that is known."""
    vouched: bool = False
    """Whether whoever says so has proved who they are, so that the recipient's address is enough."""


def feedback_of_message(message: bytes, recipients: Sequence[str]) -> tuple[Feedback, ...]:
    """What a message says that came to these addresses, the worst first."""
    verdicts = sorted(classify(message), key=lambda verdict: _SEVERITY.index(verdict.kind))
    addresses = (*recipients, *envelope_addresses(message), *returned_senders(message))
    ids = tuple(dict.fromkeys(found.decode() for found in _OUR_ID.findall(message[:_LOOKED_AT])))[
        :_MOST_NAMES
    ]
    # A message that reaches us twice, by two ways, has different headers on top.
    own = _OWN_ID.search(message.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0])
    name = sha256(own[1] if own else message).hexdigest()
    return tuple(
        Feedback(
            key=f"mail:{name[:40]}:{_person(verdict)}",
            kind=verdict.kind,
            cause=verdict.cause,
            status=verdict.status,
            detail=verdict.detail,
            recipient=verdict.recipient,
            addresses=addresses,
            message_ids=ids,
        )
        for verdict in verdicts
    )


def feedback_of_rejection(key: str, reason: str, at: datetime) -> Feedback:
    """Of what the server refused when it was sent; of no kind where it was no server that did so."""
    reply = _REPLY.fullmatch(reason)
    kind, cause, status = classify_reply(int(reply[1]), reply[2] or "") if reply else (Kind.NONE, None, None)
    return Feedback(key=key, kind=kind, cause=cause, status=status, detail=reason[:300], at=at)


def worst(said: Sequence[Feedback]) -> Feedback:
    """The gravest of them."""
    return min(said, key=lambda feedback: _SEVERITY.index(feedback.kind))


def _person(verdict: Verdict) -> str:
    """Short, and without the address, which is not to be kept for longer than the person is."""
    return sha256((verdict.recipient or "").encode()).hexdigest()[:12]
