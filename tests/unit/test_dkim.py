"""Signing, and knowing one's own signature again."""

import shutil
import subprocess
from pathlib import Path

import pytest

from newsletter.adapters.dkim import DkimSigner
from newsletter.errors import ConfigError

MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: One\r\nX-Other: x\r\n\r\nhello\r\n"

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("one", "two"):
        command = ["openssl", "genrsa", "-traditional", "-out", folder / name, "2048"]
        subprocess.run(command, check=True, capture_output=True)
    return [folder / "one", folder / "two"]


@needs_openssl
def test_a_signature_holds_until_something_changes(keys: list[Path]) -> None:
    """A word of the body, a header that is signed, the key, the selector; a header that is not may change."""
    signer = DkimSigner.load("example.org", "papers", keys[0])
    signed = signer.sign(MESSAGE)
    assert signed.endswith(MESSAGE)
    assert signer.verifies(signed)
    assert signer.verifies(signed.replace(b"X-Other: x", b"X-Other: y"))
    assert not signer.verifies(signed.replace(b"hello", b"hellO"))
    assert not signer.verifies(signed.replace(b"Subject: One", b"Subject: Two"))
    assert not DkimSigner.load("example.org", "papers", keys[1]).verifies(signed)
    assert not DkimSigner.load("example.org", "other", keys[0]).verifies(signed)
    assert not signer.verifies(MESSAGE)
    assert not signer.verifies(b"")


@needs_openssl
def test_the_same_message_is_signed_the_same(keys: list[Path]) -> None:
    """Another attempt has the same bytes."""
    signer = DkimSigner.load("example.org", "papers", keys[0])
    assert signer.sign(MESSAGE) == signer.sign(MESSAGE)


def test_what_is_no_key(tmp_path: Path) -> None:
    """It is named, before the first message."""
    (tmp_path / "key.pem").write_text("-----BEGIN NOTHING-----\n")
    with pytest.raises(ConfigError, match=r"key\.pem is not an RSA private key"):
        DkimSigner.load("example.org", "papers", tmp_path / "key.pem")
    with pytest.raises(ConfigError, match=r"none\.pem cannot be read"):
        DkimSigner.load("example.org", "papers", tmp_path / "none.pem")
