"""The scheduler when something goes wrong in it: nothing ends silently, only what is well is called so."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.newsroom import newsroom
from support.samples import NOW
from support.site import browser_of
from support.smtp import ScriptedServer, scripted_server
from support.watcher import Watcher, watcher

from newsletter.adapters.clock import FixedClock
from newsletter.adapters.stores.schema import drafts
from newsletter.bootstrap import App
from newsletter.core.slots import Outcome, SlotOutcome
from newsletter.errors import StoreError
from newsletter.scheduler import Scheduler
from newsletter.services.publish import EditorialDesk
from newsletter.services.pulse import SCHEDULER, Pulse

DUE = f'[schedule]\ntime = "{NOW:%H:%M}"\n'


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


@pytest.fixture
def watch() -> Iterator[Watcher]:
    with watcher() as running:
        yield running


@pytest.fixture
async def app(tmp_path: Path, server: ScriptedServer, watch: Watcher) -> AsyncIterator[App]:
    """An edition is due, and three readers wait for it."""
    more = f'{DUE}\n[operator]\nslot_url = "{watch.address}/slot"\nalive_url = "{watch.address}/alive"'
    async with newsroom(tmp_path, port=server.port, readers=3, more=more) as opened:
        yield opened


def broken(error: Exception):
    def draft(*_: object) -> None:
        raise error

    return draft


async def outcomes(app: App) -> list[tuple[Outcome, str]]:
    return [(ended.outcome, ended.reason) for ended in await app.slots.outcomes("papers")]


async def test_a_waking_serves_tells_and_sends(app: App, server: ScriptedServer, watch: Watcher) -> None:
    """And is well."""
    scheduler = Scheduler(app)
    await scheduler.wake()
    await scheduler.beat()
    assert sum(server.accepted.values()) == 3
    assert watch.told == [("/slot", "sent")]
    assert watch.calls[-1][:2] == ("GET", "/alive")
    assert await app.pulses.last(SCHEDULER) == NOW


async def test_a_bug_in_publishing_ends_the_slot_as_failed(
    app: App, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator hears of it in the same waking, and of no good life until one went well."""
    scheduler = Scheduler(app)
    with monkeypatch.context() as patch:
        patch.setattr(EditorialDesk, "draft", broken(KeyError("entry")))
        await scheduler.wake()
        await scheduler.beat()
    assert await outcomes(app) == [(Outcome.FAILED, "KeyError: 'entry'")]
    assert watch.told == [("/slot/fail", "failed")]
    assert await app.pulses.last(SCHEDULER) is None
    await scheduler.wake()
    await scheduler.beat()
    assert await app.pulses.last(SCHEDULER) == NOW


