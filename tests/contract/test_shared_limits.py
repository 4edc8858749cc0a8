"""Two workers that send at once through one mail server: what it and its recipients' domains get is what they
allow, of both together. Each has its own edition here; what they share is the throttle, in PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.postgres import Cluster
from support.rawsmtp import Act, Acts, Talk, raw_server
from support.sending import Plans, Sending, readers

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.paces import SqlPaces
from newsletter.adapters.stores.throttles import Patience, SqlThrottle
from newsletter.services import deliver, learning
from newsletter.services.deliver import Delivery

BOTH = (readers(40, "one.example"), readers(40, "other.example"))
QUICK = Patience(beat=0.1, ask=0.05, turn=0.3)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Planned editions, made once."""
    return Plans(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def address(cluster: Cluster, with_tables: str) -> AsyncIterator[str]:
    """Of a database for what both share."""
    name = cluster.create(like=with_tables)
    yield cluster.url(name)
    cluster.drop(name)


@dataclass
class Watched:
    """What a server sees."""

    talks: list[Talk] = field(default_factory=list)
    most_open: int = 0
    times: list[float] = field(default_factory=list)
    """When each message came to its end."""

    async def greets(self, talk: Talk) -> None:
        self.talks.append(talk)
        await talk.say(b"220 test.example.org ESMTP\r\n")

    async def counts(self, talk: Talk) -> None:
        """By now the server knows who has gone."""
        self.most_open = max(self.most_open, sum(not talk.reader.at_eof() for talk in self.talks))
        await talk.say(b"354 go on\r\n")
        await talk.take_message()

    async def notes(self, talk: Talk) -> None:
        self.times.append(asyncio.get_running_loop().time())
        await talk.say(b"250 2.0.0 taken\r\n")

    @property
    def acts(self) -> dict[str, Acts]:
        return {"banner": self.greets, "DATA": self.counts, "dot": self.notes}


async def send_both(address: str, sendings: list[Sending], folder: Path) -> None:
    """At once, as two workers do."""

    async def send(name: str, sending: Sending) -> None:
        database = Database(address, folder)

        def before(delivery: Delivery) -> None:
            delivery._throttle = SqlThrottle(database.again(), name, QUICK)
            delivery._paces = SqlPaces(database)

        try:
            assert await sending.send(before=before) == ""
        finally:
            await database.close()

    await asyncio.gather(*(send(str(number), one) for number, one in enumerate(sendings)))


async def both(stack: AsyncExitStack, plans: Plans, port: int, more: str, emails=BOTH) -> list[Sending]:
    """One for each list of readers."""
    return [
        await stack.enter_async_context(plans.open(port, emails=mine, connections=3, more=more))
        for mine in emails
    ]


async def test_a_server_has_no_more_connections_than_it_allows(plans, address, tmp_path):
    """Three, of both together; and neither waits until the other one has ended."""
    seen = Watched()
    async with raw_server(seen.acts) as server, AsyncExitStack() as stack:
        await send_both(address, await both(stack, plans, server.port, ""), tmp_path)
    assert server.copies == Counter([*BOTH[0], *BOTH[1]])
    assert 1 <= seen.most_open <= 3


async def test_one_connection_serves_both_in_turn(plans, address, tmp_path):
    """A server that allows one sees one at a time, and both have sent before either has ended."""
    seen = Watched()

    async def slowly(talk: Talk) -> None:
        await asyncio.sleep(0.05)
        await seen.notes(talk)

    async with raw_server(seen.acts | {"dot": slowly}) as server, AsyncExitStack() as stack:
        sendings = await both(stack, plans, server.port, "", [mine[:20] for mine in BOTH])
        for sending in sendings:
            sending.app.settings.smtp.__dict__["connections"] = 1
        await send_both(address, sendings, tmp_path)
    assert seen.most_open == 1
    domains = [email.partition("@")[2] for email in server.recipients]
    assert Counter(domains) == {"one.example": 20, "other.example": 20}
    assert len(set(domains[:30])) == 2


async def test_a_server_gets_no_more_than_its_rate_from_both(plans, address, tmp_path):
    """Fifty a second, whoever sends them; and close to it, since neither keeps turns that it does not use."""
    seen = Watched()
    async with raw_server(seen.acts) as server, AsyncExitStack() as stack:
        await send_both(address, await both(stack, plans, server.port, "rate = 50"), tmp_path)
    assert len(seen.times) == 80
    for first in range(80):
        for last in range(first + 1, 80):
            # Either may be late by a tenth of a second, and holds up to three copies that had their turns.
            assert last - first <= 50 * (seen.times[last] - seen.times[first] + 0.1) + 6
    assert seen.times[-1] - seen.times[0] < 3 * 80 / 50


@pytest.mark.parametrize("limit", ["connections = 1", "rate = 20"])
async def test_a_domain_gets_no_more_than_its_limits_from_both(plans, address, tmp_path, limit):
    """One copy at a time, or twenty a second; the others are not held up."""
    mine = [(*(f"{name}{n}@slow.example" for n in range(8)), *BOTH[0][:20]) for name in "ab"]
    inside, most, times = 0, 0, []

    async def takes_its_time(talk: Talk) -> None:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.02)
        inside -= 1
        await talk.say(b"250 2.0.0 taken\r\n")

    by_reader: dict[str, Act] = {
        email: takes_its_time for emails in mine for email in emails if email.endswith("@slow.example")
    }
    more = f'[[smtp.domains]]\ndomain = "slow.example"\n{limit}\n'
    async with raw_server({"dot": by_reader}) as server, AsyncExitStack() as stack:
        await send_both(address, await both(stack, plans, server.port, more, mine), tmp_path)
    assert len(times) == 16
    if "connections" in limit:
        assert most == 1
    else:
        assert times[-1] - times[0] >= (16 - 1 - 4) / 20 - 0.1


