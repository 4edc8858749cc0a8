"""Signatures of others, checked."""

import base64
import binascii
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.errors import ConfigError

__all__ = ["EcdsaKey", "signed_by_certificate"]

_HASHES: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303


class EcdsaKey:
    """A public key of NIST P-256."""

    def __init__(self, encoded: str, place: str) -> None:
        """As base64 of its DER. Raises ConfigError, which names the place of the configuration."""
        try:
            key = load_der_public_key(base64.b64decode(encoded, validate=True))
        except (ValueError, binascii.Error) as error:
            raise ConfigError(f"{place}: not a public key in base64.") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ConfigError(f"{place}: not a key for ECDSA over P-256.")
        self._key = key

    def has_signed(self, signature: str, data: bytes) -> bool:
        """Whether this signature, base64 of its DER, is one of the data."""
        raw = _decoded(signature)
        try:
            self._key.verify(raw, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def signed_by_certificate(pem: bytes, signature: str, data: bytes, algorithm: str, now: datetime) -> bool:
    """Whether the RSA key of the certificate, which must be valid now, has signed the data."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError:
        return False
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if not is_valid or not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(_decoded(signature), data, padding.PKCS1v15(), _HASHES[algorithm])
    except InvalidSignature:
        return False
    return True


def _decoded(signature: str) -> bytes:
    """Nothing, which signs nothing, for what is no base64."""
    try:
        return base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return b""
