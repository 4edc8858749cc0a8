"""The ways in for returned messages: whichever they take, they change the same."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.dovecot import Dovecot, dovecot, needs_dovecot
from support.returned import dsn, leaving
from support.sent import ADA, Room, opened

from newsletter.adapters.returns import ImapIntake, ImapServer, MaildirIntake, ReturnsListener
from newsletter.core.bounces import Kind
from newsletter.errors import IntakeError, StoreError
from newsletter.ports import Fate, Take

BO, CY = "reader1@example.org", "reader2@example.org"


class Way:
    """Puts messages where they come in, and has them taken."""

    async def bring(self, room: Room, *messages: bytes) -> list[str]:
        """What became of each: as the way's own side tells it, nothing where it is taken."""
        raise NotImplementedError

    async def left(self) -> int:
        """How many still wait there."""
        return 0


class ByMaildir(Way):
    """Half of them as if a mail program had seen them."""

    def __init__(self, folder: Path, *, delete: bool = False) -> None:
        self.folder, self.delete = folder, delete
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True)

    @property
    def intake(self) -> MaildirIntake:
        return MaildirIntake(self.folder, delete=self.delete)

    async def bring(self, room: Room, *messages: bytes) -> None:
        for number, message in enumerate(messages):
            name = ("new/1.a{}", "cur/1.a{}:2,S")[number % 2].format(number)
            (self.folder / name).write_bytes(message)
        await self.intake.scan(room.app.returns.accept)

    async def left(self) -> int:
        return len([*self.folder.glob("new/*"), *self.folder.glob("cur/*")])


class ByImap(Way):
    """Over TLS."""

    def __init__(self, server: Dovecot, *, done: str | None = "Processed", most: int = 1000) -> None:
        self.server = server
        self.intake = ImapIntake(imap(server), "INBOX", done, most)

    async def bring(self, room: Room, *messages: bytes) -> None:
        await asyncio.to_thread(self.server.put, *messages)
        await self.intake.scan(room.app.returns.accept)

    async def left(self) -> int:
        return await asyncio.to_thread(self.server.count)


class ByListener(Way):
    """As a mail server hands them over."""

    def __init__(self, *, lmtp: bool) -> None:
        self.lmtp = lmtp

    async def bring(self, room: Room, *messages: bytes) -> None:
        async with listener(room, lmtp=self.lmtp) as server:
            await asyncio.to_thread(hand_over, server.port, self.lmtp, messages)


def imap(server: Dovecot, **values: object) -> ImapServer:
    known = {
        "host": "127.0.0.1",
        "port": server.secure_port,
        "username": server.username,
        "password": server.password,
        "tls": "implicit",
        "ca_file": server.ca_file,
        "timeout": 20.0,
    }
    return ImapServer(**known | values)


def listener(room: Room, *, lmtp: bool = True, take: Take | None = None) -> ReturnsListener:
    take = take or room.app.returns.accept
    return ReturnsListener(take, room.app.proofs.takes, "127.0.0.1", 0, lmtp=lmtp)


def hand_over(port: int, lmtp: bool, messages: tuple[bytes, ...]) -> None:
    client = (smtplib.LMTP if lmtp else smtplib.SMTP)("127.0.0.1", port, timeout=20)
    with closing(client):
        for message in messages:
            to = message.split(b"To: ")[1].split(b"\r\n")[0].decode().strip("<>")
            assert client.sendmail("", [to], message) == {}
        client.quit()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[Callable[..., Dovecot]]:
    """One server that can move messages, and one that cannot, each begun when first asked for and emptied."""
    with ExitStack() as stack:
        running: dict[bool, Dovecot] = {}

        def mailbox(*, can_move: bool = True) -> Dovecot:
            if can_move not in running:
                running[can_move] = stack.enter_context(dovecot(can_move=can_move))
            server = running[can_move]
            for name in ("INBOX", "Processed"):
                connection = server.open()
                if connection.select(name)[0] == "OK":
                    connection.store("1:*", "+FLAGS", r"(\Deleted)") if server.count(name) else None
                    connection.expunge()
                connection.logout()
            return server

        yield mailbox


WAYS: dict[str, Callable[[Path, Callable[..., Dovecot]], Way]] = {
    "maildir": lambda folder, _: ByMaildir(folder / "maildir"),
    "maildir, deleted": lambda folder, _: ByMaildir(folder / "maildir", delete=True),
    "imap": lambda _, mailboxes: ByImap(mailboxes()),
    "imap without MOVE": lambda _, mailboxes: ByImap(mailboxes(can_move=False)),
    "imap, deleted": lambda _, mailboxes: ByImap(mailboxes(), done=None),
    "lmtp": lambda *_: ByListener(lmtp=True),
    "smtp": lambda *_: ByListener(lmtp=False),
}
_BY_IMAP = [pytest.param(name, marks=needs_dovecot) if name.startswith("imap") else name for name in WAYS]