async def test_neither_waits_for_ever_for_what_the_other_has(plans, address, tmp_path, monkeypatch):
    """One connection to the server, one copy at a time for the domain: one worker may have the one and wait
    for the other."""
    monkeypatch.setattr(deliver, "_LOOK", 0.05)
    mine = [tuple(f"{name}{n}@slow.example" for n in range(10)) for name in "ab"]
    more = '[[smtp.domains]]\ndomain = "slow.example"\nconnections = 1\n'
    async with raw_server() as server, AsyncExitStack() as stack:
        sendings = await both(stack, plans, server.port, more, mine)
        for sending in sendings:
            sending.app.settings.smtp.__dict__["connections"] = 1
        async with asyncio.timeout(60):
            await send_both(address, sendings, tmp_path)
    assert server.copies == Counter([*mine[0], *mine[1]])


async def test_what_one_learns_the_other_heeds(plans, address, tmp_path, monkeypatch):
    """A complaint that one of them hears slows both down, within seconds."""
    monkeypatch.setattr(learning, "_EVERY", 0.1)
    heard: list[float] = []

    async def complains(talk: Talk) -> None:
        heard.append(asyncio.get_running_loop().time())
        await talk.say(b"454 4.7.0 Throttling failure\r\n")

    async def slowly(talk: Talk) -> None:
        await asyncio.sleep(0.02)
        await talk.say(b"250 2.0.0 taken\r\n")

    acts: dict[str, Acts] = {"dot": [*[slowly] * 20, complains, *[slowly] * 200]}
    gates = []
    init = Delivery._pass

    async def looked_at(self, ways, *values):
        gates.append(ways.all[0].gate)
        return await init(self, ways, *values)

    monkeypatch.setattr(Delivery, "_pass", looked_at)
    async with raw_server(acts) as server, AsyncExitStack() as stack:
        await send_both(address, await both(stack, plans, server.port, ""), tmp_path)
        database = Database(address, tmp_path)
        known = await SqlPaces(database).load()
        await database.close()
    assert len(heard) == 1
    learned = known[f"127.0.0.1:{server.port}"]
    assert learned.changed is not None
    assert {gate.learned for gate in gates} == {learned}
