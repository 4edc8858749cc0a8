"""Whole sends through several servers and within limits, and that each check notices a wrong delivery.
`docs/faults.md` has the list."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from simulation.mutants import MUTANTS as SIMULATED
from support.checks import Checks
from support.rawsmtp import Act, Acts, RawServer, Talk, close, raw_server
from support.sending import Plans, readers, table

from newsletter.adapters.stores.outbox import SqlOutbox
from newsletter.bootstrap import App
from newsletter.core.delivery import Alarm, Decision
from newsletter.core.model import DeliveryState as State
from newsletter.services import outcomes
from newsletter.services.deliver import Delivery
from newsletter.services.gate import Domains, Gate
from newsletter.services.line import Line
from newsletter.services.outcomes import Outcomes
from newsletter.services.ways import Ways

CHECKS = Checks()
check = CHECKS.add
MANY = readers(80)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Planned editions, made once."""
    return Plans(tmp_path_factory.mktemp("plans"))


@asynccontextmanager
async def two_servers(
    first: dict[str, Acts] | None = None, second: dict[str, Acts] | None = None
) -> AsyncIterator[tuple[RawServer, RawServer]]:
    """With what they do."""
    async with raw_server(first) as one, raw_server(second) as other:
        yield one, other


def both(one: RawServer, other: RawServer) -> Counter[str]:
    """What all readers have."""
    return one.copies + other.copies


# Several servers


@check
async def servers_get_their_shares(plans: Plans) -> None:
    """By weight, give or take what their connections have in hand."""
    async with two_servers() as (one, other):
        more = table(one.port, weight=3, connections=2) + table(other.port, weight=1, connections=2)
        async with plans.open(emails=MANY, more=more) as sending:
            assert await sending.send() == ""
            assert sending.states == {"accepted": 80}
    assert both(one, other) == Counter(MANY)
    assert abs(len(one.messages) - 60) <= 8


@check
async def who_stands_by_is_only_used_without_the_others(plans: Plans) -> None:
    """A weight of 0: nothing while the other works, everything once it does not."""
    acts: dict[str, Acts] = {}
    async with two_servers(acts) as (one, other):
        more = table(one.port, weight=1) + table(other.port, weight=0)
        async with plans.open(emails=MANY, more=more) as sending:
            await sending.send()
            assert (one.copies, other.copies) == (Counter(MANY), {})
        acts["banner"] = close
        async with plans.open(emails=MANY, more=more) as sending:
            assert await sending.send() == ""
            assert sending.states == {"accepted": 80}
        assert other.copies == Counter(MANY)


@check
async def when_one_server_dies_the_other_takes_over(plans: Plans) -> None:
    """In the middle of the send, while both have messages in hand: everybody has one copy, and nobody's
    attempt is lost."""

    async def dies(talk: Talk) -> None:
        acts.update(dict.fromkeys(("banner", "EHLO", "MAIL", "RCPT", "DATA", "body"), close))
        await close(talk)

    acts: dict[str, Acts] = {"RCPT": [*[None] * 20, dies]}
    async with two_servers(acts) as (one, other):
        more = table(one.port, connections=4) + table(other.port, connections=4)
        async with plans.open(emails=MANY, more=more) as sending:
            assert await sending.send() == ""
            assert (sending.states, sending.attempts) == ({"accepted": 80}, {1})
            assert await sending.paused is None
    assert both(one, other) == Counter(MANY)
    assert 0 < len(one.messages) < 40


@check
async def when_one_server_refuses_us_the_other_takes_all(plans: Plans) -> None:
    """Only where all do is the edition paused."""
    refusal: dict[str, Acts] = {"MAIL": b"550 5.7.1 blocked\r\n"}
    async with two_servers(refusal) as (one, other):
        more = table(one.port) + table(other.port)
        async with plans.open(emails=MANY, more=more) as sending:
            assert await sending.send() == ""
            assert (sending.states, sending.attempts) == ({"accepted": 80}, {1})
            assert await sending.paused is None
        assert (one.copies, other.copies) == ({}, Counter(MANY))
        assert one.connections <= 4
        other.acts.update(refusal)
        async with plans.open(emails=MANY, more=more) as sending:
            assert "blocked" in await sending.send()
            assert sending.states == {"pending": 80}
            assert await sending.paused is not None


# Rates and connections


@check
async def a_server_gets_no_more_than_its_rate(plans: Plans) -> None:
    """Over all its connections."""
    eleven = readers(11)
    async with raw_server() as server, plans.open(server.port, emails=eleven, more="rate = 10") as sending:
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert await sending.send() == ""
        assert loop.time() - start >= 10 / 10
    assert server.copies == Counter(eleven)


