"""Whether what arrives is what was written: byte by byte, and by somebody else's code for signatures."""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from peers import free_port

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class Keeping:
    """aiosmtpd on a free port of loopback, in a thread; keeps what it gets, its dot-stuffing undone."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.port = free_port()
        self._controller = Controller(self, "127.0.0.1", self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd."""
        content = envelope.original_content or b""
        self.received += [(recipient, content) for recipient in envelope.rcpt_tos]
        return "250 kept"

    def __enter__(self) -> "Keeping":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def compared(
    received: Sequence[tuple[str, bytes]], written: Mapping[str, bytes], key: Path
) -> dict[str, object]:
    """How many of the messages that arrived are as they must be; all numbers but the line should be equal."""
    messages = [data for _, data in received]
    record = _record(key)
    return {
        "recipients": len(written),
        "received": len({recipient for recipient, _ in received} & written.keys()),
        "messages": len(messages),
        "as_written": sum(data == written.get(recipient) for recipient, data in received),
        "crlf_only": sum(_BARE.search(data) is None for data in messages),
        "longest_body_line": max(map(_longest_body_line, messages), default=0),
        "dkim_verified": sum(dkim.verify(data, dnsfunc=lambda *_, **__: record) for data in messages),
    }


def _longest_body_line(message: bytes) -> int:
    return max(map(len, message.partition(b"\r\n\r\n")[2].split(b"\r\n")))


def _record(key: Path) -> bytes:
    """What the DNS would say of this private key."""
    public = load_pem_private_key(key.read_bytes(), None).public_key()
    octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(octets)
