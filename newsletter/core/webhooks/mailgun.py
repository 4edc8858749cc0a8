"""Mailgun's events, one at a time."""

from typing import Any

from newsletter.core.bounces import Cause, Kind
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks.fields import address, failure, instant, reported, text

__all__ = ["mailgun_feedback"]

_SUPPRESSED = {
    "suppress-bounce": Kind.HARD,
    "suppress-complaint": Kind.COMPLAINT,
    "suppress-unsubscribe": Kind.UNSUBSCRIBE,
}
"""Reasons why it did not even try: what has happened to that address before."""


def mailgun_feedback(sent: Any) -> tuple[Feedback, ...]:
    """One at the most. It is known by the token of its signature, which signs nothing but that: with another
    event beside it, it would be that event's."""
    event = sent.get("event-data") if isinstance(sent, dict) else None
    verdict = _verdict(event)
    if verdict is None:
        return ()
    return (
        reported(
            f"mailgun:{text(sent, 'signature', 'token')}",
            address(event, "recipient"),
            instant(event, "timestamp"),
            verdict,
            _words(event) or text(event, "event"),
            addresses=(text(event, "envelope", "sender"),),
            message_ids=(text(event, "message", "headers", "message-id"),),
        ),
    )


def _verdict(event: Any) -> tuple[Kind, Cause | None, str | None] | None:
    match text(event, "event"):
        case "complained":
            return Kind.COMPLAINT, None, None
        case "unsubscribed":
            return Kind.UNSUBSCRIBE, None, None
        case "failed":
            return _failed(event)
    return None


def _failed(event: Any) -> tuple[Kind, Cause | None, str | None]:
    if suppressed := _SUPPRESSED.get(text(event, "reason")):
        return suppressed, None, None
    if text(event, "severity") != "permanent":
        return Kind.SOFT, Cause.DELAYED, None  # it goes on trying
    return failure(_words(event), is_permanent=True)


def _words(event: Any) -> str:
    status = ("code", "enhanced-code", "message", "description")
    return " ".join(filter(None, (text(event, "delivery-status", key) for key in status)))