@check
async def a_domain_gets_no_more_than_its_limits(plans: Plans) -> None:
    """One copy at a time, and ten a second; domains of no table share nobody's."""
    slow = readers(6, "slow.example")
    limits = '[[smtp.domains]]\ndomain = "slow.example"\nrate = 10\nconnections = 1\n'
    inside, most = 0, 0

    async def takes_its_time(talk: Talk) -> None:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        await asyncio.sleep(0.02)
        inside -= 1
        await talk.say(b"250 2.0.0 taken\r\n")

    by_reader: dict[str, Act] = dict.fromkeys(slow, takes_its_time)
    emails = (*slow, *readers(6))
    async with (
        raw_server({"dot": by_reader}) as server,
        plans.open(server.port, emails=emails, more=limits) as sending,
    ):
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert await sending.send() == ""
        assert loop.time() - start >= 5 / 10
        assert sending.states == {"accepted": 12}
    assert most == 1


@check
async def a_domain_that_must_wait_lets_the_others_past(plans: Plans) -> None:
    """Its copies come first in the plan; the others are there before its first one, but for the one that was
    announced with it."""
    slow, others = readers(6, "slow.example"), readers(12)
    limits = '[[smtp.domains]]\ndomain = "slow.example"\nconnections = 1\n'
    done = asyncio.Event()
    accepted = 0

    def progress(decision: Decision) -> None:
        nonlocal accepted
        accepted += decision.state is State.ACCEPTED
        if accepted == len(others) - 1:
            done.set()

    async def waits(talk: Talk) -> None:
        await done.wait()
        await talk.say(b"250 2.0.0 taken\r\n")

    by_reader: dict[str, Act] = dict.fromkeys(slow, waits)
    async with (
        raw_server({"dot": by_reader}) as server,
        plans.open(server.port, emails=(*slow, *others), more=limits) as sending,
    ):
        assert await sending.send(progress) == ""
        assert sending.states == {"accepted": 18}
    assert server.copies == Counter((*slow, *others))


@check
async def a_domain_that_complains_gets_less_from_then_on(plans: Plans) -> None:
    """451 for a recipient: the copies for that domain go one at a time from then on, since nobody has counted
    how fast they went; that is kept. Nothing was learned of the server."""
    slow = readers(6, "slow.example")
    acts: dict[str, Acts] = {"RCPT": {slow[0]: b"451 4.7.1 too many\r\n"}}
    emails = (*slow, *readers(6))
    async with (
        raw_server(acts) as server,
        plans.open(server.port, emails=emails, connections=1) as sending,
    ):
        await sending.send()
        paces = await sending.app.paces.load()
        assert {domain: (pace.rate, pace.connections) for domain, pace in paces.items()} == {
            "slow.example": (None, 1)
        }
        assert sending.states == {"accepted": 11, "deferred": 1}
        assert sending.rows[slow[0]].state == "deferred"


@check
async def the_warm_up_is_kept_over_runs_and_days(plans: Plans) -> None:
    """So many on the first day, however often it is tried, and more on the next."""
    more = '[smtp.warmup]\nstarted = 2026-03-11\nfirst_day = 20\ngrowth = 2\n[delivery]\nhold_after = "9d"\n'
    async with raw_server() as server, plans.open(server.port, emails=MANY, more=more) as sending:
        for days, sent in ((0, 20), (0, 20), (1, 60), (0, 60), (1, 80)):
            sending.later(days=days)
            assert await sending.send() == ""
            assert sending.states["accepted"] == sent == len(server.messages)
    assert server.copies == Counter(MANY)


# When a person must look


@check
async def too_many_rejections_pause_the_edition(plans: Plans) -> None:
    """Something is wrong with it or with the list: the rest waits, and says why; resumed, it is sent."""
    many = readers(200)
    bad: dict[str, Act] = dict.fromkeys(many[::4], b"550 5.7.1 looks like spam\r\n")
    acts: dict[str, Acts] = {"RCPT": bad}
    async with raw_server(acts) as server, plans.open(server.port, emails=many) as sending:
        said = await sending.send()
        assert said.startswith("EditionPaused: Edition 1 is paused: ")
        assert "copies in this run were rejected, which is more than 10%" in said
        assert sending.states["pending"] > 80
        assert sending.states["sending"] == 0
        before = sending.states
        await sending.send()
        assert sending.states == before
        acts.clear()
        await sending.resume()
        assert await sending.send() == ""
        assert sending.states == {"accepted": 200 - before["rejected"], "rejected": before["rejected"]}
    assert set(server.copies.values()) == {1}


@check
async def what_nobody_has_touched_for_long_waits_for_a_person(plans: Plans) -> None:
    """It may have gone out from elsewhere; resumed, it is sent."""
    more = '[delivery]\nlifetime = "9d"\nhold_after = "12h"\n'
    async with raw_server() as server, plans.open(server.port, more=more) as sending:
        sending.later(hours=13)
        assert "nothing was recorded of it for more than 12 hours" in await sending.send()
        assert sending.states == {"pending": 12}
        assert server.connections == 0
        await sending.resume()
        assert await sending.send() == ""
        assert sending.states == {"accepted": 12}


