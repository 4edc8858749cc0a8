"""Complaints: reports of feedback loops (RFC 5965), and those of providers that have forms of their own."""

import re
from collections.abc import Mapping

from newsletter.core.bounces.dsn import fields_of
from newsletter.core.bounces.reading import ADDRESS, Returned, addresses_in, header
from newsletter.core.bounces.verdict import NOTHING, Kind, Verdict, detail_of, mailbox

__all__ = ["complaint"]

_NO_COMPLAINTS = ("not-spam", "auth-failure", "dmarc")
"""A reader takes it back (RFC 6430); a server reports about signatures (RFC 6591)."""
_OWN_FORM = re.compile(
    r"complaint about message from|email feedback report for ip|abuse report|spam complaint", re.IGNORECASE
)
_OWN_HEADER = "X-HmXmrOriginalRecipient"


def complaint(message: Returned) -> Verdict | None:
    """Who complains; None where this is no such report, `NOTHING` where it is one that says the opposite."""
    fields = _fields(message)
    feedback = fields.get("feedback-type", "").lower()
    if feedback.startswith(_NO_COMPLAINTS):
        return NOTHING
    subject = header(message.headers, "Subject")
    if not feedback and not _has_own_form(message, subject):
        return None
    stated = ADDRESS.findall(f"{fields.get('original-rcpt-to', '')} {fields.get('removal-recipient', '')}")
    copied = addresses_in(message.original, _OWN_HEADER, "X-Original-To", "Delivered-To", "To")
    return Verdict(
        kind=Kind.COMPLAINT,
        recipient=mailbox(*stated, *copied),
        detail=detail_of(feedback or subject),
    )


def _fields(message: Returned) -> Mapping[str, str]:
    """Of the report; it may be in the text, where its part is not marked as one."""
    is_report = "feedback-report" in header(message.headers, "Content-Type").lower()
    parts = message.feedback or ((message.prose,) if is_report else ())
    return {name: value for part in parts for group in fields_of(part) for name, value in group.items()}


def _has_own_form(message: Returned, subject: str) -> bool:
    """From an address of theirs, with the message as an attachment."""
    return bool(message.original.keys()) and (
        _OWN_HEADER in message.original or _OWN_FORM.match(subject) is not None
    )
