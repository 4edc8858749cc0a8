"""Bounces and complaints as Amazon SES tells of them by mail: one JSON object as the text.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import json
from collections.abc import Iterator
from typing import Any

from newsletter.core.bounces.verdict import (
    MOST_RECIPIENTS,
    NOTHING,
    Kind,
    Report,
    Verdict,
    detail_of,
    mailbox,
)

__all__ = ["notified"]


def notified(text: str) -> tuple[Report | Verdict, ...]:
    """What the notification says; nothing where the text is none."""
    found = _object(text.lstrip())
    if isinstance(inner := found.get("Message"), str):
        found = _object(inner.lstrip())
    match str(found.get("notificationType") or found.get("eventType") or "").lower():
        case "bounce":
            return tuple(_bounces(_inside(found, "bounce")))
        case "complaint":
            return tuple(_complaints(_inside(found, "complaint")))
        case "delivery":
            return (NOTHING,)
    return ()


def _bounces(bounce: dict[str, Any]) -> Iterator[Report]:
    kind = f"{bounce.get('bounceType', '')} {bounce.get('bounceSubType', '')}"
    for person in _people(bounce, "bouncedRecipients"):
        yield Report(
            recipient=mailbox(str(person.get("emailAddress", ""))),
            text=str(person.get("diagnosticCode") or kind).removeprefix("smtp;").strip(),
            status=str(person.get("status") or ("4.0.0" if kind.startswith("Transient") else "")),
            delayed=person.get("action") == "delayed",
        )


def _complaints(complaint: dict[str, Any]) -> Iterator[Verdict]:
    for person in _people(complaint, "complainedRecipients"):
        yield Verdict(
            kind=Kind.COMPLAINT,
            recipient=mailbox(str(person.get("emailAddress", ""))),
            detail=detail_of(str(complaint.get("complaintFeedbackType") or "complaint")),
        )


def _people(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    people = found.get(key)
    listed = people[:MOST_RECIPIENTS] if isinstance(people, list) else []
    return [person for person in listed if isinstance(person, dict)]


def _inside(found: dict[str, Any], key: str) -> dict[str, Any]:
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def _object(text: str) -> dict[str, Any]:
    """The object at the beginning of the text; empty where there is none."""
    if not text.startswith("{"):
        return {}
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
