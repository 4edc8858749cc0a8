"""Replies and commands in step, and nothing on the wire but what should be, whatever the server says."""

import asyncio
import re

import pytest
from support.checks import Patch
from support.rawsmtp import (
    Act,
    Talk,
    raw_server,
    then,
)
from support.sessions import (
    DATA,
    LARGE,
    OFFERS,
    A,
    B,
    C,
    Mutant,
    WireChecks,
    message,
    send_all,
    to,
    transport,
    unavailable,
)

from newsletter.adapters.transports import commands, replies, session
from newsletter.adapters.transports.conversation import Conversation
from newsletter.adapters.transports.session import SmtpSession
from newsletter.core.delivery import Reply
from newsletter.errors import ServerUnavailable

CHECKS = WireChecks()


@CHECKS.add
async def a_refusal_touches_nobody_else() -> None:
    """At RCPT, at DATA and after the dot; the server that wants an RSET gets one."""
    for phase in ("RCPT", "DATA", "dot"):
        for answer in (b"450 4.2.1 busy\r\n", b"550 5.1.1 no such user\r\n"):
            for offers in OFFERS:
                acts: dict[str, Act | list[Act | None]] = {phase: [None, answer, None]}
                async with (
                    raw_server(acts, offers=offers) as server,
                    transport(server.port).session() as open_session,
                ):
                    got = await send_all(open_session, [A, B, C])
                    assert [reply.code for reply in got] == [250, int(answer[:3]), 250]
                    assert [C in got[2].text, A in got[0].text] == [True, True]
                assert server.connections == 1


@CHECKS.add
async def a_message_for_nobody_is_ended_at_once() -> None:
    """A server that refuses the recipient and still says 354 gets the mere dot, and no text."""
    acts: dict[str, Act | list[Act | None]] = {
        "RCPT": [b"550 5.1.1 no such user\r\n", None],
        "DATA": [b"354 go on\r\n", None],
    }
    async with raw_server(acts) as server, transport(server.port).session() as open_session:
        got = await send_all(open_session, [A, B])
    assert [reply.code for reply in got] == [550, 250]
    assert server.recipients == [B]
    assert server.clear.count(b"Subject: x") == 1


@CHECKS.add
async def a_reply_too_many_is_credited_to_nobody() -> None:
    """Where a surplus 250 comes with the answer to a command, the next message is not sent: no text leaves
    for it, and what comes later is not believed."""
    for phase, right in (("MAIL", "250 sender"), ("RCPT", "250 recipient"), ("dot", "250 taken for a")):
        for offers in OFFERS:
            for surplus in (f"250 extra\r\n{right}\r\n", f"{right}\r\n250 extra\r\n"):
                await _surplus(phase, surplus.encode(), offers)


async def _surplus(phase: str, answer: bytes, offers: tuple[str, ...]) -> None:
    acts: dict[str, Act | list[Act | None]] = {phase: [answer]}
    async with raw_server(acts, offers=offers) as server, transport(server.port).session() as open_session:
        credited = []
        try:
            for recipient, following in ((A, B), (B, C), (C, None)):
                reply = await open_session.send(message(recipient), following and to(following))
                credited += [recipient] if reply.code == 250 else []
        except ServerUnavailable:
            pass
        else:
            pytest.fail(f"{answer!r} at {phase} was not noticed")
    assert credited == server.recipients == ([A] if phase == "dot" else [])


@CHECKS.add
async def a_reply_that_comes_late_is_not_the_next_ones() -> None:
    """The surplus 250 is there first, and the true answer to the dot arrives when the next is under way."""

    async def pause(talk: Talk) -> None:
        await asyncio.sleep(0.05)

    for offers in OFFERS:
        acts: dict[str, Act | list[Act | None]] = {"dot": [then(b"250 extra\r\n", pause, b"250 taken\r\n")]}
        async with (
            raw_server(acts, offers=offers) as server,
            transport(server.port).session() as open_session,
        ):
            assert (await open_session.send(message(A), to(B))).code == 250  # nobody could tell
            with pytest.raises(ServerUnavailable):
                await open_session.send(message(B))
        assert server.recipients == [A]