@pytest.fixture(params=_BY_IMAP)
def way(request: pytest.FixtureRequest, tmp_path: Path, mailboxes: Callable[..., Dovecot]) -> Way:
    return WAYS[request.param](tmp_path, mailboxes)


async def test_the_same_messages_change_the_same(room: Room, way: Way):
    """A report, one that comes twice, a wish to leave and what is none of it; nothing waits any longer."""
    messages = (
        dsn(ADA, room.address()),
        leaving(BO, room.address(BO)),
        dsn(ADA, room.address()),
        dsn(CY, "bounces@papers.example.org", number=2),
        b"To: "
        + room.address().encode()
        + b"\r\nSubject: hello\r\nMessage-ID: <5@x.example>\r\n\r\nhello\r\n",
    )
    await way.bring(room, *messages)
    assert await way.left() == 0
    found = sorted((item.email or "", item.kind) for item in await room.app.bounces.recent(10))
    assert found == [(ADA, "hard"), (ADA, "none"), (BO, "unsubscribe"), (CY, "soft")]
    assert [await room.status(email) for email in (ADA, BO, CY)] == ["active", "unsubscribed", "active"]
    room.later(days=1)
    await way.bring(room, dsn(ADA, room.address(), number=3), dsn(ADA, room.address()))
    assert await room.status() == "bounced"


# What cannot be kept stays where it is


async def busy(message: bytes, recipients: object) -> None:
    raise StoreError("the database is busy")


async def test_what_cannot_be_kept_stays_in_the_maildir(room: Room, tmp_path: Path):
    """And is taken the next time."""
    way = ByMaildir(tmp_path / "maildir")
    (way.folder / "new" / "1.a").write_bytes(dsn(ADA, room.address()))
    with pytest.raises(StoreError):
        await way.intake.scan(busy)
    assert await way.left() == 1
    assert await way.intake.scan(room.app.returns.accept) == 1
    assert [file.name for file in (way.folder / ".done" / "cur").iterdir()] == ["1.a:2,S"]


@needs_dovecot
async def test_what_cannot_be_kept_stays_in_the_mailbox(room: Room, mailboxes: Callable[..., Dovecot]):
    """And is taken the next time, with no more than are asked for at once."""
    server = await asyncio.to_thread(mailboxes)
    way = ByImap(server, most=2)
    await asyncio.to_thread(server.put, *(dsn(ADA, room.address(), number=number) for number in range(3)))
    with pytest.raises(StoreError):
        await way.intake.scan(busy)
    assert await way.left() == 3
    assert await way.intake.scan(room.app.returns.accept) == 2
    assert (await way.left(), await asyncio.to_thread(server.count, "Processed")) == (1, 2)


@pytest.mark.parametrize("lmtp", [True, False])
@pytest.mark.parametrize("error", [StoreError("busy"), RuntimeError("a mistake of ours")])
async def test_what_cannot_be_kept_stays_with_the_server(room: Room, lmtp: bool, error: Exception):
    """It is told to try again, not that it has been taken, nor that it never will."""

    async def take(message: bytes, recipients: object) -> None:
        raise error

    def hand_over() -> int:
        client = (smtplib.LMTP if lmtp else smtplib.SMTP)("127.0.0.1", server.port, timeout=20)
        with closing(client), pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("", [room.address()], dsn(ADA, room.address()))
        return refused.value.smtp_code

    async with listener(room, lmtp=lmtp, take=take) as server:
        assert await asyncio.to_thread(hand_over) == 451


