"""Signing, judged by another implementation, and knowing one's own signature again."""

import base64
import re
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from newsletter.adapters.dkim import DkimKey, DkimSigner
from newsletter.errors import ConfigError, InputError

MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: One\r\nX-Other: x\r\n\r\nhello\r\n"
RSA = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
ED25519 = ed25519.Ed25519PrivateKey.generate()
ONE = DkimSigner("example.org", [DkimKey("papers", RSA[0])])
BOTH = DkimSigner("example.org", [DkimKey("papers", RSA[0]), DkimKey("papers-ed", ED25519)])
RECORDS = {
    b"papers._domainkey.example.org.": b"v=DKIM1; k=rsa; p="
    + base64.b64encode(RSA[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    b"papers-ed._domainkey.example.org.": b"v=DKIM1; k=ed25519; p="
    + base64.b64encode(ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
}
LINE = st.text(alphabet="ab =.é\t", max_size=90)
BODIES = st.lists(
    st.one_of(LINE, st.sampled_from(["", " ", "\t ", "From x", ".", "x" * 200])), max_size=8
).map("\r\n".join)
WORDS = st.text(alphabet='ab \t:;=é"<>', min_size=1, max_size=60)


def holds(message: bytes, signature: int = 0) -> bool:
    """Whether dkimpy says so of the signature at this place."""
    return bool(dkim.DKIM(message).verify(signature, dnsfunc=lambda name, **_: RECORDS.get(name)))


@given(BODIES, st.lists(WORDS, min_size=3, max_size=3), st.booleans())
def test_every_signature_verifies(body: str, words: list[str], ended: bool):
    """Whatever stands in header and body, folded or not, once it arrives, where every body ends with CRLF."""
    subject, to, other = words
    message = (
        f"From: a@example.org\r\ntO:{to}\r\nSUBJECT:{subject}\r\n\t{other}\r\n  {subject}\r\n"
        f"To: second {other}\r\n\r\n{body}" + "\r\n" * ended
    ).encode()
    assert holds(ONE.sign(message) + b"\r\n" * (not message.endswith(b"\r\n")))


@given(BODIES, WORDS)
def test_so_does_that_of_the_second_key(body: str, subject: str):
    """RSA and Ed25519, each by itself (RFC 8463)."""
    pytest.importorskip("nacl", reason="dkimpy judges Ed25519 with PyNaCl")
    message = f"From: a@example.org\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()
    signed = BOTH.sign(message)
    assert holds(signed, 0)
    assert holds(signed, 1)
    assert re.findall(rb"a=([a-z0-9-]+);", signed) == [b"rsa-sha256", b"ed25519-sha256"]


def test_what_is_known_to_be_canonical_is_signed_the_same():
    """Nobody looks at it, and the bytes are those that they would be."""
    assert ONE.sign(MESSAGE, canonical=True) == ONE.sign(MESSAGE)


def test_lines_of_a_signature_are_short():
    """And have no time, which would differ with each attempt."""
    signed = BOTH.sign(MESSAGE)
    head = signed.removesuffix(MESSAGE)
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert not re.search(rb"[;\s]t=", head)
    assert BOTH.sign(MESSAGE) == signed


@pytest.mark.parametrize(
    "message", [b"From: a\nTo: b\n\nx\n", b"From: a\r\n\r\nx\ny\r\n", b"From: a\r\n\r\nx\ry\r\n"]
)
def test_other_line_ends_are_refused(message: bytes):
    """They change on the way, and the signature would not hold."""
    with pytest.raises(InputError, match="CRLF"):
        ONE.sign(message)


@pytest.mark.parametrize("signer", [ONE, BOTH])
def test_a_signature_holds_until_something_changes(signer: DkimSigner):
    """A word of the body, a header that is signed, the key, the selector; a header that is not may change."""
    signed = signer.sign(MESSAGE)
    assert signed.endswith(MESSAGE)
    assert signer.verifies(signed)
    assert signer.verifies(signed.replace(b"X-Other: x", b"X-Other: y"))
    assert not signer.verifies(signed.replace(b"hello", b"hellO"))
    assert not signer.verifies(signed.replace(b"Subject: One", b"Subject: Two"))
    assert not DkimSigner("example.org", [DkimKey("papers", RSA[1])]).verifies(signed)
    assert not DkimSigner("example.org", [DkimKey("other", RSA[0])]).verifies(signed)
    assert not signer.verifies(MESSAGE)
    assert not signer.verifies(b"")


# Keys in files


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    *,
    passphrase: bytes = b"",
):
    """A key as other programs write it."""
    closed = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed)


def test_keys_of_other_programs(tmp_path: Path):
    """PKCS 8, and the older form that `openssl genrsa -traditional` makes."""
    file = tmp_path / "key.pem"
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        file.write_bytes(RSA[0].private_bytes(Encoding.PEM, form, serialization.NoEncryption()))
        assert DkimSigner("example.org", [DkimKey.load("papers", file)]).verifies(ONE.sign(MESSAGE))
    file.write_bytes(pem(ED25519))
    assert DkimKey.load("papers-ed", file, "ed25519_key_file").kind == "ed25519"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"-----BEGIN NOTHING-----\n", "is not an RSA private key in PEM"),
        (b"\xff\x00", "is not an RSA private key in PEM"),
        (b"", "is not an RSA private key in PEM"),
        (pem(RSA[0])[:900], "is not an RSA private key in PEM"),
        (pem(RSA[0], passphrase=b"secret"), "has a passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is a private key, but not an RSA one"),
        (pem(ED25519), "is a private key, but not an RSA one"),
    ],
)
def test_what_is_no_key(tmp_path: Path, content: bytes, problem: str):
    """It is named, before the first message, with what to do."""
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(
        ConfigError, match=rf"\[dkim\] key_file: .*key\.pem {problem}.*newsletter dkim generate"
    ):
        DkimKey.load("papers", file)
    with pytest.raises(ConfigError, match=r"\[dkim\] ed25519_key_file: .*none\.pem cannot be read"):
        DkimKey.load("papers", tmp_path / "none.pem", "ed25519_key_file")