@CHECKS.add
async def data_is_only_allowed_by_354() -> None:
    """And 354 allows nothing else."""
    for offers in OFFERS:
        for phase, answer in (("DATA", b"250 OK\r\n"), ("MAIL", b"354 go\r\n"), ("RCPT", b"354 go\r\n")):
            async with raw_server({phase: answer}, offers=offers) as server:
                await unavailable(server)
                assert b"Subject" not in server.clear


@CHECKS.add
async def false_pipelining_is_found_out() -> None:
    """The server throws away what it was sent in one packet: nothing is lost, and later sessions go step by
    step."""
    async with raw_server(discards=True) as server:
        way = transport(server.port, timeout=0.5)
        with pytest.raises(ServerUnavailable):
            async with way.session() as open_session:
                await open_session.send(message(A))
        async with way.session() as open_session:
            assert [reply.code for reply in await send_all(open_session, [A, B])] == [250, 250]
    assert server.recipients == [A, B]


@CHECKS.add
async def what_was_announced_is_not_sent_by_leaving() -> None:
    """The server waits for a text: neither QUIT nor anything else may become it."""
    for leave in (True, False):
        async with raw_server() as server:
            async with transport(server.port).session() as open_session:
                assert (await open_session.send(message(A), to(B))).code == 250
                if leave:
                    open_session.abandon()
            await asyncio.sleep(0.05)
        assert server.recipients == [A]
        assert server.phases[-1] == "body"
        assert b"QUIT" not in server.clear


@CHECKS.add
async def another_than_was_announced_is_not_sent() -> None:
    """Nor one that cannot be: the server would take it for what was announced."""
    for other in (message(C), message(B, b"bare\nline feed\r\n"), message(B, "ü\r\n".encode())):
        async with raw_server() as server, transport(server.port).session() as open_session:
            await open_session.send(message(A), to(B))
            try:
                reply = await open_session.send(other)
            except (ServerUnavailable, ValueError):
                pass
            else:
                assert reply.code == 554
            with pytest.raises(ServerUnavailable):
                await open_session.send(message(B))
        assert server.recipients == [A]


@CHECKS.add
async def only_offered_parameters_are_used() -> None:
    """And those that are offered, where the message needs them."""
    plain, eight = message("ü@bücher.example", DATA), message(A, DATA + "ü\r\n".encode())
    async with raw_server(offers=()) as server, transport(server.port).session() as open_session:
        assert [(await open_session.send(each)).code for each in (plain, eight)] == [553, 554]
        assert (await open_session.send(message("a@bücher.example"))).code == 250
    assert server.recipients == ["a@xn--bcher-kva.example"]
    assert server.commands[1] == b"MAIL FROM:<papers@example.org>\r\n"
    offers = ("SIZE 1000", "SMTPUTF8", "8BITMIME", "DSN", "PIPELINING")
    async with raw_server(offers=offers) as server, transport(server.port).session() as open_session:
        got = [await open_session.send(each) for each in (plain, eight, message(A, LARGE))]
    assert [reply.code for reply in got] == [250, 250, 552]
    assert server.recipients == ["ü@xn--bcher-kva.example", A]
    assert [line for line in server.commands if line.startswith(b"MAIL")] == [
        b"MAIL FROM:<papers@example.org> RET=HDRS SIZE=%d SMTPUTF8\r\n" % len(DATA),
        b"MAIL FROM:<papers@example.org> RET=HDRS SIZE=%d BODY=8BITMIME\r\n" % (len(DATA) + 4),
    ]


@CHECKS.add
async def no_address_becomes_a_command() -> None:
    """What is more than an address never reaches the wire; the next message does."""
    bad = [
        "x> AUTH=<y",
        "x@example.org> SIZE=1",
        "x@example.org\r\nRSET",
        '"x"@example.org',
        "x",
        "x@y@z",
        "",
    ]
    async with raw_server() as server, transport(server.port).session() as open_session:
        got = await send_all(open_session, [*bad, A])
    assert [reply.code for reply in got] == [553] * len(bad) + [250]
    assert server.recipients == [A]
    assert server.commands[1:] == [
        b"MAIL FROM:<papers@example.org>\r\n", b"RCPT TO:<a@example.org>\r\n", b"DATA\r\n", b"QUIT\r\n"
    ]  # fmt: skip