async def test_what_was_taken_and_not_filed_away_is_known(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where it ends between the two, the message is taken once more and changes nothing."""
    way = ByMaildir(tmp_path / "maildir")
    (way.folder / "new" / "1.a").write_bytes(dsn(ADA, room.address()))

    def dies(*_: object) -> None:
        raise OSError(5, "gone")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dies)
        with pytest.raises(IntakeError):
            await way.intake.scan(room.app.returns.accept)
    before = await room.app.bounces.recent(10)
    assert [item.email for item in before] == [ADA]
    found = await room.app.returns.scan([way.intake])
    assert [taken.fate for taken in found.taken] == [Fate.REPEATED]
    assert (await way.left(), await room.app.bounces.recent(10)) == (0, before)


async def test_a_maildir_that_is_not_there_is_said(tmp_path: Path):
    """With its name."""
    with pytest.raises(IntakeError, match="nowhere"):
        await MaildirIntake(tmp_path / "nowhere").scan(busy)


# The listener


async def test_it_takes_nothing_for_others(room: Room):
    """Neither a stranger's mail nor a token that we did not make: refused before there is a message, so that
    nobody gets a bounce of it."""

    def answers() -> list[int]:
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=20)
        with closing(client):
            client.ehlo()
            client.mail("")
            to = ("x@example.com", room.address(token="a" * 32), "bounces@papers.example.org", room.address())
            return [client.rcpt(address)[0] for address in to]

    async with listener(room, lmtp=False) as server:
        assert await asyncio.to_thread(answers) == [550, 550, 250, 250]


async def test_each_recipient_has_an_answer_by_lmtp(room: Room):
    """As RFC 2033 asks, and the next command has its own."""

    def answers() -> list[bytes]:
        client = smtplib.LMTP("127.0.0.1", server.port, timeout=20)
        with closing(client):
            client.ehlo()
            client.mail("")
            client.rcpt(room.address())
            client.rcpt(room.address(BO))
            first = client.data(dsn(ADA, room.address()))
            return [first[1], client.getreply()[1], client.noop()[1]]

    async with listener(room) as server:
        taken = b"2.0.0 Taken"
        assert (await asyncio.to_thread(answers))[:2] == [taken, taken]


async def test_a_message_that_is_too_big_is_refused(room: Room):
    """By what it says of its size, and where it lies, by its size."""

    def answers() -> list[int]:
        codes = []
        for options in (["SIZE=20000000"], []):
            client = smtplib.SMTP("127.0.0.1", server.port, timeout=60)
            with closing(client):
                client.ehlo()
                code, _ = client.mail("", options)
                if code == 250:
                    client.rcpt(room.address())
                    code, _ = client.data(b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 140_000)
                codes.append(code)
        return codes

    async with listener(room, lmtp=False) as server:
        assert await asyncio.to_thread(answers) == [552, 552]


# IMAP


@needs_dovecot
async def test_starttls_serves_as_well(room: Room, mailboxes: Callable[..., Dovecot]):
    """No password goes out in clear: the server would take none."""
    server = await asyncio.to_thread(mailboxes)
    await asyncio.to_thread(server.put, dsn(ADA, room.address()))
    intake = ImapIntake(imap(server, port=server.port, tls="starttls"))
    assert await intake.scan(room.app.returns.accept) == 1


@needs_dovecot
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ca_file": None}, "certificate"),
        ({"host": "localhost"}, "certificate"),
        ({"ca_file": None, "tls": "starttls"}, "certificate"),
        ({"password": "wrong"}, "AUTHENTICATIONFAILED"),
        ({"port": 1}, "refused"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_is_said(
    room: Room, mailboxes: Callable[..., Dovecot], values: dict[str, object], said: str
):
    """What is wrong, without the password; messages stay."""
    server = await asyncio.to_thread(mailboxes)
    if values.get("tls", "implicit") != "implicit":
        values = {"port": server.port, **values}
    with pytest.raises(IntakeError, match=said) as raised:
        await ImapIntake(imap(server, **values)).scan(room.app.returns.accept)
    assert server.password not in str(raised.value)


async def test_a_server_that_says_nothing_is_given_up():
    """After the timeout."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        server = ImapServer("127.0.0.1", port, "bounces", "secret", "none", timeout=0.2)
        with pytest.raises(IntakeError, match="timed out"):
            await ImapIntake(server).scan(busy)


@needs_dovecot
async def test_of_a_huge_message_the_beginning_is_enough(room: Room, mailboxes: Callable[..., Dovecot]):
    """No more than a megabyte is asked for."""
    sizes = []

    async def take(message: bytes, recipients: object) -> None:
        sizes.append(len(message))
        await room.app.returns.accept(message, ())

    server = await asyncio.to_thread(mailboxes)
    huge = dsn(ADA, room.address()) + b"z" * 70 + b"\r\n" + (b"x" * 70 + b"\r\n") * 50_000
    await asyncio.to_thread(server.put, huge)
    await ImapIntake(imap(server)).scan(take)
    assert sizes == [1 << 20]
    assert [item.kind for item in await room.app.bounces.recent(5)] == [Kind.HARD]


# All of them


async def test_one_that_cannot_be_read_does_not_stop_the_others(room: Room, tmp_path: Path):
    """What is wrong with it is said with what was taken."""
    way = ByMaildir(tmp_path / "maildir")
    (way.folder / "new" / "1.a").write_bytes(dsn(ADA, room.address()))
    found = await room.app.returns.scan([MaildirIntake(tmp_path / "nowhere"), way.intake])
    assert [(taken.kind, taken.fate) for taken in found.taken.elements()] == [(Kind.HARD, Fate.NOTED)]
    assert len(found.errors) == 1
    assert "nowhere" in found.errors[0]
