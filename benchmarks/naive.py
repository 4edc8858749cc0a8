"""The loops that people write themselves, on the same sink. Each answers messages or signatures a second."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosmtplib
import dkim
import uvloop
from peers import CONNECTIONS

NODEMAILER = "nodemailer@10"
_SENDER = "papers@example.org"

Page = Mapping[str, str]
"""Subject, text and HTML of one copy, and the message that they make."""


def naive(page: Page, port: int, messages: int, key: Path) -> dict[str, object]:
    """All of them, with so many messages each."""
    return {
        "messages": messages,
        "aiosmtplib_composing_per_second": _aiosmtplib(_composing(page), port, messages),
        "aiosmtplib_bytes_per_second": _aiosmtplib(_repeating(page), port, messages),
        "dkimpy_signatures_per_second": _dkimpy(page, key),
        **_nodemailer(page, port, messages),
    }


Send = Callable[[aiosmtplib.SMTP, str], Awaitable[object]]


def _composing(page: Page) -> Send:
    """An EmailMessage for each recipient."""

    def send(client: aiosmtplib.SMTP, recipient: str) -> Awaitable[object]:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = _SENDER, recipient, page["subject"]
        message.set_content(page["text"], cte="quoted-printable")
        message.add_alternative(page["html"], subtype="html", cte="quoted-printable")
        return client.send_message(message)

    return send


def _repeating(page: Page) -> Send:
    """Bytes that were made beforehand, the same for everybody."""
    data = page["message"].encode()
    return lambda client, recipient: client.sendmail(_SENDER, [recipient], data)


def _aiosmtplib(send: Send, port: int, messages: int) -> int:
    recipients = (f"reader{n}@example.org" for n in range(messages))
    start = time.perf_counter()
    uvloop.run(_connections(send, port, recipients))
    return round(messages / (time.perf_counter() - start))


async def _connections(send: Send, port: int, recipients: Iterator[str]) -> None:
    async def one() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for recipient in recipients:
                await send(client, recipient)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


def _dkimpy(page: Page, key: Path, signatures: int = 100) -> int:
    message, private = page["message"].encode(), key.read_bytes()
    start = time.perf_counter()
    for _ in range(signatures):
        dkim.sign(message, b"bench", b"example.org", private, canonicalize=(b"relaxed", b"relaxed"))
    return round(signatures / (time.perf_counter() - start))


def _nodemailer(page: Page, port: int, messages: int) -> dict[str, object]:
    """Its pool, which composes each message from text and HTML; null where it cannot be had, and why."""
    name = "nodemailer_per_second"
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return {name: None, "nodemailer_missing": "there is no npm"}
    with TemporaryDirectory() as folder:
        install = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", NODEMAILER]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return {name: None, "nodemailer_missing": (done.stderr.strip().splitlines() or ["npm failed"])[0]}
        script = Path(folder) / "pool.cjs"
        shutil.copyfile(Path(__file__).with_name("nodemailer.cjs"), script)
        order = json.dumps({**page, "port": port, "connections": CONNECTIONS, "messages": messages})
        sent = subprocess.run([node, script], input=order, capture_output=True, text=True, check=True)
        return {name: round(json.loads(sent.stdout))}