@check
async def what_is_too_old_is_not_sent(plans: Plans) -> None:
    """A digest of last week is no news."""
    more = '[delivery]\nlifetime = "3h"\n'
    async with raw_server() as server, plans.open(server.port, more=more) as sending:
        sending.later(hours=4)
        assert await sending.send() == ""
        assert sending.states == {"expired": 12}
    assert server.connections == 0


@check
async def few_copies_are_in_doubt_at_any_moment(plans: Plans) -> None:
    """On the disk, three for each connection say `sending` at most; with the policy `hold` it is one."""
    for policy, each in (("resend", 3), ("hold", 1)):
        more = f'[delivery]\nambiguous = "{policy}"\n'
        async with raw_server() as server, plans.open(server.port, emails=MANY, more=more) as sending:
            counts: list[int] = []
            record = _counting(sending.app, counts)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sending.app.outbox, "record", record)
                assert await sending.send() == ""
            assert sending.states == {"accepted": 80}
        assert 0 < max(counts) <= each * 4, (policy, max(counts))
        assert server.copies == Counter(MANY)


def _counting(app: App, counts: list[int]) -> Callable[..., Awaitable[frozenset[int]]]:
    """Only `record` changes what is on the disk, so what is there after each is what ever is."""
    record = app.outbox.record

    async def counted(*values: Any) -> frozenset[int]:
        moved = await record(*values)
        query = sa.text("SELECT count(*) FROM outbox WHERE state = 'sending'")
        counts.append(await app.database.ask(sa.Connection.scalar, query))
        return moved

    return counted


# The checks, and broken variants of the delivery that they notice


async def _rejected_is_enough(self: Delivery, ways: Ways, troubles: Any, outcomes: Outcomes) -> None:
    """One server that gives up ends the run."""
    for way in ways.all:
        if way.given_up:
            raise way.given_up
    await JUDGE(self, ways, troubles, outcomes)


async def _asks_nobody(self: Gate, stop: asyncio.Event) -> None:
    """It is everybody's turn."""


async def _waits_behind(self: Line) -> bool:
    return not self._parked and await FILL(self)


async def _begun_none(self: SqlOutbox, instant: Any) -> int:
    return 0


async def _holds_nothing(self: SqlOutbox, now: Any, idle: Any) -> tuple[int, ...]:
    return ()


async def _expires_nothing(self: SqlOutbox, now: Any, lifetime: timedelta) -> int:
    return 0


async def _lets_everybody_in(self: Gate, who: object) -> bool:
    self.inside += 1
    return True


JUDGE, FILL = Delivery._judge, Line._fill

MUTANTS: list[tuple[str, str, tuple[object, str, object]]] = [
    ("servers_get_their_shares", "asks nobody whose turn it is",
     (Ways, "is_turn_of", lambda self, way: True)),
    ("who_stands_by_is_only_used_without_the_others", "asks nobody whose turn it is",
     (Ways, "is_turn_of", lambda self, way: True)),
    ("when_one_server_dies_the_other_takes_over", "ends with the first that gives up",
     (Delivery, "_judge", _rejected_is_enough)),
    ("when_one_server_refuses_us_the_other_takes_all", "ends with the first that gives up",
     (Delivery, "_judge", _rejected_is_enough)),
    ("a_server_gets_no_more_than_its_rate", "does not wait", (Gate, "turn", _asks_nobody)),
    ("a_domain_gets_no_more_than_its_limits", "knows no domains",
     (Domains, "of", lambda self, domain: None)),
    ("a_domain_gets_no_more_than_its_limits", "does not wait", (Gate, "enter", _lets_everybody_in)),
    ("a_domain_that_must_wait_lets_the_others_past", "waits behind it", (Line, "_fill", _waits_behind)),
    ("a_domain_that_complains_gets_less_from_then_on", "slows the server down",
     (outcomes, "_SERVERS", (421, 451, 454))),
    ("the_warm_up_is_kept_over_runs_and_days", "forgets what it sent",
     (SqlOutbox, "begun_since", _begun_none)),
    ("too_many_rejections_pause_the_edition", "goes on",
     (Alarm, "rings", lambda self, rejected, answered: False)),
    ("what_nobody_has_touched_for_long_waits_for_a_person", "sends it",
     (SqlOutbox, "hold_stale", _holds_nothing)),
    ("what_is_too_old_is_not_sent", "sends it", (SqlOutbox, "expire", _expires_nothing)),
    ("few_copies_are_in_doubt_at_any_moment", "makes ready more than it may",
     SIMULATED["makes ready more than it may"]),
]  # fmt: skip
ENDLESS = {"waits behind it"}
"""What never comes to an end; the others end, with another result."""


@pytest.mark.parametrize("name", CHECKS)
async def test_limit(name: str, plans: Plans):
    """Everybody has one copy, and no server or domain gets more than its share."""
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


def test_every_check_has_been_seen_to_fail():
    """Or nobody would know whether it can."""
    assert {name for name, *_ in MUTANTS} == set(CHECKS)
