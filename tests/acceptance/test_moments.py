"""The sender dies, or stands still, at a chosen moment of a send: the next one makes up for it, and each
check notices one that does not. `docs/faults.md` has the list."""

import asyncio
import os
import signal
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import pytest
from simulation.mutants import mutated
from support import store
from support.dying import MOMENTS, send_and_die, start
from support.rawsmtp import RawServer, Talk, raw_server
from support.sending import Plans, opened, readers, rows

from newsletter.adapters.stores.database import Database
from newsletter.errors import AlreadyRunning, NewsletterError

CONNECTIONS = 2
READERS = readers(50)
IMPATIENT = 0.5
"""Who stands still in a transaction would keep others waiting for half a minute."""
HOLD = '[delivery]\nambiguous = "hold"\n'
BEFORE_ANY = {"starting", "planned, nothing begun"}
AT_THE_END = {"all recorded, the right to send not given back", "the end not counted in the file"}
TIMES = dict.fromkeys(MOMENTS, 7) | {
    "starting": 0,
    "planned, nothing begun": 0,
    "all answered, not all recorded": 0,
    "all recorded, the right to send not given back": 1,
    "the end not counted in the file": 1,
}
"""How often the moment comes before it is deadly."""


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """Planned editions, made once."""
    return Plans(tmp_path_factory.mktemp("plans"))


async def die_and_go_on(
    plans: Plans, moment: str, more: str = "", dying: str | None = None, following: str | None = None
) -> None:
    """A send that is killed, and one that goes on; `dying` and `following` are the broken variants that they
    are. Of the copies in doubt, and of no others, there may be two, of the same bytes; with the policy `hold`
    there are none or one, and they are `unknown`."""
    each = 1 if more == HOLD else 3
    async with raw_server() as server:
        folder = await plans.copy(server.port, emails=READERS, connections=CONNECTIONS, more=more)
        assert await send_and_die(folder, moment, TIMES[moment], dying) == -signal.SIGKILL
        await _settled(server)
        store.let_lapse(folder)
        doubts = {email for email, row in rows(folder).items() if row.state == "sending"}
        accepted = {email for email, row in rows(folder).items() if row.state == "accepted"}
        assert accepted <= set(server.copies) <= accepted | doubts
        assert len(doubts) <= each * CONNECTIONS
        assert moment not in BEFORE_ANY or not (accepted or doubts)
        assert moment not in AT_THE_END or accepted == set(READERS)
        variant: AbstractContextManager[None] = mutated(following) if following else nullcontext()
        async with opened(folder) as sending:
            with variant:
                assert await sending.send() == ""
            states = sending.states
    held = doubts if more == HOLD else set()
    assert states == {"accepted": len(READERS) - len(held)} | ({"unknown": len(held)} if held else {})
    assert set(READERS) - set(server.copies) <= held
    extra = {email for email, copies in server.copies.items() if copies > 1}
    assert extra <= doubts - held
    assert max(server.copies.values()) <= 2
    assert len(set(server.messages)) == len(server.copies), "other bytes"


async def _settled(server: RawServer) -> None:
    """What the dead left in the sockets has been read."""
    before = -1
    while before != (before := len(server.messages)):
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_this_moment_it_loses_nobody(plans: Plans, moment: str):
    """`kill -9`, then a send to the end: everybody has a copy, and a second one only who was in doubt."""
    await die_and_go_on(plans, moment)


@pytest.mark.parametrize("moment", ["begun, not handed over", "after the last dot", "decided, not recorded"])
async def test_killed_under_the_policy_hold_it_sends_nobody_two(plans: Plans, moment: str):
    """Who was in doubt is left for a person."""
    await die_and_go_on(plans, moment, HOLD)


@pytest.mark.parametrize(
    ("moment", "more", "variants"),
    [
        ("planned, nothing begun", "", {"following": "forgets outcomes"}),
        ("starting", "", {"following": "forgets outcomes"}),
        ("about to begin", "", {"dying": "makes ready more than it may"}),
        ("begun, not handed over", "", {"following": "takes an interrupted copy for sent"}),
        ("about to send the text", "", {"following": "takes an interrupted copy for sent"}),
        ("after the last dot", "", {"dying": "sends before the intent is on the disk"}),
        ("after the last dot", HOLD, {"following": "takes an interrupted copy for unsent"}),
        ("after the server's answer", "", {"dying": "sends before the intent is on the disk"}),
        ("decided, not recorded", HOLD, {"following": "takes an interrupted copy for unsent"}),
        ("all answered, not all recorded", "", {"dying": "forgets outcomes"}),
        ("all recorded, the right to send not given back", "", {"dying": "forgets outcomes"}),
        ("the end not counted in the file", "", {"dying": "forgets outcomes"}),
    ],
)
async def test_a_sender_that_is_wrong_is_noticed(
    plans: Plans, moment: str, more: str, variants: dict[str, str]
):
    """Each moment has a broken variant for which its check fails."""
    with pytest.raises((AssertionError, NewsletterError)):
        await die_and_go_on(plans, moment, more, **variants)


async def stand_still(plans: Plans) -> None:
    """Stopped by SIGSTOP while the server's answer is on its way: nobody else may send for as long as that
    takes, and it goes on with that answer."""
    stopped = asyncio.Event()

    async def stops_it(talk: Talk) -> None:
        os.kill(process.pid, signal.SIGSTOP)
        await talk.say(b"250 2.0.0 taken\r\n")
        stopped.set()

    async with raw_server({"dot": [*[None] * 9, stops_it]}) as server:
        folder = await plans.copy(server.port, emails=READERS, connections=CONNECTIONS, timeout=IMPATIENT)
        process = start(folder)
        try:
            await stopped.wait()
            await _settled(server)
            before = rows(folder), len(server.messages)
            async with opened(folder) as sending:
                with pytest.raises(AlreadyRunning):
                    await sending.send()
            assert (rows(folder), len(server.messages)) == before
            os.kill(process.pid, signal.SIGCONT)
            await asyncio.to_thread(process.join, 20)
        finally:
            process.kill()
        assert process.exitcode == 0
        assert {row[:2] for row in rows(folder).values()} == {("accepted", 1)}
    assert sorted(server.recipients) == sorted(READERS)


@pytest.mark.sqlite  # a server's right to send is a lease: `tests/contract/test_leases.py`
async def test_one_that_stands_still_keeps_the_right_to_send(plans: Plans):
    """For as long as it lives: there is no time after which another one takes over."""
    await stand_still(plans)


@pytest.mark.sqlite
async def test_one_that_ignores_the_right_to_send_is_noticed(plans: Plans, monkeypatch: pytest.MonkeyPatch):
    """The check can fail."""

    @asynccontextmanager
    async def anybody(self: Database) -> Any:
        yield

    monkeypatch.setattr(Database, "exclusive", anybody)
    with pytest.raises((AssertionError, pytest.fail.Exception, NewsletterError)):
        await stand_still(plans)
