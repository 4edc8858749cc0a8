"""DKIM signatures (RFC 6376) on the final bytes of a message."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization

from newsletter.errors import ConfigError

__all__ = ["DkimSigner"]

_SIGNED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""RFC 8058 asks for the last two; the rest is what a reader sees or a client acts on."""


@dataclass(frozen=True)
class DkimSigner:
    """`ports.Signer` with an RSA key in PEM."""

    domain: str
    selector: str
    key: bytes

    @classmethod
    def load(cls, domain: str, selector: str, key_file: Path) -> "DkimSigner":
        """Read the key and try it once, so that a bad one is found before the first message."""
        try:
            signer = cls(domain, selector, key_file.read_bytes())
            signer.sign(b"From: a@example.org\r\n\r\n\r\n")
        except OSError as error:
            raise ConfigError(f"[dkim] key_file: {key_file} cannot be read ({error.strerror}).") from error
        except (dkim.DKIMException, ValueError) as error:
            raise ConfigError(
                f"[dkim] key_file: {key_file} is not an RSA private key in PEM ({error}); "
                "`openssl genrsa -traditional 2048` makes one."
            ) from error
        return signer

    def sign(self, message: bytes) -> bytes:
        """The message with its signature in front."""
        signer = _Timeless(message)
        present = {name.lower() for name, _ in signer.headers}
        header: bytes = signer.sign(
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in _SIGNED if name in present],
        )
        return header + message

    def verifies(self, message: bytes) -> bool:
        """Whether the signature of a message is ours and holds; the key itself is asked, not the DNS."""
        key = serialization.load_pem_private_key(self.key, None).public_key()
        encoded = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(encoded)
        name = f"{self.selector}._domainkey.{self.domain}.".encode()
        try:
            return bool(dkim.verify(message, dnsfunc=lambda asked, **_: record if asked == name else None))
        except (dkim.DKIMException, ValueError):
            return False


class _Timeless(dkim.DKIM):  # type: ignore[misc]
    """Leaves out the time of signing, which the RFC only recommends: a second attempt must have the same
    bytes as the first."""

    def gen_header(self, fields: Any, *rest: Any, **options: Any) -> Any:
        return super().gen_header([field for field in fields if field[0] != b"t"], *rest, **options)