@CHECKS.add
async def a_text_arrives_to_the_byte() -> None:
    """Lines of a dot included; one that could smuggle commands is not sent at all."""
    data = b".\r\n..\r\nSubject: x\r\n\r\n.\r\nMAIL FROM:<x@example.org>\r\n..two\r\n.\r\n"
    async with raw_server() as server, transport(server.port).session() as open_session:
        for smuggled in (b"a\r\n\n.\r\nMAIL\r\n", b"a\n.\nMAIL\r\n", b"a\r.\r\n", b"no end", b""):
            with pytest.raises(ValueError, match="CRLF"):
                await open_session.send(message(A, smuggled))
        assert [reply.code for reply in await send_all(open_session, [A, B], data)] == [250, 250]
    assert server.messages == [(A, data), (B, data)]


async def test_what_is_announced_costs_no_packet_of_its_own():
    """The commands for the next message arrive with the dot of this one, and are answered in order."""
    async with raw_server() as server, transport(server.port).session() as open_session:
        got = await send_all(open_session, [A, B, C])
    assert [reply.text for reply in got] == [f"2.0.0 taken for {name}" for name in (A, B, C)]
    assert server.recipients == [A, B, C]
    assert server.clear.count(b"\r\n.\r\nMAIL FROM:") == 2


def _ignores_surplus(self: Conversation, answer: replies.Answer) -> None:
    if self._owed:
        TAKE(self, answer)


def _lets_any_consent_open_data(self: SmtpSession, answer: replies.Answer) -> tuple[bool, Reply | None]:
    return (True, None) if answer.code < 400 else GO_AHEAD(self, answer)


TAKE = Conversation._take
GO_AHEAD = SmtpSession._go_ahead
NEVER = property(lambda self: False, lambda self, value: None)
ANY_REPLY: Patch = (Conversation, "_take", _ignores_surplus)
ANY_DATA: Patch = (SmtpSession, "_go_ahead", _lets_any_consent_open_data)
MUTANTS: list[Mutant] = [
    ("a_refusal_touches_nobody_else", (SmtpSession, "_unfinished", NEVER)),
    ("a_message_for_nobody_is_ended_at_once", (session, "_GO_AHEAD", 0)),
    ("a_reply_too_many_is_credited_to_nobody", ANY_REPLY),
    ("a_reply_that_comes_late_is_not_the_next_ones", ANY_REPLY, ANY_DATA),
    ("data_is_only_allowed_by_354", ANY_DATA),
    ("false_pipelining_is_found_out", (SmtpSession, "pipelining_failed", False)),
    ("what_was_announced_is_not_sent_by_leaving", (SmtpSession, "_announced", NEVER)),
    ("another_than_was_announced_is_not_sent", (SmtpSession, "abandon", lambda self: None)),
    (
        "only_offered_parameters_are_used",
        (commands.Commands, "check", lambda self, data, eight_bit: None),
    ),
    ("no_address_becomes_a_command", (commands, "_ADDRESS", re.compile(".*", re.DOTALL))),
    ("a_text_arrives_to_the_byte", (session, "dot_stuffed", lambda data: data)),
]


@pytest.mark.parametrize("name", CHECKS)
async def test_fault(name: str):
    """Every fault ends in the state that is true, and in time."""
    await CHECKS.run(name)


@pytest.mark.parametrize("mutant", MUTANTS, ids=WireChecks.label)
async def test_a_broken_client_is_noticed(monkeypatch: pytest.MonkeyPatch, mutant: Mutant):
    """Each check can fail: it does, where the client is wrong in what it is about."""
    await CHECKS.notice_without(monkeypatch, mutant)


def test_every_check_has_been_seen_to_fail():
    """Or nobody would know whether it can."""
    assert {name for name, *_ in MUTANTS} == set(CHECKS)
