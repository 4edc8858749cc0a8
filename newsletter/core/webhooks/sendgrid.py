"""SendGrid's events, which come many at a time."""

from typing import Any

from newsletter.core.bounces import Cause, Kind
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks.fields import address, failure, instant, items, reported, text

__all__ = ["sendgrid_feedback"]

_SIMPLE = {
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "group_unsubscribe": Kind.UNSUBSCRIBE,
}
_DROPPED = {
    "bounced address": Kind.HARD,
    "invalid": Kind.HARD,
    "spam reporting address": Kind.COMPLAINT,
    "unsubscribed address": Kind.UNSUBSCRIBE,
}
"""Why it did not even try, in lower case: what has happened to that address before."""


def sendgrid_feedback(events: Any) -> tuple[Feedback, ...]:
    """One for each event that says something of a reader."""
    return tuple(filter(None, map(_feedback, items({"events": events}, "events"))))


def _feedback(event: Any) -> Feedback | None:
    verdict = _verdict(event)
    if verdict is None:
        return None
    return reported(
        f"sendgrid:{text(event, 'sg_event_id')}",
        address(event, "email"),
        instant(event, "timestamp"),
        verdict,
        text(event, "reason") or text(event, "response") or text(event, "event"),
        message_ids=(text(event, "smtp-id"),),
    )


def _verdict(event: Any) -> tuple[Kind, Cause | None, str | None] | None:
    what, reason = text(event, "event"), text(event, "reason")
    if simple := _SIMPLE.get(what):
        return simple, None, None
    if what == "dropped":
        dropped = _DROPPED.get(reason.lower())
        return (dropped, None, None) if dropped else None
    if what == "bounce":
        # What it calls blocked was refused for a reason that is not the address.
        return failure(
            f"{text(event, 'status')} {reason}".strip(), is_permanent=text(event, "type") != "blocked"
        )
    if what == "deferred":
        return Kind.SOFT, Cause.DELAYED, None
    return None
