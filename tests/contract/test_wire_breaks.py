"""Silence, breaks and refusals of a server at every step: what each means for the message."""

import asyncio
import tracemalloc

import pytest
from support.checks import Patch
from support.rawsmtp import (
    Act,
    RawServer,
    close,
    drip,
    endless,
    hang,
    raw_server,
    reset,
    sip,
    stall,
    taste,
    then,
)
from support.sessions import (
    IMPATIENT,
    LARGE,
    OFFERS,
    A,
    B,
    Mutant,
    WireChecks,
    message,
    outcome,
    to,
    transport,
    unavailable,
)

from newsletter.adapters.transports import replies, session
from newsletter.adapters.transports.conversation import Conversation
from newsletter.adapters.transports.session import SmtpSession
from newsletter.errors import ServerRefused, ServerUnavailable

CHECKS = WireChecks()


@CHECKS.add
async def silence_before_the_message_is_the_servers_trouble() -> None:
    """At each step; nothing was handed over."""
    for phase in ("banner", "EHLO", "MAIL", "RCPT", "DATA"):
        for offers in OFFERS:
            async with raw_server({phase: hang}, offers=offers) as server:
                await unavailable(server, **IMPATIENT)


@CHECKS.add
async def a_server_that_drips_has_no_more_time() -> None:
    """Bytes that are no whole reply do not count."""
    for phase in ("banner", "MAIL"):
        async with raw_server({phase: drip(b"2")}) as server:
            await unavailable(server, **IMPATIENT)


@CHECKS.add
async def silence_and_breaks_after_the_dot_are_ambiguous() -> None:
    """The server may have the message: these do."""
    for offers in OFFERS:
        for act in (hang, close, reset, b"nonsense\r\n", b"354 go on\r\n", b"25"):
            async with raw_server({"dot": act}, offers=offers) as server:
                reply = await outcome(server, **IMPATIENT)
                assert (reply.code, reply.ambiguous) == (0, True)
                assert server.recipients == [A]


@CHECKS.add
async def a_message_that_was_not_read_is_not_ambiguous() -> None:
    """Its end has not left: the server cannot have it, and never gets it."""
    for act in (stall, sip):
        for following in (None, to(B)):
            async with (
                raw_server({"body": act}) as server,
                transport(server.port, **IMPATIENT).session() as open_session,
            ):
                reply = await open_session.send(message(A, LARGE), following)
                assert (reply.code, reply.ambiguous) == (0, False), reply
                with pytest.raises(ServerUnavailable):
                    await open_session.send(message(B))
            assert server.messages == []


@CHECKS.add
async def a_break_in_the_middle_of_a_message_is_not_ambiguous() -> None:
    """Nor is it the server's trouble: it may be this message that makes it hang up."""
    for act in (close, reset):
        acts: dict[str, Act] = {"body": then(taste, act)}
        async with raw_server(acts) as server, transport(server.port).session() as open_session:
            reply = await open_session.send(message(A, LARGE))
            assert (reply.code, reply.ambiguous) == (0, False), reply


@CHECKS.add
async def an_answer_before_the_end_is_none() -> None:
    """A reply that comes while most of the message is still here is not about the message."""
    for answer, code in ((b"250 taken\r\n", 0), (b"552 too big\r\n", 552), (b"421 bye\r\n", 421)):
        for following in (None, to(B)):
            acts: dict[str, Act] = {"body": then(taste, answer, stall)}
            async with raw_server(acts) as server, transport(server.port).session() as open_session:
                with pytest.raises(ServerUnavailable) as trouble:
                    await open_session.send(message(A, LARGE), following)
                assert trouble.value.code == code
            assert server.messages == []


@CHECKS.add
async def closing_is_never_a_recipients_fault() -> None:
    """421 at any step, with its code."""
    for phase in ("banner", "EHLO", "MAIL", "RCPT", "DATA"):
        for offers in OFFERS:
            async with raw_server({phase: then(b"421 4.3.2 bye\r\n", close)}, offers=offers) as server:
                await unavailable(server, 421)
    async with raw_server({"dot": b"421 4.3.2 bye\r\n"}) as server:
        with pytest.raises(ServerUnavailable) as trouble:
            await outcome(server)
        assert trouble.value.code == 421


