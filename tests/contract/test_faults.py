"""Whole sends while the one mail server misbehaves, and that each check notices a delivery that is wrong.
`docs/faults.md` has the list."""

import asyncio
import contextlib
import io
import logging
import re
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from simulation.mutants import MUTANTS as SIMULATED
from support.checks import Checks
from support.rawsmtp import Act, Acts, Talk, close, drip, hang, raw_server, sip, then
from support.sending import Plans, Sending, readers
from support.sessions import IMPATIENT
from support.sink import sink

from newsletter.adapters.stores import subscribers
from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.transports import session
from newsletter.adapters.transports.conversation import Conversation
from newsletter.core import delivery as rules
from newsletter.core.consent import Event
from newsletter.core.delivery import Decision, RetrySchedule
from newsletter.core.model import DeliveryState as State
from newsletter.core.pace import Learned, Limits
from newsletter.errors import ServerRefused, TemplateError
from newsletter.services import copydesk, outcomes
from newsletter.services.compose import Composer
from newsletter.services.deliver import Delivery
from newsletter.services.lane import BRISK, Lane
from newsletter.services.outcomes import Outcomes
from newsletter.services.ways import Way

CHECKS = Checks()
check = CHECKS.add
TWELVE = readers(12)
ONE, ANOTHER = TWELVE[:2]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Planned editions, made once."""
    return Plans(tmp_path_factory.mktemp("plans"))


def once_each(emails: tuple[str, ...] = TWELVE) -> Counter[str]:
    """A copy for everybody."""
    return Counter(emails)


# The server cannot be used


@check
async def a_server_that_is_down_counts_against_nobody(plans: Plans) -> None:
    """Whether it cannot be reached or says so: all rows are pending, and the next run sends everything."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with plans.open(unused.getsockname()[1]) as sending:
            assert (await sending.send()).startswith("ServerUnavailable: ")
            assert (sending.states, sending.attempts) == ({"pending": 12}, {0})
    for phase in ("banner", "EHLO", "MAIL"):
        acts: dict[str, Acts] = {phase: then(b"421 4.3.2 down for the night\r\n", close)}
        async with raw_server(acts) as server, plans.open(server.port) as sending:
            assert "421 4.3.2 down for the night" in await sending.send()
            assert (sending.states, sending.attempts) == ({"pending": 12}, {0})
            assert await sending.paused is None
            acts.clear()
            sending.later(hours=1)
            assert await sending.send() == ""
            assert (sending.states, sending.attempts) == ({"accepted": 12}, {1})
        assert server.copies == once_each()


@check
async def a_server_that_closes_on_everybody_ends_each_run(plans: Plans) -> None:
    """421 to every reader: although fewer connections are used each time, and those that are not have nobody
    to wait for, each run ends and says so."""
    async with raw_server({"RCPT": b"421 4.3.2 not today\r\n"}) as server, plans.open(server.port) as sending:
        for _ in range(4):
            assert "421 4.3.2 not today" in await asyncio.wait_for(sending.send(), 30)
            assert (sending.states, sending.attempts) == ({"pending": 12}, {0})


@check
async def a_server_that_refuses_us_pauses_the_edition(plans: Plans) -> None:
    """5yz at sign-in or at MAIL: nobody is blamed, nothing is tried again until a person says so, and then
    everybody gets one copy."""
    signing_in = 'username = "papers"\npassword_file = "password"'
    for phase, answer in (("AUTH", b"535 5.7.8 wrong password\r\n"), ("MAIL", b"550 5.7.1 blocked\r\n")):
        acts: dict[str, Acts] = {phase: answer}
        async with raw_server(acts) as server, plans.open(server.port, more=signing_in) as sending:
            sending.app.settings.path("password").write_text("swordfish")
            words = answer.decode().split(maxsplit=2)[2].strip()
            assert (await sending.send()).startswith("ServerRefused: ")
            assert (sending.states, sending.attempts) == ({"pending": 12}, {0})
            assert words in (await sending.paused or "")
            tries = server.connections
            assert tries <= 4
            await sending.send()
            assert server.connections == tries
            acts.clear()
            await sending.resume()
            assert await sending.send() == ""
            assert sending.states == {"accepted": 12}
        assert server.copies == once_each()


