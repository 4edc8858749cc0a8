"""Signed links and names: what a reader's link says cannot be made up or moved to another purpose.

A token is the subscriber's number and a truncated HMAC-SHA-256 over (purpose, newsletter, number), in
base64url: 32 characters without padding, opaque, the same on every day. Source: RFC 8058, section 3.1,
asks for "hard-to-forge".

The token of an envelope names a row of the outbox. It stands before an at sign, where servers fold case and
have little room: 32 characters of lower-case base32, any case of which reads back.
"""

import base64
import hmac
from functools import lru_cache

__all__ = [
    "CONFIRM",
    "MORE",
    "PREFERENCES",
    "UNSUBSCRIBE",
    "make",
    "make_envelope",
    "message_id",
    "nonce",
    "read",
    "read_envelope",
]

UNSUBSCRIBE = "unsubscribe"
MORE = "more"
PREFERENCES = "preferences"
CONFIRM = "confirm"

_MAC_BYTES = 16
_NUMBER_BYTES = 8
_ENVELOPE_MAC_BYTES = 12
"""With the number 20, which base32 writes without padding and without spare bits."""


def make(secret: bytes, purpose: str, newsletter: str, subscriber_id: int) -> str:
    """The token of this subscriber for this purpose."""
    number = subscriber_id.to_bytes(_NUMBER_BYTES, "big")
    mac = _mac(secret, "token", purpose, newsletter, str(subscriber_id))[:_MAC_BYTES]
    return base64.urlsafe_b64encode(number + mac).decode()


def read(secret: bytes, purpose: str, newsletter: str, token: str) -> int | None:
    """The subscriber's number, or None for a token that we did not make for this purpose."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != _NUMBER_BYTES + _MAC_BYTES:
        return None
    subscriber_id = int.from_bytes(raw[:_NUMBER_BYTES], "big")
    expected = make(secret, purpose, newsletter, subscriber_id)
    return subscriber_id if hmac.compare_digest(expected.encode(), token.encode()) else None


def make_envelope(secret: bytes, newsletter: str, row_id: int) -> str:
    """What the envelope sender of this row of the outbox says, so that a bounce names it."""
    mac = _mac(secret, "envelope", newsletter, str(row_id))[:_ENVELOPE_MAC_BYTES]
    return base64.b32encode(row_id.to_bytes(_NUMBER_BYTES, "big") + mac).decode().lower()


def read_envelope(secret: bytes, newsletter: str, token: str) -> int | None:
    """The row's number, or None for a token that we did not make."""
    try:
        raw = base64.b32decode(token.encode("ascii"), casefold=True)
    except ValueError:
        return None
    row_id = int.from_bytes(raw[:_NUMBER_BYTES], "big")
    expected = make_envelope(secret, newsletter, row_id)
    return row_id if hmac.compare_digest(expected.encode(), token.lower().encode()) else None


def message_id(secret: bytes, newsletter: str, occasion: int | str, subscriber_id: int, domain: str) -> str:
    """The Message-ID of this copy of an edition, or of this letter, with its brackets: the same on every
    attempt."""
    return f"<{_mac(secret, 'message', newsletter, str(occasion), str(subscriber_id)).hex()[:40]}@{domain}>"


def nonce(secret: bytes, newsletter: str, edition: int) -> str:
    """16 hexadecimal digits that no text from outside can guess, the same on every render."""
    return _mac(secret, "nonce", newsletter, str(edition)).hex()[:16]


def _mac(secret: bytes, *parts: str) -> bytes:
    # Each part with its length: ("ab", "c") and ("a", "bc") must not sign the same.
    *same, last = parts
    mac = _begun(secret, *same).copy()
    mac.update(_frame(last))
    return mac.digest()


# All but the last part is the same for all readers.
@lru_cache(maxsize=1000)
def _begun(secret: bytes, *parts: str) -> hmac.HMAC:
    return hmac.new(secret, b"".join(map(_frame, parts)), "sha256")


def _frame(part: str) -> bytes:
    octets = part.encode()
    return b"%d:%b" % (len(octets), octets)
