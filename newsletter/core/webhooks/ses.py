"""Amazon SES, as its notifications and its events have it, which differ in little."""

from collections.abc import Mapping
from typing import Any

from newsletter.core.bounces import Cause, Kind
from newsletter.core.feedback import Feedback
from newsletter.core.webhooks.fields import address, failure, instant, items, reported, text

__all__ = ["ses_feedback"]

_SUBTYPES = {
    "MailboxFull": Cause.FULL,
    "MessageTooLarge": Cause.TOO_BIG,
    "ContentRejected": Cause.CONTENT,
    "AttachmentRejected": Cause.CONTENT,
}


def ses_feedback(event: Any) -> tuple[Feedback, ...]:
    """One for each recipient of a bounce or complaint; none of what arrived, was opened and so on."""
    match text(event, "notificationType") or text(event, "eventType"):
        case "Bounce":
            people = items(event, "bounce", "bouncedRecipients")
            return tuple(_bounce(event, person) for person in people)
        case "Complaint" if text(event, "complaint", "complaintFeedbackType") != "not-spam":
            people = items(event, "complaint", "complainedRecipients")
            return tuple(_complaint(event, person) for person in people)
    return ()


def _bounce(event: Mapping[str, Any], person: Any) -> Feedback:
    bounce = event["bounce"]
    words = " ".join(filter(None, [text(person, "status"), text(person, "diagnosticCode")]))
    kind, cause, status = failure(words, is_permanent=text(bounce, "bounceType") == "Permanent")
    verdict = kind, _SUBTYPES.get(text(bounce, "bounceSubType")) or cause, status
    return _of(event, "bounce", person, verdict, words or text(bounce, "bounceSubType"))


def _complaint(event: Mapping[str, Any], person: Any) -> Feedback:
    verdict = (Kind.COMPLAINT, None, None)
    return _of(event, "complaint", person, verdict, text(event, "complaint", "complaintFeedbackType"))


def _of(
    event: Any, what: str, person: Any, verdict: tuple[Kind, Cause | None, str | None], detail: str
) -> Feedback:
    return reported(
        f"ses:{what}:{text(event, what, 'feedbackId')} {text(person, 'emailAddress')}",
        address(person, "emailAddress"),
        instant(event, what, "timestamp"),
        verdict,
        detail,
        addresses=(text(event, "mail", "source"),),
        message_ids=(text(event, "mail", "commonHeaders", "messageId"),),
    )