# The server is slow


@check
async def a_connection_that_hangs_does_not_hold_up_the_others(plans: Plans) -> None:
    """Everybody else has their copy before it moves, but for the one reader whom it was told of already."""
    for phase in ("MAIL", "dot"):
        others = asyncio.Event()

        async def until_then(talk: Talk, others: asyncio.Event = others) -> None:
            await others.wait()
            talk.writer.close()

        accepted = Counter[State]()

        def progress(
            decision: Decision, accepted: Counter[State] = accepted, others: asyncio.Event = others
        ) -> None:
            accepted[decision.state] += 1
            if accepted[State.ACCEPTED] == len(TWELVE) - 2:
                others.set()

        async with raw_server({phase: [until_then]}) as server, plans.open(server.port) as sending:
            assert await sending.send_to_the_end(progress=progress) <= 2
            assert sending.states == {"accepted": 12}
        assert set(server.copies) == set(TWELVE)
        assert server.copies.total() == 12 + (phase == "dot")


@check
async def a_connection_that_hangs_or_crawls_ends_by_itself(plans: Plans) -> None:
    """At each phase, by its deadline, and a whole message has one of its own: nobody is lost, and only
    after the last dot can there be a second copy."""
    troubles: list[tuple[str, Act]] = [(phase, hang) for phase in ("banner", "EHLO", "RCPT", "DATA", "dot")]
    for phase, act in (*troubles, ("MAIL", drip(b"2")), ("body", sip)):
        async with raw_server({phase: [act]}) as server, plans.open(server.port, connections=2) as sending:
            await sending.send_to_the_end(patience=IMPATIENT)
            assert sending.states == {"accepted": 12}, (phase, sending.rows)
        assert set(server.copies) == set(TWELVE)
        assert server.copies.total() <= 12 + (phase == "dot")


# The server says no, for now or for good


@check
async def not_now_is_tried_again_until_the_lifetime_ends(plans: Plans) -> None:
    """4yz at RCPT, at DATA and after the dot: each row at a time of its own, and `expired` in the end."""
    lifetime = '[delivery]\nlifetime = "1h"\n'
    for phase in ("RCPT", "DATA", "dot"):
        acts: dict[str, Acts] = {phase: b"450 4.2.2 mailbox busy\r\n"}
        async with raw_server(acts) as server, plans.open(server.port, more=lifetime) as sending:
            assert await sending.send() == ""
            assert (sending.states, sending.attempts) == ({"deferred": 12}, {1})
            waits = [
                (row.next_attempt - sending.app.clock.now()).total_seconds() / 60
                for row in await sending.app.outbox.failures(sending.edition)
                if row.next_attempt
            ]
            assert len(waits) == 12
            assert all(5 <= wait <= 6 for wait in waits)
            assert len(set(waits)) > 6, "those that failed together come back together"
            for minutes in (6, 18, 36):
                assert sending.states == {"deferred": 12}
                sending.later(minutes=minutes)
                await sending.send()
            assert (sending.states, sending.attempts) == ({"expired": 12}, {4})
            assert sending.rows[ONE].reason == "given up after 4 attempts: 450 4.2.2 mailbox busy"
        assert server.copies == {}


@check
async def not_now_for_the_sender_is_nobodys_attempt(plans: Plans) -> None:
    """4yz at MAIL: all rows are pending, until the edition is too old to be sent."""
    lifetime = '[delivery]\nlifetime = "1h"\n'
    acts: dict[str, Acts] = {"MAIL": b"452 4.3.1 no space\r\n"}
    async with raw_server(acts) as server, plans.open(server.port, more=lifetime) as sending:
        assert "452 4.3.1 no space" in await sending.send()
        assert (sending.states, sending.attempts) == ({"pending": 12}, {0})
        sending.later(hours=2)
        acts.clear()
        assert await sending.send() == ""
        assert sending.states == {"expired": 12}
        assert "published more than 1 hour before" in sending.rows[ONE].reason
    assert server.copies == {}


