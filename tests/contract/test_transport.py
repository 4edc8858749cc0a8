"""What the SMTP transport makes of a real server's answers, phase by phase."""

import pytest
from support.rawsmtp import close, raw_server, then
from support.sessions import message, transport
from support.smtp import scripted_server

from newsletter.errors import ServerRefused, ServerUnavailable


async def test_a_connection_serves_many_messages():
    """One connection, one greeting, as many transactions as there are messages."""
    async with scripted_server() as server, transport(server.port).session() as session:
        for number in range(5):
            reply = await session.send(message(f"reader{number}@example.org"))
            assert reply.code == 250
    assert sum(server.accepted.values()) == 5
    assert server.connections == 1


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "450 4.2.1 mailbox busy"])
async def test_a_refused_recipient_is_that_recipients_reply(answer: str):
    """The next message on the same connection is not touched by it."""
    async with (
        scripted_server(on_rcpt=lambda address: answer if address.startswith("bad") else None) as server,
        transport(server.port).session() as session,
    ):
        refused = await session.send(message("bad@example.org"))
        assert f"{refused.code} {refused.text}" == answer
        assert not refused.ambiguous
        assert (await session.send(message("good@example.org"))).code == 250
    assert server.accepted == {"good@example.org": 1}


@pytest.mark.parametrize("answer", ["554 5.7.1 spam", "452 4.3.1 disk full"])
async def test_a_refusal_after_the_last_dot_is_a_reply(answer: str):
    """The server has said that it does not have the message."""
    async with (
        scripted_server(on_data=lambda _: answer) as server,
        transport(server.port).session() as session,
    ):
        reply = await session.send(message())
    assert f"{reply.code} {reply.text}" == answer
    assert not server.accepted


async def test_a_break_after_the_last_dot_is_ambiguous():
    """This server kept the message before it hung up; nobody here can know."""
    async with scripted_server(on_data=lambda _: "hang up") as server:
        async with transport(server.port).session() as session:
            reply = await session.send(message())
        assert reply.ambiguous
        assert server.accepted == {"reader@example.org": 1}


@pytest.mark.parametrize("phase", ["on_mail", "on_rcpt"])
@pytest.mark.parametrize("answer", ["hang up", "421 4.3.2 closing"])
async def test_a_break_before_data_is_the_servers_trouble(phase: str, answer: str):
    """Nothing was handed over, so it is no reply about the recipient."""
    async with scripted_server(**{phase: lambda _: answer}) as server:
        with pytest.raises(ServerUnavailable, match=f"127.0.0.1:{server.port}"):
            async with transport(server.port).session() as session:
                await session.send(message())
        assert not server.accepted


async def test_a_refused_sender_needs_a_person():
    """5yz at MAIL is about us and not about the recipient."""
    async with scripted_server(on_mail=lambda _: "550 5.7.1 not you") as server:
        with pytest.raises(ServerRefused, match=r"550 5\.7\.1 not you"):
            async with transport(server.port).session() as session:
                await session.send(message())


async def test_no_server_is_said_with_its_address(unused_tcp_port: int):
    """Host and port are what an operator has to check."""
    with pytest.raises(ServerUnavailable, match=f"127.0.0.1:{unused_tcp_port}"):
        async with transport(unused_tcp_port).session():
            pass


async def test_where_tls_is_asked_for_nothing_goes_out_in_clear():
    """A server without STARTTLS gets neither a message nor a password."""
    async with scripted_server() as server:
        with pytest.raises(ServerRefused, match="STARTTLS"):
            async with transport(server.port, tls="starttls", username="me", password="pw").session():
                pass


@pytest.mark.parametrize("code", [250, 550])
async def test_words_in_any_encoding_are_kept_legibly(code: int):
    """Whatever the server's encoding is, its answer counts and can be stored and printed."""
    end = f"{code} angenommen f\xfcr Sie\x07\r\n".encode("latin-1")
    async with raw_server({"dot": end}) as server, transport(server.port).session() as session:
        reply = await session.send(message())
    assert reply.code == code
    assert reply.text == r"angenommen f\udcfcr Sie"


async def test_an_answer_that_is_none_after_the_last_dot_is_ambiguous():
    """The server has the message and says something that no one can read."""
    async with raw_server({"dot": b"OK accepted\r\n"}) as server, transport(server.port).session() as session:
        reply = await session.send(message())
    assert reply.ambiguous


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)])
async def test_a_refusal_counts_also_where_the_server_hangs_up_after_it(offers: tuple[str, ...]):
    """The recipient was refused; that the connection ends as well is another matter."""
    async with (
        raw_server({"RCPT": then(b"550 5.1.1 no such user\r\n", close)}, offers=offers) as server,
        transport(server.port).session() as session,
    ):
        reply = await session.send(message())
        assert (reply.code, reply.text) == (550, "5.1.1 no such user")
        with pytest.raises(ServerUnavailable):
            await session.send(message())


async def test_a_host_that_is_no_name_is_said():
    """Before anything is tried."""
    with pytest.raises(ServerRefused, match="not a host name"):
        async with transport(25, host="mail..example.org").session():
            pass
