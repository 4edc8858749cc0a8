"""The local mailbox takes mail: a real server on loopback, real clients, real files."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiosmtplib
import pytest

from newsletter.adapters.mailbox import LocalMailbox, count_messages, read_messages
from newsletter.errors import ConfigError

SENDER, READER = "papers@example.org", "reader@example.net"
ON_TOP = (
    b"Return-Path: <papers@example.org>\r\n"
    b"X-Original-To: reader@example.net\r\n"
    b"Delivered-To: reader@example.net\r\n"
)


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[LocalMailbox]:
    async with LocalMailbox(tmp_path / "mail") as running:
        yield running


def client_of(mailbox: LocalMailbox) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname=mailbox.host, port=mailbox.port, start_tls=False)


def kept(mailbox: LocalMailbox) -> list[bytes]:
    """What the files hold; nothing may be left in tmp/."""
    assert not list((mailbox.folder / "tmp").iterdir())
    return [path.read_bytes() for path in sorted((mailbox.folder / "new").iterdir())]


async def talk(mailbox: LocalMailbox, sent: bytes) -> list[bytes]:
    """Everything at once over a bare connection, then the server's lines until it hangs up."""
    reader, writer = await asyncio.open_connection(mailbox.host, mailbox.port)
    writer.write(sent)
    lines = (await asyncio.wait_for(reader.read(), 10)).splitlines()
    writer.close()
    return lines


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: plain\r\n\r\nHello.\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.a\r\n \r\n.\r\n",
        b"Subject: one long line\r\n\r\n" + b"x" * 300_000 + b"\r\n",
        b"Subject: 8 bit \xc3\xa9\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
        b"Subject: no body\r\n\r\n",
        b"Subject: no blank line\r\n",
        b"Subject: NUL \0\r\n\r\n\0\0 and other controls \x01\x1b\x7f\r\n",
        b"From a line like those of mbox\r\n\r\nFrom here\r\n",
        b"\r\n\r\n\r\n",
    ],
    ids=lambda content: content[9:25].decode("latin-1").strip() or "empty",
)
async def test_bytes_are_kept_as_received(mailbox: LocalMailbox, content: bytes) -> None:
    """Behind the delivery headers stands exactly what was sent, whatever it is."""
    async with client_of(mailbox) as client:
        await client.sendmail(SENDER, [READER], content)
    assert kept(mailbox) == [ON_TOP + content]


async def test_only_crlf_dot_crlf_ends_a_message(mailbox: LocalMailbox) -> None:
    """Bare CR and LF are kept, and a dot between them does not smuggle a second message in."""
    body = b"Subject: a\r\n\r\none\n.\ntwo\r.\rthree\n.\r\nMAIL FROM:<evil@example.org>\r\n"
    await talk(
        mailbox,
        b"EHLO me\r\nMAIL FROM:<papers@example.org>\r\nRCPT TO:<reader@example.net>\r\nDATA\r\n"
        + body
        + b".\r\nQUIT\r\n",
    )
    assert kept(mailbox) == [ON_TOP + body]


async def test_an_empty_message_is_kept(mailbox: LocalMailbox) -> None:
    """A dot right after DATA is a message too."""
    await talk(
        mailbox,
        b"EHLO me\r\nMAIL FROM:<papers@example.org>\r\nRCPT TO:<reader@example.net>\r\nDATA\r\n.\r\nQUIT\r\n",
    )
    assert kept(mailbox) == [ON_TOP]


async def test_several_recipients_share_one_file(mailbox: LocalMailbox) -> None:
    """Every recipient of the envelope has its headers; the message is kept once."""
    async with client_of(mailbox) as client:
        await client.sendmail(SENDER, ["a@example.org", "b@example.org"], b"Subject: x\r\n\r\n")
    assert kept(mailbox) == [
        b"Return-Path: <papers@example.org>\r\n"
        b"X-Original-To: a@example.org\r\nDelivered-To: a@example.org\r\n"
        b"X-Original-To: b@example.org\r\nDelivered-To: b@example.org\r\n"
        b"Subject: x\r\n\r\n"
    ]


async def test_null_sender_and_international_addresses(mailbox: LocalMailbox) -> None:
    """Bounces come from <>, and SMTPUTF8 addresses are kept as UTF-8."""
    async with client_of(mailbox) as client:
        await client.mail("")
        await client.rcpt("jörg@example.org", encoding="utf-8")
        await client.data(b"\r\n")
    assert kept(mailbox) == [
        "Return-Path: <>\r\nX-Original-To: jörg@example.org\r\nDelivered-To: jörg@example.org\r\n".encode()
        + b"\r\n"
    ]


async def test_an_address_cannot_add_a_header(mailbox: LocalMailbox) -> None:
    """Control characters in an envelope address never begin a line of the file."""
    await talk(
        mailbox,
        b'EHLO me\r\nMAIL FROM:<"a\rX-Evil: 1"@example.org>\r\nRCPT TO:<"b\rX-Evil: 2"@example.org>\r\n'
        b"DATA\r\nSubject: x\r\n.\r\nQUIT\r\n",
    )
    (content,) = kept(mailbox)
    assert b"X-Evil" in content
    assert all(not line.startswith(b"X-Evil") for line in content.splitlines())