@check
async def a_bad_address_is_that_row_only(plans: Plans) -> None:
    """5yz at RCPT and after the dot; the others are sent over the same connection."""
    for phase in ("RCPT", "dot"):
        acts: dict[str, Acts] = {phase: [None, None, b"550 5.1.1 no such user\r\n"]}
        async with raw_server(acts) as server, plans.open(server.port, connections=1) as sending:
            assert await sending.send() == ""
            assert sending.states == {"accepted": 11, "rejected": 1}
            assert sending.rows[TWELVE[2]].reason == "550 5.1.1 no such user"
            assert server.connections == 1
            await sending.send_to_the_end()
        assert server.copies == once_each() - Counter([TWELVE[2]])


@check
async def closing_in_the_middle_is_nobodys_fault(plans: Plans) -> None:
    """421 at each phase: another connection sends the rest in the same run, and nobody is counted
    against."""
    for phase in ("MAIL", "RCPT", "DATA", "dot"):
        acts: dict[str, Acts] = {phase: [*[None] * 9, b"421 4.4.2 closing\r\n"]}
        async with raw_server(acts) as server, plans.open(server.port, connections=2) as sending:
            assert await sending.send() == ""
            assert (sending.states, sending.attempts) == ({"accepted": 12}, {1}), phase
            assert server.connections == 3
        assert server.copies == once_each(), phase


@check
async def a_throttled_server_gets_half_as_much(plans: Plans) -> None:
    """454 after the dot: nobody's attempt, half the rate and half the connections, in the next runs too;
    by and by both come back."""
    acts: dict[str, Acts] = {"dot": [*[None] * 8, b"454 4.7.0 Throttling failure\r\n"]}
    async with raw_server(acts) as server, plans.open(server.port, emails=readers(24)) as sending:
        await _stop_at(State.DEFERRED, sending)
        rows = sending.rows.values()
        assert {row.attempts for row in rows if row.state == "deferred"} == {0}
        paces = await sending.app.paces.load()
        learned = paces.get(f"127.0.0.1:{server.port}", Learned())
        assert learned.connections == 2
        assert learned.rate is not None

        left = sum(row.state == "pending" for row in rows)
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert await sending.send() == ""
        assert loop.time() - start >= (left - 1) / learned.rate

        now, limits = sending.app.clock.now(), Limits(learned.rate * 1.5, 4)
        sending.later(minutes=10)
        assert learned.at(now, limits) == Limits(learned.rate, 2)
        assert learned.at(sending.app.clock.now(), limits) == limits
        await sending.send_to_the_end()
        assert (sending.states, sending.attempts) == ({"accepted": 24}, {1})
    assert server.copies == once_each(readers(24))


@check
async def half_is_half_of_what_was_sent(plans: Plans) -> None:
    """A server that is quick, and then has enough, is still sent to quickly."""
    acts: dict[str, Acts] = {"dot": [*[None] * 150, b"454 4.7.0 Throttling failure\r\n"]}
    async with raw_server(acts) as server, plans.open(server.port, emails=readers(200)) as sending:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await _stop_at(State.DEFERRED, sending)
        learned = (await sending.app.paces.load())[f"127.0.0.1:{server.port}"]
        assert (learned.rate or 0) > 150 / (loop.time() - start) / 4


async def _stop_at(state: State, sending: Sending) -> None:
    """A run that ends at the first copy of that state."""
    found: list[Any] = []

    def progress(decision: Decision) -> None:
        if decision.state is state:
            found[0].stop()

    await sending.send(progress, before=found.append)


# The sender stops


