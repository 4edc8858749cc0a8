"""What stands in JSON from outside, and what the events of all providers have in common."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from newsletter.core.address import normalise_address
from newsletter.core.bounces import Cause, Kind, classify_reply
from newsletter.core.cleaning import clean_text
from newsletter.core.feedback import Feedback
from newsletter.errors import InputError

__all__ = ["address", "failure", "instant", "items", "reported", "text"]

_LONGEST = 2000
_MOST_ITEMS = 1000


def text(value: Any, *path: str) -> str:
    """What is found below these keys, on one line; numbers as digits; empty for anything else."""
    found = _below(value, path)
    is_simple = isinstance(found, str | int) and not isinstance(found, bool)
    return clean_text(str(found)[:_LONGEST]) if is_simple else ""


def items(value: Any, *path: str) -> list[Any]:
    """The list below these keys, which may be a limited one."""
    found = _below(value, path)
    return found[:_MOST_ITEMS] if isinstance(found, list) else []


def address(value: Any, *path: str) -> str | None:
    """Normalised; None where there is none."""
    try:
        return normalise_address(text(value, *path)[:320])
    except InputError:
        return None


def instant(value: Any, *path: str) -> datetime | None:
    """Of seconds since 1970 or a text of ISO 8601."""
    found = _below(value, path)
    try:
        if isinstance(found, str) and not found.isdecimal():
            moment = datetime.fromisoformat(found)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return None if isinstance(found, bool) else datetime.fromtimestamp(float(found), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def failure(words: str, *, is_permanent: bool) -> tuple[Kind, Cause | None, str | None]:
    """Kind, cause and status of a failure. A provider that calls it permanent is believed unless the
    server's own words say of what else it complains."""
    kind, cause, status = classify_reply(550 if is_permanent else 450, words)
    is_hard = is_permanent and (kind is Kind.HARD or cause is None)
    return (Kind.HARD if is_hard else Kind.SOFT), cause, status


def reported(
    key: str,
    recipient: str | None,
    at: datetime | None,
    verdict: tuple[Kind, Cause | None, str | None],
    detail: str,
    *,
    addresses: tuple[str, ...] = (),
    message_ids: tuple[str, ...] = (),
) -> Feedback:
    """What a provider says of one recipient; `key` begins with the provider and names the event."""
    kind, cause, status = verdict
    return Feedback(
        # A digest, since the name may be of any length, and have an address in it.
        key=f"{key.partition(':')[0]}:{sha256(key.encode()).hexdigest()[:40]}",
        kind=kind,
        cause=cause,
        status=status,
        detail=detail[:300],
        recipient=recipient,
        addresses=tuple(filter(None, addresses)),
        message_ids=tuple(f"<{name.strip('<>')}>" for name in message_ids if name),
        at=at,
        vouched=True,
    )


def _below(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