async def test_a_store_that_refuses_leaves_the_slot_to_the_next_waking(
    app: App, server: ScriptedServer, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock or a full disk may pass; until then it is not well."""
    scheduler = Scheduler(app)
    with monkeypatch.context() as patch:
        patch.setattr(EditorialDesk, "draft", broken(StoreError("database or disk is full")))
        await scheduler.wake()
        await scheduler.beat()
    assert await outcomes(app) == []
    assert watch.calls == []
    await scheduler.wake()
    assert [outcome for outcome, _ in await outcomes(app)] == [Outcome.SENT]
    assert sum(server.accepted.values()) == 3


async def test_a_slot_that_was_tried_until_its_time_was_over_has_failed(
    app: App, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason, where "nothing ran" would be wrong."""
    await app.slots.close("papers", SlotOutcome(NOW - timedelta(days=1), Outcome.EMPTY), NOW)
    scheduler = Scheduler(app)
    monkeypatch.setattr(EditorialDesk, "draft", broken(StoreError("database or disk is full")))
    await scheduler.wake()
    object.__setattr__(app, "clock", FixedClock(NOW + timedelta(hours=7)))
    await scheduler.wake()
    newest, _ = await outcomes(app)
    assert newest == (Outcome.FAILED, "tried until its time was over: database or disk is full")
    assert watch.told == [("/slot", "empty"), ("/slot/fail", "failed")]


async def test_what_is_left_is_sent_although_publishing_has_a_bug(
    app: App, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is for itself."""
    await app.daily.publish(NOW - timedelta(hours=1), NOW)

    async def jobs(_: App) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(App, "jobs", jobs)
    await Scheduler(app).wake()
    assert sum(server.accepted.values()) == 3


async def test_a_mail_server_that_is_down_is_not_the_schedulers_trouble(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """It is alive, and tries again."""
    async with newsroom(tmp_path, port=unused_tcp_port, readers=1, more=DUE) as app:
        scheduler = Scheduler(app)
        await scheduler.wake()
        await scheduler.beat()
        assert await app.pulses.last(SCHEDULER) == NOW


async def test_a_watch_that_does_not_answer_is_asked_again(app: App, watch: Watcher) -> None:
    """Nothing else suffers: the sign of life in the database is there."""
    watch.status = 404
    scheduler = Scheduler(app)
    await scheduler.beat()
    assert await app.pulses.last(SCHEDULER) == NOW
    watch.status = 200
    await scheduler.beat()
    await scheduler.beat()
    assert [path for _, path, _ in watch.calls] == ["/alive", "/alive"], "it is asked every alive_every"


async def test_a_waking_that_stands_still_gives_no_sign_of_life(app: App, watch: Watcher) -> None:
    """Until it moves on or ends."""
    pulse = Pulse(app.pulses, app.clock, caller=None, alive_url=None, alive_every=NOW - NOW, limit=NOW - NOW)
    pulse.move()
    assert "stood still" in str(await pulse.beat())
    assert await app.pulses.last(SCHEDULER) is None
    pulse.rest(None)
    assert await pulse.beat() is None
    assert await app.pulses.last(SCHEDULER) == NOW


async def test_stopped_as_it_should_be_it_signs_off(app: App) -> None:
    """So nobody takes it for dead who let cron do it from now on."""
    scheduler = Scheduler(app)
    scheduler.start()
    await scheduler.wake()
    await scheduler.beat()
    await scheduler.stop()
    assert await app.pulses.last(SCHEDULER) is None


# What others can see of it


async def test_health_is_that_of_the_scheduler(app: App) -> None:
    """503 with the reason where it gave no sign of life for five minutes, and no trace of it elsewhere."""
    async with browser_of(app) as browser:
        assert (await browser.get("/health")).json() == {"status": "ok"}
        await app.pulses.beat(SCHEDULER, NOW - timedelta(minutes=6))
        ill = await browser.get("/health")
    assert ill.status_code == 503
    assert ill.json()["status"] == "ill"
    assert ill.json()["reason"].startswith("the scheduler gave no sign of life since ")


async def test_health_is_that_of_the_database(tmp_path: Path, app: App) -> None:
    """Its path is nobody's business."""
    async with browser_of(app) as browser:
        await app.database.close()
        for file in tmp_path.glob("newsletter.db*"):
            file.unlink()
        (tmp_path / "newsletter.db").write_bytes(b"this is no database, " * 500)
        ill = await browser.get("/health")
    assert ill.status_code == 503
    assert ill.json() == {"status": "ill", "reason": "the database cannot be used"}


async def test_all_is_well_until_something_waits(app: App) -> None:
    """An edition that is paused, and an outcome that nobody could be told."""
    await Scheduler(app).wake()
    assert (await app.watch.look(NOW)).findings == ()
    edition = await app.editions.get("papers", 1)
    await app.outbox.pause(edition.id, "too many rejections")
    (paused,) = (await app.watch.look(NOW)).findings
    assert (paused.what, paused.mend) == (
        "edition 1 is paused: too many rejections",
        "`newsletter editions resume 1` lets it go on",
    )


async def test_an_outcome_that_nobody_heard_of_is_found(app: App, watch: Watcher) -> None:
    """After a quarter of an hour, which is time for many tries."""
    watch.status = 404
    await Scheduler(app).wake()
    assert (await app.watch.look(NOW + timedelta(minutes=15))).findings == ()
    (found,) = (await app.watch.look(NOW + timedelta(minutes=16))).findings
    assert found.what == "the operator was not told how 1 of the slots ended"


async def test_a_draft_accounts_for_its_slot_until_its_deadline(app: App) -> None:
    """An hour after it somebody should have ended the slot."""
    deadline = NOW + timedelta(hours=2)
    row = {
        "newsletter": "papers",
        "slot": NOW.isoformat(),
        "number": 1,
        "content": {},
        "version": 1,
        "created": NOW,
        "deadline": deadline,
    }
    async with app.database.begin() as connection:
        await connection.change(sa.insert(drafts).values(row))
    assert (await app.watch.look(deadline + timedelta(minutes=59))).findings == ()
    (found,) = (await app.watch.look(deadline + timedelta(minutes=60))).findings
    assert found.what.startswith("nothing has served the slot of ")