@check
async def a_stop_finishes_what_is_on_its_way(plans: Plans) -> None:
    """As SIGTERM asks for it: nothing is left in `sending`, what the server took is accepted, and the next
    run sends the rest."""
    many = readers(80)
    async with raw_server() as server, plans.open(server.port, emails=many) as sending:
        await _stop_at(State.ACCEPTED, sending)
        assert sending.states == {"accepted": len(server.messages), "pending": 80 - len(server.messages)}
        assert 0 < len(server.messages) < 40
        assert await sending.send() == ""
        assert (sending.states, sending.attempts) == ({"accepted": 80}, {1})
    assert server.copies == once_each(many)


# One reader


@check
async def a_copy_that_cannot_be_written_is_counted(plans: Plans) -> None:
    """A mistake of a template that only one reader's copy has: that row is rejected, and says why."""

    class Picky(Composer):
        def unsigned(self, row):
            if row.email == ONE:
                raise TemplateError("'wish' is undefined")
            return super().unsigned(row)

    def before(delivery: Any) -> None:
        app = sending.app
        delivery._writer = lambda edition: Picky(edition, app.newsletter, app.secret)

    async with raw_server() as server, plans.open(server.port) as sending:
        assert await sending.send(before=before) == ""
        assert sending.states == {"accepted": 11, "rejected": 1}
        assert sending.rows[ONE] == ("rejected", 0, "could not be written: 'wish' is undefined")
    assert server.copies == once_each() - Counter([ONE])


@check
async def one_bad_address_among_many_is_one_rejection(plans: Plans) -> None:
    """Over connections that are never idle."""
    await _one_bad_among(plans, 500)


async def _one_bad_among(plans: Plans, count: int) -> None:
    many = readers(count)
    bad, record = many[count // 2], plans.folder / f"record{count}"
    record.unlink(missing_ok=True)
    with sink(record, refused=bad) as port:
        async with plans.open(port, emails=many, connections=8) as sending:
            await sending.send()
            assert sending.states == {"accepted": count - 1, "rejected": 1}
            assert sending.rows[bad].state == "rejected"
    assert Counter(line.split()[0] for line in record.read_text().splitlines()) == once_each(many) - Counter(
        [bad]
    )


@check
async def who_leaves_during_a_send_gets_nothing_more(plans: Plans) -> None:
    """Nor does the one whom the server was told of already, nor those whose copies are ready: their text
    never leaves."""
    leaving = TWELVE[1:]

    async def they_leave(talk: Talk) -> None:
        for email in leaving:
            await _leave(sending, email)
        await asyncio.sleep(1.5 * BRISK)
        await talk.say(b"250 2.0.0 taken\r\n")

    async with raw_server({"dot": they_leave}) as server:
        async with plans.open(server.port, connections=1) as sending:
            assert await sending.send() == ""
            assert sending.states == {"accepted": 1, "suppressed": 11}
        assert f"RCPT TO:<{ANOTHER}>\r\n".encode() in server.commands, "nobody was announced"
        assert server.clear.count(b"Message-ID:") == 1
    assert server.copies == Counter([ONE])


@check
async def who_leaves_after_a_no_gets_no_further_attempt(plans: Plans) -> None:
    """Whether they were deferred, or their connection broke after the dot."""
    for answer, event in ((b"450 4.2.2 mailbox busy\r\n", Event.UNSUBSCRIBE), (close, Event.ERASE)):
        async with raw_server({"dot": [answer]}) as server, plans.open(server.port) as sending:
            await sending.send()
            [(email, row)] = [(email, row) for email, row in sending.rows.items() if row.state == "deferred"]
            await _leave(sending, email, event)
            sending.later(hours=1)
            assert await sending.send() == ""
            assert sending.states == {"accepted": 11, "suppressed": 1}
        assert server.recipients.count(row and email) == 1


@check
async def no_address_gets_into_a_log(plans: Plans) -> None:
    """Of those who are sent to, refused, deferred and left; nor into what the program prints."""

    async def one_leaves(talk: Talk) -> None:
        await _leave(sending, TWELVE[-1], Event.ERASE)
        await talk.say(b"250 2.0.0 taken\r\n")

    async with raw_server({"dot": [one_leaves], "RCPT": [None, b"550 no\r\n", b"450 later\r\n"]}) as server:
        with _everything_said() as said:
            async with plans.open(server.port, connections=1) as sending:
                await sending.send()
                assert sending.states == {"accepted": 9, "suppressed": 1, "rejected": 1, "deferred": 1}
    assert re.findall(r"\S*reader\d+\S*", said.getvalue()) == []


async def _leave(sending: Sending, email: str, event: Event = Event.UNSUBSCRIBE) -> None:
    reader = await sending.app.subscribers.find(email)
    await sending.app.subscribers.move(reader.id, event, sending.app.clock.now(), "test")


@contextlib.contextmanager
def _everything_said() -> Iterator[io.StringIO]:
    """Logs of all levels, and both streams."""
    said = io.StringIO()
    handler, root = logging.StreamHandler(said), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


# The checks, and broken variants of the delivery that they notice


async def _one_at_a_time(self: Lane, *values: Any) -> Any:
    async with LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        return await SEND(self, *values)


def _follows_uncounted(self: Lane) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self._way.gate, "count", lambda: None, raising=False)
        return FOLLOWING(self)