async def test_what_the_server_announces(mailbox: LocalMailbox) -> None:
    """The extensions that the delivery code relies on are announced."""
    async with client_of(mailbox) as client:
        await client.ehlo()
        assert client.esmtp_extensions == {
            "size": str(50 * 1024 * 1024),
            "8bitmime": "",
            "smtputf8": "",
            "pipelining": "",
            "help": "",
        }


async def test_pipelined_commands_are_answered_in_order(mailbox: LocalMailbox) -> None:
    """PIPELINING is no false promise: two transactions in one packet, one with a refused recipient."""
    replies = await talk(
        mailbox,
        b"EHLO me\r\n"
        b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org> NOPE=1\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        b"Subject: one\r\n.\r\n"
        b"MAIL FROM:<a@example.org>\r\nRSET\r\nDATA\r\n"
        b"MAIL FROM:<a@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\nSubject: two\r\n.\r\nQUIT\r\n",
    )
    codes = [line[:3] for line in replies if line[3:4] == b" "]
    assert codes == b"220 250 250 555 250 354 250 250 250 503 250 250 354 250 221".split()
    assert [content.splitlines()[-1] for content in kept(mailbox)] == [b"Subject: one", b"Subject: two"]


async def test_many_connections_with_many_messages_each(mailbox: LocalMailbox) -> None:
    """Twenty persistent connections at once: each message once, in a file of its own."""

    async def send(number: int) -> None:
        async with client_of(mailbox) as client:
            for serial in range(10):
                await client.sendmail(SENDER, [READER], f"Subject: {number}-{serial}\r\n\r\n".encode())

    await asyncio.gather(*map(send, range(20)))
    subjects = {message.subject for message in read_messages(mailbox.folder)}
    assert subjects == {f"{number}-{serial}" for number in range(20) for serial in range(10)}
    assert len(kept(mailbox)) == mailbox.count == count_messages(mailbox.folder) == 200


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_client_that_dies_in_data_leaves_nothing(mailbox: LocalMailbox, reset: bool) -> None:
    """Half a message is no message, and the server serves the next client."""
    reader, writer = await asyncio.open_connection(mailbox.host, mailbox.port)
    writer.write(b"EHLO me\r\nMAIL FROM:<a@b.org>\r\nRCPT TO:<c@d.org>\r\nDATA\r\n")
    await asyncio.wait_for(reader.readuntil(b"354 "), 10)
    writer.write(b"Subject: half\r\n\r\nThe first half of\r\n")
    await writer.drain()
    writer.transport.abort() if reset else writer.close()
    async with client_of(mailbox) as client:
        await client.sendmail(SENDER, [READER], b"Subject: next\r\n\r\n")
    assert kept(mailbox) == [ON_TOP + b"Subject: next\r\n\r\n"]


async def test_the_answer_comes_after_the_file(mailbox: LocalMailbox) -> None:
    """When the client has its 250, the file is there, under the key that the answer names."""
    async with client_of(mailbox) as client:
        _, reply = await client.sendmail(SENDER, [READER], b"Subject: x\r\n\r\n")
        assert (mailbox.folder / "new" / reply.rpartition(" ")[2]).is_file()


async def test_oversized_messages_are_refused(mailbox: LocalMailbox) -> None:
    """More than 50 MB get 552, whether announced or just sent; the connection goes on."""
    async with client_of(mailbox) as client:
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as announced:
            await client.mail(SENDER, options=["SIZE=52428801"])
        await client.mail(SENDER)
        await client.rcpt(READER)
        with pytest.raises(aiosmtplib.SMTPDataError) as sent:
            await client.data((b"x" * 1_000_000 + b"\r\n") * 53)
        assert (announced.value.code, sent.value.code) == (552, 552)
        assert kept(mailbox) == []
        await client.sendmail(SENDER, [READER], b"Subject: x\r\n\r\n")
    assert len(kept(mailbox)) == 1


async def test_a_disk_that_refuses_is_a_temporary_failure(mailbox: LocalMailbox) -> None:
    """Where the file cannot be put in place the answer is 452 and nothing is left behind."""
    (mailbox.folder / "new").rmdir()
    async with client_of(mailbox) as client:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await client.sendmail(SENDER, [READER], b"Subject: x\r\n\r\n")
    assert refused.value.code == 452
    (mailbox.folder / "new").mkdir()
    assert kept(mailbox) == []
    assert mailbox.count == 0


async def test_a_port_in_use_says_what_to_do(mailbox: LocalMailbox, tmp_path: Path) -> None:
    """The error names the port and the option that chooses another."""
    with pytest.raises(ConfigError, match=rf"port {mailbox.port}: .*in use.*--smtp-port"):
        async with LocalMailbox(tmp_path, port=mailbox.port):
            pass


async def test_a_folder_that_cannot_be_made_says_which(tmp_path: Path) -> None:
    """A file in the way is an error that names it."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file cannot be made"):
        async with LocalMailbox(tmp_path / "file"):
            pass


async def test_closing_does_not_wait_for_clients(tmp_path: Path) -> None:
    """An idle connection is closed with the server, and the port is free again."""
    async with LocalMailbox(tmp_path) as mailbox:
        client = client_of(mailbox)
        await client.connect()
        started = time.monotonic()
    assert time.monotonic() - started < 2
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
        await client.noop()
    async with LocalMailbox(tmp_path, port=mailbox.port) as again:
        assert again.port == mailbox.port
