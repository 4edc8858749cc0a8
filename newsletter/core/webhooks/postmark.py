"""Postmark's records, one at a time."""

from typing import Any

from newsletter.core.bounces import Cause, Kind
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks.fields import address, failure, instant, reported, text

__all__ = ["postmark_feedback"]

_HARD = {"HardBounce", "BadEmailAddress"}
_TYPES: dict[str, tuple[Kind, Cause | None]] = {
    "SpamComplaint": (Kind.COMPLAINT, None),
    "Unsubscribe": (Kind.UNSUBSCRIBE, None),
    "AutoResponder": (Kind.AUTO_REPLY, None),
    "ChallengeVerification": (Kind.AUTO_REPLY, None),
    "AddressChange": (Kind.SOFT, Cause.MOVED),
    "DnsError": (Kind.SOFT, Cause.NETWORK),
    "Transient": (Kind.SOFT, Cause.DELAYED),
    "SpamNotification": (Kind.SOFT, Cause.SPAM),
    "VirusNotification": (Kind.SOFT, Cause.CONTENT),
    "Blocked": (Kind.SOFT, Cause.BLOCKED),
    "DMARCPolicy": (Kind.SOFT, Cause.AUTHENTICATION),
}
_SUPPRESSIONS = {
    "HardBounce": Kind.HARD,
    "SpamComplaint": Kind.COMPLAINT,
    "ManualSuppression": Kind.UNSUBSCRIBE,
}


def postmark_feedback(record: Any) -> tuple[Feedback, ...]:
    """One at the most."""
    match text(record, "RecordType"):
        case "Bounce":
            kind, cause, status = _bounce(record)
            return (_of(record, "Email", "BouncedAt", (kind, cause, status)),)
        case "SpamComplaint":
            return (_of(record, "Email", "BouncedAt", (Kind.COMPLAINT, None, None)),)
        case "SubscriptionChange" if record.get("SuppressSending") is True:
            kind = _SUPPRESSIONS.get(text(record, "SuppressionReason"), Kind.NONE)
            return (_of(record, "Recipient", "ChangedAt", (kind, None, None)),)
    return ()


def _bounce(record: Any) -> tuple[Kind, Cause | None, str | None]:
    what = text(record, "Type")
    if known := _TYPES.get(what):
        return (*known, None)
    return failure(text(record, "Details"), is_permanent=what in _HARD)


def _of(record: Any, recipient: str, at: str, verdict: tuple[Kind, Cause | None, str | None]) -> Feedback:
    # A change of subscription has no number of its own.
    name = text(record, "ID") or f"{text(record, 'MessageID')} {text(record, at)}"
    detail = text(record, "Details") or text(record, "Description") or text(record, "SuppressionReason")
    kind = text(record, "RecordType")
    return reported(
        f"postmark:{kind}:{name}", address(record, recipient), instant(record, at), verdict, detail
    )