def _released_is_an_attempt(attempts: int, reason: str) -> Decision:
    return Decision(State.PENDING, attempts, reason)


def _released_is_rejected(attempts: int, reason: str) -> Decision:
    return Decision(State.REJECTED, attempts, reason)


async def _never_paused(self: Outcomes, edition_id: int, reason: str) -> None:
    """Not said to anybody."""


def _without_jitter(self: RetrySchedule, attempt: Any, now: Any, **values: Any) -> Any:
    return AFTER(replace(self, jitter=0), attempt, now, **values)


def _for_ever(self: RetrySchedule, attempt: Any, now: Any, **values: Any) -> Any:
    return AFTER(replace(self, lifetime=self.lifetime * 1000), attempt, now, **values)


async def _no_more(self: Outcomes, prepared: Any, reply: Any, way: Any, line: Any) -> None:
    """A refusal ends the whole session."""
    await ANSWERED(self, prepared, reply, way, line)
    if reply.code >= 500:
        way.given_up = ServerRefused("refused")


async def _expires_nothing(self: object, now: Any, lifetime: Any) -> int:
    return 0


async def _forgets(self: SqlPaces, learned: Any) -> None:
    """What was learned is gone at the end of the run."""


def _skipped(row: Any, error: Exception) -> Decision:
    return Decision(State.SUPPRESSED, row.attempts, "skipped")


def _talkative(self: Outcomes, row: Any, decision: Decision) -> None:
    logging.getLogger("newsletter").debug("%s is %s", row.email, decision.state)
    DECIDED(self, row, decision)


def _five_hundred_is_later(reply: Any, *values: Any, **more: Any) -> Decision:
    return REPLIED(replace(reply, code=450 if reply.code >= 500 else reply.code), *values, **more)


def _suppresses_nothing(subscriber_id: int, status: Any, now: Any) -> Any:
    return SUPPRESS(-1, status, now)


SEND, FOLLOWING, DECIDED, ANSWERED = Lane._send, Lane._following, Outcomes.decided, Outcomes.answered
AFTER, REPLIED = RetrySchedule.after, outcomes.after_reply
SUPPRESS = subscribers._suppress
LOCKS: dict[object, asyncio.Lock] = {}

