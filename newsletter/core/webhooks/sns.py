"""What Amazon SNS signs, and which addresses are its own. Source: "Verifying the signatures of Amazon SNS
messages" in its developer guide."""

import re
from typing import Any

__all__ = ["CONFIRMATIONS", "HASHES", "is_certificate_address", "is_confirmation_address", "signed_text"]

CONFIRMATIONS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
HASHES = {"1": "sha1", "2": "sha256"}
"""By SignatureVersion."""

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        CONFIRMATIONS,
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_OPTIONAL = "Subject"
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
_CONFIRMATION = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[!-~]{1,2000}")


def signed_text(message: Any) -> bytes | None:
    """What the signature of a message is made over; None for what is no message of SNS."""
    if not isinstance(message, dict):
        return None
    keys = _SIGNED.get(str(message.get("Type")))
    if keys is None:
        return None
    fields = [(key, message.get(key)) for key in keys if key != _OPTIONAL or key in message]
    if not all(isinstance(value, str) for _, value in fields):
        return None
    return "".join(f"{key}\n{value}\n" for key, value in fields).encode("utf-8", "surrogatepass")


def is_certificate_address(url: Any) -> bool:
    """Whether it can be that of a certificate of SNS: anybody could sign with one from elsewhere."""
    return isinstance(url, str) and _CERTIFICATE.fullmatch(url) is not None


def is_confirmation_address(url: Any) -> bool:
    """Whether asking for it confirms a subscription at SNS, and nothing else."""
    return isinstance(url, str) and _CONFIRMATION.fullmatch(url) is not None