@CHECKS.add
async def closing_between_messages_is_seen_by_the_next() -> None:
    """The answer before it stands."""
    for offers in OFFERS:
        async with (
            raw_server(
                {"dot": then(b"250 2.0.0 taken\r\n421 4.4.2 bye\r\n", close)}, offers=offers
            ) as server,
            transport(server.port).session() as open_session,
        ):
            assert (await open_session.send(message(A))).code == 250
            with pytest.raises(ServerUnavailable, match="421") as trouble:
                await open_session.send(message(B))
            assert trouble.value.code == 421
        assert server.recipients == [A]


@CHECKS.add
async def a_refused_sender_is_not_a_refused_recipient() -> None:
    """4yz and 5yz at MAIL, with the code."""
    for offers in OFFERS:
        async with raw_server({"MAIL": b"451 4.7.0 slow down\r\n"}, offers=offers) as server:
            await unavailable(server, 451)
        async with raw_server({"MAIL": b"550 5.7.1 not you\r\n"}, offers=offers) as server:
            with pytest.raises(ServerRefused) as trouble:
                await outcome(server)
            assert trouble.value.code == 550


@CHECKS.add
async def endless_replies_end() -> None:
    """As fast as they come, at any step, in little memory."""
    pieces = (b"220-x\r\n", b"250-" + b"x" * 1000 + b"\r\n", b"2", b"250 OK\r\n", b"\r\n")
    for phase in ("banner", "EHLO", "MAIL", "dot"):
        for piece in pieces:
            await _endless(phase, piece)


async def _endless(phase: str, piece: bytes) -> None:
    async with raw_server({phase: endless(piece)}) as server:
        tracemalloc.start()
        try:
            with pytest.raises(ServerUnavailable):
                await _send_two(server, piece == b"250 OK\r\n")
            assert tracemalloc.get_traced_memory()[1] < 8_000_000
        finally:
            tracemalloc.stop()
    assert server.recipients == ([A] if phase == "dot" else [])


async def _send_two(server: RawServer, credible: bool) -> None:
    async with transport(server.port).session() as open_session:
        reply = await open_session.send(message(A))
        assert credible or reply.ambiguous
        await open_session.send(message(B))


@pytest.mark.parametrize("act", [hang, close, reset, b"500 what?\r\n", endless(b"221-x\r\n")])
async def test_how_the_server_hangs_up_does_not_matter(act: Act):
    """It has every message, and every answer that counts is here."""
    async with (
        raw_server({"QUIT": act}) as server,
        transport(server.port, **IMPATIENT).session() as open_session,
    ):
        assert (await open_session.send(message(A))).code == 250


async def test_a_session_that_is_cancelled_is_over():
    """The reply that was waited for must not be taken for another."""
    async with raw_server({"dot": hang}) as server, transport(server.port).session() as open_session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await open_session.send(message(A))
        with pytest.raises(ServerUnavailable):
            await open_session.send(message(B))


def _ignores_surplus(self: Conversation, answer: replies.Answer) -> None:
    if self._owed:
        TAKE(self, answer)


TAKE = Conversation._take
NO_DEADLINE: Patch = (Conversation, "_expire", lambda self: None)
ALL_LEFT: Patch = (Conversation, "_dot_left", lambda self: True)
MUTANTS: list[Mutant] = [
    ("silence_before_the_message_is_the_servers_trouble", NO_DEADLINE),
    ("a_server_that_drips_has_no_more_time", NO_DEADLINE),
    ("silence_and_breaks_after_the_dot_are_ambiguous", (Conversation, "_dot_left", lambda self: False)),
    ("a_message_that_was_not_read_is_not_ambiguous", ALL_LEFT),
    ("a_message_that_was_not_read_is_not_ambiguous", NO_DEADLINE),
    (
        "a_break_in_the_middle_of_a_message_is_not_ambiguous",
        (Conversation, "pause_writing", lambda self: None),
    ),
    ("an_answer_before_the_end_is_none", ALL_LEFT),
    ("closing_is_never_a_recipients_fault", (session, "_CLOSING", 0)),
    ("closing_between_messages_is_seen_by_the_next", (Conversation, "_take", _ignores_surplus)),
    ("a_refused_sender_is_not_a_refused_recipient", (SmtpSession, "_demand", lambda self, answer: None)),
    ("endless_replies_end", (replies.ReplyReader, "_line", lambda self, line: None)),
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
