"""Signed links and names: what a reader's link says cannot be made up or moved to another purpose.

A token is the subscriber's number and a truncated HMAC-SHA-256 over (purpose, newsletter, number), in
base64url: 32 characters without padding, opaque, the same on every day. Source: RFC 8058, section 3.1,
asks for "hard-to-forge".

The token of an envelope names a row of the outbox. It stands before an at sign, where servers fold case and
have little room: 32 characters of lower-case base32, any case of which reads back. That of a link names one
link of an edition, and is the same in every copy: 28 characters of base64url.

What makes takes one key, what reads takes all that are still good: after a change of the key, links in mail
that was sent before go on working. One spelling of a token is accepted and no other.
"""

import base64
import hmac
import struct
from collections.abc import Sequence
from functools import lru_cache

__all__ = [
    "APPROVE",
    "CLICK",
    "CONFIRM",
    "MORE",
    "PREFERENCES",
    "UNSUBSCRIBE",
    "erased_key",
    "letters_of",
    "make",
    "make_envelope",
    "make_link",
    "message_id",
    "nonce",
    "read",
    "read_envelope",
    "read_link",
]

UNSUBSCRIBE = "unsubscribe"
MORE = "more"
PREFERENCES = "preferences"
CONFIRM = "confirm"
CLICK = "click"
APPROVE = "approve"
"""Its number is that of an edition, its newsletter a series with a slot."""

_MAC_BYTES = 16
_NUMBER_BYTES = 8
_ENVELOPE_MAC_BYTES = 12
"""With the number 20, which base32 writes without padding and without spare bits."""
_LINK_NUMBERS = struct.Struct(">IHH")
"""Edition, place, which."""
_LINK_MAC_BYTES = 13
"""With the numbers 21, which base64 writes without padding and without spare bits."""


def make(secret: bytes, purpose: str, newsletter: str, subscriber_id: int) -> str:
    """The token of this subscriber for this purpose."""
    number = subscriber_id.to_bytes(_NUMBER_BYTES, "big")
    mac = _mac(secret, "token", purpose, newsletter, str(subscriber_id))[:_MAC_BYTES]
    return base64.urlsafe_b64encode(number + mac).decode()


def read(keys: Sequence[bytes], purpose: str, newsletter: str, token: str) -> int | None:
    """The subscriber's number, or None for a token that we did not make for this purpose."""
    raw = _unpacked(token)
    if len(raw) != _NUMBER_BYTES + _MAC_BYTES:
        return None
    subscriber_id = int.from_bytes(raw[:_NUMBER_BYTES], "big")
    ours = any(_same(make(key, purpose, newsletter, subscriber_id), token) for key in keys)
    return subscriber_id if ours else None


def letters_of(newsletter: str) -> str:
    """What the envelopes of its letters are signed for, whose rows have numbers of their own."""
    return f"{newsletter}/letters"


def make_envelope(secret: bytes, newsletter: str, row_id: int) -> str:
    """What the envelope sender of this row of the outbox says, so that a bounce names it."""
    mac = _mac(secret, "envelope", newsletter, str(row_id))[:_ENVELOPE_MAC_BYTES]
    return base64.b32encode(row_id.to_bytes(_NUMBER_BYTES, "big") + mac).decode().lower()


def read_envelope(keys: Sequence[bytes], newsletter: str, token: str) -> int | None:
    """The row's number, or None for a token that we did not make."""
    try:
        raw = base64.b32decode(token.encode("ascii"), casefold=True)
    except ValueError:
        return None
    row_id = int.from_bytes(raw[:_NUMBER_BYTES], "big")
    ours = any(_same(make_envelope(key, newsletter, row_id), token.lower()) for key in keys)
    return row_id if ours else None


def make_link(secret: bytes, newsletter: str, edition: int, place: int, which: int) -> str:
    """The name of link number `which` of the entry of rank `place` in this edition; both are below 65536."""
    mac = _mac(secret, "link", newsletter, f"{edition} {place} {which}")[:_LINK_MAC_BYTES]
    return base64.urlsafe_b64encode(_LINK_NUMBERS.pack(edition, place, which) + mac).decode()


def read_link(keys: Sequence[bytes], newsletter: str, token: str) -> tuple[int, int, int] | None:
    """Edition, place and which, or None for a name that we did not make."""
    raw = _unpacked(token)
    if len(raw) != _LINK_NUMBERS.size + _LINK_MAC_BYTES:
        return None
    edition, place, which = _LINK_NUMBERS.unpack_from(raw)
    ours = any(_same(make_link(key, newsletter, edition, place, which), token) for key in keys)
    return (edition, place, which) if ours else None


def erased_key(secret: bytes, email_key: str) -> str:
    """40 hexadecimal digits by which a person is known who was erased, when their address turns up again; it
    cannot be found by trying addresses without the secret. Look for it under every key that is still good."""
    return _mac(secret, "erased", email_key).hex()[:40]


def message_id(secret: bytes, newsletter: str, occasion: int | str, subscriber_id: int, domain: str) -> str:
    """The Message-ID of this copy of an edition, or of this letter, with its brackets: the same on every
    attempt."""
    return f"<{_mac(secret, 'message', newsletter, str(occasion), str(subscriber_id)).hex()[:40]}@{domain}>"


def nonce(secret: bytes, newsletter: str, edition: int) -> str:
    """16 hexadecimal digits that no text from outside can guess, the same on every render."""
    return _mac(secret, "nonce", newsletter, str(edition)).hex()[:16]


def _unpacked(token: str) -> bytes:
    """Nothing for what is no base64url."""
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _same(expected: str, token: str) -> bool:
    return hmac.compare_digest(expected.encode(), token.encode())


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
