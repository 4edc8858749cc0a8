"""DKIM signatures (RFC 6376, for Ed25519 RFC 8463) on the final bytes of a message.

`relaxed` for header and body. No time of signing, which the RFC only recommends: a second attempt must have
the same bytes as the first.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.errors import ConfigError, InputError

__all__ = ["DkimKey", "DkimSigner", "PrivateKey"]

PrivateKey = RSAPrivateKey | Ed25519PrivateKey

_SIGNED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""RFC 8058 asks for the last two; the rest is what a reader sees or a client acts on."""
_BITS = 2048
"""Of an RSA key that is made here: what RFC 8301 asks for, and what the DNS has room for."""
_BETWEEN_FIELDS = re.compile(rb"\r\n(?![ \t])")
_SPACE = re.compile(rb"[ \t]+")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_KINDS: dict[str, tuple[type[PrivateKey], str]] = {
    "key_file": (RSAPrivateKey, "an RSA"),
    "ed25519_key_file": (Ed25519PrivateKey, "an Ed25519"),
}


@dataclass(frozen=True)
class DkimKey:
    """A private key, and the name below which its public one is in the DNS."""

    selector: str
    private: PrivateKey

    @classmethod
    def load(cls, selector: str, file: Path, setting: str = "key_file") -> Self:
        """From PEM. Raises ConfigError, naming the `setting`, unless it is of the kind that this wants."""
        wanted, kind = _KINDS[setting]
        try:
            found = load_pem_private_key(file.read_bytes(), None)
        except OSError as error:
            raise ConfigError(f"[dkim] {setting}: {file} cannot be read ({error.strerror}).") from error
        except TypeError:
            problem = "has a passphrase, for which nobody could be asked"
        except (ValueError, UnsupportedAlgorithm):
            problem = f"is not {kind} private key in PEM"
        else:
            if isinstance(found, wanted):
                return cls(selector, found)
            problem = f"is a private key, but not {kind} one"
        raise ConfigError(f"[dkim] {setting}: {file} {problem}; `newsletter dkim generate` makes one.")

    @classmethod
    def generate(cls, selector: str, kind: str) -> Self:
        """A new one, of the kind "rsa" or "ed25519"."""
        if kind == "rsa":
            return cls(selector, generate_private_key(public_exponent=65537, key_size=_BITS))
        return cls(selector, Ed25519PrivateKey.generate())

    @property
    def kind(self) -> Literal["rsa", "ed25519"]:
        """As signatures and records call it."""
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    @property
    def pem(self) -> bytes:
        """The private key, without a passphrase."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def record(self) -> str:
        """The public key as the DNS has it (3.6.1; RFC 8463, 4)."""
        public = self.private.public_key()
        if isinstance(public, RSAPublicKey):
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            octets = public.public_bytes_raw()
        return f"v=DKIM1; k={self.kind}; p={_base64(octets)}"

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256()))
        return self.private.sign(digest)


@dataclass(frozen=True)
class DkimSigner:
    """`ports.Signer` with one signature for each key."""

    domain: str
    keys: Sequence[DkimKey]

    def sign(self, message: bytes, *, canonical: bool = False) -> bytes:
        """The message with its signatures in front. Nothing in here holds up other threads for long. Raises
        InputError for line ends other than CRLF."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _canonical_fields(head)
        body_hash = _base64(hashlib.sha256(body if canonical else _canonical_body(message, body)).digest())
        return b"".join([*(self._signature(key, fields, body_hash) for key in self.keys), message])

    def verifies(self, message: bytes) -> bool:
        """Whether a message begins with our signatures and they hold for the rest of it: what is the same is
        signed the same."""
        *_, rest = _BETWEEN_FIELDS.split(message, len(self.keys))
        try:
            return self.sign(rest) == message
        except InputError:
            return False

    def _signature(self, key: DkimKey, fields: Mapping[bytes, bytes], body_hash: str) -> bytes:
        names = [name.decode() for name in fields]
        covered = ":\r\n  ".join(":".join(names[at : at + 6]) for at in range(0, len(names), 6))
        unsigned = (
            f"DKIM-Signature: v=1; a={key.kind}-sha256; c=relaxed/relaxed; d={self.domain};\r\n"
            f" s={key.selector}; h={covered};\r\n bh={body_hash};\r\n b="
        ).encode()
        signed = b"".join(fields.values()) + _canonical(unsigned).removesuffix(b"\r\n")
        value = _base64(key.sign(hashlib.sha256(signed).digest()))
        return unsigned + "\r\n  ".join(_chunks(value, 72)).encode() + b"\r\n"


def _canonical_fields(head: bytes) -> dict[bytes, bytes]:
    """Those of `_SIGNED` that are there, by their names: the last of each (5.4.2)."""
    present = {field.partition(b":")[0].strip().lower(): field for field in _BETWEEN_FIELDS.split(head)}
    return {name: _canonical(present[name]) for name in _SIGNED if name in present}


# Most fields are the same in all messages of an edition.
@lru_cache(maxsize=256)
def _canonical(field: bytes) -> bytes:
    """A header field by RFC 6376, 3.4.2."""
    name, _, value = field.partition(b":")
    unfolded = _SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip().lower() + b":" + unfolded + b"\r\n"


def _canonical_body(message: bytes, body: bytes) -> bytes:
    """By 3.4.4."""
    if _BARE.search(message):
        raise InputError("a message has line ends other than CRLF, and no signature of it would hold")
    lines = (_SPACE.sub(b" ", body) + b"\r\n").replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _chunks(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))
