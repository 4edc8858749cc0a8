"""What a message is that came back to the sender of the newsletter. Pure: bytes in, verdicts out."""

from newsletter.core.bounces.classifying import classify, envelope_addresses, returned_senders
from newsletter.core.bounces.judging import classify_reply
from newsletter.core.bounces.verdict import Cause, Kind, Verdict

__all__ = [
    "Cause",
    "Kind",
    "Verdict",
    "classify",
    "classify_reply",
    "envelope_addresses",
    "returned_senders",
]