MUTANTS: list[tuple[str, str, tuple[object, str, object]]] = [
    ("a_server_that_is_down_counts_against_nobody", "counts what was not taken",
     (outcomes, "released", _released_is_an_attempt)),
    ("a_server_that_is_down_counts_against_nobody", "rejects what was not taken",
     (outcomes, "released", _released_is_rejected)),
    ("a_server_that_closes_on_everybody_ends_each_run", "takes no connection for lost",
     (Way, "is_lost", False)),
    ("a_server_that_refuses_us_pauses_the_edition", "does not pause",
     (Outcomes, "pause", _never_paused)),
    ("a_server_that_refuses_us_pauses_the_edition", "rejects what was not taken",
     (outcomes, "released", _released_is_rejected)),
    ("a_connection_that_hangs_does_not_hold_up_the_others", "sends one after the other",
     (Lane, "_send", _one_at_a_time)),
    ("a_connection_that_hangs_or_crawls_ends_by_itself", "waits for ever",
     (Conversation, "_expire", lambda self: None)),
    ("not_now_is_tried_again_until_the_lifetime_ends", "comes back with all at once",
     (RetrySchedule, "after", _without_jitter)),
    ("not_now_is_tried_again_until_the_lifetime_ends", "never gives up",
     (RetrySchedule, "after", _for_ever)),
    ("not_now_for_the_sender_is_nobodys_attempt", "counts what was not taken",
     (outcomes, "released", _released_is_an_attempt)),
    ("not_now_for_the_sender_is_nobodys_attempt", "sends what is too old",
     (SqlOutbox, "expire", _expires_nothing)),
    ("a_bad_address_is_that_row_only", "tries it again", (outcomes, "after_reply", _five_hundred_is_later)),
    ("a_bad_address_is_that_row_only", "takes it for the server's word", (Outcomes, "answered", _no_more)),
    ("closing_in_the_middle_is_nobodys_fault", "takes it for a recipient's", (session, "_CLOSING", 0)),
    ("closing_in_the_middle_is_nobodys_fault", "drops what was not used",
     SIMULATED["drops what was not used"]),
    ("a_throttled_server_gets_half_as_much", "counts a throttled attempt", (rules, "_TOO_MUCH", ())),
    ("a_throttled_server_gets_half_as_much", "does not slow down",
     (outcomes, "slows_down", lambda code: False)),
    ("a_throttled_server_gets_half_as_much", "forgets what it learned", (SqlPaces, "save", _forgets)),
    ("half_is_half_of_what_was_sent", "counts only those that waited",
     (Lane, "_following", _follows_uncounted)),
    ("a_stop_finishes_what_is_on_its_way", "goes on", (Delivery, "stop", lambda self: None)),
    ("a_stop_finishes_what_is_on_its_way", "leaves what is ready in sending",
     SIMULATED["leaves what is ready in sending"]),
    ("a_copy_that_cannot_be_written_is_counted", "skips it", (copydesk, "_unwritable", _skipped)),
    ("one_bad_address_among_many_is_one_rejection", "tries it again",
     (outcomes, "after_reply", _five_hundred_is_later)),
    ("who_leaves_during_a_send_gets_nothing_more", "does not look again whether a reader has left",
     SIMULATED["does not look again whether a reader has left"]),
    ("who_leaves_after_a_no_gets_no_further_attempt", "keeps trying",
     (subscribers, "_suppress", _suppresses_nothing)),
    ("no_address_gets_into_a_log", "says who it was", (Outcomes, "decided", _talkative)),
]  # fmt: skip


ENDLESS = {"waits for ever", "sends one after the other"}
"""What never comes to an end; the others end, with another result."""


@pytest.mark.parametrize("name", CHECKS)
async def test_fault(name: str, plans: Plans):
    """Every row ends where it belongs, whatever the server does."""
    await CHECKS.run(name, plans)


@pytest.mark.parametrize(
    ("name", "broken", "mutant"), MUTANTS, ids=[f"{name}: {broken}" for name, broken, _ in MUTANTS]
)
async def test_a_delivery_that_is_wrong_is_noticed(
    monkeypatch: pytest.MonkeyPatch, plans: Plans, name: str, broken: str, mutant: tuple[Any, str, Any]
):
    """Each check can fail: it does, where the delivery does this instead of what it should."""
    monkeypatch.setattr(*mutant)
    await CHECKS.notice(name, plans, endless=broken in ENDLESS)


@pytest.mark.slow
async def test_one_bad_address_among_ten_thousand_is_one_rejection(plans: Plans):
    """And everybody else has one copy."""
    await _one_bad_among(plans, 10_000)


def test_every_check_has_been_seen_to_fail():
    """Or nobody would know whether it can."""
    assert {name for name, *_ in MUTANTS} == set(CHECKS)
